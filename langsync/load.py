"""Files to desired state."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from langsync.config import FILE_NAMES, Config, Environment
from langsync.errors import InvalidFilesError, Problem
from langsync.formats.documents import read_documents
from langsync.formats.yaml import locate
from langsync.kinds import all_kinds
from langsync.kinds.base import Context, Declared, Flaw, Kind
from langsync.model import Address, Resource, Source, State

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the files declare.

    Args:
        state: The desired state.
        warnings: What deserves a look.
        files: How many files were read, not counting those that others name.
    """

    state: State
    warnings: tuple[Problem, ...] = ()
    files: int = 0


def load(config: Config, environment: Environment) -> Loaded:
    """Read and check every file that declares resources; nothing is sent.

    Args:
        config: What ``langsync.yaml`` says.
        environment: The chosen environment.

    Raises:
        InvalidFilesError: Something is wrong; all of it is listed.
    """
    gathered = Declared()
    files = 0
    for kind in all_kinds().values():
        if not kind.folder:
            continue
        folder = (config.root / config.folders[kind.folder]).resolve()
        context = Context(
            config.root, config.repository, folder, environment, tuple(config.environments.values())
        )
        if kind.folder in config.named and not folder.is_dir():
            message = f"{kind.folder}: there is no folder {config.folders[kind.folder]!r}"
            gathered.warnings.append(Problem(context.shown(config.file), message))
        for path in _files(folder):
            files += 1
            _read(kind, path, context, gathered)
    state, twice = _unique(gathered.resources)
    problems = [*gathered.problems, *place(config, twice)]
    flaws = [flaw for kind in all_kinds().values() for flaw in kind.check(state)]
    problems += place(config, (flaw for flaw in flaws if not flaw.warning))
    if problems:
        raise InvalidFilesError(problems)
    warnings = [*gathered.warnings, *place(config, (flaw for flaw in flaws if flaw.warning))]
    return Loaded(state, tuple(warnings), files)


def _files(folder: Path) -> Iterator[Path]:
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


def _read(kind: Kind, path: Path, context: Context, gathered: Declared) -> None:
    if not _is_inside(path, context.repository):
        message = "this link leads nowhere inside the repository: only files in it are read"
        gathered.problems.append(Problem(context.shown(path), message))
        return
    try:
        documents = read_documents(path, context.shown(path))
    except InvalidFilesError as error:
        gathered.problems.extend(error.problems)
        return
    if not documents:
        gathered.warnings.append(Problem(context.shown(path), "this file declares nothing"))
    default = path.relative_to(context.folder).with_suffix("").as_posix()
    for document in documents:
        name = default if len(documents) == 1 else ""
        declared = kind.declare(document, name, context)
        gathered.resources.extend(declared.resources)
        gathered.problems.extend(declared.problems)
        gathered.warnings.extend(declared.warnings)


def _is_inside(path: Path, repository: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(repository)
    except (OSError, RuntimeError):
        return False


def _unique(resources: Iterable[Resource]) -> tuple[State, list[Flaw]]:
    first: dict[Address, Resource] = {}
    twice = []
    for resource in resources:
        other = first.setdefault(resource.address, resource)
        if other is not resource:
            where = other.source.file if other.source else "elsewhere"
            line = f":{other.source.line}" if other.source and other.source.line else ""
            twice.append(Flaw(resource, f"{resource.address} is declared in {where}{line} already"))
    return State(first.values()), twice


def place(config: Config, flaws: Iterable[Flaw]) -> list[Problem]:
    """Give flaws their place in the files: file, line and column."""
    problems = []
    for flaw in flaws:
        source = flaw.resource.source
        if source is None:
            problems.append(Problem(str(flaw.resource.address), flaw.message))
            continue
        file, line, column = position(config, source, flaw.steps)
        problems.append(Problem(file, flaw.message, line, column))
    return problems


def position(
    config: Config, source: Source, steps: tuple[str | int, ...] = ()
) -> tuple[str, int, int]:
    """Where a resource stands: the file as a user would type it, line and column.

    Args:
        config: What ``langsync.yaml`` says.
        source: Where the resource is declared.
        steps: Where inside the resource.
    """
    path = config.root / source.file
    shown = os.path.relpath(path)
    if source.line:
        return shown, source.line, 0
    text = path.read_text("utf-8-sig").replace("\r\n", "\n")
    return shown, *locate(text, source.document, (*source.path, *steps))
