"""The fast and the exact YAML reader agree wherever the fast one decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.formats import yaml
from langsync.formats import yaml_exact as exact

TOKENS = [
    *("a", "k:", "k: ", "- ", "-", "? ", ": ", ":", " ", "  ", "\n", "\n  ", "\n    ", "\n \n"),
    *("|", "|-", "|+", ">", ">-", "|2", ">1", " #c", "# c", "'", '"', "[", "]", "{", "}", ", "),
    *(
        "~",
        "null",
        "1",
        "._1",
        "1_0",
        "-0x1",
        ".5",
        "1e3",
        "---\n",
        "...",
        "!",
        "&a ",
        "*a",
        "<<: ",
    ),
    *("\u2028", "\xa0", "\\n", "%", "@", "true", "k: |\n", "k: >\n"),
]


def exact_values(text: str) -> object:
    try:
        return [node.value for node in exact.nodes(text)]
    except exact.ReadError as error:
        return str(error)


@given(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=14).map("".join))
def test_what_the_fast_reader_decides_the_exact_one_reads_alike(text: str) -> None:
    """Any text made of what YAML is made of; a document of nothing is none."""
    text = exact.ended(text)
    fast = yaml._fast(text)
    if fast is not None:
        assert repr(fast or [None]) == repr(exact_values(text) or [None])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("k: ._1\n", "._1"),
        ("k: -.__0\n", "-.__0"),
        ("k: > #c #c0\n", ""),
        ("k: | # c\n\n", ""),
        ("k: |\n  \n    - x", "\n- x\n"),
        ("k: |\n \n\n  x\n", "\n\nx\n"),
    ],
)
def test_what_they_read_differently_once(text: str, value: str) -> None:
    """Found by reading texts made of tokens with both."""
    assert yaml.read(text, "a.yaml") == [{"k": value}]
    assert exact_values(exact.ended(text)) == [{"k": value}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[?a, b?, {?c: d}]", ["?a", "b?", {"?c": "d"}]),
        ("[a:, {b:, c}]", [{"a": None}, {"b": None, "c": None}]),
        ('["a":b, {"c" :d}]', [{"a": "b"}, {"c": "d"}]),
        ("[a:b, :c, {:d : e}]", ["a:b", ":c", {":d": "e"}]),
        ('{"a"\n: 1, b\n c : 2, d\n:\n3}', {"a": 1, "b c": 2, "d": 3}),
        (f'{{"{"k" * 2000}": 1}}', {"k" * 2000: 1}),
        ("a\n---#c", "a ---#c"),
        ("[x\x8ay, '\uffff']", ["x\x8ay", "\uffff"]),
    ],
)
def test_marks_with_nothing_behind_them(text: str, value: object) -> None:
    """In brackets ``?`` and ``:`` are part of a text that goes on (YAML 1.2, 7.3.3 and 7.4.2)."""
    assert yaml.read(text, "a.yaml") == [value]
    assert exact_values(exact.ended(text)) == [value]


@pytest.mark.parametrize("text", ["[a, ?]", "{?, a}", "[-, a]", "--- # \0\na"])
def test_marks_that_mark_nothing_are_refused(text: str) -> None:
    """And so are control characters in a comment between documents."""
    assert yaml._fast(exact.ended(text)) is None
    with pytest.raises(exact.ReadError):
        exact.nodes(exact.ended(text))


@pytest.mark.parametrize("text", ["[>]\n", "{>-# c0|-}\n", "{<~: |x}\n"])
def test_what_the_fast_reader_alone_takes_is_refused(text: str) -> None:
    """A block cannot begin inside of brackets."""
    assert yaml._fast(text) is None
