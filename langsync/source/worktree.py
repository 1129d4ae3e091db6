"""The files of a repository as they are on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import BinaryIO

from langsync.source.boundary import Boundary
from langsync.source.files import open_regular
from langsync.source.tree import Listing, SourceTree


@dataclass(frozen=True)
class WorkTree(SourceTree):
    """The files of a repository as they are on disk; see `SourceTree`.

    Args:
        boundary: Which of them may be read.
    """

    boundary: Boundary

    @classmethod
    def below(cls, folder: Path) -> WorkTree:
        """The files below a folder."""
        return cls(Boundary(folder))

    def resolve(self, path: Path, *, strict: bool = False) -> Path:
        """See `SourceTree.resolve`."""
        return path.resolve(strict=strict)

    def is_file(self, path: Path) -> bool:
        """See `SourceTree.is_file`; false for a name that no file system allows."""
        try:
            return path.is_file()
        except OSError:
            return False

    def is_folder(self, path: Path) -> bool:
        """See `SourceTree.is_folder`."""
        return path.is_dir()

    def is_link(self, path: Path) -> bool:
        """See `SourceTree.is_link`."""
        return path.is_symlink()

    def open(self, path: Path) -> BinaryIO:
        """See `SourceTree.open`."""
        return open_regular(path)

    def list(self, folder: Path, pattern: str = "*") -> Listing:
        """See `SourceTree.list`; a folder that cannot be read is empty."""
        names: dict[str, list[str]] = {"folder": [], "linked": [], "file": []}
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if pattern == "*" or fnmatch(entry.name, pattern):
                        names[_form(entry)].append(entry.name)
        except OSError:
            return Listing()
        return Listing(*(tuple(sorted(name)) for name in names.values()))


def _form(entry: os.DirEntry[str]) -> str:
    try:
        is_folder = entry.is_dir()
    except OSError:
        is_folder = False  # a link to itself
    return ("linked" if entry.is_symlink() else "folder") if is_folder else "file"
