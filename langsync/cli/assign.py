"""Writes the ids of items into their files, for ``langsync fmt --assign-ids``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from langsync.cli import console
from langsync.engine.workspace import open_everything
from langsync.formats import yaml, yaml_splice
from langsync.formats.items import suffix
from langsync.formats.line_ends import ended_alike
from langsync.formats.yaml_spans import EditError
from langsync.kinds.dataset_item.identity import id_of_input
from langsync.kinds.dataset_item.pulling.rows import (
    RowError,
    edited_csv,
    edited_json_lines,
    named,
    with_column,
)
from langsync.kinds.dataset_item.rows import matching
from langsync.model import Address, Resource
from langsync.source.documents import read_documents
from langsync.source.files import read_raw

if TYPE_CHECKING:
    from langsync.cli.fmt import FormattedFile
    from langsync.config import Config


@dataclass(slots=True)
class _Items:
    """The items of a file.

    Args:
        datasets: What they are items of.
        nameless: Those to get an id.
        mapped: Whether they are made of rows of another shape.
    """

    datasets: set[Address] = field(default_factory=set)
    nameless: list[Resource] = field(default_factory=list)
    mapped: bool = False


def with_ids(
    configs: Sequence[Config], formatted: list[FormattedFile], chosen: Callable[[Path], bool]
) -> list[FormattedFile]:
    """Returns the files, row files included, with an id written into each item.

    The id is the one that a plan derives from the item's input. Items of datasets with a key get
    none: their ids last as long as the key does.

    Args:
        configs: Every selected ``langsync.yaml``.
        formatted: The YAML files after formatting.
        chosen: Whether a file is selected; selecting a dataset's file selects its row files.

    Raises:
        InvalidFilesError: A file is invalid.
    """
    from langsync.cli.fmt import FormattedFile

    results = {file.path.resolve(): file for file in formatted}
    files: dict[Path, _Items] = {}
    for config in configs:
        _collect(config, chosen, files)
    for path, items in files.items():
        if not items.nameless:
            continue
        try:
            _check(path, items)
            file = (
                results[path]
                if path in results
                else FormattedFile(path, raw := read_raw(path), raw)
            )
            results[path] = FormattedFile(path, file.old, _assigned(path, file.new, items.nameless))
        except (RowError, EditError) as error:
            console.notice(f"Warning: {os.path.relpath(path)} gets no ids: {error}", "yellow")
    return [*results.values()]


def _collect(config: Config, chosen: Callable[[Path], bool], files: dict[Path, _Items]) -> None:
    """Add the items that a ``langsync.yaml`` declares."""
    state = open_everything(config.file, None)[1][0].state
    groups: dict[tuple[str, tuple[str, ...], Address], list[Resource]] = {}
    for item in state.of_kind("dataset_item"):
        assert item.source is not None  # noqa: S101 - it is declared
        dataset = item.needs[0]
        nameless = groups.setdefault((item.source.file, item.files, dataset), [])
        if item.content.id == id_of_input(dataset.name, item.content.input):
            nameless.append(item)
    for (file, named_by, dataset), nameless in groups.items():
        items = files.setdefault((config.root / file).resolve(), _Items())
        items.datasets.add(dataset)
        if any(chosen(config.root / name) for name in named_by):
            items.nameless += nameless
    for file in dict.fromkeys(
        resource.source.file for resource in state.of_kind("dataset") if resource.source
    ):
        for path in _mapped(config, file):
            files.setdefault(path, _Items()).mapped = True


def _mapped(config: Config, file: str) -> Iterator[Path]:
    """Yields the row files that a dataset's file reads by a mapping."""
    for document in read_documents(config.tree, config.root / file, file):
        for index, entry in enumerate(document.value.get("items_from") or ()):
            keys = entry.keys() - {"file", "key"} if isinstance(entry, dict) else ()
            if any(entry[key] for key in keys):
                steps = ("items_from", index)
                yield from matching(config.tree, document, entry["file"], steps)


def _check(path: Path, items: _Items) -> None:
    """Check that ids can be written into a file.

    Raises:
        RowError: They cannot.
    """
    if not suffix(path):
        return
    if len(items.datasets) > 1:
        names = " and ".join(sorted(map(str, items.datasets)))
        raise RowError(f"its rows are items of {names}, and an id is unique in the whole project")
    if items.mapped:
        raise RowError("its rows have another shape than items")
    if path.name.lower().endswith(".gz"):
        raise RowError("it is compressed")


def _assigned(path: Path, text: str, items: Sequence[Resource]) -> str:
    if not suffix(path):
        return _in_yaml(text, items)
    edits = {item.source.line: partial(named, id=item.content.id) for item in items if item.source}
    if suffix(path) == ".csv":
        return edited_csv(with_column(text, "id"), edits)
    return edited_json_lines(text, edits)


def _in_yaml(text: str, items: Sequence[Resource]) -> str:
    normal = text.removeprefix("\ufeff").replace("\r\n", "\n")
    values = yaml.read(normal, "")
    for document in {item.source.document for item in items if item.source}:
        value = values[document]
        own = list(value["items"])
        for item in items:
            if item.source and item.source.document == document:
                index = int(item.source.path[1])
                own[index] = named(own[index], item.content.id)
        normal, is_kept = yaml_splice.edited(normal, document, {**value, "items": own})
        if not is_kept:
            raise EditError("its comments would be lost")
    return ended_alike(text, normal)
