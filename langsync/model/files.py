"""Changes of files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class FileChange:
    """The change of one file.

    Args:
        path: The file, relative to the folder of ``langsync.yaml``, with ``/``.
        old: What it holds now; None where there is none.
        new: What it will hold; None where it is deleted.
    """

    path: str
    old: str | None
    new: str | None

    @property
    def action(self) -> str:
        """``create``, ``update`` or ``delete``."""
        return "create" if self.old is None else "delete" if self.new is None else "update"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull would write.

    Args:
        files: The files that differ, each with what it holds and what it will hold.
        warnings: What was left out, and why.
        notes: What a user may wonder about.
        left_alone: How many resources differ and no file says so; the warnings tell why.
    """

    files: tuple[FileChange, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    left_alone: int = 0

    def with_warnings(self, warnings: Iterable[str]) -> Pulled:
        """The same with warnings that come before its own."""
        return replace(self, warnings=(*warnings, *self.warnings))
