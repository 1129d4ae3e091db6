"""Documents, and the files that a document names."""

from __future__ import annotations

import os
from pathlib import Path

from langsync.errors import InvalidFilesError, Problem
from langsync.formats.documents import Document, Steps, decoded, documents_of
from langsync.formats.items import POINTER, is_pointer
from langsync.source.boundary import names_no_drive
from langsync.source.tree import SourceTree


def read_documents(tree: SourceTree, path: Path, file: str) -> list[Document]:
    """Read a YAML file.

    Args:
        tree: The files of the repository.
        path: The file.
        file: The file as errors name it.

    Returns:
        Its documents without empty ones.

    Raises:
        InvalidFilesError: It is not UTF-8, not YAML, or cannot be read.
    """
    return documents_of(read_text(tree, path, file), path, file)


def read_text(tree: SourceTree, path: Path, file: str) -> str:
    """Read a text file: UTF-8, a byte order mark dropped, CRLF read as LF.

    Raises:
        InvalidFilesError: It is not UTF-8 or cannot be read.
    """
    try:
        data = tree.read(path)
    except FileNotFoundError:
        raise InvalidFilesError([Problem(file, "there is no such file")]) from None
    except OSError as error:
        raise InvalidFilesError([Problem(file, f"cannot be read: {error.strerror}")]) from None
    return decoded(data, file)


def read_included(tree: SourceTree, document: Document, name: str, steps: Steps) -> str:
    """Read a text file that a document names.

    Args:
        tree: The files of the repository.
        document: The document.
        name: The path in it, relative to the document's folder.
        steps: The steps to the path in the document.

    Returns:
        The text; one final newline is not part of it, CRLF is LF.

    Raises:
        InvalidFilesError: It may not be read, is missing or not UTF-8, or Git LFS keeps it.
    """
    path = inside(tree, document, name, steps)
    if not tree.is_file(path):
        raise InvalidFilesError([document.problem(steps, f"there is no file {name!r}")])
    text = read_text(tree, path, os.path.relpath(path))
    if is_pointer(text.encode("utf-8", "surrogatepass")):
        raise InvalidFilesError([document.problem(steps, f"{name!r}: {POINTER}")])
    return text.removesuffix("\n")


def inside(tree: SourceTree, document: Document, name: str, steps: Steps) -> Path:
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
        path = tree.resolve(document.path.parent / name)
    except (OSError, RuntimeError) as error:
        message = f"{name[:80]!r} cannot be followed: {error}"
        raise InvalidFilesError([document.problem(steps, message)]) from None
    if violation := tree.boundary.violation(path):
        raise InvalidFilesError([document.problem(steps, f"{name!r} {violation}")])
    return path
