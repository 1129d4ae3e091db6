"""Tells when files change, within a fraction of a second."""

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
"""Milliseconds between two looks at what the system does not report."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched.

    Args:
        folders: Folders, with all that is in them; they need not exist.
        files: Files that may be elsewhere; they need not exist.
    """

    folders: frozenset[Path]
    files: frozenset[Path]

    def stamps(self) -> dict[Path, tuple[int, ...]]:
        """What tells a change of a file, or that a folder came, went or is another one."""
        found = {file: _stamp(file) for file in self.files}
        return found | {folder: _stamp(folder)[:2] for folder in self.folders}


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        at = path.stat()
    except OSError:
        return ()
    return at.st_dev, at.st_ino, at.st_mtime_ns, at.st_size


def edits(watched: Callable[[], Watched], stop: Event) -> Iterator[None]:
    """Yield when the watch begins, and after each edit.

    The system reports what happens in folders; files elsewhere, such as texts that prompts
    include, are looked at a few times a second. No edit is lost that is made while the caller is
    at work on the last one.

    Args:
        watched: What to watch; asked again after each edit.
        stop: Set it to end.

    Raises:
        LocalServerError: The system cannot watch so many folders.
    """
    while not stop.is_set():
        now = watched()
        seen: dict[Path, tuple[int, ...]] = {}
        for reported in _reports(now, stop):
            before, seen = seen, now.stamps()
            if reported or before != seen:
                yield
                moved = before and any(before[one] != seen[one] for one in now.folders)
                if moved or watched() != now:
                    break


def _reports(watched: Watched, stop: Event) -> Iterator[bool]:
    """At least once a tick: whether the system reports an edit."""
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
        yield False  # it went just now: look again at what is there
    except (OSError, RuntimeError) as error:  # watchfiles' own error is one of these
        raise LocalServerError(
            f"edits cannot be followed: {error}; WATCHFILES_FORCE_POLLING=1 looks at every file "
            "instead"
        ) from error
