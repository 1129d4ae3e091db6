"""One writer at a time on one machine: a lock for each host and project.

The operating system holds it for the open file, so that a process that is killed leaves none
behind. It is in the user's state folder, which only this user can write: nobody else can hold
it, or put a link in its place. Another user, or another machine, is not waited for: what those
write is left to the checks of an apply.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import stat
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from langsync.client import Client
from langsync.config.connection import is_this_machine
from langsync.errors import LockedError
from langsync.model import Project

TIMEOUT = 600.0
"""Seconds that another writer is waited for, where nothing else is said."""

Notify = Callable[[str], None]
"""Tells the user something; a command prints it."""

log: Notify = logging.getLogger("langsync").warning
"""What scripts get in place of a printed notice."""

_PAUSE = 0.2
"""Seconds between two attempts."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a lock, as it recorded itself.

    Args:
        pid: Its process id; 0 where it could not be read.
        since: When it got the lock, ISO 8601 in UTC; empty where it could not be read.
    """

    pid: int = 0
    since: str = ""

    def __str__(self) -> str:
        if not self.pid:
            return "another langsync on this machine"
        return f"another langsync on this machine (process {self.pid}, since {self.since})"


@asynccontextmanager
async def locked(
    project: Project, lock_timeout: float = TIMEOUT, notify: Notify = log
) -> AsyncIterator[None]:
    """Hold the lock of a project, so that no other process of this user writes to it.

    A folder that cannot be written is a warning, and there is no lock.

    Args:
        project: The project, with the host that it is on.
        lock_timeout: Seconds that another process is waited for; 0 for not at all.
        notify: Told that there is no lock, or who is waited for.

    Raises:
        LockedError: It did not end in time.
    """
    path = lock_file(project)
    file: int | None = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner(path.parent.stat())
        file = await _acquire(path, project, lock_timeout, notify)
    except OSError as error:
        reason = error.strerror or error
        notify(
            f"Warning: no lock in {path.parent} ({reason}): other processes here are not waited for"
        )
    try:
        yield
    finally:
        if file is not None:
            _release(path, file)


@asynccontextmanager
async def locked_project(
    client: Client, lock_timeout: float | None, notify: Notify = log
) -> AsyncIterator[Project]:
    """The project behind a client's keys, locked.

    Args:
        client: The client.
        lock_timeout: As for `locked`; None where it is locked already.
        notify: As for `locked`.

    Raises:
        LockedError: Another process holds it for too long.
        ApiError: A request to Langfuse failed.
    """
    project = await client.project()
    if lock_timeout is None:
        yield project
        return
    async with locked(project, lock_timeout, notify):
        yield project


def lock_file(project: Project) -> Path:
    """The lock file of a project; its name reveals nothing of the project."""
    host = urlsplit(project.host)
    name = "loopback" if is_this_machine(project.host) else (host.hostname or "").lower()
    port = host.port or {"http": 80, "https": 443}.get(host.scheme, 0)
    key = f"{name}:{port}{host.path.rstrip('/')} {project.id}"
    folder = platformdirs.user_state_path("langsync") / "locks"
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.lock"


async def _acquire(path: Path, project: Project, lock_timeout: float, notify: Notify) -> int:
    """The open lock file, locked.

    Raises:
        LockedError: Somebody else holds it for too long.
        OSError: It cannot be opened.
    """
    end = time.monotonic() + lock_timeout
    notified = False
    while (file := _try(path)) is None:
        holder = _holder(path)
        if time.monotonic() >= end:
            waited = f", after {lock_timeout:g} seconds" if lock_timeout else ""
            raise LockedError(
                f"{holder} is writing to {project.name} at {project.host}{waited}: try again once "
                "it has ended, or wait longer with --lock-timeout"
            )
        if not notified:
            notified = True
            notify(f"Waiting for {holder}, which writes to {project.name} …")
        await asyncio.sleep(min(_PAUSE, max(0.0, end - time.monotonic())))
    return file


def _try(path: Path) -> int | None:
    """Open and lock a file; None if it is locked.

    Raises:
        OSError: It cannot be opened, or is a link or no plain file.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    file = os.open(path, flags, 0o600)
    try:
        _check_owner(os.fstat(file))
        if _lock(file) and _is_at(path, file):
            os.ftruncate(file, 0)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            os.write(file, json.dumps(asdict(Holder(os.getpid(), now))).encode())
            return file
    except BaseException:
        os.close(file)
        raise
    os.close(file)
    return None


def _check_owner(status: os.stat_result) -> None:
    """Make sure that nobody else can put something in the place of a file or folder.

    Raises:
        OSError: It is another user's, others may write it, or the file has a second name.
    """
    if sys.platform == "win32":
        return
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise OSError("another user owns or may write it")
    if not stat.S_ISDIR(status.st_mode) and (
        not stat.S_ISREG(status.st_mode) or status.st_nlink > 1
    ):
        raise OSError("the lock is no plain file")


def _is_at(path: Path, file: int) -> bool:
    """Whether an open file is still the one of its name: who releases a lock removes it."""
    try:
        return os.path.samestat(path.stat(follow_symlinks=False), os.fstat(file))
    except FileNotFoundError:
        return False


def _holder(path: Path) -> Holder:
    try:
        return Holder(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return Holder()  # it has just ended, or has not written itself down yet


def _release(path: Path, file: int) -> None:
    """Remove the file while it is locked, then release the lock."""
    with suppress(OSError):  # Windows keeps a file that is open; the next one takes it
        path.unlink()
    os.close(file)


if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30
    """The byte that is locked: others read what comes before it."""

    def _lock(file: int) -> bool:
        os.lseek(file, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(file, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
