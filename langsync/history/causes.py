"""Why a history does not tell, each with what helps: Git's own words, and the command to run."""

from __future__ import annotations

import re
import shlex

from langsync.history.remote import UNSHALLOW, WHOLE
from langsync.source.lfs import FETCH_ALL

OPTION = "--history-commits"
"""The option that raises how many commits are read."""

LFS = f"Git LFS keeps what commits declare of it, and that is not here: run '{FETCH_ALL}'"

SUBMODULE = (
    "a commit of a submodule is not here: run 'git submodule update --init --recursive', and "
    f"'{UNSHALLOW}' in the submodule (in CI: submodules: recursive and fetch-depth: 0)"
)

_OWNERSHIP = re.compile(r"dubious ownership in repository at '(.*)'$", re.DOTALL)


def unreadable(complaint: str) -> str:
    """Why a repository that is there cannot be read.

    Args:
        complaint: What Git says.
    """
    match = _OWNERSHIP.search(complaint)
    if match is None:
        return complaint
    command = f"git config --global --add safe.directory {shlex.quote(match[1])}"
    return f"{complaint}: run '{command}'" if "'" not in command else f"{complaint}: run {command}"


def shallow(complaint: str) -> str:
    """Why a clone without its older commits does not tell.

    Args:
        complaint: Why those could not be fetched; empty where that was not tried.
    """
    tried = f", and a fetch does not work: {complaint}" if complaint else ""
    return f"this clone is shallow{tried}; run '{UNSHALLOW}' (in CI: check out with fetch-depth: 0)"


def partial(complaint: str) -> str:
    """Why a clone without all objects does not tell.

    Args:
        complaint: What Git says.
    """
    return f"{complaint}; run '{WHOLE}'"


def bounded(commits: int, predicate: str) -> str:
    """Why what is before a number of commits is not known."""
    return f"the last {commits:,} commits {predicate}; raise that with {OPTION}"
