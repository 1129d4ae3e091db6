"""What a YAML text holds: YAML 1.2's core schema, JSON's types only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from langsync.errors import InvalidFilesError
from langsync.formats.yaml import read


def value_of(text: str) -> Any:  # noqa: ANN401 - whatever the text holds
    """The value of a text with one document."""
    (value,) = read(text, "a.yaml")
    return value


def packed(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """A text in which values of different types differ: ``1``, ``1.0`` and ``true``."""
    return json.dumps(value)


STRINGS = [
    "yes", "no", "on", "off", "y", "n", "nuLL", "tRue", "NaN", "Infinity", "inf", "None",
    "2020-01-01", "2020-01-01T00:00:00Z", "12:30", "190:20:30", "1_000", "1_0.5", "0b11",
    "-0o7", "+0x1F", "-0x1F", "0o8", "0xG", "0O17", "0X1f", "_1", "1__2", "12_", "1.2.3",
    ".", "..", "+", "+.", "e5", ".e5", "1e", "1E+", "0x", "0o", "=", "~a", "null a", "1 a",
    "1,000", "a:b", "a#b", "-a", ":a", "?a", "hello world", "ünï 文 😀", "a\u00a0b",
]  # fmt: skip
"""Plain scalars that are strings in YAML 1.2, though not in YAML 1.1 or to other readers."""

NUMBERS = {
    "0": 0, "-0": 0, "+1": 1, "-17": -17, "017": 17, "00": 0, "0o17": 15, "0x1F": 31, "0xff": 255,
    "12345678901234567890": 12345678901234567890, ".5": 0.5, "-.5": -0.5, "+.5": 0.5, "1.": 1.0,
    "1.5": 1.5, "1e3": 1000.0, "1.e5": 100000.0, "1.5E-3": 0.0015, "-0.0": -0.0, "0e0": 0.0,
}  # fmt: skip
CONSTANTS = {
    "null": None, "Null": None, "NULL": None, "~": None, "true": True, "True": True,
    "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


@pytest.mark.parametrize("text", STRINGS)
def test_what_is_no_number_and_no_constant_is_a_string(text: str) -> None:
    """A date, a time, ``yes`` and YAML 1.1's numbers stay the text they are."""
    assert value_of(f"a: {text}\n") == {"a": text}
    assert value_of(f"- {text}\n") == [text]


@pytest.mark.parametrize("text", [text for text in STRINGS if not {",", ":", "?"} & {*text}])
def test_strings_are_the_same_inside_brackets(text: str) -> None:
    """But for those that have a comma, a colon or a question mark."""
    assert value_of(f"[{text}]\n") == [text]
    assert value_of(f"{{a: {text}}}\n") == {"a": text}


@pytest.mark.parametrize("style", ["a: {}\n", "- {}\n", "[{}]\n", "{}\n"])
@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_numbers_are_those_of_the_core_schema(style: str, text: str, number: float) -> None:
    """Integers, octal and hexadecimal ones, and decimals with an exponent."""
    value = value_of(style.format(text))
    inner = value[0] if isinstance(value, list) else value["a"] if "a" in style else value
    assert packed(inner) == packed(number)


@pytest.mark.parametrize(("text", "constant"), CONSTANTS.items())
def test_constants_are_spelt_in_three_ways(text: str, constant: object) -> None:
    """Small, capital, or all capitals; ``~`` and nothing are null."""
    assert value_of(f"a: {text}\nb:\n") == {"a": constant, "b": None}


@pytest.mark.parametrize("text", ["1", "true", "null", "~", "1.5", "", "yes", "0x1F"])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_what_is_quoted_is_a_string(quote: str, text: str) -> None:
    """Quotes keep a text from being anything else."""
    assert value_of(f"a: {quote}{text}{quote}\n") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: |\n  x\n   y\n\n  z\n", "x\n y\n\nz\n"),
        ("a: |-\n  x\n  y\n", "x\ny"),
        ("a: |+\n  x\n\n", "x\n\n"),
        ("a: >\n  x\n  y\n\n  z\n", "x y\nz\n"),
        ("a: |2\n   x\n", " x\n"),
        ("a: |\n\n  x\n", "\nx\n"),
        ("a: |\n  # no comment\n  - x: y\n  {{name}}\n", "# no comment\n- x: y\n{{name}}\n"),
        ('a: "x\\\n  y"\n', "xy"),
        ("a: x\n  y\n", "x y"),
        ('a: "\\u00e9\\n\\t\\x41\\ud83d\\ude00"\n', "é\n\tA😀"),
    ],
)
def test_texts_of_several_lines_are_as_yaml_has_them(text: str, value: str) -> None:
    """Literal and folded blocks, escapes, and plain texts that go on in the next line."""
    assert value_of(text) == {"a": value}


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("", []),
        ("# only a comment\n", []),
        ("---\n", [None]),
        ("a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("---\na: 1\n...\n---\n- b\n", [{"a": 1}, ["b"]]),
        ("---\n---\na: 1\n", [None, {"a": 1}]),
        ("# a\n\n--- # b\na: |\n  --- c\n\n---\n", [{"a": "--- c\n"}, None]),
        ("null\n---\n- x\n", [None, ["x"]]),
        ("%YAML 1.2\n---\na: yes\n", [{"a": "yes"}]),
        ("\ufeffa: 1\n", [{"a": 1}]),
    ],
)
def test_a_text_can_hold_several_documents(text: str, documents: list[object]) -> None:
    """One value for each, in their order."""
    assert read(text, "a.yaml") == documents


def test_aliases_stand_for_what_their_anchors_hold() -> None:
    """An anchor can be on any value, on a key as well, and be given again."""
    text = "a: &x {n: 1}\nb: [*x, *x]\n&k c: &x 2\nd: *x\ne: *k\n"
    assert value_of(text) == {"a": {"n": 1}, "b": [{"n": 1}] * 2, "c": 2, "d": 2, "e": "c"}


def test_a_quoted_merge_key_is_a_key() -> None:
    """Only the plain one would mean a merge to other readers."""
    assert value_of('"<<": 1\n') == {"<<": 1}


@pytest.mark.parametrize("number", [".5_1", "-.5_1", "+.5_1", "1e_5", "1e5_"])
def test_numbers_have_no_underscores_in_any_place(number: str) -> None:
    """They are strings in YAML 1.2."""
    assert value_of(f"a: {number}\n") == {"a": number}


@pytest.mark.parametrize("text", ["a: |\n  x", "a: >\n  x", "a: |+\n  x"])
def test_the_last_block_of_a_file_ends_in_a_newline(text: str) -> None:
    """Whether the file does, and whichever reader has to look at it."""
    assert value_of(text) == {"a": "x\n"}
    assert value_of(f"n: 0x1\n{text}") == {"n": 1, "a": "x\n"}


@pytest.mark.parametrize("text", ["a: |\n", "a: |", "a: >\n", "a: |\n \n"])
def test_an_empty_block_at_the_end_of_a_file_is_empty(text: str) -> None:
    """As it is in the middle of one."""
    assert value_of(text) == {"a": ""}
    assert value_of(f"n: 0x1\n{text}") == {"n": 1, "a": ""}
    assert value_of("a: |\nb: 1\n") == {"a": "", "b": 1}


@pytest.mark.parametrize("text", ["a: x\ty\n", "a: x\t\n", "a: x\t# c\n"])
def test_what_only_the_fast_reader_takes_is_refused_rather_than_misread(text: str) -> None:
    """Where the exact one has to read, odd tabs and indents are an error with its place."""
    assert value_of(text)
    with pytest.raises(InvalidFilesError, match=r":\d+:\d+: not valid YAML"):
        value_of(f"n: 0x1\n{text}")


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("text", ["a: |\n  x{}y\n", "a: {}xy\n", 'a: "x{}y"\n', "n: 0x1\na: '{}'"])
def test_unicode_line_separators_are_ordinary_characters(text: str, character: str) -> None:
    """YAML 1.2 breaks lines at LF and CR only; pasted texts do hold them."""
    assert character in value_of(text.format(character))["a"]


def test_problems_name_the_file() -> None:
    """As it was given."""
    with pytest.raises(InvalidFilesError, match=r"^folder/a\.yaml:2:1: duplicate key 'a'$"):
        read("a: 1\na: 2\n", "folder/a.yaml")
