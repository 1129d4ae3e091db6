"""Files on disk: opened if they are regular ones, written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from langsync.errors import LangsyncError
from langsync.formats.limits import FILE_SIZE


def write_file(path: Path, text: str, *, private: bool = False) -> None:
    """Write a text file whole or not at all.

    Args:
        path: The file; its folder is made where it is missing.
        text: Its content, written as UTF-8.
        private: Whether only its owner may read it; else it keeps its mode.

    Raises:
        LangsyncError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            if not private:
                Path(name).chmod(mode_of(path))
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise LangsyncError(f"{path} cannot be written: {error.strerror}") from None


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file; a pipe or a device, which would block or never end, is refused.

    Raises:
        OSError: It cannot be opened, or is not a regular file.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "it is no regular file", str(path))


def bounded(file: BinaryIO) -> bytes:
    """The content of an open file, if it is within `FILE_SIZE`.

    Raises:
        OSError: It cannot be read, or is too large.
    """
    data = file.read(FILE_SIZE.most + 1)
    if len(data) > FILE_SIZE.most:
        raise OSError(errno.EFBIG, FILE_SIZE.exceeded("it is too large"))
    return data


def read_raw(path: Path) -> str:
    """Read a text file as it is: line ends and a byte order mark stay.

    Raises:
        LangsyncError: It cannot be read, is not UTF-8, or is past the limit; rows have none.
    """
    try:
        with open_regular(path) as file:
            is_rows = path.name.lower().endswith((".jsonl", ".ndjson", ".csv"))
            return (file.read() if is_rows else bounded(file)).decode()
    except OSError as error:
        raise LangsyncError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise LangsyncError(f"{path} is not UTF-8") from None


def mode_of(path: Path) -> int:
    """The mode that a file has, or that a new one gets."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
