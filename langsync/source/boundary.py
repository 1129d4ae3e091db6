"""Which files of a checkout may be read and written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath

_GIT_SHORT_NAME = re.compile(r"git~[0-9]+")
_SECRET = re.compile(
    r"\.git|\.env.*|.+\.env|[._]netrc|\.git-credentials|\.ssh|\.gnupg|\.aws|\.azure|\.gcloud|\.kube"
    r"|\.docker|\.dockercfg|\.npmrc|\.yarnrc.*|\.pypirc|\.pgpass|\.terraformrc|\.terraform\.d"
    r"|\.htpasswd|.+\.(pem|key|p12|pfx|jks|keystore|tfstate)"
    r"|gha-creds-.+\.json|id_(rsa|dsa|ecdsa|ed25519)"
)
"""Names of files and folders that hold credentials; the text of a prompt never has one."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """The part of a checkout that langsync reads and writes.

    Args:
        top: The folder that holds all of it, links followed.
        folders: Folders, relative to `top`, that are read although their paths have hidden steps,
            since ``langsync.yaml`` names them.
    """

    top: Path
    folders: frozenset[PurePosixPath] = frozenset()

    @classmethod
    def around(cls, top: Path, folders: Iterable[Path]) -> Boundary:
        """The boundary below a folder.

        Args:
            top: The folder, links followed.
            folders: The folders that ``langsync.yaml`` names, absolute, links not followed.
        """
        below = (folder.relative_to(top) for folder in folders if folder.is_relative_to(top))
        return cls(top, frozenset(PurePosixPath(path.as_posix()) for path in below))

    def violation(self, path: Path) -> str:
        """Why a file or folder is not read; empty if it may be.

        Args:
            path: Its path, absolute, with links followed.
        """
        if not path.is_relative_to(self.top):
            return "is outside the repository: only files inside it are read"
        below = PurePosixPath(path.relative_to(self.top).as_posix())
        names = [_comparable(name) for name in below.parts]
        if any(name == ".git" or _GIT_SHORT_NAME.fullmatch(name) for name in names):
            return "is Git's own: it is never read"
        if any(_SECRET.fullmatch(name) for name in names):
            return "is where credentials are kept: it is never read"
        if hidden := next(self._hidden(below), None):
            return (
                f"is hidden ({hidden}): hidden files are not read, and hidden folders only where "
                "langsync.yaml names them, as the folder of a kind or in 'texts'"
            )
        return ""

    def _hidden(self, path: PurePosixPath) -> Iterator[str]:
        """The hidden steps of a path that no folder of ``langsync.yaml`` accounts for."""
        named = [folder for folder in self.folders if path.is_relative_to(folder)]
        known = max((len(folder.parts) for folder in named), default=0)
        yield from (name for name in path.parts[known:] if is_hidden(name))


def is_hidden(name: str) -> bool:
    """Whether a step of a path is hidden.

    Names that begin with two dots are not: a volume of Kubernetes serves its files through a link
    named ``..data``.
    """
    name = _comparable(name)
    return name.startswith(".") and not name.startswith("..")


def names_no_drive(path: str) -> bool:
    """Whether a path names neither a drive nor another machine, as Windows reads it.

    There, merely looking at a path on another machine sends that machine the user's name and hash.
    """
    return not PureWindowsPath(path).drive


@lru_cache(4096)
def _comparable(name: str) -> str:
    """A step of a path as the least discriminating file system sees it.

    Case (macOS, Windows), final dots and spaces and streams (Windows), and characters that cannot
    be seen (HFS+), as Git treats them where it protects ``.git`` (``core.protectNTFS``,
    ``core.protectHFS``).
    """
    seen = "".join(char for char in name if unicodedata.category(char) != "Cf")
    stem = seen.partition(":")[0] if seen.startswith(".") else seen
    return stem.casefold().rstrip(" .") or stem
