"""The files of a repository as they are written: their content, and which of them nobody names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from langsync.config import Config
from langsync.errors import InvalidFilesError, Problem
from langsync.formats.items import suffix
from langsync.formats.row_lines import RowSizeError, line_blocks, unpacked_rows
from langsync.kinds import all_kinds
from langsync.kinds.folder import every_file, readable_files
from langsync.lint.secrets import Secret, secrets
from langsync.rules import Rule
from langsync.source import SourceTree
from langsync.source.documents import read_text

_NAMED = (
    *(".md", ".markdown", ".txt", ".text", ".prompt", ".jinja", ".jinja2", ".j2", ".mustache"),
    *(".hbs", ".json", ".jsonl", ".ndjson", ".csv", ".gz"),
)
"""Endings of files that mean nothing unless a document names them."""

_NOTES = (
    "readme",
    "license",
    "changelog",
    "contributing",
    "notes",
    "agents",
    "claude",
    "codeowners",
)


@dataclass(frozen=True)
class Sources:
    """The files that langsync reads.

    Args:
        config: What ``langsync.yaml`` says.
        named: Files that documents name, relative to its folder.
        known: What some files hold, by their names as a user would type them.
    """

    config: Config
    named: frozenset[str]
    known: Mapping[str, str]

    @cached_property
    def documents(self) -> dict[str, str]:
        """What ``langsync.yaml`` and every file that declares resources hold."""
        paths = [(os.path.relpath(self.config.file), self.config.file)]
        for folder in dict.fromkeys(self._folders()):
            before, shown = len(str(folder)) + 1, os.path.relpath(folder)
            prefix = "" if shown == "." else f"{shown}{os.sep}"
            files = readable_files(folder, self._tree)
            paths += [(f"{prefix}{str(path)[before:]}", path) for path in files]
        return {name: self.known.get(name) or text_of(self._tree, path) for name, path in paths}

    def secrets(self) -> Iterator[tuple[str, Secret, int, int]]:
        """Every secret in a file that is read: the file, the secret, line and column."""
        for shown, text, line in self._texts():
            for secret in secrets(text):
                offset = secret.offset
                column = offset - text.rfind("\n", 0, offset)
                yield shown, secret, line + text.count("\n", 0, offset) + 1, column

    def _texts(self) -> Iterator[tuple[str, str, int]]:
        """What is in files, some of them in pieces: the file, its text, the lines before it."""
        yield from ((shown, text, 0) for shown, text in self.documents.items())
        for path in (self.config.root / name for name in sorted(self.named)):
            shown = os.path.relpath(path)
            if not suffix(path):
                yield shown, text_of(self._tree, path), 0
                continue
            with suppress(OSError, EOFError, RowSizeError):  # the loader says what is wrong with it
                yield from ((shown, text, line) for text, line in _blocks(self._tree, path))

    def unreachable(self) -> Iterator[Problem]:
        """Files beside the documents that none of them names.

        A folder that is the one of ``langsync.yaml`` itself holds everything else as well: nothing
        is said of it.
        """
        resolve = self._tree.resolve
        known = {resolve(self.config.root / name) for name in self.named}
        for folder in dict.fromkeys(self._folders()):
            for path in self._others(folder) if folder != self.config.root else ():
                if resolve(path) not in known:
                    message = "no file names this one: it is read by nothing; name it, or remove it"
                    shown = os.path.relpath(path)
                    yield Problem(shown, message, code=Rule.UNREACHABLE_FILE.code)

    def _others(self, folder: Path) -> Iterator[Path]:
        """Files that are not documents and could be named by one."""
        for path in every_file(folder, self._tree):
            lower = path.name.lower()
            if not lower.startswith(_NOTES) and lower.endswith(_NAMED):
                yield path

    @cached_property
    def _tree(self) -> SourceTree:
        return self.config.tree

    def _folders(self) -> Iterator[Path]:
        for kind in all_kinds().values():
            if kind.folder:
                yield self._tree.resolve(self.config.root / self.config.folders[kind.folder])


def _blocks(tree: SourceTree, path: Path) -> Iterator[tuple[str, int]]:
    """A file of rows in pieces of whole lines, each with the number of lines before it."""
    with unpacked_rows(tree.open(path), path.name) as file:
        line = 0
        for lines in line_blocks(file):
            yield b"".join(lines).decode("utf-8", "replace"), line
            line += len(lines)


def text_of(tree: SourceTree, path: Path) -> str:
    """A file's text; empty where it cannot be read."""
    try:
        return read_text(tree, path, str(path))
    except InvalidFilesError:
        return ""
