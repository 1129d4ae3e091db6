"""Files by a pattern, looked for inside of a boundary only."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from langsync.formats.boundary import Boundary, is_hidden


class OutsideError(Exception):
    """A pattern leads through a link to what must not be read.

    Args:
        folder: The link.
        flaw: Why not; see `Boundary.flaw`.
    """

    def __init__(self, folder: Path, flaw: str) -> None:
        super().__init__(str(folder))
        self.folder = folder
        self.flaw = flaw


def walk(folder: Path, steps: Sequence[str], boundary: Boundary) -> Iterator[Path]:
    """What a pattern matches below a folder, each path once; nothing hidden.

    ``**`` follows no links, as in `pathlib.Path.glob`.

    Args:
        folder: Where it begins.
        steps: The steps of the pattern.
        boundary: Which folders may be looked into.

    Raises:
        OutsideError: It leads through a link out of the boundary; nothing there was looked at.
        ValueError: ``**`` is a part of a step.
    """
    if any("**" in step and step != "**" for step in steps):
        raise ValueError("'**' can only be a whole step of a path")
    seen: set[tuple[Path, int]] = set()
    left = [(folder, 0)]
    while left:
        path, at = left.pop()
        if (path, at) in seen:
            continue
        seen.add((path, at))
        if at == len(steps):
            yield path
        elif steps[at] == "**":
            left.append((path, at + 1))
            left += ((Path(one.path), at) for one in _folders(path) if not one.is_symlink())
        else:
            left += _matching(path, steps[at], at, len(steps), boundary)


def _matching(
    path: Path, step: str, at: int, count: int, boundary: Boundary
) -> Iterator[tuple[Path, int]]:
    for one in _entries(path):
        if not fnmatch(one.name, step):
            continue
        inner = Path(one.path)
        if at + 1 < count:
            if not one.is_dir():
                continue
            if one.is_symlink() and (flaw := boundary.flaw(inner.resolve())):
                raise OutsideError(inner, flaw)
        yield inner, at + 1


def _folders(path: Path) -> Iterator[os.DirEntry[str]]:
    return (one for one in _entries(path) if one.is_dir())


def _entries(path: Path) -> list[os.DirEntry[str]]:
    """What a folder holds and is not hidden; nothing where it cannot be read."""
    try:
        with os.scandir(path) as found:
            return [one for one in found if not is_hidden(one.name)]
    except OSError:
        return []
