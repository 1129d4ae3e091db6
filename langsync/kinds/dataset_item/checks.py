"""What keeps an item from being stored, or from being stored as it was written."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
from pydantic import ValidationError

from langsync.formats.documents import Steps, dotted
from langsync.formats.values import canonical, equal, violations
from langsync.kinds.dataset_item.shapes import ItemFile
from langsync.kinds.dataset_item.values import SOURCES, VALUES, decoded, stored, without_control
from langsync.kinds.names import has_control
from langsync.model import Json

MAX_BODY = 4_500 * 1024
"""Bytes that the server takes for one item (observed: 4.5 MB)."""

MAX_ID = 255
"""Characters of an id (recorded: item-ids 6)."""


def lost(name: str, value: Json) -> str:
    """Why a value would be stored differently from how it is written, and how to write it."""
    read_back = decoded(value)
    if equal(read_back, value):
        if equal(canonical(read_back), read_back):
            return ""
        return f"{name}: 16 digits of a number are kept: write it with those, or as a text"
    if value == "":
        return f"{name}: Langfuse stores an empty text as null: leave it out, or use an object"
    if isinstance(value, str) and without_control(value) not in ("", read_back):
        return f"{name}: Langfuse stores a text that is JSON as what it says: use an object"
    return f"{name}: Langfuse drops control characters: write them as escapes of your own"


def wrong(item: ItemFile, content: dict[str, Json], packed: bytes) -> Iterator[tuple[Steps, str]]:
    """What is wrong with an item; one that is packed has values that are stored as they are."""
    if item.id and (violation := _id_violation(item.id)):
        yield ("id",), violation
    for name in () if packed else ("id", *SOURCES, *VALUES):
        value = getattr(item, name)
        for steps, violation in violations(value, (name,)):
            yield steps, f"{dotted(steps)}: {violation}"
        if isinstance(value, str) and name in VALUES and not isinstance(content[name], str):
            for _, violation in violations(decoded(value), (name,)):
                hint = "Langfuse reads a string that is JSON as what it says; put it in an object"
                yield (name,), f"{name}: {violation} ({hint})"
    try:
        size = len(packed) or len(orjson.dumps(content))
    except TypeError:
        return  # a violation above reports it
    if size + 1024 > MAX_BODY:
        yield (), f"{size:,} bytes: Langfuse takes at most 4.5 MB for one item"


def item_violation(fields: dict[str, Json]) -> str:
    """Why an item cannot be declared as it is; empty if it can.

    Args:
        fields: The item as files write it.
    """
    try:
        item = ItemFile.model_validate(fields)
    except ValidationError as error:
        return str(error.errors()[0]["msg"])
    content = {name: stored(getattr(item, name)) for name in VALUES}
    content["status"] = item.status
    return next((message for _, message in wrong(item, content, b"")), "")


def _id_violation(id: str) -> str:  # noqa: A002 - the field's name
    if len(id) > MAX_ID // 2 and len(id.encode("utf-16-le", "surrogatepass")) // 2 > MAX_ID:
        return f"an id has at most {MAX_ID} characters"
    if id in (".", ".."):
        return f"id {id!r} could never be fetched again: choose another"
    return "an id must not have control characters" if has_control(id) else ""
