"""Files that a document names."""

from __future__ import annotations

import os
from pathlib import Path

from langsync.errors import InvalidFilesError
from langsync.formats.documents import Document, Steps, read_text
from langsync.formats.items import POINTER, is_pointer


def read_included(document: Document, name: str, steps: Steps, repository: Path) -> str:
    """Read a text file that a document names.

    Args:
        document: The document.
        name: The path in it, relative to the document's folder.
        steps: Where in the document the path stands.
        repository: No file outside this folder is read.

    Returns:
        The text; one final newline is not part of it, CRLF is LF.

    Raises:
        InvalidFilesError: It is outside, missing, no UTF-8, or kept by Git LFS and not fetched.
    """
    path = inside(document, name, steps, repository)
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


def inside(document: Document, name: str, steps: Steps, repository: Path) -> Path:
    """The path that a document names, with links followed.

    Raises:
        InvalidFilesError: It leads out of the repository.
    """
    if "\0" in name:
        raise InvalidFilesError([document.problem(steps, "a path has no NUL character")])
    try:
        path = (document.path.parent / name).resolve()
    except (OSError, RuntimeError) as error:
        message = f"{name[:80]!r} cannot be followed: {error}"
        raise InvalidFilesError([document.problem(steps, message)]) from None
    if not path.is_relative_to(repository):
        message = f"{name!r} is outside the repository: only files inside it are read"
        raise InvalidFilesError([document.problem(steps, message)])
    return path
