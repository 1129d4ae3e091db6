"""Files and folders as commits hold them, read by one ``git cat-file``."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from langsync.history.git import Git, GitError, stop
from langsync.history.lfs import EMPTY, Store

_AT_ONCE = 200
"""Questions that are sent before answers are read: they must fit in a pipe."""

_REMEMBERED = 200_000
"""Entries of folders that are remembered."""

_MAX_LINKS = 40
"""Links that are followed on the way to one file; what Linux does."""

_KINDS = {b"40000": "tree", b"120000": "link"}

_SUBMODULE = b"160000"


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
        self.lfs = lfs
        self.absent: set[str] = set()
        """Commits of submodules that were asked for and are not here."""
        self._git = git
        self._fetch = fetch
        self._submodules: dict[str, str | None] = {}
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

    def _ask(self, hashes: Sequence[str]) -> list[bytes]:
        contents = self._answers(hashes)
        missing = [one for one, content in zip(hashes, contents, strict=True) if content is None]
        if missing and self._fetch is not None:
            try:
                self._fetch(missing)
            except GitError as error:
                words = f"this clone lacks the object {missing[0]}, and a fetch does not work"
                raise GitError(f"{words}: {error}") from None
            self.close()
            contents = self._answers(hashes)
            missing = [one for one, body in zip(hashes, contents, strict=True) if body is None]
        found = [content for content in contents if content is not None]
        if len(found) < len(hashes):
            raise GitError(f"this clone lacks the object {missing[0]}")
        return found

    def _answers(self, hashes: Sequence[str]) -> list[bytes | None]:
        """The contents of objects; None for those that are not here."""
        if self._process is None:
            self._process = self._git.start("cat-file", "--batch", asked=True)
        questions, answers = self._process.stdin, self._process.stdout
        if questions is None or answers is None:
            raise GitError("git cat-file has no pipes")
        questions.write("".join(f"{one}\n" for one in hashes).encode())
        questions.flush()
        # all is read before any is given away: an answer left behind would be taken for the next
        found: list[bytes | None] = []
        for asked in hashes:
            head = answers.readline().split()
            if len(head) == 3:
                found.append(answers.read(int(head[2]) + 1)[:-1])
            elif head[1:] == [b"missing"]:
                found.append(None)
            else:  # it has ended, or says something else: asked alone, Git tells why
                self.close()
                words = self._git.run("cat-file", "-p", asked).complaint
                raise GitError(words or f"git cat-file ended at the object {asked}")
        return found

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
        """What a folder has under a name; nothing if it is no folder."""
        if folder is None or folder.kind != "tree":
            return None
        found = self._raw(folder.hash).get(os.fsencode(name))
        return self._entry(name, found)

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
            was, now = (self._entry(text, side.get(name)) for side in (left, right))
            if deep or not {"tree"} & {one.kind for one in (was, now) if one}:
                yield from self.differences(inner, was, now)
            else:
                yield from difference(inner, was, now)

    def _entry(self, name: str, raw: tuple[bytes, bytes] | None) -> Entry | None:
        """Read a row of a folder; names that no folder can have are nothing.

        A submodule is the folder of the commit that is pinned.
        """
        if raw is None or name in ("", ".", "..") or name.lower() == ".git":
            return None
        if any(sign in name for sign in ("/" if os.sep == "/" else "/\\:")):
            return None
        mode, digest = raw
        if mode == _SUBMODULE:
            tree = self._tree_of(digest.hex())
            return Entry("tree", tree) if tree is not None else None
        kind = _KINDS.get(mode, "file" if mode.startswith(b"100") else "")
        return Entry(kind, digest.hex()) if kind else None

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
