"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from langsync.errors import LangsyncError


def write_file(path: Path, text: str, *, private: bool = False) -> None:
    """Write a text file whole or not at all.

    Args:
        path: The file; its folder is made where it is missing.
        text: What it will hold, as UTF-8.
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


def read_raw(path: Path) -> str:
    """Read a text file as it is: line ends and a byte order mark stay.

    Raises:
        LangsyncError: It cannot be read, or is no UTF-8.
    """
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise LangsyncError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise LangsyncError(f"{path} is not UTF-8") from None


def normal(raw: str) -> str:
    """A file's text as langsync reads it: no byte order mark, lines ended by LF."""
    return raw.removeprefix("\ufeff").replace("\r\n", "\n")


def ended_alike(raw: str, text: str) -> str:
    """A text with the line ends and the byte order mark of another one.

    Args:
        raw: The other one, as it is in its file; of both kinds of line ends, it counts for none.
        text: The text, its lines ended by LF.
    """
    mark = "\ufeff" if raw.startswith("\ufeff") else ""
    if "\r\n" in raw and raw.count("\n") == raw.count("\r\n"):
        text = text.replace("\n", "\r\n")
    return mark + text


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
