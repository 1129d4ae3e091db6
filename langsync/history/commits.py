"""The commits from HEAD back, read one by one as they are needed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from langsync.model import Commit
from langsync.source.git import Git, GitError, stop
from langsync.source.objects import Objects

AHEAD = 64
"""Commits that are read at once, at most."""

SHORT = 12
"""Digits of a hash that is cut short, as a rule."""

FORMAT = "--format=%H%x00%T%x00%P%x00%cI%x00%an%x00%s"


@dataclass(frozen=True, slots=True)
class CommitNode:
    """One commit in its place.

    Args:
        commit: The commit.
        tree: The hash of the repository's folder in it.
        parents: The hashes of the commits before it.
    """

    commit: Commit
    tree: str
    parents: tuple[str, ...]


class Commits:
    """The commits that HEAD descends from, children before parents.

    Args:
        git: The program, in the repository.
        objects: Its objects; the folders of commits to come are read ahead.
        head: The commit to begin with.
    """

    def __init__(self, git: Git, objects: Objects, head: str) -> None:
        self._git = git
        self._objects = objects
        self._head = head
        self._nodes: list[CommitNode] = []
        self._positions: dict[str, int] = {}
        self._short: dict[str, list[int]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False

    def at(self, position: int) -> CommitNode | None:
        """The commit at a position; None past the first commit of the repository.

        Raises:
            GitError: Git cannot read on.
        """
        while len(self._nodes) <= position:
            known = len(self._nodes)
            # the more commits are read, the further it pays to read ahead
            for _ in range(min(max(known, 1), AHEAD)):
                if self._ended or not self._read():
                    break
            if len(self._nodes) == known:
                return None
            self._objects.preload([node.tree for node in self._nodes[known:]])
        return self._nodes[position]

    def position(self, hash: str) -> int | None:  # noqa: A002 - what it is
        """The position of a commit; None if it was not read yet."""
        return self._positions.get(hash)

    def find(self, start: str, bound: int) -> int | None:
        """The position of the newest commit whose hash begins so; None if it is not found.

        Args:
            start: A hash, or the beginning of one.
            bound: How many commits are searched.

        Raises:
            GitError: Git cannot read on.
        """
        looked = 0
        while looked < bound and self.at(looked) is not None:
            near: Iterable[int] = range(looked, len(self._nodes))
            if len(start) >= SHORT:
                near = self._short.get(start[:SHORT], ())
            for position in near:
                if self._nodes[position].commit.hash.startswith(start):
                    return position
            looked = len(self._nodes)
        return None

    def _read(self) -> bool:
        if self._process is None:
            # second parents come first: what was merged counts as newer than what it met
            arguments = ("rev-list", "--topo-order", "--encoding=UTF-8", FORMAT, self._head, "--")
            self._process = self._git.start(*arguments)
        if self._process.stdout is None:
            raise GitError("git rev-list has no pipe")
        self._process.stdout.readline()  # the line `commit <hash>` before each
        line = self._process.stdout.readline()
        if not line:
            self._ended = True
            if self._process.wait() != 0:
                complaint = self._git.run("rev-list", "--count", self._head, "--").complaint
                raise GitError(complaint or "git rev-list failed")
            return False
        node = parse(line)
        self._positions[node.commit.hash] = len(self._nodes)
        self._short.setdefault(node.commit.hash[:SHORT], []).append(len(self._nodes))
        self._nodes.append(node)
        return True

    def close(self) -> None:
        """End the process."""
        self._ended = True
        if self._process is not None:
            stop(self._process)
            self._process = None


def parse(line: bytes) -> CommitNode:
    """Read a line of `FORMAT`."""
    fields = line.decode("utf-8", "replace").removesuffix("\n").split("\0", 5)
    hash, tree, parents, committed_at, author, subject = fields  # noqa: A001 - what it is
    return CommitNode(Commit(hash, subject, author, committed_at), tree, tuple(parents.split()))
