"""Where in a YAML text a value stands."""

from __future__ import annotations

import pytest

from langsync.formats.yaml import locate

TEXT = """\
# a comment
name: x
prompt:
  - system: You are
      {{x}}
  - {role: user, content: "q"}
"tags": [a, "b",
  c]
empty:
shared: &s {a: 1}
again: *s
---
second: 1
"""

Path = tuple[str | int, ...]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (2, 1)),
        (("name",), (2, 7)),
        (("prompt",), (4, 3)),
        (("prompt", 0), (4, 5)),
        (("prompt", 0, "system"), (4, 13)),
        (("prompt", 1), (6, 5)),
        (("prompt", 1, "content"), (6, 27)),
        (("tags",), (7, 9)),
        (("tags", 1), (7, 13)),
        (("tags", 2), (8, 3)),
        (("again",), (11, 8)),
        (("again", "a"), (10, 16)),
    ],
)
def test_a_value_is_found_by_its_path(path: Path, place: tuple[int, int]) -> None:
    """Line and column count from 1; an alias stands where it is used."""
    assert locate(TEXT, 0, path) == place


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("name",), (2, 1)),
        (("prompt", 0, "system"), (4, 5)),
        (("prompt", 1, "content"), (6, 18)),
        (("tags",), (7, 1)),
    ],
)
def test_a_key_is_found_before_its_value(path: Path, place: tuple[int, int]) -> None:
    """For what is wrong with the key itself."""
    assert locate(TEXT, 0, path, key=True) == place


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("nothing",), (2, 1)),
        (("prompt", 7), (4, 3)),
        (("prompt", 0, "user"), (4, 5)),
        (("name", "deeper"), (2, 7)),
    ],
)
def test_a_path_that_leads_too_far_is_followed_as_far_as_it_goes(
    path: Path, place: tuple[int, int]
) -> None:
    """What is missing is reported where it should be."""
    assert locate(TEXT, 0, path) == place


@pytest.mark.parametrize(
    ("path", "place"),
    [(("prompt", "user"), (4, 3)), (("prompt", "name"), (4, 3)), (("nothing", "name"), (2, 1))],
)
def test_a_missing_key_is_not_looked_for_elsewhere(path: Path, place: tuple[int, int]) -> None:
    """Not even if a key of that name stands above."""
    assert locate(TEXT, 0, path, key=True) == place


def test_each_document_has_its_own_places() -> None:
    """Lines count from the top of the file; what is in no document is at its top."""
    assert locate(TEXT, 1, ("second",)) == (13, 9)
    assert locate(TEXT, 2, ("second",)) == (1, 1)
    assert locate("", 0, ()) == (1, 1)


def test_a_value_that_is_not_there_is_found_beside_its_key() -> None:
    """``empty:`` with nothing behind it."""
    assert locate(TEXT, 0, ("empty",)) == (9, 1)


@pytest.mark.parametrize("text", ["a: x\t\nb: 1\n", "a: x\ty\nb: 1\n", "a: x\t# c\nb: 1\n"])
def test_a_place_is_found_in_every_text_that_is_read(text: str) -> None:
    """A tab in or after a plain text is fine, so that a problem elsewhere must not crash."""
    assert locate(text, 0, ("b",)) == (2, 4)
