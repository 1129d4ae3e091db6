"""How pull writes dataset files, and those of their items."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from langsync.formats.documents import Document
from langsync.kinds.dataset_item.checks import item_violation
from langsync.kinds.dataset_item.copies import only_newest
from langsync.kinds.dataset_item.pulling.edit import DatasetEdit, declared_items, in_words
from langsync.kinds.dataset_item.pulling.new import (
    MOST_ITEMS,
    dataset_value,
    item_value,
    items_of,
    rows,
)
from langsync.kinds.writing import Edit, Pulling, Writer
from langsync.model import Json, Resource

if TYPE_CHECKING:
    from langsync.kinds.base import Kind


class DatasetWriter(Writer):
    """Writes dataset files with their items.

    Args:
        items: The kind of items.
    """

    def __init__(self, items: Kind) -> None:
        self._kind = items

    def new(self, kind: Kind, remote: Resource, pulling: Pulling) -> dict[str, Json]:  # noqa: ARG002
        """What a file says of a dataset; see `Writer.new`."""
        return dataset_value(remote.content)

    def placed(
        self, value: dict[str, Json], remote: Resource, stem: str, pulling: Pulling
    ) -> dict[str, Json]:
        """The same with its items, many of them in a file of their own; see `Writer.placed`."""
        items = list(_declarable(remote, pulling))
        if not items:
            return value
        if len(items) <= MOST_ITEMS:
            return {**value, "items": items}
        files = pulling.files
        path = files.place("datasets", stem, ".jsonl")
        files.write(files.relative(files.folder("datasets") / path), rows(items))
        return {**value, "items_from": [PurePosixPath(path).name]}

    def edited(
        self,
        kind: Kind,  # noqa: ARG002
        document: Document,
        desired: Resource,
        remote: Resource,
        pulling: Pulling,
    ) -> Edit | None:
        """The new value of a dataset's document; rows are edited; see `Writer.edited`."""
        edit = DatasetEdit(document, desired, remote, pulling)
        pairs, more = list(self._items(desired, pulling)), _more(desired, pulling)
        return Edit(edit.items(edit.fields(), pairs, more), None)

    def _items(
        self, dataset: Resource, pulling: Pulling
    ) -> Iterator[tuple[Resource, Resource | None]]:
        """The declared items that differ, each with what Langfuse has; pruned ones with None."""
        view, missing_from = pulling.view, 0
        for item in declared_items(dataset, view.desired):
            stored = view.remote.get(item.address)
            if stored is None:
                missing_from += 1
                if pulling.prune:
                    yield item, None
            elif self._kind.compare(item, only_newest(stored), view) is not None:
                yield item, stored
        if missing_from and not pulling.prune:
            note = f"{in_words(missing_from)} not in Langfuse stay (see --prune)"
            pulling.notes.append(f"{dataset.address}: {note}")


def _more(dataset: Resource, pulling: Pulling) -> list[Resource]:
    """Items that no file declares, where they are pulled."""
    view = pulling.view
    undeclared = [
        item for item in items_of(dataset, view.remote) if item.address not in view.desired
    ]
    if pulling.is_whole(dataset.address):
        return undeclared
    if undeclared:
        note = f"{in_words(len(undeclared))} in no file (pull {dataset.address})"
        pulling.notes.append(f"{dataset.address}: {note}")
    return []


def _declarable(dataset: Resource, pulling: Pulling) -> Iterator[dict[str, Json]]:
    for item in items_of(dataset, pulling.view.remote):
        value = item_value(item.content)
        if violation := item_violation(value):
            pulling.leave(f"{item.address}: cannot be declared: {violation}")
        else:
            yield value
