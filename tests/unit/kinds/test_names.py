"""What Langfuse takes as a name and a label, and how names go into paths."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.kinds.names import label_violation, name_violation, path
from tests.unit.strategies import TEXTS


@pytest.mark.parametrize(
    "name",
    ["a", "a/b/c", "ünï 文 😀", "a%2Fb", "a?b#c", "../../x", "a/../b", "CON", "a:b", "new", "a|b",
     "x" * 1000, "...", "a<b", "a > b", " a ", "{{x}}"],
)  # fmt: skip
def test_names_that_langfuse_takes_and_gives_back(name: str) -> None:
    """Recorded: prompt-names, dataset-names."""
    assert name_violation(name, what="dataset") == ""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "dataset name is empty"),
        (".", "dataset name '.' could never be fetched again: choose another"),
        ("..", "dataset name '..' could never be fetched again: choose another"),
        ("/a", "dataset name must not begin or end with a slash"),
        ("a/", "dataset name must not begin or end with a slash"),
        ("a//b", "dataset name must not have two slashes in a row"),
        ("<b>x</b>", "dataset name must not hold an HTML tag"),
        ("a\nb", "dataset name must be one line"),
        ("a\u2028b", "dataset name must be one line"),
        ("a\x07b", "dataset name has a control character"),
        ("a\x85b", "dataset name has a control character"),
        ("a\0b", "dataset name has a NUL character, which Langfuse cannot store"),
        ("a\ud800", "dataset name has half of a surrogate pair, which Langfuse cannot store"),
    ],
)
def test_names_that_langfuse_refuses_or_loses(name: str, words: str) -> None:
    """With the reason, and what kind of thing it names."""
    assert name_violation(name, what="dataset") == words


@pytest.mark.parametrize("label", ["a", "production", "a.b_c-1", "0", "-", ".", "x" * 36])
def test_labels_that_can_be_declared(label: str) -> None:
    """36 small letters, digits, and three signs."""
    assert label_violation(label) == ""


@pytest.mark.parametrize("label", ["", "A", "a b", "ü", "a/b", "x" * 37, "a\n", "a*"])
def test_labels_that_langfuse_refuses(label: str) -> None:
    """Recorded: prompt-labels 14 and 15."""
    assert "is refused by Langfuse: at most 36 lower-case letters" in label_violation(label)


def test_latest_is_no_label_to_declare() -> None:
    """The server puts it."""
    assert "by Langfuse itself: remove it" in label_violation("latest")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("v2", "prompts", "a/b"), "/v2/prompts/a%2Fb"),
        (("x", "a%2Fb"), "/x/a%252Fb"),
        (("x", "a?b#c d+e&f=g"), "/x/a%3Fb%23c%20d%2Be%26f%3Dg"),
        (("x", "ünï 文"), "/x/%C3%BCn%C3%AF%20%E6%96%87"),
        (("x", "a", "versions", 12), "/x/a/versions/12"),
    ],
)
def test_every_part_of_a_path_is_encoded(parts: tuple[str | int, ...], expected: str) -> None:
    """Slashes in a name included."""
    assert path(*parts) == expected


@given(st.lists(TEXTS, min_size=1))
def test_the_parts_of_a_path_can_be_told_apart(parts: list[str]) -> None:
    """Whatever they hold."""
    found = path(*parts).split("/")
    assert [unquote(part) for part in found] == ["", *parts]
    assert path(*parts).isascii()
