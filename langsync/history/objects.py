"""Files and folders as commits hold them, read by one ``git cat-file``."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from langsync.history.git import Git, GitError, stop

_AT_ONCE = 200
"""Questions that are sent before answers are read: they must fit in a pipe."""

_REMEMBERED = 200_000
"""Entries of folders that are remembered."""

_MAX_LINKS = 40
"""Links that are followed on the way to one file; what Linux does."""

_KINDS = {b"40000": "tree", b"120000": "link"}


class Entry(NamedTuple):
    """What a folder of a commit has under one name.

    Args:
        kind: ``tree``, ``file`` or ``link``.
        hash: The hash of the object.
    """

    kind: str
    hash: str


class Difference(NamedTuple):
    """A file or link that differs.

    Args:
        path: Its path.
        old: What was there; None if nothing was.
        new: What is there; None if nothing is.
    """

    path: str
    old: Entry | None
    new: Entry | None


class Found(NamedTuple):
    """Where a path leads once links are followed.

    Args:
        path: The path without links, be there anything or not; None outside of the repository.
        entry: What is there; None if nothing is.
        links: The links that were followed.
    """

    path: str | None
    entry: Entry | None
    links: tuple[str, ...]

    @property
    def trail(self) -> tuple[str, ...]:
        """The paths on which the answer depends: where nothing is, a folder may become a link."""
        if self.path is None:
            return self.links
        if self.entry is not None:
            return (*self.links, self.path)
        steps = self.path.split("/")
        return (*self.links, *("/".join(steps[:end]) for end in range(1, len(steps) + 1)))


class Objects:
    """The objects of a repository.

    Args:
        git: The program, in the repository.
        width: How many digits a hash has there.
    """

    def __init__(self, git: Git, width: int) -> None:
        self._git = git
        self._row = re.compile(rb"([0-7]{5,6}) ([^\0]+)\0(.{%d})" % (width // 2), re.DOTALL)
        self._process: subprocess.Popen[bytes] | None = None
        self._trees: dict[str, dict[bytes, tuple[bytes, bytes]]] = {}
        self._size = 0

    def read(self, hashes: Sequence[str]) -> Iterator[bytes]:
        """The contents of some objects, in order.

        Raises:
            GitError: One is not there: the clone has no contents, or is damaged.
        """
        for start in range(0, len(hashes), _AT_ONCE):
            part = hashes[start : start + _AT_ONCE]
            try:
                yield from self._ask(part)
            except (OSError, ValueError) as error:
                self.close()
                raise GitError(f"git cat-file ended: {error}") from None

    def _ask(self, hashes: Sequence[str]) -> Iterator[bytes]:
        if self._process is None:
            self._process = self._git.start("cat-file", "--batch", asked=True)
        questions, answers = self._process.stdin, self._process.stdout
        if questions is None or answers is None:
            raise GitError("git cat-file has no pipes")
        questions.write("".join(f"{one}\n" for one in hashes).encode())
        questions.flush()
        # all is read before any is given away: an answer left behind would be taken for the next
        found = []
        for _ in hashes:
            head = answers.readline().split()
            if len(head) != 3:
                self.close()
                raise GitError(f"this clone lacks an object: {b' '.join(head).decode()}")
            size = int(head[2])
            found.append(answers.read(size + 1)[:size])
        yield from found

    def child(self, folder: Entry | None, name: str) -> Entry | None:
        """What a folder has under a name; nothing if it is no folder."""
        if folder is None or folder.kind != "tree":
            return None
        found = self._raw(folder.hash).get(os.fsencode(name))
        return _entry(name, found) if found is not None else None

    def _raw(self, hash: str) -> dict[bytes, tuple[bytes, bytes]]:  # noqa: A002 - what it is
        """What a folder holds, as it is stored: names with mode and hash."""
        if hash not in self._trees:
            self.preload([hash])
        return self._trees[hash]

    def preload(self, trees: Sequence[str]) -> None:
        """Read some folders at once, which is faster than one by one."""
        wanted = [hash for hash in dict.fromkeys(trees) if hash not in self._trees]  # noqa: A001
        if self._size > _REMEMBERED:
            self._trees.clear()
            self._size = 0
        for hash, content in zip(wanted, self.read(wanted), strict=True):  # noqa: A001
            rows = self._row.findall(content)
            self._trees[hash] = {name: (mode, digest) for mode, name, digest in rows}
            self._size += len(rows) + 1

    def agree(self, left: str, right: str, names: Collection[str]) -> bool:
        """Whether two folders hold the same under some names."""
        if left == right:
            return True
        here, there = self._raw(left), self._raw(right)
        return all(here.get(name) == there.get(name) for name in map(os.fsencode, names))

    def at(self, tree: str, path: str) -> Entry | None:
        """What is at a path, no link on the way to it followed; the path may be empty."""
        entry: Entry | None = Entry("tree", tree)
        for name in path.split("/") if path else ():
            entry = self.child(entry, name)
        return entry

    def follow(self, tree: str, path: str) -> Found:
        """What is at a path, links inside the repository followed."""
        waiting = [*reversed(path.split("/"))]
        way: list[tuple[str, Entry | None]] = [("", Entry("tree", tree))]
        links: list[str] = []
        while waiting:
            name = waiting.pop()
            if name in ("", "."):
                continue
            if name == "..":
                way.pop()
                if not way:
                    return Found(None, None, tuple(links))
                continue
            entry = self.child(way[-1][1], name)
            if entry is None or entry.kind != "link":
                way.append((name, entry))
                continue
            links.append("/".join([*(step for step, _ in way[1:]), name]))
            target = os.fsdecode(next(self.read([entry.hash])))
            if len(links) > _MAX_LINKS or target.startswith("/"):
                return Found(None, None, tuple(links))
            waiting += reversed(target.split("/"))
        return Found("/".join(step for step, _ in way[1:]), way[-1][1], tuple(links))

    def differences(
        self, path: str, old: Entry | None, new: Entry | None, *, deep: bool = True
    ) -> Iterator[Difference]:
        """The files and links that differ.

        Args:
            path: Where they are: the path of one, or of a folder.
            old: What was there.
            new: What is there.
            deep: Whether folders in the folder count as well.
        """
        yield from difference(path, old, new)
        left = self._raw(old.hash) if old is not None and old.kind == "tree" else {}
        right = self._raw(new.hash) if new is not None and new.kind == "tree" else {}
        if left is right:
            return
        for name in (
            *(name for name, one in right.items() if left.get(name) != one),
            *(name for name in left if name not in right),
        ):
            text = os.fsdecode(name)
            inner = f"{path}/{text}" if path else text
            was, now = (_entry(text, side.get(name)) for side in (left, right))
            if deep or not {"tree"} & {one.kind for one in (was, now) if one}:
                yield from self.differences(inner, was, now)
            else:
                yield from difference(inner, was, now)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            stop(self._process)
            self._process = None


def difference(path: str, old: Entry | None, new: Entry | None) -> Iterator[Difference]:
    """The difference of what is at one path itself; a folder counts as nothing."""
    was = old if old is not None and old.kind != "tree" else None
    now = new if new is not None and new.kind != "tree" else None
    if was != now:
        yield Difference(path, was, now)


def _entry(name: str, raw: tuple[bytes, bytes] | None) -> Entry | None:
    """Read a row of a folder; names that no folder can have, and submodules, are nothing."""
    if raw is None or name in ("", ".", "..") or name.lower() == ".git":
        return None
    if any(sign in name for sign in ("/" if os.sep == "/" else "/\\:")):
        return None
    mode, digest = raw
    kind = _KINDS.get(mode, "file" if mode.startswith(b"100") else "")
    return Entry(kind, digest.hex()) if kind else None
