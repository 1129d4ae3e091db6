"""Fetches what a clone lacks: objects of a partial clone, older commits of a shallow one.

Fetched objects are stored in the private Git directory, see `langsync.history.isolated`. URL and
headers are those of the repository; programs, such as credential helpers, only those of the user
and the system.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from langsync.history.isolated import HEAD_REF, Location, write_settings
from langsync.source.git import FETCH_TIMEOUT, Git, GitError

_PROMISED = (
    *("-c", "fetch.negotiationAlgorithm=noop"),
    *("-c", "remote.origin.promisor=true"),
    *("-c", "remote.origin.partialclonefilter=blob:none"),
)
"""As Git fetches promised objects: without negotiation, and objects may stay missing."""

_FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no")

WHOLE = "git fetch --refetch --no-filter"
"""The command that completes a partial clone (Git 2.36)."""

UNSHALLOW = "git fetch --unshallow"
"""The command that fetches the older commits of a shallow clone."""


class GitRemote:
    """The remote of a repository.

    Args:
        git: The program, in the private Git directory.
        location: The location of the repository.
        paths: Where files are read: all that is missing below is fetched at once.
    """

    def __init__(self, git: Git, location: Location, paths: Iterable[str] = ()) -> None:
        self._git = git
        self._location = location
        self._paths = list(paths)
        self._complaint = ""
        self._fetched_trees = self._fetched_paths = False

    @property
    def complaint(self) -> str:
        """Why a fetch failed, as Git reports it; empty while none has failed."""
        return self._complaint

    def fetch(self, hashes: Sequence[str]) -> None:
        """Fetch missing objects, and others that will be missed soon.

        Args:
            hashes: The hashes of the objects.

        Raises:
            GitError: There is no remote, or it does not answer.
        """
        missing = list(hashes)
        if not self._fetched_paths:
            self._fetched_paths = True
            missing += self._missing_below_paths()
        lines = "".join(f"{digest}\n" for digest in dict.fromkeys(missing)).encode()
        self._call((*_PROMISED, *_FETCH, "--filter=blob:none", "--stdin", "origin"), lines)

    def _missing_below_paths(self) -> list[str]:
        """The objects that are missing below the paths, at any commit."""
        if not self._paths:
            return []
        listing = ("rev-list", "--objects", "--no-object-names", "--missing=print", HEAD_REF, "--")
        answer = self._git.run(*listing, *self._paths)
        if answer.code != 0 and not self._fetched_trees:
            # a clone without trees: those of all commits in one fetch, without contents
            self._fetched_trees = True
            self._call((*_FETCH, "--refetch", "--filter=blob:none", "origin", self._head()))
            answer = self._git.run(*listing, *self._paths)
        lines = answer.text.split("\n") if answer.code == 0 else []
        return [line[1:] for line in lines if line.startswith("?")]

    def deepen(self) -> None:
        """Fetch the older commits of a shallow clone, without the contents of their files.

        Raises:
            GitError: There is no remote, or it does not answer.
        """
        self._call((*_FETCH, "--unshallow", "--filter=blob:none", "origin", self._head()))

    def _head(self) -> str:
        return self._git.run("rev-parse", "--verify", HEAD_REF).text

    def _call(self, arguments: Sequence[str], stdin: bytes | None = None) -> None:
        if not self._complaint:
            self._complaint = self._try(arguments, stdin)
        if self._complaint:
            raise GitError(self._complaint)

    def _try(self, arguments: Sequence[str], stdin: bytes | None) -> str:
        """Why a fetch does not work; empty if it does."""
        if not self._location.remote():
            return "it has no remote to fetch from"
        try:
            answer = self._git.run(*arguments, stdin=stdin, timeout=FETCH_TIMEOUT)
            # a fetch with a filter makes the remote one from which Git fetches object by object
            write_settings(self._location, Path(self._git.variables["GIT_DIR"]))
        except (GitError, OSError) as error:
            return str(error)
        return "" if answer.code == 0 else answer.complaint or "git fetch failed"


def is_ci() -> bool:
    """Whether this is a job of CI, where a clone lasts no longer than the job."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")
