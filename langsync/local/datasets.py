"""The endpoints of datasets, observed on Langfuse 4.16.0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from langsync.formats.json_schema import schema_violation
from langsync.local.endpoint import (
    PAGING,
    Call,
    Endpoint,
    Response,
    json_response,
    list_meta,
    offset,
    paging,
    read_query,
)
from langsync.local.javascript import Json, dumps, in_jsonb_order, is_storable, type_name
from langsync.local.names import check_dataset_name
from langsync.local.refusals import bad_request, not_found, unstorable_text
from langsync.local.schemas import schema_errors
from langsync.local.store import LocalStore, Row, new_id
from langsync.local.validation import (
    UNDEFINED,
    Outcome,
    Path,
    anything,
    custom,
    invalid_type,
    nullish,
    shape,
    string,
    validate,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_OFFENDERS: Final = 10


def _schema(value: Json, path: Path) -> Outcome:
    if value is UNDEFINED or value is None:
        return value, []
    if not isinstance(value, dict):
        return value, [invalid_type("record", value, path)]
    if schema_violation(value):  # recorded: dataset-schemas 7
        return value, [custom("Must be a valid JSON Schema", path)]
    return value, []


_UPSERT: Final = shape(
    {
        "name": string(),
        "description": nullish(string()),
        "metadata": anything,
        "inputSchema": _schema,
        "expectedOutputSchema": _schema,
    }
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A stored dataset; JSON values are texts, None for null."""

    seq: int
    id: str
    project: str
    name: str
    description: str | None
    metadata: str | None
    input_schema: str | None
    expected_output_schema: str | None
    created_at: str
    updated_at: str

    def as_json(self) -> dict[str, object]:
        """Returns the dataset as in a response, recorded: dataset-upsert 1."""
        return {
            "id": self.id,
            "projectId": self.project,
            "name": self.name,
            "description": self.description,
            "metadata": fragment(self.metadata),
            "inputSchema": fragment(self.input_schema),
            "expectedOutputSchema": fragment(self.expected_output_schema),
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }


def fragment(text: str | None) -> orjson.Fragment | None:
    """Returns stored JSON, for use in a response as it is."""
    return None if text is None else orjson.Fragment(text)


def json_text(value: object) -> str | None:
    """Returns a value as stored in the database."""
    return None if value is None else dumps(value).decode()


def find_dataset(store: LocalStore, project: str, name: str) -> Dataset | None:
    """Returns the dataset of a name; None if there is none."""
    sql = "SELECT * FROM datasets WHERE project = ? AND name = ?"
    row = store.row(sql, (project, name))
    return _dataset(row) if row else None


def upsert_dataset(call: Call) -> Response:
    """Answers ``POST /v2/datasets``: creates a dataset, or changes the fields in the body.

    Null keeps a value, but deletes a schema. Recorded: dataset-upsert 2, dataset-schemas 8.
    """
    body = validate(_UPSERT, call.body)
    check_dataset_name(body["name"])
    if not is_storable([value for value in body.values() if value is not UNDEFINED]):
        raise unstorable_text()
    with call.store.transaction():
        dataset = find_dataset(call.store, call.project.id, body["name"]) or _create(call, body)
        _check_items(call.store, dataset, body)
        _update(call.store, dataset, body)
    return json_response(_reload(call, body["name"]).as_json())


def _create(call: Call, body: Mapping[str, Any]) -> Dataset:
    now = call.store.now()
    call.store.insert(
        "datasets",
        id=new_id(),
        project=call.project.id,
        name=body["name"],
        created_at=now,
        updated_at=now,
    )
    return _reload(call, body["name"])


def _reload(call: Call, name: str) -> Dataset:
    dataset = find_dataset(call.store, call.project.id, name)
    if dataset is None:
        raise not_found("Dataset not found")
    return dataset


def _update(store: LocalStore, dataset: Dataset, body: Mapping[str, Any]) -> None:
    values: dict[str, object] = {"updated_at": store.now()}
    if body["description"] is not None:
        values["description"] = body["description"]
    if body["metadata"] is not None:
        values["metadata"] = json_text(in_jsonb_order(body["metadata"]))
    columns = {"inputSchema": "input_schema", "expectedOutputSchema": "expected_output_schema"}
    for field, column in columns.items():
        if body[field] is not UNDEFINED:
            values[column] = json_text(body[field])
    assignments = ", ".join(f"{column} = ?" for column in values)
    store.run(f"UPDATE datasets SET {assignments} WHERE seq = ?", (*values.values(), dataset.seq))


def _check_items(store: LocalStore, dataset: Dataset, body: Mapping[str, Any]) -> None:
    """Refuses schemas that existing items do not satisfy. Recorded: dataset-schemas 6."""
    fields = {"input": "inputSchema", "expectedOutput": "expectedOutputSchema"}
    columns = {"input": "input", "expectedOutput": "expected_output"}
    schemas = {
        field: dumps(body[key]).decode()
        for field, key in fields.items()
        if type_name(body[key]) == "object"
    }
    sql = """SELECT id, input, expected_output FROM items
             WHERE dataset = ? AND valid_to IS NULL AND NOT deleted ORDER BY seq"""
    offenders: list[dict[str, object]] = []
    for row in store.rows(sql, (dataset.seq,)) if schemas else ():
        for field, schema in schemas.items():
            errors = schema_errors(schema, orjson.loads(row[columns[field]] or "null"))
            if errors:
                error_documents = [error.as_json() for error in errors]
                offenders.append(
                    {"datasetItemId": row["id"], "field": field, "errors": error_documents}
                )
        if len(offenders) >= MAX_OFFENDERS:
            break
    if offenders:
        listed = offenders[:MAX_OFFENDERS]
        raise bad_request(
            f"Schema validation failed for {len(listed)} item(s). Details: {dumps(listed).decode()}"
        )


def get_dataset(call: Call) -> Response:
    """Answers ``GET /v2/datasets/{name}``. Recorded: dataset-upsert 7 and 8."""
    return json_response(_reload(call, call.names[0]).as_json())


def list_datasets(call: Call) -> Response:
    """Answers ``GET /v2/datasets``: newest first. Recorded: dataset-names 11."""
    query = read_query(call, paging(default_limit=50, first_page=0))
    project = call.project.id
    total = call.store.count("SELECT count(*) FROM datasets WHERE project = ?", (project,))
    rows = call.store.rows(
        "SELECT * FROM datasets WHERE project = ? ORDER BY seq DESC LIMIT ? OFFSET ?",
        (project, query["limit"], offset(query)),
    )
    data = [_dataset(row).as_json() for row in rows]
    return json_response({"data": data, "meta": list_meta(query, total)})


def _dataset(row: Row) -> Dataset:
    return Dataset(**dict(zip(row.keys(), row, strict=True)))


ENDPOINTS: Final = (
    Endpoint("GET", "/v2/datasets", "datasets_list", "List datasets", list_datasets, query=PAGING),
    Endpoint(
        "POST",
        "/v2/datasets",
        "datasets_create",
        "Create or update a dataset",
        upsert_dataset,
        body="CreateDatasetRequest",
    ),
    Endpoint("GET", "/v2/datasets/{datasetName}", "datasets_get", "Get a dataset", get_dataset),
)
