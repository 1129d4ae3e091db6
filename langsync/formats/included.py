"""Files that a document names."""

from __future__ import annotations

import os
from pathlib import Path

from langsync.errors import InvalidFilesError
from langsync.formats.boundary import Boundary, names_no_drive
from langsync.formats.documents import Document, Steps, read_text
from langsync.formats.items import POINTER, is_pointer


def read_included(document: Document, name: str, steps: Steps, boundary: Boundary) -> str:
    """Read a text file that a document names.

    Args:
        document: The document.
        name: The path in it, relative to the document's folder.
        steps: Where in the document the path stands.
        boundary: Which files may be read.

    Returns:
        The text; one final newline is not part of it, CRLF is LF.

    Raises:
        InvalidFilesError: It may not be read, is missing or no UTF-8, or Git LFS keeps it.
    """
    path = inside(document, name, steps, boundary)
    if not is_file(path):
        raise InvalidFilesError([document.problem(steps, f"there is no file {name!r}")])
    text = read_text(path, os.path.relpath(path))
    if is_pointer(text.encode("utf-8", "surrogatepass")):
        raise InvalidFilesError([document.problem(steps, f"{name!r}: {POINTER}")])
    return text.removesuffix("\n")


def is_file(path: Path) -> bool:
    """Whether there is such a file; a name that no file system takes is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def inside(document: Document, name: str, steps: Steps, boundary: Boundary) -> Path:
    """The path that a document names, with links followed.

    Raises:
        InvalidFilesError: It may not be read: it leads out of the repository, or is hidden there.
    """
    if "\0" in name:
        raise InvalidFilesError([document.problem(steps, "a path has no NUL character")])
    if not names_no_drive(name):
        message = f"{name[:80]!r} names a drive: a path is relative to the file that names it"
        raise InvalidFilesError([document.problem(steps, message)])
    try:
        path = (document.path.parent / name).resolve()
    except (OSError, RuntimeError) as error:
        message = f"{name[:80]!r} cannot be followed: {error}"
        raise InvalidFilesError([document.problem(steps, message)]) from None
    if flaw := boundary.flaw(path):
        raise InvalidFilesError([document.problem(steps, f"{name!r} {flaw}")])
    return path
