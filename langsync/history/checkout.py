"""A work tree with its index, read in a private Git directory: what it leaves out, what differs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from langsync.history.isolated import Location, borrow, isolate
from langsync.source.git import Git, GitError


@dataclass(frozen=True, slots=True)
class Index:
    """The entries of an index that may be absent from the work tree.

    Args:
        skipped: Files that the work tree may leave out, as a sparse checkout does.
        submodules: Submodules by path, with the commit that the index pins.
    """

    skipped: tuple[str, ...]
    submodules: dict[str, str]


class Checkout:
    """A work tree.

    Args:
        location: The location of the repository.
        head: The hash of the commit that it is compared with.
        folder: An empty folder for private files; `close` deletes it.
    """

    def __init__(self, location: Location, head: str, folder: Path) -> None:
        self.location = location
        self.head = head
        self.top = location.top
        self._folder = folder
        self.git: Git = isolate(location, head, folder)
        self._opened: list[Checkout] = []

    @classmethod
    def open(cls, folder: Path, head: str = "") -> Checkout:
        """Open the work tree around a folder.

        Args:
            folder: The folder, without links.
            head: The commit to compare with; by default the one that is checked out.

        Raises:
            GitError: There is none, none with a commit, or Git cannot read it.
        """
        location = Location.find(folder)
        private = _private_folder()
        try:
            return cls(location, head or _head(location), private)
        except GitError:
            shutil.rmtree(private, ignore_errors=True)
            raise

    @property
    def private(self) -> Path:
        """The private Git directory."""
        return Path(self.git.variables["GIT_DIR"])

    @cached_property
    def index(self) -> Index:
        """The entries of the index that may be absent from the work tree.

        Raises:
            GitError: It cannot be read.
        """
        answer = self.git.run("ls-files", "-t", "--stage", "-z")
        if answer.code != 0:
            raise GitError(answer.complaint or "git ls-files failed")
        skipped, submodules = [], {}
        for entry in answer.out.split(b"\0"):
            if entry[:2] != b"S " and entry[2:9] != b"160000 ":
                continue
            head, _, name = entry.partition(b"\t")
            path = os.fsdecode(name)
            if entry[2:9] == b"160000 ":
                submodules[path] = head.split()[2].decode()
            else:
                skipped.append(path)
        return Index(tuple(skipped), submodules)

    @cached_property
    def submodules(self) -> dict[str, Checkout]:
        """The submodules that are checked out, by path, each compared with the pinned commit."""
        if not (self.top / ".gitmodules").is_file():
            return {}
        checkouts = {}
        pinned = self._pinned()
        for path, commit in self.index.submodules.items():
            inner = (self.top / path).resolve()
            if inner.is_relative_to(self.top) and (inner / ".git").exists():
                with suppress(GitError):  # it counts as absent
                    checkouts[path] = Checkout.open(inner, pinned.get(path, commit))
        self._opened += checkouts.values()
        # commits that nested submodules pin are read here, too
        stores = [
            submodule for inner in checkouts.values() for submodule in inner.with_submodules()
        ]
        borrow(self.private, [store.location.paths["objects"] for store in stores])
        return checkouts

    def _pinned(self) -> dict[str, str]:
        """The commits of submodules that the commit pins, by path."""
        answer = self.git.run("ls-tree", "-z", self.head, "--", *self.index.submodules)
        rows = (row.partition("\t") for row in answer.text.split("\0"))
        return {path: head.split()[2] for head, _, path in rows if head.startswith("160000 ")}

    def with_submodules(self) -> Iterator[Checkout]:
        """This work tree, and those of its submodules, however deep."""
        yield self
        for inner in self.submodules.values():
            yield from inner.with_submodules()

    @property
    def absent(self) -> dict[str, str]:
        """The submodules that are not checked out, by path, with the commit that is pinned."""
        paths = [path for path in self.index.submodules if path not in self.submodules]
        pinned = self._pinned() if paths else {}
        return {path: pinned[path] for path in paths if path in pinned}

    def close(self) -> None:
        """Delete the private folder."""
        while self._opened:
            self._opened.pop().close()
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def opened(folder: Path) -> Iterator[Checkout]:
    """Open the work tree around a folder for some questions.

    Raises:
        GitError: There is none, none with a commit, or Git cannot read it.
    """
    checkout = Checkout.open(folder)
    try:
        yield checkout
    finally:
        checkout.close()


def _private_folder() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="langsync-")).resolve()
    except OSError as error:
        raise GitError(f"no private folder for Git can be made: {error}") from None


def _head(location: Location) -> str:
    """The commit that is checked out.

    Raises:
        NoCommitError: There is none yet.
        GitError: It cannot be read.
    """
    git = location.git
    head = git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head.code == 0:
        return head.text
    if git.run("rev-parse", "--verify", "--quiet", "HEAD").code == 0:
        complaint = git.run("cat-file", "-e", "HEAD^{commit}").complaint
        raise GitError(complaint or "the commit that is checked out cannot be read")
    raise NoCommitError("the Git repository has no commit yet")


class NoCommitError(GitError):
    """The repository has no commit yet: there is nothing to read, and no work to protect."""
