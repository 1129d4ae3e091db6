"""The files that a document may name, told without knowing its kind."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from langsync.errors import InvalidFilesError
from langsync.formats import yaml
from langsync.model import Json

MAX_PATH = 1024
"""Characters of the longest text that is tried as a path."""

_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern of files.

    Args:
        folder: The folder in which it looks, relative to the top of the repository.
        name: The pattern of the files' own names.
        deep: Whether it looks in folders of that folder.
    """

    folder: str
    name: str
    deep: bool

    def means(self, path: str) -> bool:
        """Whether it may mean a file."""
        folder, _, name = path.rpartition("/")
        inside = is_below(folder, self.folder) if self.deep else folder == self.folder
        return inside and fnmatchcase(name, self.name)


@dataclass(frozen=True, slots=True)
class Named:
    """What a file of documents may name, links not followed.

    Args:
        files: Paths, relative to the top of the repository; most are just short texts.
        rows: Those that stand where patterns may: files of rows.
        patterns: Patterns of paths.
    """

    files: frozenset[str]
    rows: frozenset[str]
    patterns: frozenset[Pattern]


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies below it; an empty folder is the repository's own."""
    return not folder or path == folder or path.startswith(f"{folder}/")


def named(text: str, path: str) -> Named:
    """Find what may be a path, or a pattern of paths, in a YAML file.

    Any text of one line may be a path; asking costs little. A text with ``*``, ``?`` or ``[`` is
    taken for a pattern only in a list under a key that ends in ``_from``, as ``items_from``.

    Args:
        text: The file's text.
        path: Its path, relative to the top of the repository.
    """
    here = posixpath.dirname(path)
    files: set[str] = set()
    rows: set[str] = set()
    patterns: set[Pattern] = set()
    try:
        values = yaml.read(text.replace("\r\n", "\n"), path)
    except InvalidFilesError:
        values = []
    for value, may_match in _texts(values):
        if may_match and not _GLOB.isdisjoint(value):
            steps = value.split("/")
            fixed = next(at for at, step in enumerate(steps) if not _GLOB.isdisjoint(step))
            deep = len(steps) > fixed + 1
            patterns.add(Pattern("/".join([here, *steps[:fixed]]), steps[-1], deep))
        else:
            (rows if may_match else files).add(f"{here}/{value}")
    return Named(frozenset(files), frozenset(rows), frozenset(patterns))


def _texts(value: Json, *, may_match: bool = False) -> Iterator[tuple[str, bool]]:
    """The texts in a value that may be paths, and whether they may be patterns."""
    if isinstance(value, str):
        if value and len(value) <= MAX_PATH and "\n" not in value and not value.startswith("/"):
            yield value, may_match
    elif isinstance(value, dict):
        for key, item in value.items():
            matches = key.endswith("_from") or (may_match and key == "file")
            yield from _texts(item, may_match=matches)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, may_match=may_match)
