"""Which file the cache is in, so that a damaged one can be left while others have it open.

A file's name holds the version of its layout and a generation. SQLite forbids that a file is made
anew under its name while another process has it open, so a damaged one is followed by the next
generation and removed. Whoever opens the cache takes the newest and removes what is older.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LAYOUT = 1
"""The version of the tables, and of what a key and a value look like in them."""

_NAME = re.compile(r"langsync-(\d+)-(\d+)\.sqlite3(-wal|-shm|-journal)?", re.ASCII)


@dataclass(slots=True)
class Generations:
    """The files of the cache in a folder.

    Args:
        folder: Where they are.
        current: The generation that was opened last.
    """

    folder: Path
    current: int = 0

    def open(self) -> Path:
        """The newest file, which exists now and is the user's alone; raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.current = self._newest()
        _create(self._file())
        self._sweep()
        return self._file()

    def supersede(self) -> None:
        """Begin the next generation, if that can be; any number of processes may do so at once."""
        self.current += 1
        with suppress(OSError):
            _create(self._file())
            self._sweep()

    def discard(self) -> None:
        """Give up a file that cannot be written, but holds what must be forgotten."""
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
        """Remove the files of other versions and of older generations."""
        for file in self.folder.iterdir():
            name = _NAME.fullmatch(file.name)
            if name and (int(name[1]) != LAYOUT or int(name[2]) < self.current):
                with suppress(OSError):
                    file.unlink()


def _create(file: Path) -> None:
    """Make sure that a file exists which nobody but its owner can read or write.

    SQLite gives its log and its index the same mode. An existing file is not opened here: closing
    it would end the locks that a connection of this process holds on it.
    """
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)  # fails, as it should, where the file is somebody else's
