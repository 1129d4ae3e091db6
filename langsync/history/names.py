"""The files that a document may name, told without knowing its kind."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from langsync.errors import InvalidFilesError
from langsync.formats import yaml
from langsync.model import Json

MAX_PATH = 1024
"""Characters of the longest text that is tried as a path."""

_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Named:
    """What a file of documents may name.

    Args:
        files: Paths, relative to the top of the repository; most are just short texts.
        folders: Folders in which patterns look for files.
    """

    files: frozenset[str]
    folders: frozenset[str]


def named(text: str, path: str) -> Named:
    """Find what may be a path, or a pattern of paths, in a YAML file.

    Any text of one line may be a path; asking costs little. A text with ``*``, ``?`` or ``[`` is
    taken for a pattern only in a list under a key that ends in ``_from``, as ``items_from``.

    Args:
        text: The file's text.
        path: Its path, relative to the top of the repository.
    """
    here = posixpath.dirname(path)
    files, folders = set(), set()
    try:
        values = yaml.read(text.removeprefix("\ufeff").replace("\r\n", "\n"), path)
    except InvalidFilesError:
        values = []
    for value, is_pattern in _texts(values):
        if is_pattern and not _GLOB.isdisjoint(value):
            steps = value.split("/")
            fixed = next(at for at, step in enumerate(steps) if not _GLOB.isdisjoint(step))
            folders.add("/".join([here, *steps[:fixed]]))
        else:
            files.add(f"{here}/{value}")
    return Named(frozenset(files), frozenset(folders))


def _texts(value: Json, *, is_pattern: bool = False) -> Iterator[tuple[str, bool]]:
    """The texts in a value that may be paths, and whether they may be patterns."""
    if isinstance(value, str):
        if value and len(value) <= MAX_PATH and "\n" not in value and not value.startswith("/"):
            yield value, is_pattern
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, is_pattern=key.endswith("_from"))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, is_pattern=is_pattern)
