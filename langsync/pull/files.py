"""Where pull may write, and what it will write there."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from langsync.config import FILE_NAMES, Config
from langsync.errors import LangsyncError
from langsync.model import FileChange
from langsync.pull.layout import TakenPaths, below, safe_path
from langsync.source.files import read_raw, write_file


class UnsafePathError(LangsyncError):
    """A file cannot be written at the path that it would need."""


@dataclass(slots=True)
class Draft:
    """The files of a repository as they will be.

    Args:
        config: What ``langsync.yaml`` says.
        changes: What becomes of files, by path.
        paths: Which paths are taken, for each folder.
    """

    config: Config
    changes: dict[str, FileChange] = field(default_factory=dict)
    paths: dict[str, TakenPaths] = field(default_factory=dict)

    def folder(self, key: str) -> Path:
        """The folder of a kind's files, links not followed."""
        return Path(os.path.normpath(self.config.root / self.config.folders[key]))

    def place(self, key: str, name: str, ending: str) -> str:
        """A free path for something new, below a kind's folder.

        Args:
            key: The kind's folder key.
            name: What it is called.
            ending: The file's ending.

        Raises:
            UnsafePathError: The folder is no place to write.
        """
        folder = self.folder(key)
        if key not in self.paths:
            self.check(folder)
            self.paths[key] = TakenPaths(below(str(folder)))
        wished = safe_path(name)
        if self._is_foreign(folder, wished):
            wished = wished.replace("/", "-")
        return self.paths[key].take(wished, ending)

    def _is_foreign(self, folder: Path, path: str) -> bool:
        """Whether a folder on the way is a link, or belongs to another ``langsync.yaml``."""
        above = [
            folder / str(parent) for parent in PurePosixPath(path).parents if str(parent) != "."
        ]
        return any(
            parent.is_symlink() or any((parent / name).exists() for name in FILE_NAMES)
            for parent in above
        )

    def relative(self, path: Path) -> str:
        """A path relative to the folder of ``langsync.yaml``, with ``/``."""
        return Path(os.path.relpath(path, self.config.root)).as_posix()

    def check(self, path: Path) -> None:
        """Make sure that a file may be written.

        Raises:
            UnsafePathError: It is outside the repository, in a folder that Git keeps for itself, or
                reached by a link.
        """
        path = Path(os.path.normpath(path))
        repository = self.config.repository
        if violation := self.config.boundary.violation(path):
            raise UnsafePathError(f"{self.relative(path)} {violation.partition(':')[0]}")
        steps = path.relative_to(repository).parts
        for end in range(1, len(steps) + 1):
            if repository.joinpath(*steps[:end]).is_symlink():
                raise UnsafePathError(f"{self.relative(path)} is a link, or behind one")

    def is_decided(self, path: str) -> bool:
        """Whether the content of a file is decided already."""
        return path in self.changes

    def read(self, path: str) -> str:
        """What a file will hold, as far as it is decided; with line ends as they are.

        Raises:
            LangsyncError: It cannot be read.
        """
        if path in self.changes:
            return self.changes[path].new or ""
        return read_raw(self.config.root / path)

    def write(self, path: str, text: str) -> None:
        """Decide what a file will hold.

        Raises:
            UnsafePathError: It may not be written.
            LangsyncError: What it holds cannot be read.
        """
        where = self.config.root / path
        self.check(where)
        change = self.changes.get(path)
        old = change.old if change else read_raw(where) if where.exists() else None
        self.changes[path] = FileChange(path, old, text)

    def remove(self, path: str) -> None:
        """Decide that a file is deleted.

        Raises:
            UnsafePathError: It may not be deleted.
        """
        self.check(self.config.root / path)
        old = self.changes[path].old if path in self.changes else self.read(path)
        self.changes[path] = FileChange(path, old, None)

    def done(self) -> tuple[FileChange, ...]:
        """The changes that change anything."""
        return tuple(
            change for _, change in sorted(self.changes.items()) if change.old != change.new
        )


def write(config: Config, change: FileChange) -> None:
    """Write one file, or delete it.

    Raises:
        LangsyncError: It cannot be written, or is no longer what it was.
    """
    path = config.root / change.path
    Draft(config).check(path)
    current = read_raw(path) if path.exists() else None
    if current != change.old:
        raise LangsyncError(f"{change.path} was changed while it was looked at: pull again")
    if change.new is None:
        path.unlink()
    else:
        write_file(path, change.new)
