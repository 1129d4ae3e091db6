"""Whether the work tree is what HEAD has."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from langsync.config import Config
from langsync.history.git import Git, GitError
from langsync.kinds.folder import SUFFIXES

_STATUS = ("status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=all")


def differs_from_head(git: Git, config: Config) -> bool:
    """Whether what would be loaded differs from HEAD.

    Tracked files count anywhere below the folder of ``langsync.yaml``; others only where they
    are read: that file itself, and what lies in the folders of the kinds. There YAML files count
    that Git ignores: langsync reads them all the same. So a plan that is saved beside
    ``langsync.yaml`` changes nothing.

    Args:
        git: The program, at the top of the repository.
        config: What ``langsync.yaml`` says.
    """
    folders = [(config.root / folder).resolve() for folder in config.folders.values()]
    inside = [folder for folder in folders if folder.is_relative_to(git.folder)]
    tracked = _entries(git, ["--untracked-files=no"], [config.root, *inside])
    if tracked is None or tracked:
        return True
    words = ["--untracked-files=all", "--ignored=traditional"]
    found = _entries(git, words, [config.file.resolve(), *inside])
    return found is None or any(
        not entry.startswith("!!") or _is_document(entry[3:]) for entry in found
    )


def changed_files(config: Config) -> frozenset[str] | None:
    """The files that differ from HEAD or are new, relative to the folder of ``langsync.yaml``.

    Args:
        config: What ``langsync.yaml`` says.

    Returns:
        None where there is no repository with a commit.
    """
    try:
        git = Git.find(config.repository)
        if git.run("rev-parse", "--verify", "--quiet", "HEAD").code:
            return None
    except GitError:
        return None
    inside = [(config.root / folder).resolve() for folder in config.folders.values()]
    found = _entries(git, ["--untracked-files=all"], [config.root, *inside])
    if found is None:
        return None
    paths = (config.repository / entry[3:] for entry in found)
    return frozenset(Path(os.path.relpath(path, config.root)).as_posix() for path in paths)


def uncommitted(config: Config, paths: Iterable[Path]) -> list[str]:
    """Those of some files that are not as HEAD has them, ignored and new ones among them.

    Args:
        config: What ``langsync.yaml`` says.
        paths: The files.

    Returns:
        Their paths as a user types them; none where there is no repository with a commit.
    """
    try:
        git = Git.find(config.repository)
        if git.run("rev-parse", "--verify", "--quiet", "HEAD").code:
            return []
    except GitError:
        return []
    asked = list(paths)
    words = ["--untracked-files=all", "--ignored=matching"]
    found = _entries(git, words, asked)
    if found is None:
        return [os.path.relpath(path) for path in asked]
    changed = {(git.folder / entry[3:]).resolve() for entry in found}
    return [
        os.path.relpath(path)
        for path in asked
        if any(path.resolve().is_relative_to(one) for one in changed)
    ]


def _entries(git: Git, words: list[str], paths: list[Path]) -> list[str] | None:
    """What ``git status`` lists; None if it could not be asked."""
    names = sorted({os.path.relpath(path, git.folder) for path in paths})
    try:
        answer = git.run(*_STATUS, *words, "--", *names)
    except GitError:
        return None
    return answer.text.split("\0")[:-1] if answer.code == 0 else None


def _is_document(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return path.endswith(SUFFIXES) and not any(part.startswith(".") for part in parts)
