"""Words that differ inside of lines."""

from __future__ import annotations

from hypothesis import given

from langsync.render.shape import line_differences
from langsync.render.words import marked
from tests.unit.strategies import STORABLE


def shown(before: str, after: str) -> list[str]:
    """Lines with their marks in brackets."""
    return [
        sign + "".join(f"[{text}]" if differs else text for text, differs in pieces)
        for sign, pieces in marked(line_differences(before, after))
    ]


def test_words_that_differ_are_marked() -> None:
    """And nothing else."""
    assert shown("one\nBe kind.\nend", "one\nBe kind and brief.\nend") == [
        " one", "-Be kind.", "+Be kind[ and brief].", " end",
    ]  # fmt: skip
    assert shown("Use {{a}} here", "Use {{b}} here") == ["-Use {{[a]}} here", "+Use {{[b]}} here"]


def test_a_paragraph_that_is_wrapped_anew_is_compared_as_one() -> None:
    """A line break is a space."""
    assert shown("a b c d\ne f", "a b c\nd e g") == ["-a b c d", "-e [f]", "+a b c", "+d e [g]"]


def test_lines_that_have_little_in_common_have_no_marks() -> None:
    """Marks would be confetti."""
    assert shown("one two three", "something else entirely") == [
        "-one two three",
        "+something else entirely",
    ]
    assert shown("a", "a\nb") == [" a", "+b"]
    assert shown("a\nb", "a") == [" a", "-b"]


@given(STORABLE, STORABLE)
def test_lines_stay_what_they_are(before: str, after: str) -> None:
    """Marks add nothing and leave nothing out."""
    lines = list(line_differences(before, after))
    pieces = [(sign, "".join(text for text, _ in some)) for sign, some in marked(lines)]
    assert pieces == lines
