"""The files of a repository as loading reads them, from disk or from a commit."""

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
    """The names in a folder, sorted.

    Args:
        folders: Folders, without links to folders.
        linked: Links that lead to folders.
        files: Everything else, including broken links.
    """

    folders: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


class OutsideError(Exception):
    """A pattern leads through a link to what must not be read.

    Args:
        folder: The link.
        violation: Why not; see `Boundary.violation`.
    """

    def __init__(self, folder: Path, violation: str) -> None:
        super().__init__(str(folder))
        self.folder = folder
        self.violation = violation


class SourceTree(ABC):
    """The files of a repository.

    Paths are absolute, below the top of the boundary. Reading follows links, so whoever reads a
    path that a file names checks first where it leads: `resolve`, then `Boundary.violation`.
    """

    boundary: Boundary
    """Which of them may be read."""

    @abstractmethod
    def resolve(self, path: Path, *, strict: bool = False) -> Path:
        """The path with links followed.

        Args:
            path: The path.
            strict: Whether the path has to exist.

        Raises:
            OSError: The path does not exist, though it has to, or cannot be followed.
            RuntimeError: A link leads to itself.
        """

    @abstractmethod
    def is_file(self, path: Path) -> bool:
        """Whether there is such a file, links followed."""

    @abstractmethod
    def is_folder(self, path: Path) -> bool:
        """Whether there is such a folder, links followed."""

    @abstractmethod
    def is_link(self, path: Path) -> bool:
        """Whether there is a link."""

    @abstractmethod
    def open(self, path: Path) -> BinaryIO:
        """Open a regular file of any size.

        Raises:
            OSError: It cannot be opened, or is not a regular file.
        """

    @abstractmethod
    def list(self, folder: Path, pattern: str = "*") -> Listing:
        """The names in a folder that match a pattern; none where there is no folder."""

    def read(self, path: Path) -> bytes:
        """Read a file that is no larger than `langsync.formats.limits.FILE_SIZE`.

        Raises:
            OSError: It cannot be read, is not a regular file, or is too large.
        """
        with self.open(path) as file:
            return bounded(file)

    def may_read(self, path: Path) -> bool:
        """Whether something is there and may be read, links followed."""
        try:
            return not self.boundary.violation(self.resolve(path, strict=True))
        except (OSError, RuntimeError):
            return False

    def glob(self, folder: Path, pattern: str) -> Sequence[Path]:
        """The files that a pattern means, sorted; hidden ones, and those in hidden folders, never.

        ``**`` means any number of folders and follows no links; other steps do.

        Args:
            folder: Where it begins.
            pattern: Its steps, with ``/`` between them.

        Raises:
            OutsideError: It leads through a link out of the boundary; nothing there was read.
            ValueError: ``**`` is a part of a step.
        """
        steps = PurePosixPath(pattern).parts
        if any("**" in step and step != "**" for step in steps):
            raise ValueError("'**' can only be a whole step of a path")
        pending = [(folder, 0)] if not pattern.endswith("/") else []  # a final slash means folders
        seen: set[tuple[Path, int]] = set()
        while pending:
            path, index = pending.pop()
            if (path, index) not in seen and index < len(steps):
                pending += self._matching(path, steps, index)
            seen.add((path, index))
        return sorted(path for path, index in seen if index == len(steps) and self.is_file(path))

    def _matching(
        self, folder: Path, steps: Sequence[str], index: int
    ) -> Iterator[tuple[Path, int]]:
        """What a step of a pattern matches, each with the number of the next step."""
        step, following = steps[index], index + 1
        listing = self.list(folder, "*" if step == "**" else step)
        if step == "**":
            yield folder, following
            names, following = listing.folders, index
        elif following == len(steps):
            names = listing.files
        else:
            names = (*listing.folders, *listing.linked)
        for path in (folder / name for name in names if not is_hidden(name)):
            if path.name in listing.linked and (
                violation := self.boundary.violation(self.resolve(path))
            ):
                raise OutsideError(path, violation)
            yield path, following
