"""Names to paths that every file system takes, Git keeps and nobody else has."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

MAX_STEP = 80
"""Bytes of one step of a path, without an ending."""

MAX_PATH = 180
"""Bytes of a path below its folder; Windows takes 260 in all."""

_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_BAD = re.compile(r"""[<>:"/\\|?*\[\]{}~`$!#%&';\x00-\x1f]""")
_ENDING = re.compile(r"\.(ya?ml|md|jsonl|ndjson|csv|gz|json)$", re.IGNORECASE)


def safe_path(name: str) -> str:
    """A path for a name, without an ending.

    No step of it is hidden, leads elsewhere, names a device of Windows, or ends as only some file
    systems keep it. Names may share a path: see `TakenPaths.take`.

    Args:
        name: Any name, slashes in it make folders.
    """
    *folders, last = name.split("/")
    steps = [*(_step(folder, folder=True) for folder in folders), _step(last, folder=False)]
    path = "/".join(steps)
    if len(path.encode()) > MAX_PATH:
        return f"{_cut(steps[-1], 40)}-{_digest(name)}"
    return path


def _step(text: str, *, folder: bool) -> str:
    composed = unicodedata.normalize("NFC", text)
    safe = "".join(
        character if _is_seen(character) else "-" for character in _BAD.sub("-", composed)
    )
    safe = safe.strip(" .") or "_"
    if len(safe.encode()) > MAX_STEP:
        safe = f"{_cut(safe, MAX_STEP - 9)}-{_digest(text)}"
    if _DEVICES.fullmatch(safe) or (not folder and safe.lower() == "langsync"):
        device, dot, rest = safe.partition(".")
        safe = f"{device}_{dot}{rest}"
    return f"{safe}_" if folder and _ENDING.search(safe) else safe


def _is_seen(character: str) -> bool:
    """Whether a character is visible, and no half of a pair."""
    return character == " " or unicodedata.category(character)[0] not in "CZ"


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore").rstrip(" .")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def says_name(path: str, name: str) -> bool:
    """Whether the path is the name on every file system: only ASCII is kept by all."""
    return path == name and name.isascii()


class TakenPaths:
    """The paths that are taken, as a file system without case and forms sees them.

    Args:
        taken: Paths that exist, files and folders, with ``/``.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        for path in taken:
            self._add(path)

    def take(self, path: str, ending: str) -> str:
        """A path that is free, the same with ``-2`` and so on where it is not.

        Args:
            path: The path that is wished for, without its ending.
            ending: Its ending, such as ``.yaml``.
        """
        number = 1
        while True:
            wished = f"{path}{f'-{number}' if number > 1 else ''}{ending}"
            if not self._is_taken(wished):
                self._add(wished)
                return wished
            number += 1

    def _is_taken(self, path: str) -> bool:
        key = _key(path)
        above = {str(parent) for parent in PurePosixPath(key).parents}
        return key in self._files or key in self._folders or not self._files.isdisjoint(above)

    def _add(self, path: str) -> None:
        key = _key(path)
        self._files.add(key)
        self._folders |= {str(parent) for parent in PurePosixPath(key).parents}


def _key(path: str) -> str:
    return unicodedata.normalize("NFKC", path).casefold()


def below(folder: str) -> Iterable[str]:
    """Every file below a folder, relative to it; links are files."""
    for root, folders, names in os.walk(folder):
        here = os.path.relpath(root, folder)
        links = [name for name in folders if os.path.islink(os.path.join(root, name))]  # noqa: PTH114, PTH118
        for name in (*names, *links):
            yield PurePosixPath(here, name).as_posix()
