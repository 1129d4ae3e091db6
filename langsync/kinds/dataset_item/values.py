"""An item's values as the server stores them, and what it is called."""

from __future__ import annotations

import json
import re

from langsync.formats.values import canonical
from langsync.model import Address, Json

VALUES = ("input", "expected_output", "metadata")
"""The fields of an item that hold any JSON."""

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


def stored(value: Json) -> Json:
    """An item's input, expected output or metadata as the server stores it."""
    return canonical(decoded(value))


def decoded(value: Json) -> Json:
    """What the server reads in an item's input, expected output or metadata.

    At the top, ``""`` is null and a string that is JSON is parsed, as ``JSON.parse`` does;
    control characters in values are dropped, but for tab, newline and carriage return
    (recorded: item-json-fidelity). A later upsert does the same to what is stored already, so
    this goes on until nothing changes.
    """
    while isinstance(value, str):
        if value == "":
            return None
        try:
            value = json.loads(value, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            cleaned = _CONTROL.sub("", value)
            if cleaned == value:
                return value
            value = cleaned
    return _clean(value)


def _no_constant(name: str) -> Json:
    raise ValueError(name)


def _clean(value: Json) -> Json:
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    return value


def item_address(dataset: str, id: str) -> Address:  # noqa: A002 - the field's name
    """The address of an item; a slash in its id is escaped: the last one ends the dataset."""
    return Address("dataset_item", f"{dataset}/{id.replace('%', '%25').replace('/', '%2F')}")
