"""The files of a kind's folder, and what each of them declares."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from langsync.config import FILE_NAMES
from langsync.errors import InvalidFilesError, Problem
from langsync.formats.boundary import Boundary
from langsync.formats.documents import Document, read_documents
from langsync.kinds.base import Context, Declared, Kind
from langsync.rules import Rule

SUFFIXES = (".yaml", ".yml")


def readable_files(folder: Path, boundary: Boundary) -> Iterator[Path]:
    """The YAML files below a folder that may be read; see `files`.

    Args:
        folder: The folder, links followed: what is below it can lead elsewhere only by a link of
            its own, so that each folder is judged once.
        boundary: Which files may be read.
    """
    judged: dict[Path, bool] = {}
    for path in files(folder):
        if path.is_symlink():
            readable = boundary.may_read(path)
        elif path.parent in judged:
            readable = judged[path.parent]
        else:
            readable = judged[path.parent] = boundary.may_read(path.parent)
        if readable:
            yield path


def files(folder: Path) -> Iterator[Path]:
    """The YAML files below a folder, but hidden ones and those of a nested ``langsync.yaml``.

    Links are among them that lead to what must not be read: `read` checks that.
    """
    for root, folders, names in os.walk(folder):
        here = Path(root)
        if here != folder and not FILE_NAMES.isdisjoint(names):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith(".") and name not in FILE_NAMES:
                yield here / name


def read(
    kind: Kind, path: Path, context: Context, known: dict[Path, list[Document]] | None = None
) -> Iterator[Declared]:
    """What each document of a file declares, with what is wrong in it.

    Args:
        kind: The kind whose folder it is in.
        path: The file, below ``context.folder``.
        context: What declaring needs to know.
        known: Documents that were read before, to which those of this file are added.
    """
    if known is not None and path in known:
        yield from _declared(kind, path, context, known[path])
        return
    shown = context.shown(path)
    if message := _link_flaw(path, context.boundary):
        yield Declared(problems=[Problem(shown, message)])
        return
    try:
        documents = read_documents(path, shown)
    except InvalidFilesError as error:
        yield Declared(problems=list(error.problems))
        return
    if known is not None:
        known[path] = documents
    if not documents:
        yield Declared(
            warnings=[Problem(shown, "this file declares nothing", code=Rule.EMPTY_FILE.code)]
        )
    yield from _declared(kind, path, context, documents)


def _declared(
    kind: Kind, path: Path, context: Context, documents: list[Document]
) -> Iterator[Declared]:
    default = path.relative_to(context.folder).with_suffix("").as_posix()
    for document in documents:
        name = default if len(documents) == 1 else ""
        yield kind.declare(document, name, context)


def _link_flaw(path: Path, boundary: Boundary) -> str:
    """Why a file may not be read where links on its path lead; empty if it may be."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        target = None
    if target is None or not target.is_relative_to(boundary.top):
        return "this link leads nowhere inside the repository: only files in it are read"
    flaw = boundary.flaw(target)
    return f"what it links to {flaw}" if flaw else ""
