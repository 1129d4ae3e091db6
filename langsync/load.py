"""Files to desired state."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from langsync.config import Config, Environment
from langsync.errors import InvalidFilesError, Problem
from langsync.formats.documents import Document
from langsync.formats.yaml import locate
from langsync.kinds import all_kinds, folder
from langsync.kinds.base import Kind, Text, Violation
from langsync.model import Pack, Resource, Source, State
from langsync.rules import Rule
from langsync.source.documents import read_text


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the files declare.

    Args:
        state: The desired state.
        warnings: What deserves a look.
        files: How many files were read, not counting those that others name.
        named: The files that others name, relative to the folder of ``langsync.yaml``.
        texts: The texts that were read, as they were written.
    """

    state: State
    warnings: tuple[Problem, ...] = ()
    files: int = 0
    named: frozenset[str] = frozenset()
    texts: tuple[Text, ...] = ()


def load_each(config: Config, environments: Sequence[Environment]) -> list[Loaded]:
    """Read and check everything for several environments; see `load`.

    What is the same in all of them is read for the first one alone.

    Raises:
        InvalidFilesError: Something is wrong for one of them; all of it is listed, once.
    """
    loaded, problems = read_each(config, environments)
    if problems:
        raise InvalidFilesError(problems)
    return loaded


def read_each(
    config: Config, environments: Sequence[Environment]
) -> tuple[list[Loaded], list[Problem]]:
    """What `load_each` gives, as far as it could be read, and all that is wrong."""
    results: list[Loaded] = []
    problems: list[Problem] = []
    varying = [kind for kind in all_kinds().values() if kind.varies]
    known: dict[Path, list[Document]] | None = {} if len(environments) > 1 else None
    for number, environment in enumerate(environments):
        loaded, wrong = read(config, environment, varying if number else None, known)
        results.append(loaded)
        problems += wrong
    return results, problems


def load(
    config: Config,
    environment: Environment,
    kinds: Iterable[Kind] | None = None,
    known: dict[Path, list[Document]] | None = None,
) -> Loaded:
    """Read and check every file that declares resources; nothing is sent.

    Args:
        config: What ``langsync.yaml`` says.
        environment: The chosen environment.
        kinds: The kinds to read; None for all of them.
        known: Documents that were read for another environment.

    Raises:
        InvalidFilesError: Something is wrong; all of it is listed.
    """
    loaded, problems = read(config, environment, kinds, known)
    if problems:
        raise InvalidFilesError(problems)
    return loaded


def read(
    config: Config,
    environment: Environment,
    kinds: Iterable[Kind] | None = None,
    known: dict[Path, list[Document]] | None = None,
) -> tuple[Loaded, list[Problem]]:
    """What `load` gives, as far as it could be read, and all that is wrong."""
    state = State()
    problems: list[Problem] = []
    warnings: list[Problem] = []
    twice: list[Violation] = []
    named: list[str] = []
    texts: list[Text] = []
    files = 0
    chosen = list(all_kinds().values() if kinds is None else kinds)
    for kind in chosen:
        if not kind.folder:
            continue
        context = folder.context_of(config, kind.folder, environment)
        if kind.folder in config.named and not context.tree.is_folder(context.folder):
            message = f"{kind.folder}: there is no folder {config.folders[kind.folder]!r}"
            shown = context.shown(config.file)
            warnings.append(Problem(shown, message, code=Rule.MISSING_FOLDER.code))
        for path in folder.files(context.folder, context.tree):
            files += 1
            for declared in folder.read(kind, path, context, known if kind.varies else None):
                twice.extend(_add(state, declared.all()))
                problems.extend(declared.problems)
                warnings.extend(declared.warnings)
                named.extend(declared.files)
                texts.extend(declared.texts)
    problems += place(config, twice)
    violations = [violation for kind in chosen for violation in kind.check(state)]
    problems += place(config, (violation for violation in violations if not violation.warning))
    if not problems:
        warnings += place(config, (violation for violation in violations if violation.warning))
    return Loaded(state, tuple(warnings), files, frozenset(named), tuple(texts)), problems


def _add(state: State, resources: Iterable[Resource | Pack]) -> Iterator[Violation]:
    """Add resources, but those whose address is taken."""
    for resource in state.extend(resources):
        other = state[resource.address].source
        where = other.file if other else "elsewhere"
        line = f":{other.line}" if other and other.line else ""
        yield Violation(resource, f"{resource.address} is declared in {where}{line} already")


def place(config: Config, violations: Iterable[Violation]) -> list[Problem]:
    """Locate violations in the files: file, line and column."""
    problems = []
    for violation in violations:
        source = violation.source or violation.resource.source
        code = violation.rule.code if violation.rule is not None else ""
        if source is None:
            problems.append(Problem(str(violation.resource.address), violation.message, code=code))
            continue
        file, line, column = position(config, source, () if violation.source else violation.steps)
        problems.append(Problem(file, violation.message, line, column, code))
    return problems


def position(
    config: Config, source: Source, steps: tuple[str | int, ...] = ()
) -> tuple[str, int, int]:
    """Where a resource is declared: the file as a user would type it, line and column.

    Args:
        config: What ``langsync.yaml`` says.
        source: Where the resource is declared.
        steps: Where inside the resource.
    """
    path = config.root / source.file
    shown = os.path.relpath(path)
    if source.line:
        return shown, source.line, 0
    text = read_text(config.tree, path, shown)
    return shown, *locate(text, source.document, (*source.path, *steps))
