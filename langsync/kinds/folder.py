"""The files of a kind's folder, and what each of them declares."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from langsync.config import FILE_NAMES
from langsync.errors import InvalidFilesError, Problem
from langsync.formats.documents import read_documents
from langsync.kinds.base import Context, Declared, Kind

SUFFIXES = (".yaml", ".yml")


def files(folder: Path) -> Iterator[Path]:
    """The YAML files below a folder, but hidden ones and those of a nested ``langsync.yaml``."""
    for root, folders, names in os.walk(folder):
        here = Path(root)
        if here != folder and not FILE_NAMES.isdisjoint(names):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith(".") and name not in FILE_NAMES:
                yield here / name


def read(kind: Kind, path: Path, context: Context) -> Declared:
    """What one file declares, with what is wrong in it.

    Args:
        kind: The kind whose folder it is in.
        path: The file, below ``context.folder``.
        context: What declaring needs to know.
    """
    gathered = Declared()
    if not _is_inside(path, context.repository):
        message = "this link leads nowhere inside the repository: only files in it are read"
        gathered.problems.append(Problem(context.shown(path), message))
        return gathered
    try:
        documents = read_documents(path, context.shown(path))
    except InvalidFilesError as error:
        gathered.problems.extend(error.problems)
        return gathered
    if not documents:
        gathered.warnings.append(Problem(context.shown(path), "this file declares nothing"))
    default = path.relative_to(context.folder).with_suffix("").as_posix()
    for document in documents:
        name = default if len(documents) == 1 else ""
        declared = kind.declare(document, name, context)
        gathered.resources.extend(declared.resources)
        gathered.problems.extend(declared.problems)
        gathered.warnings.extend(declared.warnings)
    return gathered


def _is_inside(path: Path, repository: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(repository)
    except (OSError, RuntimeError):
        return False
