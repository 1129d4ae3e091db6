"""The endpoint of scores that only Langfuse v3 has, after its API reference."""

from __future__ import annotations

from typing import Any, Final

import orjson

from langsync.local.endpoint import (
    PAGING,
    Answer,
    Call,
    Endpoint,
    Parameter,
    answer_json,
    meta,
    offset,
    paging,
    read_query,
)
from langsync.local.event_queries import MOMENT, TEXT, TEXTS, Conditions, comma_separated
from langsync.local.scores import Score
from langsync.local.validation import coerced_number, one_of, optional

_COLUMNS: Final = {
    "name": "name",
    "environment": "environment",
    "source": "source",
    "dataType": "data_type",
    "scoreIds": "id",
    "configId": "config_id",
    "queueId": "queue_id",
    "traceId": "trace_id",
    "observationId": "observation_id",
    "sessionId": "session_id",
    "datasetRunId": "experiment_id",
}
_OPERATORS: Final = ("<", ">", "<=", ">=", "!=", "=")
_QUERY: Final = {
    **dict.fromkeys(_COLUMNS, TEXT),
    "environment": TEXTS,
    "scoreIds": comma_separated,
    "observationId": comma_separated,
    "operator": optional(one_of(*_OPERATORS)),
    "value": optional(coerced_number(integer=False)),
    "fromTimestamp": MOMENT,
    "toTimestamp": MOMENT,
    **paging(default_limit=50, first_page=0),
}


def list_scores(call: Call) -> Answer:
    """Answers ``GET /v2/scores``: newest first, in pages."""
    query = read_query(call, _QUERY)
    where = Conditions()
    where.add("project = ?", call.project.id)
    where.equal(query, _COLUMNS)
    where.between(query, "timestamp", "fromTimestamp", "toTimestamp")
    if query["operator"] and query["value"] is not None:
        where.add(f"value {query['operator']} ?", query["value"])
    total = call.store.count(f"SELECT count(*) FROM scores WHERE {where}", where.values)
    rows = call.store.rows(
        f"""SELECT * FROM scores WHERE {where}
            ORDER BY timestamp DESC, id DESC LIMIT ? OFFSET ?""",
        (*where.values, query["limit"], offset(query)),
    )
    data = [_as_json(call, Score.of(row)) for row in rows]
    return answer_json({"data": data, "meta": meta(query, total)})


def _as_json(call: Call, one: Score) -> dict[str, object]:
    value: object = one.number()
    if one.data_type in ("TEXT", "CORRECTION"):
        value = None
    result = {
        "id": one.id,
        "projectId": call.project.id,
        "name": one.name,
        "dataType": one.data_type,
        "value": value,
        "traceId": one.trace_id,
        "observationId": one.observation_id,
        "sessionId": one.session_id,
        "datasetRunId": one.experiment_id,
        "source": one.source,
        "timestamp": one.timestamp,
        "createdAt": one.timestamp,
        "updatedAt": one.timestamp,
        "authorUserId": one.author_user_id,
        "comment": one.comment,
        "metadata": one.metadata,
        "configId": one.config_id,
        "queueId": one.queue_id,
        "environment": one.environment,
        "trace": _trace(call, one.trace_id) if one.trace_id else None,
    }
    if one.data_type == "BOOLEAN":
        return {**result, "stringValue": "True" if one.value else "False"}
    return {**result, "stringValue": one.string_value} if one.string_value is not None else result


def _trace(call: Call, trace: str) -> dict[str, Any] | None:
    row = call.store.row(
        """SELECT fields FROM observations
           WHERE project = ? AND trace_id = ? AND parent_id IS NULL""",
        (call.project.id, trace),
    )
    if row is None:
        return None
    fields = orjson.loads(row["fields"])
    names = ("userId", "tags", "environment", "sessionId")
    return {name: fields.get(name) or None for name in names}


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v2/scores",
        "scores_get-many",
        "List scores of a v3 server, newest first",
        list_scores,
        query=(
            *PAGING,
            *(Parameter(name) for name in _COLUMNS),
            Parameter("operator", description=f"one of {', '.join(_OPERATORS)}"),
            Parameter("value"),
            Parameter("fromTimestamp", format="date-time"),
            Parameter("toTimestamp", format="date-time"),
        ),
        events_only=False,
    ),
)
