"""Whether the work tree differs from HEAD."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from langsync.config import Config
from langsync.history.checkout import Checkout, NoCommitError, opened
from langsync.kinds.folder import SUFFIXES
from langsync.source.git import GitError

_STATUS = ("status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=all")


def differs_from_head(checkout: Checkout, config: Config) -> bool:
    """Whether what would be loaded differs from HEAD.

    Tracked files count anywhere below the folder of ``langsync.yaml``; others only where they
    are read: that file itself, and those in the folders of the kinds. There, YAML files that Git
    ignores count too, since langsync reads them. So a plan that is saved beside ``langsync.yaml``
    does not count.

    Args:
        checkout: The work tree.
        config: The content of ``langsync.yaml``.
    """
    folders = [(config.root / folder).resolve() for folder in config.folders.values()]
    inside = [folder for folder in folders if folder.is_relative_to(checkout.top)]
    tracked = _entries(checkout, ["--untracked-files=no"], [config.root, *inside])
    if tracked is None or tracked:
        return True
    options = ["--untracked-files=all", "--ignored=traditional"]
    entries = _entries(checkout, options, [config.file.resolve(), *inside])
    return entries is None or any(
        not entry.startswith("!!") or _is_document(checkout.top / entry[3:], inside)
        for entry in entries
    )


def changed_files(config: Config) -> frozenset[str] | None:
    """The files that differ from HEAD or are new, relative to the folder of ``langsync.yaml``.

    Args:
        config: The content of ``langsync.yaml``.

    Returns:
        None where there is no repository with a commit.
    """
    inside = [(config.root / folder).resolve() for folder in config.folders.values()]
    try:
        with opened(config.repository) as checkout:
            entries = _entries(checkout, ["--untracked-files=all"], [config.root, *inside])
    except GitError:
        return None
    if entries is None:
        return None
    paths = (config.repository / entry[3:] for entry in entries)
    return frozenset(Path(os.path.relpath(path, config.root)).as_posix() for path in paths)


def is_unreadable(config: Config, error: GitError) -> bool:
    """Whether there are commits that cannot be read, rather than none.

    Args:
        config: The content of ``langsync.yaml``.
        error: Why no work tree could be opened.
    """
    return not isinstance(error, NoCommitError) and (config.repository / ".git").exists()


def uncommitted(config: Config, paths: Iterable[Path]) -> list[str]:
    """Those of some files that differ from HEAD, including ignored and new ones.

    Args:
        config: The content of ``langsync.yaml``.
        paths: The files.

    Returns:
        Their paths as a user types them; none where there is no repository with a commit.

    Raises:
        GitError: There are commits, and Git cannot tell.
    """
    asked = list(paths)
    options = ["--untracked-files=all", "--ignored=matching"]
    try:
        with opened(config.repository) as checkout:
            entries = _entries(checkout, options, asked)
            changed = {(checkout.top / entry[3:]).resolve() for entry in entries or ()}
    except GitError as error:
        if is_unreadable(config, error):
            raise
        return []
    if entries is None:
        raise GitError("git status failed")
    return [
        os.path.relpath(path)
        for path in asked
        if any(path.resolve().is_relative_to(changed_path) for changed_path in changed)
    ]


class WorkTreeStatus:
    """Which declared files differ from HEAD; each question is asked of Git once.

    Args:
        checkout: The work tree.
        config: The content of ``langsync.yaml``.
    """

    def __init__(self, checkout: Checkout, config: Config) -> None:
        self._checkout = checkout
        self._config = config

    @cached_property
    def differs(self) -> bool:
        """Whether what would be loaded differs from HEAD."""
        return differs_from_head(self._checkout, self._config)

    def is_modified(self, path: str) -> bool:
        """Whether a tracked file differs from HEAD.

        Args:
            path: Its path, relative to the top of the repository.
        """
        return self._modified is None or path in self._modified

    @cached_property
    def _modified(self) -> frozenset[str] | None:
        """The tracked files that differ from HEAD; None if Git cannot tell."""
        config, top = self._config, self._checkout.top
        folders = [(config.root / folder).resolve() for folder in config.folders.values()]
        inside = [folder for folder in folders if folder.is_relative_to(top)]
        entries = _entries(self._checkout, ["--untracked-files=no"], [top, *inside])
        return None if entries is None else frozenset(entry[3:] for entry in entries)


def _entries(checkout: Checkout, options: list[str], paths: list[Path]) -> list[str] | None:
    """What ``git status`` lists, submodules included; None if it could not be asked."""
    names = sorted({os.path.relpath(path, checkout.top) for path in paths})
    try:
        answer = checkout.git.run(*_STATUS, *options, "--", *names)
        submodules = checkout.submodules
    except GitError:
        return None
    if answer.code != 0:
        return None
    listed = answer.text.split("\0")[:-1]
    for prefix, inner in submodules.items():
        below = [path for path in paths if path.is_relative_to(inner.top)]
        if any(inner.top.is_relative_to(path) for path in paths):
            below.append(inner.top)
        entries = _entries(inner, options, below) if below else []
        if entries is None:
            return None
        listed += [f"{entry[:3]}{prefix}/{entry[3:]}" for entry in entries]
    return listed


def _is_document(path: Path, folders: list[Path]) -> bool:
    """Whether a file is read in one of the folders, which may be hidden themselves."""
    below = [path.relative_to(folder) for folder in folders if path.is_relative_to(folder)]
    return path.name.endswith(SUFFIXES) and any(
        not any(part.startswith(".") for part in relative.parts) for relative in below
    )
