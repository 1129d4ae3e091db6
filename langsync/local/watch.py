"""Reports changes of files within a fraction of a second."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from langsync.errors import LocalServerError, MissingExtraError

if find_spec("watchfiles") is None:
    raise MissingExtraError("Following edits", "local")

from watchfiles import watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from threading import Event

TICK: Final = 300
"""Milliseconds between two checks of what the system does not report."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The folders and files that are watched.

    Args:
        folders: Folders, watched recursively; they need not exist.
        files: Files, which may be outside of the folders; they need not exist.
    """

    folders: frozenset[Path]
    files: frozenset[Path]

    def stamps(self) -> dict[Path, tuple[int, ...]]:
        """Returns what differs once a file is changed, or a folder created, deleted or replaced."""
        stamps = {file: _stamp(file) for file in self.files}
        return stamps | {folder: _stamp(folder)[:2] for folder in self.folders}


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


def edits(watched: Callable[[], Watched], stop: Event) -> Iterator[None]:
    """Yields when the watch begins, and after each edit.

    The system reports changes in folders; files elsewhere, such as texts that prompts include, are
    checked a few times a second. No edit is lost that is made while the caller handles the last
    one.

    Args:
        watched: Returns what to watch; called again after each edit.
        stop: Set it to end.

    Raises:
        LocalServerError: The system cannot watch so many folders.
    """
    while not stop.is_set():
        current = watched()
        stamps: dict[Path, tuple[int, ...]] = {}
        for reported in _reports(current, stop):
            previous, stamps = stamps, current.stamps()
            if reported or previous != stamps:
                yield
                is_stale = previous and any(
                    previous[folder] != stamps[folder] for folder in current.folders
                )
                if is_stale or watched() != current:
                    break


def _reports(watched: Watched, stop: Event) -> Iterator[bool]:
    """Yields at least once a tick whether the system reports an edit."""
    folders = [folder for folder in watched.folders if folder.is_dir()]
    if not folders:
        while not stop.wait(TICK / 1000):
            yield False
        return
    ticks = watch(
        *folders,
        watch_filter=None,
        stop_event=stop,
        rust_timeout=TICK,
        yield_on_timeout=True,
        raise_interrupt=False,
    )
    try:
        yield from map(bool, ticks)
    except FileNotFoundError:
        yield False  # deleted just now: check again what exists
    except (OSError, RuntimeError) as error:  # watchfiles' own error is one of these
        raise LocalServerError(
            f"edits cannot be followed: {error}; WATCHFILES_FORCE_POLLING=1 looks at every file "
            "instead"
        ) from error
