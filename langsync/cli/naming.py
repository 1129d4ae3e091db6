"""Finds the datasets that name a row file, whether it exists or not."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from langsync.config import Config
from langsync.errors import ConfigError, InvalidFilesError
from langsync.formats.documents import Document
from langsync.kinds import folder
from langsync.source.documents import read_documents


@dataclass(frozen=True, slots=True)
class Naming:
    """An entry of ``items_from`` that matches a row file.

    Args:
        document: The dataset that it is part of.
        index: Which entry, from 0.
        mapped: Whether rows become items by a mapping.
    """

    document: Document
    index: int
    mapped: bool


def is_named(rows: Path, config: Config) -> bool:
    """Whether a dataset reads a file, or will once it exists.

    Raises:
        ConfigError: A dataset reads it by a mapping, so it cannot take items as they are.
    """
    namings = list(_namings(rows, config))
    for naming in namings:
        if naming.mapped:
            problem = naming.document.problem(("items_from", naming.index), "")
            raise ConfigError(
                f"{rows}: {problem.place} makes items of its rows by a mapping, and what is added "
                "here are items already: name another file"
            )
    return bool(namings)


def hint(rows: Path, config: Config | None) -> str:
    """Returns how a dataset names a file."""
    if config is None:
        return f"Name the file in a dataset: items_from: [{rows.name}]"
    place = config.root / config.folders["datasets"]
    path = Path(os.path.relpath(_absolute(rows), place.resolve())).as_posix()
    shown = f"{config.folders['datasets'].rstrip('/')}/"
    return f"Name the file in a dataset's file in {shown}: items_from: [{path}]"


def _namings(rows: Path, config: Config) -> Iterator[Naming]:
    tree = config.tree
    for path in folder.files(tree.resolve(config.root / config.folders["datasets"]), tree):
        with suppress(InvalidFilesError):  # whatever else is wrong, `validate` tells
            for document in read_documents(tree, path, os.path.relpath(path)):
                yield from _of_document(rows, document)


def _of_document(rows: Path, document: Document) -> Iterator[Naming]:
    entries = document.value.get("items_from") if isinstance(document.value, dict) else ()
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        mapping = entry if isinstance(entry, dict) else {"file": entry}
        pattern = mapping.get("file")
        if isinstance(pattern, str) and _means(pattern, document.path.parent, rows):
            fields = mapping.keys() - {"file", "key"}
            yield Naming(document, index, any(mapping[key] for key in fields))


def _means(pattern: str, above: Path, rows: Path) -> bool:
    """Whether a path or glob matches a file, links followed."""
    if "\0" in pattern:
        return False
    real = os.path.realpath(rows)
    if os.path.realpath(above / pattern) == real:
        return True
    names = {os.path.relpath(path, above) for path in (_absolute(rows), real)}
    steps = Path(pattern).parts
    return any(_matches(steps, Path(name).parts) for name in names)


def _matches(steps: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a glob, step by step, matches a path that is not a hidden file."""
    if not (steps and names):
        return not (steps or names)
    if steps[0] == "**":
        return any(_matches(steps[1:], names[index:]) for index in range(len(names)))
    if len(names) == 1 and names[0].startswith("."):
        return False
    return fnmatchcase(names[0], steps[0]) and _matches(steps[1:], names[1:])


def _absolute(rows: Path) -> Path:
    """Returns the path of a file, links in its folder followed."""
    return rows.parent.resolve() / rows.name
