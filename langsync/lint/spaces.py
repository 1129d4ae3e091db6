"""Spaces at the ends of lines, and texts that hold nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from langsync.kinds.base import Text
from langsync.lint.places import TextFinding
from langsync.rules import Rule

_TRAILING = re.compile(r"(?<![ \t])[ \t]+(?=\n|\Z)")
_BREAK = "  "
"""Two spaces at the end of a line with words are a line break in Markdown."""


def trailing(text: str) -> Iterator[re.Match[str]]:
    """The spaces at the ends of a text's lines, but line breaks of Markdown."""
    if " \n" not in text and "\t\n" not in text and not text.endswith((" ", "\t")):
        return
    for match in _TRAILING.finditer(text):
        within = match.start() > 0 and text[match.start() - 1] != "\n"
        if not (match[0] == _BREAK and within and match.end() < len(text)):
            yield match


def check(text: Text) -> Iterator[TextFinding]:
    """Trailing spaces, reported once for a text; a text of spaces or nothing."""
    if not text.text.strip():
        message = "this text is empty" if not text.text else "this text is nothing but spaces"
        yield TextFinding(Rule.EMPTY_TEXT, message, text)
        return
    matches = list(trailing(text.text))
    if matches:
        offset = matches[0].start()
        start = text.text.rfind("\n", 0, offset) + 1
        line = text.text[start : matches[0].end()]
        more = f" (and {len(matches) - 1:,} more)" if len(matches) > 1 else ""
        message = f"this line of the text ends in spaces{more}: they go to the model"
        yield TextFinding(Rule.TRAILING_SPACES, message, text, start, line)
