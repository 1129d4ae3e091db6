"""The files of a repository as a commit has them; nothing is checked out."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from fnmatch import fnmatch
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from langsync.formats.items import is_pointer
from langsync.source.boundary import Boundary
from langsync.source.objects import Objects, ResolvedPath, kind_of
from langsync.source.tree import Listing, SourceTree


class CommitTree(SourceTree):
    """The files of a repository as a commit has them; see `SourceTree`.

    Paths are those of the work tree. The tree records the paths on which its answers depend.

    Args:
        objects: The objects of the repository.
        tree: The hash of the repository's folder in the commit.
        boundary: Which files may be read; its top is the repository's.
    """

    def __init__(self, objects: Objects, tree: str, boundary: Boundary) -> None:
        self.boundary = boundary
        self.asked: set[str] = set()
        """The paths on which answers depend, relative to the top, links not followed."""
        self.listed: set[tuple[str, str]] = set()
        """The folders that were listed, relative to the top, each with a pattern of names."""
        self.pointers: set[Path] = set()
        """The files that were read and whose contents, kept by Git LFS, are not here."""
        self.sizes: dict[Path, int] = {}
        """How many bytes were read of each file."""
        self._objects = objects
        self._tree = tree

    def resolve(self, path: Path, *, strict: bool = False) -> Path:
        """See `SourceTree.resolve`; links that lead out lead to the folder above the top."""
        target = self._follow(path)
        if strict and target.entry is None:
            raise _error(errno.ENOENT, path)
        return self.boundary.top.parent if target.path is None else self.boundary.top / target.path

    def is_file(self, path: Path) -> bool:
        """See `SourceTree.is_file`."""
        return kind_of(self._follow(path).entry) == "file"

    def is_folder(self, path: Path) -> bool:
        """See `SourceTree.is_folder`."""
        return kind_of(self._follow(path).entry) == "tree"

    def is_link(self, path: Path) -> bool:
        """See `SourceTree.is_link`."""
        folder = self._follow(path.parent)
        if folder.path is None:
            return False
        self.asked.add(f"{folder.path}/{path.name}".lstrip("/"))
        return kind_of(self._objects.child(folder.entry, path.name)) == "link"

    def open(self, path: Path) -> BinaryIO:
        """See `SourceTree.open`; contents that Git LFS keeps are read if they are here.

        Raises:
            GitError: Git does not have the file's contents.
        """
        target = self._follow(path)
        if target.path is None or target.entry is None:
            raise _error(errno.ENOENT, path)
        if target.entry.kind == "tree":
            raise _error(errno.EISDIR, path)
        content = self._objects.content(target.entry.hash)
        real = self.boundary.top / target.path
        self.sizes[real] = len(content)
        if is_pointer(content):
            self.pointers.add(real)
        return BytesIO(content)

    def list(self, folder: Path, pattern: str = "*") -> Listing:
        """See `SourceTree.list`; a submodule is a folder, if its commit is here."""
        target = self._follow(folder)
        if target.path is None:
            return Listing()
        self.listed.add((target.path, pattern))
        forms: dict[str, list[str]] = {"tree": [], "link": [], "file": []}
        for raw, row in self._objects.rows(target.entry).items():
            name = os.fsdecode(raw)
            if pattern != "*" and not fnmatch(name, pattern):
                continue
            kind = kind_of(self._objects.entry(name, row))
            if kind == "link" and kind_of(self._follow(folder / name).entry) != "tree":
                kind = "file"
            if kind:
                forms[kind].append(name)
        return Listing(*(tuple(sorted(names)) for names in forms.values()))

    def glob(self, folder: Path, pattern: str) -> Sequence[Path]:
        """See `SourceTree.glob`."""
        paths = super().glob(folder, pattern)
        entries = (self._follow(path).entry for path in paths)
        self._objects.expect([entry.hash for entry in entries if entry is not None])
        return paths

    def _follow(self, path: Path) -> ResolvedPath:
        if not path.is_relative_to(self.boundary.top):
            return ResolvedPath(None, None, ())
        inside = path.relative_to(self.boundary.top).as_posix()
        target = self._objects.follow(self._tree, inside)
        self.asked.update(target.trail)
        return target


def _error(number: int, path: Path) -> OSError:
    return OSError(number, os.strerror(number), str(path))
