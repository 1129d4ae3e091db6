"""Items that are stored as they are written, which most are: packed without an object for each."""

from __future__ import annotations

from collections.abc import Mapping
from operator import methodcaller

import orjson

from langsync.formats.items import RowBlock
from langsync.formats.values import MAX_DEPTH
from langsync.kinds.dataset_item.values import (
    VALUES,
    digest,
    has_json,
    is_kept,
    item_name,
)
from langsync.model import Json

_FIELDS = frozenset(["id", "status", *VALUES])
_SHORT = 127
"""Characters of an id that is not too long, whatever they are."""

_SMALL = 1024 * 1024
"""Bytes of an item that is not too large."""

_LISTS, _OBJECTS = methodcaller("count", b"["), methodcaller("count", b"{")
"""How many begin in a text: no less than how deeply they are nested."""

Packed = tuple[str, bytes, bytes]
"""An item's name, its digest, and its content as JSON."""


def is_easy(block: RowBlock) -> bool:
    """Whether `pack_declared` may look at the rows of a block, one by one."""
    return (
        is_kept(block.packed)
        and max(map(len, block.texts)) < _SMALL
        and max(map(_LISTS, block.texts)) + max(map(_OBJECTS, block.texts)) < MAX_DEPTH
    )


def pack_declared(dataset: str, fields: Mapping[str, Json]) -> Packed | None:
    """Pack an item without problems or warnings; None for one that needs a full check.

    Args:
        dataset: Its dataset's name.
        fields: The item as it is written, with an id.
    """
    id = fields["id"]  # noqa: A001 - the field's name
    status = fields.get("status", "active")
    if (
        not fields.keys() <= _FIELDS
        or status not in ("active", "archived")
        or type(id) is not str
        or not 0 < len(id) <= _SHORT
        or not id.isprintable()
        or id in {".", ".."}
    ):
        return None
    get = fields.get
    values = [get("input"), get("expected_output"), get("metadata")]
    if has_json(values):
        return None
    content = dict(zip(VALUES, values, strict=True))
    content["status"], content["id"] = status, id
    return item_name(dataset, id), digest(values, status), orjson.dumps(content)
