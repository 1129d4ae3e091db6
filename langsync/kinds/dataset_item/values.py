"""An item's values as the server stores them, and what it is called."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence

import orjson

from langsync.formats.items import odd_number
from langsync.formats.values import MAX_DEPTH, canonical
from langsync.model import Address, Json

KIND = "dataset_item"

VALUES = ("input", "expected_output", "metadata")
"""The fields of an item that hold any JSON."""

SOURCES = ("source_trace_id", "source_observation_id")
"""The fields that say which trace an item was made of; they are managed where they are given."""

API = {
    "input": "input",
    "expected_output": "expectedOutput",
    "metadata": "metadata",
    "source_trace_id": "sourceTraceId",
    "source_observation_id": "sourceObservationId",
}
"""Fields of the files and what the API calls them."""

# what the server drops; tab, newline, form feed and return stay
_CONTROL = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f-\x9f]")


_BEGINS_JSON = frozenset(["", *'{["-0123456789 \t\n\r'])
_LITERALS = frozenset(["true", "false", "null"])

_CONTROLS = (rb"\b", rb"\u00", b"\x7f")
"""What is in JSON as `orjson` writes it, if it has control characters; it may have without."""

_C1 = re.compile(b"\xc2[\x80-\x9f]").search


def stored(value: Json) -> Json:
    """An item's input, expected output or metadata as the server stores it."""
    return canonical(decoded(value))


def is_plain(packed: bytes, values: Iterable[Json]) -> bool:
    """Whether values are valid and stored unchanged: a quick check with false negatives.

    Args:
        packed: JSON that holds all of them in an object or list, as `orjson` writes it, their
            numbers finite; empty if there is none.
        values: The values.
    """
    return bool(packed) and is_shallow(packed) and is_kept(packed) and not has_json(values)


def is_kept(packed: bytes) -> bool:
    """Whether all that is in some JSON is kept where it is below the top: numbers, characters.

    Args:
        packed: JSON as `orjson` writes it; of any number of items.
    """
    return not (
        any(control in packed for control in _CONTROLS) or _C1(packed) or odd_number(packed)
    )


def is_shallow(packed: bytes) -> bool:
    """Whether the JSON of an item is not nested too deeply: a quick check with false negatives."""
    return packed.count(b"[") + packed.count(b"{") < MAX_DEPTH


def has_json(values: Iterable[Json]) -> bool:
    """Whether one of the values at the top is a text that may be read as JSON."""
    for value in values:  # noqa: SIM110 - a generator takes thrice as long, of very many items
        if type(value) is str and may_be_json(value):
            return True
    return False


def may_be_json(text: str) -> bool:
    """Whether a text at the top may be read as JSON: a quick check with false positives."""
    return text[:1] in _BEGINS_JSON or text[:8].rstrip(" \t\n\r") in _LITERALS


def digest(values: Sequence[Json], status: str) -> bytes:
    """16 bytes that two items share if their values and status are equal; none if in doubt.

    Args:
        values: Its `VALUES`, as they are stored.
        status: ``active`` or ``archived``.
    """
    try:
        packed = orjson.dumps([*values, status], None, orjson.OPT_SORT_KEYS)
    except TypeError:
        return b""
    return hashlib.blake2b(packed, digest_size=16).digest()


def decoded(value: Json) -> Json:
    """What the server reads in an item's input, expected output or metadata.

    At the top, ``""`` is null and a string that is JSON is parsed, as ``JSON.parse`` does;
    control characters in values are dropped, but for tab, newline and carriage return
    (recorded: item-json-fidelity). A later upsert does the same to what is stored already, so
    this is repeated until nothing changes.
    """
    while isinstance(value, str):
        if value == "":
            return None
        if not may_be_json(value) and not _CONTROL.search(value):
            return value
        try:
            value = json.loads(value, parse_constant=_no_constant, parse_int=_integer)
        except (ValueError, RecursionError):
            cleaned = _CONTROL.sub("", value)
            if cleaned == value:
                return value
            value = cleaned
    return without_control(value)


def _no_constant(name: str) -> Json:
    raise ValueError(name)


def _integer(digits: str) -> float:
    """A whole number; past all of JavaScript's, where Python would not read it, infinity."""
    return int(digits) if len(digits) < 400 else float(digits)


def without_control(value: Json) -> Json:
    """A value without the control characters that the server drops; keys keep theirs."""
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, list):
        return [without_control(item) for item in value]
    if isinstance(value, dict):
        return {key: without_control(item) for key, item in value.items()}
    return value


def item_address(dataset: str, id: str) -> Address:  # noqa: A002 - the field's name
    """The address of an item."""
    return Address(KIND, item_name(dataset, id))


def item_name(dataset: str, id: str) -> str:  # noqa: A002 - the field's name
    """The name of an item's address: its dataset, the last slash, its id with slashes escaped."""
    if "/" in id or "%" in id:
        id = id.replace("%", "%25").replace("/", "%2F")  # noqa: A001
    return f"{dataset}/{id}"


def split_name(name: str) -> tuple[str, str]:
    """The dataset and the id that make the name of an item's address."""
    dataset, _, id = name.rpartition("/")  # noqa: A001 - the field's name
    return dataset, id.replace("%2F", "/").replace("%25", "%")
