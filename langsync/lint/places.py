"""Locates in its file what a rule finds in a text."""

from __future__ import annotations

from dataclasses import dataclass

from langsync.errors import Problem
from langsync.formats.yaml import locate
from langsync.kinds.base import Text
from langsync.rules import Rule


@dataclass(frozen=True, slots=True)
class TextFinding:
    """Something in a text that deserves a look.

    Args:
        rule: The rule that finds it.
        message: What it is and what to do about it.
        text: The text.
        offset: At which of its characters it begins.
        fragment: The characters there, on one line; empty where the whole text is meant.
    """

    rule: Rule
    message: str
    text: Text
    offset: int = 0
    fragment: str = ""

    def problem(self) -> Problem:
        """The finding at its place."""
        line, column = position(self)
        return Problem(self.text.file, self.message, line, column, self.rule.code)


def position(finding: TextFinding) -> tuple[int, int]:
    """Line and column of what was found, both from 1.

    What occurs once in a file needs no reader of YAML; in a literal block (``|``) lines are
    counted; in other texts it is looked for from where the text begins, since line breaks may be
    escaped or folded there. The text itself is the place where all of that fails.
    """
    text = finding.text
    if text.included:
        return _place(text.text, finding.offset)
    raw, fragment = text.document.text, finding.fragment
    if fragment and (offset := raw.find(fragment)) >= 0 and raw.find(fragment, offset + 1) < 0:
        return _place(raw, offset)
    line, column = anchor(text)
    lines = raw.split("\n")
    begin = sum(len(earlier) + 1 for earlier in lines[: line - 1]) + column - 1
    if raw[begin : begin + 1] == "|":
        number = line + 1 + text.text.count("\n", 0, finding.offset)
        inside = lines[number - 1] if number <= len(lines) else ""
        indent = max(0, _indent(lines[line:]))
        column = indent + finding.offset - (text.text.rfind("\n", 0, finding.offset) + 1)
        if inside[column : column + len(fragment)] == fragment:
            return number, column + 1
    elif fragment:
        end = begin + 2 * len(text.text) + 40 * (text.text.count("\n") + 1)
        if (offset := raw.find(fragment, begin, end)) >= 0:
            return _place(raw, offset)
    return anchor(text)


def anchor(text: Text) -> tuple[int, int]:
    """Line and column of where a text begins in its document, or is named there."""
    return locate(text.document.text, text.document.index, text.steps)


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _indent(lines: list[str]) -> int:
    """The spaces before the first line of a block that has more than those."""
    first = next((line for line in lines if line.strip()), "")
    return len(first) - len(first.lstrip(" "))
