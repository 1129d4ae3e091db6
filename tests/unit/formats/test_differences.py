"""Differences of short texts are difflib's; those of long ones take bounded work."""

from __future__ import annotations

from difflib import SequenceMatcher, unified_diff

from hypothesis import given
from hypothesis import strategies as st

from langsync.formats import differences
from langsync.formats.differences import LineMatcher
from langsync.kinds.prompt import contrast
from tests.work import calls

LINES = st.lists(st.sampled_from(["a", "b", "c", "", " a"]), max_size=12)


@given(LINES, LINES, st.integers(0, 3))
def test_a_short_text_differs_as_difflib_says(
    before: list[str], after: list[str], context: int
) -> None:
    """Line for line, but for the names of files."""
    theirs = list(unified_diff(before, after, lineterm="", n=context))[2:]
    exact = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    assert LineMatcher(before, after).get_opcodes() == exact
    assert list(differences.unified(before, after, context)) == theirs


def test_messages_of_a_long_chat_are_compared_in_bounded_time() -> None:
    """Ten times as many that repeat take about ten times the calls."""

    def compare(count: int) -> int:
        before = [{"role": "user", "content": "ab"[n % 2]} for n in range(count)]
        after = [{"role": "user", "content": "bca"[n % 3]} for n in range(count)]
        return calls(lambda: list(contrast._messages(before, after)))

    assert compare(20_000) < 15 * compare(2_000)
