"""A dataset that no file declares, as files declare it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from langsync.kinds.dataset_item.dataset_spec import DatasetState
from langsync.kinds.dataset_item.state import ItemState
from langsync.kinds.dataset_item.values import SOURCES, VALUES
from langsync.model import Json, Resource, State, fields_of

MOST_ITEMS = 50
"""Items that stand in the dataset's own file; more are rows of a file of JSON Lines."""

FIELDS = ("description", "metadata", "input_schema", "expected_output_schema")


def dataset_value(remote: DatasetState) -> dict[str, Any]:
    """What a file says of a dataset, without its name and its items.

    What is empty in Langfuse is left out: it is not managed then.
    """
    content = fields_of(remote)
    return {
        key: content[key]
        for key in FIELDS
        if content[key] is not None and (key not in FIELDS[:2] or content[key] not in ("", {}))
    }


def item_value(remote: ItemState) -> dict[str, Json]:
    """An item as files write it: what is null or as usual left out."""
    content = fields_of(remote)
    value: dict[str, Json] = {"id": remote.id}
    value |= {key: content[key] for key in VALUES if content[key] is not None}
    if remote.status != "active":
        value["status"] = remote.status
    return value | {key: content[key] for key in SOURCES if content[key]}


def items_of(dataset: Resource, remote: State) -> Iterator[Resource[ItemState]]:
    """The items of a dataset that were read, by id."""
    name = dataset.address.name
    items = (item for item in remote.group("dataset_item", name) if item.content.dataset == name)
    return iter(sorted(items, key=lambda item: item.content.id))


def rows(items: Iterable[dict[str, Json]]) -> str:
    """Items as JSON Lines."""
    return "".join(f"{row(item)}\n" for item in items)


def row(item: dict[str, Json]) -> str:
    """One item as JSON on one line."""
    return json.dumps(item, ensure_ascii=False, allow_nan=False)
