"""Fixes what rules find: what cannot change any value, and texts where that is asked for.

Every edit is checked before it is written: the file has to have the expected values afterwards, and
nothing else may have changed.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from langsync.errors import InvalidFilesError, LangsyncError, Problem
from langsync.formats import yaml
from langsync.formats.line_ends import normal
from langsync.kinds.base import Text
from langsync.lint.layout import layout_lines, without
from langsync.lint.places import TextFinding, anchor
from langsync.lint.spaces import trailing
from langsync.lint.variables import spaced
from langsync.model import Json
from langsync.rules import Rule
from langsync.source.files import read_raw, write_file

TEXTS = (Rule.TRAILING_SPACES, Rule.SPACED_VARIABLE)
"""The rules whose findings in texts can be fixed."""


def fix_layout(problems: Iterable[Problem]) -> list[str]:
    """Remove the spaces that are in no text.

    Args:
        problems: What was found and not suppressed.

    Returns:
        The files that were written.

    Raises:
        LangsyncError: A file cannot be written.
    """
    code = Rule.TRAILING_LAYOUT.code
    files = dict.fromkeys(problem.file for problem in problems if problem.code == code)
    return [file for file in files if _rewrite(Path(file), _without_layout)]


def _without_layout(text: str) -> str:
    return without(text, layout_lines(text))


def fix_texts(findings: Iterable[TextFinding]) -> list[str]:
    """Fix texts, which changes what is deployed.

    Args:
        findings: What was found and not suppressed.

    Returns:
        The files that were written. One that is written in a way that an edit could break is left
        as it is.

    Raises:
        LangsyncError: A file cannot be written.
    """
    by_file: dict[str, list[TextFinding]] = defaultdict(list)
    for finding in findings:
        if finding.rule in TEXTS:
            by_file[finding.text.file].append(finding)
    return [
        file for file, of_file in by_file.items() if _rewrite(Path(file), partial(_edit, of_file))
    ]


def _edit(findings: Sequence[TextFinding], raw: str) -> str:
    """A file with its texts fixed."""
    if not findings[0].text.included:
        return _in_document(raw, findings)
    end = "\n" if raw.endswith("\n") else ""
    return _fixed(raw.removesuffix("\n"), {finding.rule for finding in findings}) + end


def _fixed(text: str, rules: set[Rule]) -> str:
    if Rule.TRAILING_SPACES in rules:
        for match in reversed(list(trailing(text))):
            text = text[: match.start()] + text[match.end() :]
    if Rule.SPACED_VARIABLE in rules:
        for match in reversed(list(spaced(text))):
            name = match[1] or match[2]
            text = f"{text[: match.start()]}{{{{{name}}}}}{text[match.end() :]}"
    return text


def _in_document(raw: str, findings: Sequence[TextFinding]) -> str:
    """A document with fixed texts, text by text; one that cannot be fixed stays."""
    rules: dict[tuple[int, tuple[str | int, ...]], set[Rule]] = defaultdict(set)
    texts: dict[tuple[int, tuple[str | int, ...]], Text] = {}
    for finding in findings:
        key = (finding.text.document.index, finding.text.steps)
        rules[key].add(finding.rule)
        texts[key] = finding.text
    for key, text in texts.items():
        expected = _expected(raw, text, rules[key])
        edited = _edited(raw, text, rules[key])
        try:
            if yaml.read(edited, "after") == expected:
                raw = edited
        except InvalidFilesError:
            continue
    return raw


def _expected(raw: str, text: Text, rules: set[Rule]) -> Json:
    """The values that the file is to have: the same, with this text fixed."""
    values = copy.deepcopy(yaml.read(raw, "before"))
    *path, last = (text.document.index, *text.steps)
    target: Json = values
    for step in path:
        target = target[step]
    target[last] = _fixed(target[last], rules)
    return values


def _edited(raw: str, text: Text, rules: set[Rule]) -> str:
    """A file with the lines of a text fixed, where the file has them as the text does."""
    lines = raw.split("\n")
    first = anchor(text)[0] - 1
    old, new = text.text.split("\n"), _fixed(text.text, rules).split("\n")
    if len(old) == 1 and lines[first].count(old[0]) == 1:
        lines[first] = lines[first].replace(old[0], new[0])
        return "\n".join(lines)
    for number, (before, after) in enumerate(zip(old, new, strict=True), first + 1):
        if before != after and number < len(lines) and lines[number].endswith(before):
            line = lines[number].removesuffix(before) + after
            lines[number] = line if after else line.rstrip(" ")
    return "\n".join(lines)


def _rewrite(path: Path, edit: Callable[[str], str]) -> bool:
    """Write a file anew if an edit changes it; its line ends and byte order mark stay."""
    try:
        raw = read_raw(path)
    except LangsyncError:
        return False
    before = normal(raw)
    after = edit(before)
    if after == before:
        return False
    mark = "\ufeff" if raw.startswith("\ufeff") else ""
    if "\r\n" in raw:
        if raw.count("\n") != raw.count("\r\n"):
            return False  # of both kinds: which line has which would be lost
        after = after.replace("\n", "\r\n")
    write_file(path.resolve(), mark + after)
    return True
