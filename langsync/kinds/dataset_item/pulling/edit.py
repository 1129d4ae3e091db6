"""Edits of dataset files and files of items after which they agree with Langfuse."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from langsync.errors import InvalidFilesError
from langsync.formats import items as formats
from langsync.formats import yaml_write
from langsync.formats.documents import Document
from langsync.formats.line_ends import ended_alike
from langsync.formats.values import equal
from langsync.kinds.dataset_item.checks import item_violation
from langsync.kinds.dataset_item.pulling.new import FIELDS, MOST_ITEMS, item_value, rows
from langsync.kinds.dataset_item.pulling.rows import (
    COLUMNS,
    RowError,
    edited_csv,
    edited_item,
    edited_json_lines,
)
from langsync.kinds.dataset_item.rows import matching
from langsync.kinds.dataset_item.spec import ItemSpec
from langsync.kinds.dataset_item.state import ItemState
from langsync.kinds.writing import Files, Pulling
from langsync.model import Json, Resource, State, fields_of

_CLEARED: dict[str, Json] = {"description": "", "metadata": {}}
_EDITORS = {".jsonl": edited_json_lines, ".ndjson": edited_json_lines, ".csv": edited_csv}


@dataclass(slots=True)
class DatasetEdit:
    """The edit of one dataset's document and of the files of its items.

    Args:
        document: The document as it is now.
        desired: What it declares.
        remote: What Langfuse has.
        pulling: What is pulled.
    """

    document: Document
    desired: Resource
    remote: Resource
    pulling: Pulling

    @property
    def files(self) -> Files:
        """The files as they will be."""
        return self.pulling.files

    def fields(self) -> dict[str, Any]:
        """The new value of the document, except for its items."""
        value = dict(self.document.value)
        desired, remote = fields_of(self.desired.content), fields_of(self.remote.content)
        for key in FIELDS:
            new = remote[key]
            if key not in desired or equal(desired[key], new):
                continue
            raw = value.get(key)
            if isinstance(raw, dict) and raw.keys() == {"file"} and new is not None:
                self._schema(raw["file"], new)
            else:
                value[key] = _CLEARED.get(key) if new is None else new
        return value

    def _schema(self, name: str, schema: dict[str, Any]) -> None:
        path = self.files.relative(self.document.path.parent / name)
        raw = self.files.read(path)
        if name.endswith(".json"):
            text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        else:
            text = yaml_write.document(schema)
        self.files.write(path, ended_alike(raw, text))

    def items(
        self,
        value: dict[str, Any],
        pairs: Sequence[tuple[Resource, Resource | None]],
        new: Sequence[Resource],
    ) -> dict[str, Any]:
        """The new value of the document with its items; those in files of rows are edited there.

        Args:
            value: The document's value.
            pairs: Declared items with what Langfuse has; those with None are removed.
            new: Items that no file declares.
        """
        inline: dict[int, Resource | None] = {}
        files: dict[str, dict[int, Callable[[dict[str, Json]], dict[str, Json] | None]]] = {}
        for desired, remote in pairs:
            source = desired.source
            assert source is not None  # noqa: S101 - it is declared
            if source.path[:1] == ("items",):
                inline[int(source.path[1])] = remote
                value = _inline(value, int(source.path[1]), desired, remote)
                continue
            edit = partial(_edited, desired=desired, remote=remote)
            files.setdefault(source.file, {})[source.line] = edit
        gone = {index for index, stored in inline.items() if stored is None}
        if gone:
            value = {
                **value,
                "items": [item for index, item in enumerate(value["items"]) if index not in gone],
            }
        plain = list(self._plain(value))
        for path, edits in files.items():
            if path in plain:
                self._edit(path, edits, ())
            else:
                reason = (
                    "its rows have another shape, or are compressed: edit it by hand, or "
                    "overwrite what Langfuse has with 'langsync apply --overwrite-drift'"
                )
                self._left(path, len(edits), reason)
        return self._added(value, new, plain)

    def _left(self, path: str, count: int, reason: str) -> None:
        self.pulling.leave(
            f"{self.desired.address}: {in_words(count)} left alone in {path}: {reason}", count
        )

    def _edit(self, path: str, edits: dict[int, Any], more: Sequence[dict[str, Json]]) -> None:
        if edits and self.files.is_decided(path):  # line numbers may have changed
            self._left(path, len(edits), "another dataset reads it too, and was edited: pull again")
            return
        editor = _EDITORS[formats.suffix(Path(path))]
        try:
            self.files.write(path, editor(self.files.read(path), edits, more))
        except (RowError, ValueError) as error:
            self._left(path, len(edits) + len(more), str(error))

    def _plain(self, value: dict[str, Any]) -> Iterator[str]:
        """The files of rows that write items as they are."""
        for index, entry in enumerate(value.get("items_from") or ()):
            pattern = entry if isinstance(entry, str) else entry.get("file")
            if not isinstance(entry, str) and entry.keys() - {"file", "key"}:
                continue
            try:
                steps = ("items_from", index)
                tree = self.pulling.context.tree
                paths = matching(tree, self.document, str(pattern), steps)
            except InvalidFilesError:
                continue
            yield from (self.files.relative(path) for path in paths if path.suffix.lower() != ".gz")

    def _added(
        self, value: dict[str, Any], new: Sequence[Resource], plain: list[str]
    ) -> dict[str, Any]:
        """The document once items are added, in itself or where its others are."""
        added = []
        for resource in new:
            item = item_value(resource.content)
            if violation := item_violation(item):
                self.pulling.leave(f"{resource.address}: cannot be declared: {violation}")
            else:
                added.append(item)
        if not added:
            return value
        lines = [path for path in plain if formats.suffix(Path(path)) != ".csv"]
        if lines:
            self._edit(lines[-1], {}, added)
            return value
        items = [*value.get("items", ()), *added]
        if len(items) <= MOST_ITEMS:
            return {**value, "items": items}
        folder = self.files.folder("datasets")
        inner = Path(os.path.relpath(self.document.path, folder)).with_suffix("").as_posix()
        made = self.files.place("datasets", inner, ".jsonl")
        self.files.write(self.files.relative(folder / made), rows(added))
        named = [*value.get("items_from", ()), Path(made).name]
        return {**value, "items_from": named}


def _edited_item(raw: dict[str, Json], desired: ItemSpec, remote: ItemState) -> dict[str, Json]:
    """An item as it is written, its managed fields as Langfuse has them."""
    declared, stored = fields_of(desired), fields_of(remote)
    managed = [key for key in COLUMNS if key in declared]
    changed = [key for key in managed if not equal(declared[key], stored[key])]
    return edited_item(raw, stored, changed)


def _edited(
    raw: dict[str, Json], desired: Resource[ItemSpec], remote: Resource[ItemState] | None
) -> dict[str, Json] | None:
    return None if remote is None else _edited_item(raw, desired.content, remote.content)


def _inline(
    value: dict[str, Any],
    index: int,
    desired: Resource[ItemSpec],
    remote: Resource[ItemState] | None,
) -> dict[str, Any]:
    if remote is None:
        return value
    items = list(value["items"])
    items[index] = _edited_item(items[index], desired.content, remote.content)
    return {**value, "items": items}


def in_words(count: int) -> str:
    """``1 item``, ``3 items``."""
    return f"{count} item{'' if count == 1 else 's'}"


def declared_items(dataset: Resource, state: State) -> Iterator[Resource]:
    """The declared items of a dataset."""
    return state.group("dataset_item", dataset.address.name)
