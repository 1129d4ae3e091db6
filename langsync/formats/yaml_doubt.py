"""Which YAML texts the fast reader reads as YAML 1.2's core schema has it, and survives.

A text is doubtful if the fast reader could differ; a false positive costs only time.
The differences were found by reading texts made of tokens with both readers.
"""

from __future__ import annotations

import re

from langsync.formats.limits import NESTING

_TAG = re.compile(r"!(?<![^\s\[\]{},:-]!)")
_ANCHOR = re.compile(r"&(?=[^\s,\[\]{}])(?<![^\s\[\]{},:-]&)")
_NUMBER = re.compile(
    r"[-+._0-9](?<=[\s\[{,].)(?:(?<=[-+])[._0-9])?"  # the beginning of a value, past its sign
    r"(?:[._]*(?<=_)[.0-9]|[-+.0-9eE]*_|(?<=0)[xXoObB])"
)
"""``1_000``, ``._1``, ``-0x1F``: strings in YAML 1.2, numbers to the fast reader."""
_COMPLEX_KEY = re.compile(r"\n[ \t]*\?\s|[\s\[{,:]\?[,\[\]{}]")
_HEADER_WITH_COMMENT = re.compile(r"[|>][-+0-9]*[ \t]+#")
_BLANK_BEGINNING = re.compile(r"[|>][-+0-9]*[ \t]*\n\n*[ \t]+\n")
"""A block whose first lines are empty but for spaces."""
_BLOCK_IN_FLOW = re.compile(r"[\[{,]\s*[|>]|:\s+[|>](?![-+0-9]*[ \t]*[#\n])")
_EMPTY_BLOCK = re.compile(r"[|>][-+0-9]*\Z")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufeff\ud800-\udfff]")

_INDENTATION = re.compile(r"\n([ \t]*+)((?:[-?:][ \t]++)*+)")
_MOST_COLUMNS = 64
_MOST_MARKS = 3
"""Columns at which lines begin, and marks at the beginning of a line. Nesting is bounded by eight
times as many as columns, far below the thousands at which the fast reader overflows the stack."""


def is_doubtful(text: str) -> bool:
    """Whether the exact reader has to read a text.

    Args:
        text: One document, ended by a line break.
    """
    text = f"\n{text}"
    return bool(
        any(mark in text for mark in ("\n---", "\n...", "\n%", "<<"))
        or _CONTROL.search(text)
        or ("!" in text and _TAG.search(text))
        or ("&" in text and _ANCHOR.search(text))
        or _NUMBER.search(text)
        or ("?" in text and _COMPLEX_KEY.search(text))
        or (("|" in text or ">" in text) and _is_block_doubtful(text))
        or _may_nest_deeply(text)
    )


def _is_block_doubtful(text: str) -> bool:
    return bool(
        _EMPTY_BLOCK.search(text.rstrip()[-20:])
        or ("#" in text and _HEADER_WITH_COMMENT.search(text))
        or _BLANK_BEGINNING.search(text)
        or _BLOCK_IN_FLOW.search(text)
    )


def _may_nest_deeply(text: str) -> bool:
    """Whether blocks can be nested further than the fast reader survives.

    Each level begins at a column of its own, or a list at that of its key; a line holds further
    levels only behind ``-``, ``?`` and ``:``. Brackets are safe: the fast reader counts them.
    """
    if len(text) < NESTING.most:
        return False
    begins = set(_INDENTATION.findall(text))
    columns = {(len(lead), len(marks)) for lead, marks in begins}
    chained = any(len(marks.split()) > _MOST_MARKS for _, marks in begins)
    return len(columns) > _MOST_COLUMNS or chained
