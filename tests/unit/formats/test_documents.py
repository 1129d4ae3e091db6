"""One YAML document against a model, and the words for what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field, field_validator

from langsync.errors import InvalidFilesError
from langsync.formats.documents import (
    Document,
    Shape,
    dotted,
    parse,
    unknown_key,
)
from langsync.source import WorkTree
from langsync.source.documents import read_documents


class Inner(Shape):
    """What a list of the model holds."""

    role: str
    weight: float = 1.0


class Model(Shape):
    """One field of every type."""

    name: str = "x"
    count: int = 0
    share: float = 0.5
    on: bool = False
    labels: list[str] = Field(default_factory=list)
    config: dict[str, Any] = Field(default_factory=dict)
    inner: list[Inner] = Field(default_factory=list)
    mode: Literal["a", "b"] = "a"
    pairs: tuple[str, ...] = ()

    @field_validator("name")
    @classmethod
    def _short(cls, value: str) -> str:
        if len(value) > 5:
            raise ValueError("a name is short")
        return value


def document(folder: Path, text: str) -> Document:
    """Write a file and read its one document."""
    path = folder / "a.yaml"
    path.write_text(text, "utf-8")
    (found,) = read_documents(WorkTree.below(folder), path, "a.yaml")
    return found


def problems(folder: Path, text: str) -> list[str]:
    """What is wrong with a text, without the file's name."""
    with pytest.raises(InvalidFilesError) as caught:
        parse(Model, document(folder, text))
    return [str(problem).removeprefix("a.yaml:") for problem in caught.value.problems]


def test_what_fits_becomes_the_model(tmp_path: Path) -> None:
    """Absent fields have their defaults; a whole number is a number."""
    text = "name: n\nshare: 1\ninner:\n  - {role: user, weight: 2}\nconfig: {a: [null]}\n"
    assert parse(Model, document(tmp_path, text)) == Model(
        name="n", share=1, inner=[Inner(role="user", weight=2)], config={"a": [None]}
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "name: 5\n",
            "1:7: name must be a string, not the number 5 (write it in quotes for a text)",
        ),
        (
            "a: &x 1.5\nname: *x\n",
            "2:7: name must be a string, not the number 1.5 (write it in quotes for a text)",
        ),
        ("name: true\n", "1:7: name must be a string, not true (write it in quotes for a text)"),
        ("name:\n  a: 1\n", "2:3: name must be a string, not a mapping"),
        ("name: [a]\n", "1:7: name must be a string, not a list"),
        ("name: ~\n", "1:7: name must be a string, not nothing"),
        ("count: '1'\n", "1:8: count must be a whole number, not a string"),
        (
            "count: true\n",
            "1:8: count must be a whole number, not true (write it in quotes for a text)",
        ),
        ("share: x\n", "1:8: share must be a number, not a string"),
        ("on: yes\n", "1:5: on must be true or false, not a string"),
        ("labels: a\n", "1:9: labels must be a list, not a string"),
        ("labels:\n  a: b\n", "2:3: labels must be a list, not a mapping"),
        (
            "labels:\n  - a\n  - 1\n",
            "3:5: labels[1] must be a string, not the number 1 (write it in quotes for a text)",
        ),
        ("config: [1]\n", "1:9: config must be a mapping, not a list"),
        ("inner: [x]\n", "1:9: inner[0] must be a mapping, not a string"),
        ("inner:\n  - weight: 1\n", "2:5: role is missing"),
        (
            "inner:\n  - {role: x}\n  - {role: [], weight: 1}\n",
            "3:12: inner[1].role must be a string, not a list",
        ),
        ("name: too long\n", "1:7: name: a name is short"),
    ],
)
def test_each_mismatch_is_said_in_words_with_its_place(
    tmp_path: Path, text: str, words: str
) -> None:
    """The field, what it must be, what it is, and what to do where that is known."""
    assert words in problems(tmp_path, text)


def test_a_choice_lists_what_there_is(tmp_path: Path) -> None:
    """Both values, and the field."""
    (words,) = problems(tmp_path, "mode: c\n")
    assert words.startswith("1:7: mode must be ")
    assert "'a'" in words
    assert "'b'" in words


def test_the_document_itself_is_a_mapping(tmp_path: Path) -> None:
    """It has no name of its own."""
    assert problems(tmp_path, "- a\n") == ["1:1: the document must be a mapping, not a list"]
    assert problems(tmp_path, "just text\n") == [
        "1:1: the document must be a mapping, not a string"
    ]


def test_an_unknown_key_is_found_where_the_key_is(tmp_path: Path) -> None:
    """With the one that was probably meant."""
    assert problems(tmp_path, "count: 1\nlables: [a]\n") == [
        "2:1: unknown key 'lables': did you mean 'labels'?"
    ]


def test_an_unknown_key_like_no_other_comes_with_all_there_are(tmp_path: Path) -> None:
    """In the order of the alphabet."""
    (words,) = problems(tmp_path, "zzz: 1\n")
    assert words.startswith("1:1: unknown key 'zzz': there are config, count, inner, ")


def test_an_unknown_key_inside_is_found_as_well(tmp_path: Path) -> None:
    """Where the key stands."""
    (words,) = problems(tmp_path, "inner:\n  - role: x\n    wieght: 1\n")
    assert words.startswith("3:5: unknown key 'wieght'")


def test_an_unknown_key_inside_comes_with_the_one_that_was_meant(tmp_path: Path) -> None:
    """As at the top."""
    (words,) = problems(tmp_path, "inner:\n  - role: x\n    wieght: 1\n")
    assert words.endswith("did you mean 'weight'?")


def test_every_mismatch_is_listed(tmp_path: Path) -> None:
    """In the order of the file."""
    found = problems(tmp_path, "oops: 1\ncount: x\nname: 1\nlabels: [1, 2]\n")
    assert [words.split(": ")[0] for words in found] == ["1:1", "2:8", "3:7", "4:10", "4:13"]


class Needs(Shape):
    """A model with a field that has no default."""

    version: int


def test_what_does_not_fit_is_not_missing_as_well(tmp_path: Path) -> None:
    """One mistake, one problem."""
    with pytest.raises(InvalidFilesError) as caught:
        parse(Needs, document(tmp_path, "version: x\n"))
    assert str(caught.value) == "a.yaml:1:10: version must be a whole number, not a string"


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ((), ""),
        (("a",), "a"),
        (("a", 0, "b"), "a[0].b"),
        ((0, "b"), "[0].b"),
        (("a", 0, 1), "a[0][1]"),
    ],
)
def test_a_path_is_written_with_dots_and_brackets(steps: tuple[str | int, ...], text: str) -> None:
    """As it would be in JavaScript."""
    assert dotted(steps) == text


def test_an_unknown_key_where_nothing_is_known() -> None:
    """Just that."""
    assert unknown_key("x", []) == "unknown key 'x'"


def test_documents_that_hold_nothing_are_left_out(tmp_path: Path) -> None:
    """The others keep their places."""
    path = tmp_path / "a.yaml"
    path.write_text("# none\n---\na: 1\n---\n---\nb: 2\n")
    found = read_documents(WorkTree.below(tmp_path), path, "a.yaml")
    assert [(one.index, one.value) for one in found] == [(0, {"a": 1}), (2, {"b": 2})]
    assert str(found[1].problem(("b",), "x")) == "a.yaml:6:4: x"


def test_a_byte_order_mark_and_crlf_do_not_count(tmp_path: Path) -> None:
    """Windows editors write them."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: |\r\n  x\r\n  y\r\nb: 1\r\n")
    (found,) = read_documents(WorkTree.below(tmp_path), path, "a.yaml")
    assert found.value == {"a": "x\ny\n", "b": 1}
    assert str(found.problem(("b",), "x")) == "a.yaml:4:4: x"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a: 1\nb: \xfc\n", "a.yaml:2: this is not UTF-8"),
        ("a: ü".encode("utf-16"), "a.yaml:1: this is not UTF-8"),
    ],
)
def test_what_is_no_utf_8_is_a_problem_of_its_line(tmp_path: Path, data: bytes, words: str) -> None:
    """Not a crash."""
    (tmp_path / "a.yaml").write_bytes(data)
    with pytest.raises(InvalidFilesError, match=words):
        read_documents(WorkTree.below(tmp_path), tmp_path / "a.yaml", "a.yaml")


def test_what_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """A file that is not there, a folder in its place."""
    with pytest.raises(InvalidFilesError, match=r"a\.yaml: there is no such file"):
        read_documents(WorkTree.below(tmp_path), tmp_path / "a.yaml", "a.yaml")
    with pytest.raises(InvalidFilesError, match=r"b\.yaml: cannot be read: Is a directory"):
        read_documents(WorkTree.below(tmp_path), tmp_path, "b.yaml")
