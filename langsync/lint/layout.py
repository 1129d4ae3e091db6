"""Spaces at the ends of lines of a YAML file, and how to take them away.

What is in a text is data: only spaces whose removal leaves every value as it is are layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from langsync.errors import InvalidFilesError, Problem
from langsync.formats import yaml
from langsync.model import Json
from langsync.rules import Rule

_TRAILING = re.compile(r"(?<![ \t])[ \t]+(?=\r?$)")
_MOST = 200
_BUDGET = 1_000_000
"""How often a file is read again to find out which spaces are layout, and how many characters at
most; the rest is left alone."""


def check(file: str, text: str) -> Iterator[Problem]:
    """Trailing spaces outside of texts, reported once for a file."""
    if " \n" not in text and "\t\n" not in text and not text.endswith((" ", "\t")):
        return
    lines = layout_lines(text)
    if lines:
        more = f" (and {len(lines) - 1:,} more)" if len(lines) > 1 else ""
        message = f"this line ends in spaces{more}: --fix removes them"
        yield Problem(file, message, lines[0], 0, Rule.TRAILING_LAYOUT.code)


def layout_lines(text: str) -> list[int]:
    """The lines, from 1, whose trailing spaces mean nothing."""
    try:
        meant = yaml.read(text, "before")
    except InvalidFilesError:
        return []
    data = _spaced_lines(meant)
    spaced = [
        number
        for number, line in enumerate(text.split("\n"), 1)
        if _TRAILING.search(line) and line.strip() not in data
    ]
    readings, max_readings = 0, min(_MOST, 1 + _BUDGET // (len(text) + 1))

    def same(numbers: Sequence[int]) -> bool:
        nonlocal readings
        readings += 1
        try:
            return yaml.read(without(text, numbers), "after") == meant
        except InvalidFilesError:
            return False

    layout: list[int] = []
    waiting = [spaced]
    while waiting and readings < max_readings:
        numbers = waiting.pop()
        if numbers and same([*layout, *numbers]):
            layout += numbers
        elif len(numbers) > 1:
            middle = len(numbers) // 2
            waiting += [numbers[middle:], numbers[:middle]]
    return sorted(layout)


def _spaced_lines(value: Json) -> set[str]:
    """The lines of texts that end in spaces, without these: lines like them in a file are data."""
    spaced: set[str] = set()
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            if " " in part or "\t" in part:
                lines = part.split("\n")
                spaced.update(line.strip() for line in lines if line.endswith((" ", "\t")))
        elif isinstance(part, dict | list):
            waiting += part.values() if isinstance(part, dict) else part
    return spaced


def without(text: str, numbers: Sequence[int]) -> str:
    """A text whose lines with these numbers have no spaces at their ends."""
    lines = text.split("\n")
    for number in numbers:
        lines[number - 1] = _TRAILING.sub("", lines[number - 1])
    return "\n".join(lines)
