"""Findings that are suppressed: in ``langsync.yaml``, or by a comment beside them.

``# langsync: ignore LS101, LS4`` suppresses what is found on its line; on a line of its own, what
is found on the next one. A finding in a text counts as on the line where the text begins, since a
comment inside of it would be text, and one in an included file as where that is named.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from langsync.config import Config
from langsync.errors import Problem
from langsync.kinds.base import Text
from langsync.kinds.folder import SUFFIXES
from langsync.lint.places import TextFinding, anchor
from langsync.lint.sources import text_of
from langsync.rules import Rule, is_selector, selects
from langsync.source import SourceTree

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*langsync:\s*ignore\b:?\s*(.*)$")
_ALONE = re.compile(r"\s*#")
_CODE = re.compile(r"\w+")
SIGN = "langsync:"


@dataclass(slots=True)
class Suppressions:
    """Tells which findings are reported.

    Args:
        config: What ``langsync.yaml`` says.
        texts: The texts of the repository.
    """

    config: Config
    texts: Sequence[Text] = ()
    _included: dict[str, list[Text]] = field(init=False)
    _comments: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    _known: dict[str, str] = field(init=False)
    _tree: SourceTree = field(init=False)

    def __post_init__(self) -> None:
        self._included = defaultdict(list)
        self._known = {}
        self._tree = self.config.tree
        for text in self.texts:
            self._known[text.document.file] = text.document.text
            if text.included:
                self._included[text.included].append(text)

    def unsuppressed(
        self, findings: Iterable[TextFinding | Problem]
    ) -> Iterator[tuple[Problem, TextFinding | Problem]]:
        """The findings that are not suppressed, each at its place and as it was given."""
        for finding in findings:
            rule = finding.rule.code if isinstance(finding, TextFinding) else finding.code
            if not self.is_on(rule):
                continue
            problem = finding.problem() if isinstance(finding, TextFinding) else finding
            if not self._is_off_in(problem) and not self._is_commented(finding, problem):
                yield problem, finding

    def is_on(self, code: str) -> bool:
        """Whether a rule is enabled; what has no code always is."""
        lint = self.config.settings.lint
        if not code or selects(lint.ignore, code):
            return not code
        default = next(rule.default for rule in Rule if rule.code == code)
        return default or selects(lint.enable, code)

    def _is_off_in(self, problem: Problem) -> bool:
        name = Path(os.path.relpath(problem.file, self.config.root)).as_posix()
        lint = self.config.settings.lint
        return any(
            fnmatchcase(name, glob) and selects(codes, problem.code)
            for glob, codes in lint.files.items()
        )

    def _is_commented(self, finding: TextFinding | Problem, problem: Problem) -> bool:
        texts = (
            [finding.text]
            if isinstance(finding, TextFinding)
            else self._included.get(problem.file, [])
        )
        if not texts:
            return selects(self.comments(problem.file).get(problem.line, ()), problem.code)
        return all(
            (lines := self.comments(text.document.file))
            and selects(lines.get(anchor(text)[0], ()), problem.code)
            for text in texts
        )

    def comments(self, file: str) -> dict[int, list[str]]:
        """By line, the rules that comments of a file suppress there."""
        if file not in self._comments:
            text = self._known.get(file, "")
            if not text and file.endswith(SUFFIXES):
                text = text_of(self._tree, Path(file).absolute())
            self._comments[file] = _comments(text) if SIGN in text else {}
        return self._comments[file]

    def unknown_codes(self) -> Iterator[Problem]:
        """Comments that suppress rules which do not exist."""
        for file in (os.path.relpath(self.config.file), *self._known):
            for line, codes in self.comments(file).items():
                for code in codes:
                    if not is_selector(code):
                        message = (
                            f"there is no rule {code!r} to ignore: name its code, such as LS101"
                        )
                        yield Problem(file, message, line, 0, Rule.UNKNOWN_CODE.code)


def _comments(text: str) -> dict[int, list[str]]:
    suppressed: dict[int, list[str]] = {}
    waiting: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        match = _COMMENT.search(line)
        codes = _CODE.findall(match[1].split("#")[0]) if match else []
        if _ALONE.match(line):
            waiting += codes
            continue
        if codes or waiting:
            suppressed[number] = [*codes, *waiting]
        waiting = []
    return suppressed
