"""The endpoint of scores that only Langfuse v3 has, after its API reference."""

from __future__ import annotations

from typing import Any, Final

import orjson

from langsync.local.endpoint import (
    PAGING,
    Call,
    Endpoint,
    QueryParameter,
    Response,
    json_response,
    list_meta,
    offset,
    paging,
    read_query,
)
from langsync.local.event_queries import MOMENT, TEXT, TEXTS, Conditions, comma_separated
from langsync.local.scores import StoredScore
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


def list_scores(call: Call) -> Response:
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
    data = [_as_json(call, StoredScore.from_row(row)) for row in rows]
    return json_response({"data": data, "meta": list_meta(query, total)})


def _as_json(call: Call, score: StoredScore) -> dict[str, object]:
    value: object = score.number()
    if score.data_type in ("TEXT", "CORRECTION"):
        value = None
    result = {
        "id": score.id,
        "projectId": call.project.id,
        "name": score.name,
        "dataType": score.data_type,
        "value": value,
        "traceId": score.trace_id,
        "observationId": score.observation_id,
        "sessionId": score.session_id,
        "datasetRunId": score.experiment_id,
        "source": score.source,
        "timestamp": score.timestamp,
        "createdAt": score.timestamp,
        "updatedAt": score.timestamp,
        "authorUserId": score.author_user_id,
        "comment": score.comment,
        "metadata": score.metadata,
        "configId": score.config_id,
        "queueId": score.queue_id,
        "environment": score.environment,
        "trace": _trace(call, score.trace_id) if score.trace_id else None,
    }
    if score.data_type == "BOOLEAN":
        return {**result, "stringValue": "True" if score.value else "False"}
    return (
        {**result, "stringValue": score.string_value} if score.string_value is not None else result
    )


def _trace(call: Call, trace_id: str) -> dict[str, Any] | None:
    row = call.store.row(
        """SELECT fields FROM observations
           WHERE project = ? AND trace_id = ? AND parent_id IS NULL""",
        (call.project.id, trace_id),
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
            *(QueryParameter(name) for name in _COLUMNS),
            QueryParameter("operator", description=f"one of {', '.join(_OPERATORS)}"),
            QueryParameter("value"),
            QueryParameter("fromTimestamp", format="date-time"),
            QueryParameter("toTimestamp", format="date-time"),
        ),
        events_only=False,
    ),
)
