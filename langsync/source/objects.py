"""Files and folders as commits hold them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from langsync.source.contents import ObjectReader
from langsync.source.git import Git
from langsync.source.lfs import EMPTY, Store

_REMEMBERED = 200_000
"""Entries of folders that are remembered."""

_MAX_LINKS = 40
"""How many links are followed for one path, as on Linux."""

_KINDS = {b"40000": "tree", b"120000": "link"}

SUBMODULE = b"160000"
"""The mode of a submodule."""

Row = tuple[bytes, bytes]
"""An entry of a folder as Git stores it: mode and hash."""


class Entry(NamedTuple):
    """An entry of a folder of a commit.

    Args:
        kind: ``tree``, ``file`` or ``link``.
        hash: The hash of the object.
    """

    kind: str
    hash: str


class ResolvedPath(NamedTuple):
    """Where a path leads once links are followed.

    Args:
        path: The path without links, whether or not it exists; None outside of the repository.
        entry: Its entry; None if it does not exist.
        trail: The paths on which the answer depends.
    """

    path: str | None
    entry: Entry | None
    trail: tuple[str, ...]


class Objects(ObjectReader):
    """The objects of a repository.

    Args:
        git: The program, in the repository.
        width: How many digits a hash has there.
        fetch: Fetches objects that a partial clone lacks; None where it lacks none.
        lfs: What Git LFS keeps.
    """

    def __init__(
        self,
        git: Git,
        width: int,
        fetch: Callable[[Sequence[str]], None] | None = None,
        lfs: Store = EMPTY,
    ) -> None:
        super().__init__(git, fetch, lfs)
        self.absent: set[str] = set()
        """Commits of submodules that were asked for and are not here."""
        self._submodules: dict[str, str | None] = {}
        self._row = re.compile(rb"([0-7]{5,6}) ([^\0]+)\0(.{%d})" % (width // 2), re.DOTALL)
        self._trees: dict[str, dict[bytes, Row]] = {}
        self._entries = 0

    def _tree_of(self, commit: str) -> str | None:
        """The folder of a commit of a submodule; None if it is not here."""
        if commit not in self._submodules:
            [content] = self._answers([commit])
            head, _, tree = (content or b"").partition(b"\n")[0].partition(b" ")
            self._submodules[commit] = tree.decode() if head == b"tree" else None
        if self._submodules[commit] is None:
            self.absent.add(commit)
        return self._submodules[commit]

    def child(self, folder: Entry | None, name: str) -> Entry | None:
        """The entry of a folder under a name; None if it is not a folder."""
        return self.entry(name, self.rows(folder).get(os.fsencode(name)))

    def rows(self, folder: Entry | None) -> Mapping[bytes, Row]:
        """The entries of a folder, as they are stored; none if it is not a folder."""
        return self._raw(folder.hash) if folder is not None and folder.kind == "tree" else {}

    def _raw(self, hash: str) -> dict[bytes, Row]:  # noqa: A002 - what it is
        if hash not in self._trees:
            self.preload([hash])
        return self._trees[hash]

    def preload(self, trees: Sequence[str]) -> None:
        """Read some folders at once, which is faster than one by one."""
        unread = [hash for hash in dict.fromkeys(trees) if hash not in self._trees]  # noqa: A001
        if self._entries > _REMEMBERED:
            self._trees.clear()
            self._entries = 0
        for hash, content in zip(unread, self.read(unread), strict=True):  # noqa: A001
            rows = self._row.findall(content)
            self._trees[hash] = {name: (mode, digest) for mode, name, digest in rows}
            self._entries += len(rows) + 1

    def at(self, tree: str, path: str) -> Entry | None:
        """The entry at a path, no links followed; the path may be empty."""
        entry: Entry | None = Entry("tree", tree)
        for name in path.split("/") if path else ():
            entry = self.child(entry, name)
        return entry

    def follow(self, tree: str, path: str) -> ResolvedPath:
        """The entry at a path, links inside the repository followed."""
        pending = [*reversed(path.split("/"))]
        walked: list[tuple[str, Entry | None]] = [("", Entry("tree", tree))]
        trail: list[str] = []
        links = 0
        while pending:
            name = pending.pop()
            if name in ("", "."):
                continue
            if name == "..":
                if len(walked) == 1:
                    return ResolvedPath(None, None, tuple(trail))
                trail.append(_path(walked))  # it may become a link
                walked.pop()
                continue
            walked.append((name, self.child(walked[-1][1], name)))
            entry = walked[-1][1]
            if entry is None or entry.kind != "link":
                continue
            trail.append(_path(walked))
            walked.pop()
            links += 1
            target = os.fsdecode(self.content(entry.hash))
            if links > _MAX_LINKS or target.startswith("/"):
                return ResolvedPath(None, None, tuple(trail))
            pending += reversed(target.split("/"))
        trail.append(_path(walked))
        return ResolvedPath(trail[-1], walked[-1][1], tuple(trail))

    def entry(self, name: str, raw: Row | None) -> Entry | None:
        """Parse a row of a folder; None for names that no folder can have.

        A submodule is read as the folder of the pinned commit.
        """
        if raw is None or name in ("", ".", "..") or name.lower() == ".git":
            return None
        if any(sign in name for sign in ("/" if os.sep == "/" else "/\\:")):
            return None
        mode, digest = raw
        if mode == SUBMODULE:
            tree = self._tree_of(digest.hex())
            return Entry("tree", tree) if tree is not None else None
        kind = _KINDS.get(mode, "file" if mode.startswith(b"100") else "")
        return Entry(kind, digest.hex()) if kind else None


def kind_of(entry: Entry | None) -> str:
    """The kind of an entry; empty for None."""
    return entry.kind if entry is not None else ""


def _path(walked: Sequence[tuple[str, Entry | None]]) -> str:
    return "/".join(name for name, _ in walked[1:])
