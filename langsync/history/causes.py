"""Reasons why a history is incomplete: Git's error message, and the command that helps."""

from __future__ import annotations

import re
import shlex

from langsync.history.remote import UNSHALLOW, WHOLE
from langsync.source.lfs import FETCH_ALL

OPTION = "--history-commits"
"""The option that raises the limit of commits."""

LFS = f"Git LFS keeps what commits declare of it, and that is not here: run '{FETCH_ALL}'"

SUBMODULE = (
    "a commit of a submodule is not here: run 'git submodule update --init --recursive', and "
    f"'{UNSHALLOW}' in the submodule (in CI: submodules: recursive and fetch-depth: 0)"
)

_OWNERSHIP = re.compile(r"dubious ownership in repository at '(.*)'$", re.DOTALL)


def unreadable(complaint: str) -> str:
    """Why a repository cannot be read.

    Args:
        complaint: Git's error message.
    """
    match = _OWNERSHIP.search(complaint)
    if match is None:
        return complaint
    command = f"git config --global --add safe.directory {shlex.quote(match[1])}"
    return f"{complaint}: run '{command}'" if "'" not in command else f"{complaint}: run {command}"


def shallow(complaint: str) -> str:
    """Why the history of a shallow clone is incomplete.

    Args:
        complaint: Why older commits could not be fetched; empty if that was not tried.
    """
    tried = f", and a fetch does not work: {complaint}" if complaint else ""
    return f"this clone is shallow{tried}; run '{UNSHALLOW}' (in CI: check out with fetch-depth: 0)"


def partial(complaint: str) -> str:
    """Why the history of a partial clone is incomplete.

    Args:
        complaint: Git's error message.
    """
    return f"{complaint}; run '{WHOLE}'"


def bounded(commits: int, predicate: str) -> str:
    """Why commits past a limit are not known.

    Args:
        commits: The limit.
        predicate: What is limited, to follow "the last 1,000 commits".
    """
    return f"the last {commits:,} commits {predicate}; raise that with {OPTION}"
