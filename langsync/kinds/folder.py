"""The files of a kind's folder, and what each of them declares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from langsync.config import FILE_NAMES, Config, Environment
from langsync.errors import InvalidFilesError, Problem
from langsync.formats.documents import Document
from langsync.kinds.base import Context, Declared, Kind
from langsync.rules import Rule
from langsync.source import Listing, SourceTree
from langsync.source.documents import read_documents

SUFFIXES = (".yaml", ".yml")


def context_of(config: Config, key: str, environment: Environment) -> Context:
    """What declaring needs to know of the files of the work tree.

    Args:
        config: What ``langsync.yaml`` says.
        key: The folder key of a kind.
        environment: The chosen environment.
    """
    tree, environments = config.tree, tuple(config.environments.values())
    where = tree.resolve(config.root / config.folders[key])
    return Context(config.root, tree, where, environment, environments)


def readable_files(folder: Path, tree: SourceTree) -> Iterator[Path]:
    """The YAML files below a folder that may be read; see `files`.

    Args:
        folder: The folder, links followed: what is below it can lead elsewhere only by a link of
            its own, so that each folder is judged once.
        tree: The files of the repository.
    """
    judged: dict[Path, bool] = {}
    for path in files(folder, tree):
        if tree.is_link(path):
            readable = tree.may_read(path)
        elif path.parent in judged:
            readable = judged[path.parent]
        else:
            readable = judged[path.parent] = tree.may_read(path.parent)
        if readable:
            yield path


def files(folder: Path, tree: SourceTree) -> Iterator[Path]:
    """The YAML files below a folder, but hidden ones and those of a nested ``langsync.yaml``.

    Links are among them that lead to what must not be read: `read` checks that.
    """
    return (path for path in every_file(folder, tree) if is_document(path.name))


def every_file(folder: Path, tree: SourceTree) -> Iterator[Path]:
    """The files and links below a folder, but hidden ones and those of a nested ``langsync.yaml``.

    Links to folders are none, and are not followed.
    """
    folders = [folder]
    while folders:
        here = folders.pop()
        listing = entries(here, tree, is_top=here == folder)
        yield from (here / name for name in listing.files)
        folders += (here / name for name in reversed(listing.folders))


def entries(folder: Path, tree: SourceTree, *, is_top: bool) -> Listing:
    """What a folder holds that is not hidden; nothing if it has a ``langsync.yaml`` of its own.

    Args:
        folder: The folder.
        tree: The files of the repository.
        is_top: Whether it is the folder of a kind.
    """
    listing = tree.list(folder)
    if not is_top and not FILE_NAMES.isdisjoint(listing.files):
        return Listing()
    return Listing(
        *(tuple(name for name in names if not name.startswith(".")) for names in listing)
    )


def is_document(name: str) -> bool:
    """Whether a file of a kind's folder declares something, by its name."""
    return name.endswith(SUFFIXES) and name not in FILE_NAMES


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
    if message := _link_violation(path, context.tree):
        yield Declared(problems=[Problem(shown, message)])
        return
    try:
        documents = read_documents(context.tree, path, shown)
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


def _link_violation(path: Path, tree: SourceTree) -> str:
    """Why a file may not be read where links on its path lead; empty if it may be."""
    try:
        target = tree.resolve(path, strict=True)
    except (OSError, RuntimeError):
        target = None
    if target is None or not target.is_relative_to(tree.boundary.top):
        return "this link leads nowhere inside the repository: only files in it are read"
    violation = tree.boundary.violation(target)
    return f"what it links to {violation}" if violation else ""
