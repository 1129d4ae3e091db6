"""The endpoints of dataset items, observed on Langfuse 4.16.0."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any, Final

from langsync.local.datasets import Dataset, find_dataset
from langsync.local.endpoint import (
    MEGABYTE,
    PAGING,
    Call,
    Endpoint,
    PendingWrite,
    QueryParameter,
    Response,
    json_response,
    list_meta,
    offset,
    paging,
)
from langsync.local.item_rows import ItemFilter, StoredItem, StoredItems
from langsync.local.item_values import prepare_values
from langsync.local.javascript import Json, is_storable, parse_date
from langsync.local.refusals import RefusalError, conflict, not_found, unstorable_text
from langsync.local.validation import (
    Check,
    Issue,
    Outcome,
    Path,
    Undefined,
    anything,
    custom,
    followed_by,
    nullish,
    one_of,
    optional,
    shape,
    string,
    too_long,
    too_short,
    validate,
)

BODY_LIMIT: Final = MEGABYTE * 9 // 2
_ID: Final = string(
    too_short(1, "ID must not be empty"), too_long(255, "ID must be at most 255 characters")
)
_UPSERT: Final = shape(
    {
        "datasetName": string(),
        "id": nullish(_ID),
        "input": anything,
        "expectedOutput": anything,
        "metadata": anything,
        "sourceTraceId": nullish(string()),
        "sourceObservationId": nullish(string()),
        "status": nullish(one_of("ACTIVE", "ARCHIVED")),
    }
)


def _date(value: Json, path: Path) -> Outcome:
    if isinstance(value, Undefined):
        return None, []
    parsed = parse_date(value) if isinstance(value, str) else None
    if parsed:
        return parsed, []
    fields = {"expected": "date", "code": "invalid_type", "received": "Invalid Date"}
    text = "Invalid input: expected date, received Date"  # recorded: item-paging 20
    return None, [Issue(fields, path, text, fatal=True)]


def _version_needs_dataset(query: dict[str, Any], path: Path) -> list[Issue]:
    if not query["version"] or query["datasetName"]:
        return []
    text = "datasetName is required when version parameter is provided"
    return [custom(text, (*path, "datasetName"))]


_FILTERS: Final[dict[str, Check]] = {
    "datasetName": optional(string()),
    "sourceTraceId": optional(string()),
    "sourceObservationId": optional(string()),
    **paging(default_limit=50, first_page=0),
}
_LIST_QUERY: Final = followed_by(shape({**_FILTERS, "version": _date}), _version_needs_dataset)


def upsert_item(call: Call) -> PendingWrite:
    """Begins ``POST /dataset-items``. Recorded: item-upsert-merge, item-ids, item-archive.

    It closes the row that it has read: two concurrent ones that read the same row both add one.
    """
    body = validate(_UPSERT, call.body)
    dataset = find_dataset(call.store, call.project.id, body["datasetName"])
    if dataset is None:
        raise not_found(f"Dataset {body['datasetName']} not found for project {call.project.id}")
    rows = StoredItems(call.store, call.project.id)
    current = rows.current(body["id"]) if body["id"] else None
    if current and current.dataset != dataset.seq:
        raise _id_conflict(current)
    existing = None if current is None or current.deleted else current
    start = call.store.now()
    item = replace(_merge(body, existing, dataset), valid_from=start)

    def finish() -> Response:
        with call.store.transaction():
            if call.behavior.items_in_place and existing:
                stored = rows.change(item, existing)
            else:
                stored = rows.write(item, replaced=current)
        return json_response(stored.as_json())

    return PendingWrite(finish)


def _id_conflict(item: StoredItem) -> RefusalError:
    """Returns a 409, for a deleted item, too. Recorded: item-ids 4 and 12."""
    return conflict(
        f"Dataset item id {item.id} already exists in another dataset (id {item.dataset_id})"
        " in this project; item ids are unique per project across datasets."
        f" Use a different id or target dataset {item.dataset_id}."
    )


def _merge(body: dict[str, Any], existing: StoredItem | None, dataset: Dataset) -> StoredItem:
    """Returns the item after an upsert; null keeps a value. Recorded: item-upsert-merge 4."""
    values = prepare_values(body, existing, dataset)
    ids = ("sourceTraceId", "sourceObservationId")
    trace, observation = (body[field] for field in ids)
    if existing:
        trace = existing.source_trace_id if trace is None else trace
        observation = existing.source_observation_id if observation is None else observation
    if not is_storable([body["id"], trace, observation]):
        raise unstorable_text()
    return StoredItem(
        id=body["id"] or str(uuid.uuid4()),
        dataset=dataset.seq,
        dataset_id=dataset.id,
        dataset_name=dataset.name,
        status=body["status"] or (existing.status if existing else "ACTIVE"),
        input=values.input,
        expected_output=values.expected_output,
        metadata=values.metadata,
        source_trace_id=trace,
        source_observation_id=observation,
    )


def list_items(call: Call) -> Response:
    """Answers ``GET /dataset-items``: active items, newest first. Recorded: item-paging."""
    check = _LIST_QUERY if call.behavior.knows_item_versions else shape(_FILTERS)
    query = validate(check, dict(call.query))
    dataset = None
    if query["datasetName"]:
        dataset = find_dataset(call.store, call.project.id, query["datasetName"])
        if dataset is None:
            raise not_found("Dataset not found")
    item_filter = ItemFilter(
        dataset=dataset.seq if dataset else None,
        version=query.get("version"),
        source_trace_id=query["sourceTraceId"] or None,
        source_observation_id=query["sourceObservationId"] or None,
    )
    rows = StoredItems(call.store, call.project.id)
    total = rows.count(item_filter)
    page = rows.page(item_filter, query["limit"], offset(query))
    data = [item.as_json() for item in page]
    return json_response({"data": data, "meta": list_meta(query, total)})


def get_item(call: Call) -> Response:
    """Answers ``GET /dataset-items/{id}``, archived ones too. Recorded: item-archive 6."""
    item = StoredItems(call.store, call.project.id).current(call.names[0])
    if item is None or item.deleted:
        raise not_found("Dataset item not found")
    return json_response(item.as_json())


def delete_item(call: Call) -> Response:
    """Answers ``DELETE /dataset-items/{id}``. Recorded: item-ids 9 and 10."""
    name = call.names[0]
    rows = StoredItems(call.store, call.project.id)
    item = rows.current(name)
    if item is None or item.deleted:
        raise not_found(f"Dataset item with id {name} not found for project {call.project.id}")
    with call.store.transaction():
        if call.behavior.items_in_place:
            rows.remove(item)
        else:
            rows.delete(item)
    return json_response({"message": "Dataset item successfully deleted"})


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/dataset-items",
        "datasetItems_list",
        "List the active items of a dataset, now or at a time",
        list_items,
        query=(
            QueryParameter("datasetName"),
            QueryParameter("sourceTraceId"),
            QueryParameter("sourceObservationId"),
            QueryParameter("version", format="date-time", description="the state at this time"),
            *PAGING,
        ),
    ),
    Endpoint(
        "POST",
        "/dataset-items",
        "datasetItems_create",
        "Create or update an item",
        upsert_item,
        body="CreateDatasetItemRequest",
        body_limit=BODY_LIMIT,
    ),
    Endpoint("GET", "/dataset-items/{id}", "datasetItems_get", "Get an item", get_item),
    Endpoint("DELETE", "/dataset-items/{id}", "datasetItems_delete", "Delete an item", delete_item),
)
