"""The files of the cache, so that a damaged one can be abandoned while others have it open.

A file name has the version of the layout and a generation. SQLite forbids recreating a file under
its name while another process has it open, so a damaged one is replaced by the next generation and
removed. A process that opens the cache takes the newest file and removes older ones.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LAYOUT = 1
"""The version of the tables, and of the format of their keys and values."""

_NAME = re.compile(r"langsync-(\d+)-(\d+)\.sqlite3(-wal|-shm|-journal)?", re.ASCII)


@dataclass(slots=True)
class Generations:
    """The files of the cache in a folder.

    Args:
        folder: The folder.
        current: The generation that was opened last.
    """

    folder: Path
    current: int = 0

    def open(self) -> Path:
        """Returns the newest file, created if needed for the user alone; raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.current = self._newest()
        _create(self._file())
        self._sweep()
        return self._file()

    def supersede(self) -> None:
        """Begins the next generation, if possible; several processes may do so at once."""
        self.current += 1
        with suppress(OSError):
            _create(self._file())
            self._sweep()

    def discard(self) -> None:
        """Abandons a file that cannot be written, but has values that must be deleted."""
        with suppress(OSError):
            self.current = self._newest()
            if self._file().stat().st_size:
                self.supersede()

    def _file(self) -> Path:
        return self.folder / f"langsync-{LAYOUT}-{self.current}.sqlite3"

    def _newest(self) -> int:
        names = (_NAME.fullmatch(file.name) for file in self.folder.iterdir())
        return max((int(name[2]) for name in names if name and int(name[1]) == LAYOUT), default=0)

    def _sweep(self) -> None:
        """Removes the files of other versions and of older generations."""
        for file in self.folder.iterdir():
            name = _NAME.fullmatch(file.name)
            if name and (int(name[1]) != LAYOUT or int(name[2]) < self.current):
                with suppress(OSError):
                    file.unlink()


def _create(file: Path) -> None:
    """Creates a file that only its owner can read and write, unless it exists.

    SQLite creates its log and its index with the same mode. An existing file is not opened here:
    closing it would release the locks that a connection of this process holds on it.
    """
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)  # fails, as it should, for a file of another user
