"""What loading needs of a repository's files, wherever they are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from langsync.source.boundary import Boundary, is_hidden
from langsync.source.files import bounded

WILDCARDS = frozenset("*?[")
"""The characters that make a step of a path a pattern."""


class Listing(NamedTuple):
    """What a folder holds, by name, sorted.

    Args:
        folders: Folders.
        linked: Links that lead to folders.
        files: Everything else, links that lead nowhere among them.
    """

    folders: Sequence[str] = ()
    linked: Sequence[str] = ()
    files: Sequence[str] = ()


class SourceTree(ABC):
    """The files of a repository.

    Paths are absolute, below the top of the boundary. Reading follows links, so whoever reads a
    path that a file names checks first where it leads: `resolve`, then `Boundary.flaw`.
    """

    boundary: Boundary
    """Which of them may be read."""

    @abstractmethod
    def resolve(self, path: Path, *, strict: bool = False) -> Path:
        """The path with links followed.

        Args:
            path: The path.
            strict: Whether something has to be there.

        Raises:
            OSError: Nothing is there, though it has to be, or the path cannot be followed.
            RuntimeError: A link leads to itself.
        """

    @abstractmethod
    def is_file(self, path: Path) -> bool:
        """Whether there is such a file, links followed."""

    @abstractmethod
    def is_link(self, path: Path) -> bool:
        """Whether there is a link."""

    @abstractmethod
    def open(self, path: Path) -> BinaryIO:
        """Open a regular file of any size.

        Raises:
            OSError: It cannot be opened, or is no regular file.
        """

    @abstractmethod
    def list(self, folder: Path, pattern: str = "*") -> Listing:
        """What a folder holds, by names that match a pattern; nothing where there is no folder."""

    def read(self, path: Path) -> bytes:
        """Read a file that is no larger than `langsync.formats.limits.FILE_SIZE`.

        Raises:
            OSError: It cannot be read, is no regular file, or is too large.
        """
        with self.open(path) as file:
            return bounded(file)

    def may_read(self, path: Path) -> bool:
        """Whether something is there and may be read, links followed."""
        try:
            return not self.boundary.flaw(self.resolve(path, strict=True))
        except (OSError, RuntimeError):
            return False

    def glob(self, folder: Path, pattern: str) -> Sequence[Path]:
        """The files that a pattern means, sorted; hidden ones, and those in hidden folders, never.

        ``**`` means any number of folders and follows no links; other steps do.

        Args:
            folder: Where it begins.
            pattern: Its steps, with ``/`` between them.

        Raises:
            ValueError: It is no pattern.
        """
        steps = PurePosixPath(pattern).parts
        if any("**" in step and step != "**" for step in steps):
            raise ValueError("Invalid pattern: '**' can only be an entire path component")
        if pattern.endswith("/") or steps[-1] == "**":
            return []  # it means folders
        return sorted(set(self._matches(folder, steps)))

    def _matches(self, folder: Path, steps: Sequence[str]) -> Iterator[Path]:
        step, rest = steps[0], steps[1:]
        if step == "**":
            yield from self._matches(folder, rest)
            for name in self.list(folder).folders:
                if not is_hidden(name):
                    yield from self._matches(folder / name, steps)
            return
        if WILDCARDS.isdisjoint(step):
            names: Sequence[str] = [step]
        else:
            listing = self.list(folder, step)
            names = [*listing.folders, *listing.linked] if rest else listing.files
        for path in (folder / name for name in names if not is_hidden(name)):
            if rest:
                yield from self._matches(path, rest)
            elif self.is_file(path):
                yield path
