"""The values of an item: merged with the stored ones, normalized, checked against the schemas."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from langsync.local.datasets import Dataset, json_text
from langsync.local.javascript import (
    Json,
    in_jsonb_order,
    is_storable,
    parse,
    without_control_characters,
)
from langsync.local.refusals import bad_request, unstorable_text
from langsync.local.schemas import schema_errors
from langsync.local.validation import UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langsync.local.item_rows import StoredItem


@dataclass(frozen=True, slots=True)
class ItemValues:
    """The stored values of an item, as JSON texts; None for null."""

    input: str | None
    expected_output: str | None
    metadata: str | None


def prepare_values(
    body: Mapping[str, Any], existing: StoredItem | None, dataset: Dataset
) -> ItemValues:
    """Returns the values that an upsert stores.

    Raises:
        RefusalError: A new item has neither id nor input, or does not match a schema.
    """
    # Recorded: item-upsert-merge 8 and item-without-input 2.
    if existing is None and body["input"] is None and not body["id"]:
        raise bad_request("Dataset item validation failed: Dataset item input cannot be null")
    input_ = _normalize(_sent_or_stored(body["input"], existing.input if existing else None))
    output = _normalize(
        _sent_or_stored(body["expectedOutput"], existing.expected_output if existing else None)
    )
    metadata = _normalize(
        _sent_or_stored(body["metadata"], existing.metadata if existing else None)
    )
    is_new = existing is None and bool(body["id"])
    _check(
        dataset,
        UNDEFINED if is_new and body["input"] is None else input_,
        UNDEFINED if is_new and body["expectedOutput"] is None else output,
    )
    if not is_storable([input_, output, metadata]):
        raise unstorable_text()
    return ItemValues(*(json_text(in_jsonb_order(value)) for value in (input_, output, metadata)))


def _sent_or_stored(sent: Json, stored: str | None) -> Json:
    if sent is None and stored is not None:
        return orjson.loads(stored)
    return sent


def _normalize(value: Json) -> Json:
    """Returns a value as it is stored: a JSON text is parsed, ``""`` is null.

    Stored values are normalized again whenever the item is written. Recorded:
    item-json-fidelity 3, 4, 7 and 11.
    """
    if value == "":
        return None
    if isinstance(value, str):
        with suppress(ValueError):  # a text that is not JSON is kept
            value = parse(value)
    return without_control_characters(value)


def _check(dataset: Dataset, input_: Json, output: Json) -> None:
    """Refuses values that do not match the schemas. Recorded: dataset-schemas 3 to 5.

    For a new item with an id, the validator takes an omitted or null value for undefined, not
    for null: recorded for the input, item-without-input 23 to 25.
    """
    reasons = []
    for title, schema, value in (
        ("Input", dataset.input_schema, input_),
        ("Expected output", dataset.expected_output_schema, output),
    ):
        errors = schema_errors(schema, value) if schema else []
        if errors:
            messages = ", ".join(error.message for error in errors)
            reasons.append(f"{title} validation failed: {messages}")
    if reasons:
        raise bad_request(f"Dataset item validation failed: {'; '.join(reasons)}")
