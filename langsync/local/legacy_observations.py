"""The endpoints of traces and observations that only Langfuse v3 has, after its API reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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
from langsync.local.event_queries import MOMENT, TEXT, TEXTS, Conditions
from langsync.local.javascript import parse
from langsync.local.observations import FILTERS, StoredObservation, filter_conditions
from langsync.local.refusals import not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILTERS: Final = tuple(parameter for parameter in FILTERS if parameter.name != "sessionId")
"""The filters of v3, which ignores the session."""

_QUERY: Final = {
    **{parameter.name: TEXT for parameter in _FILTERS},
    "environment": TEXTS,
    "fromStartTime": MOMENT,
    "toStartTime": MOMENT,
    **paging(default_limit=50, first_page=0),
}
_TRACE_COLUMNS: Final = {
    "name": "name",
    "userId": "user_id",
    "sessionId": "session_id",
    "version": "version",
    "environment": "environment",
}
_TRACES: Final = {
    **dict.fromkeys(_TRACE_COLUMNS, TEXT),
    "environment": TEXTS,
    "fromTimestamp": MOMENT,
    "toTimestamp": MOMENT,
    **paging(default_limit=50, first_page=0),
}

_SESSIONS: Final = {
    "environment": TEXTS,
    "fromTimestamp": MOMENT,
    "toTimestamp": MOMENT,
    **paging(default_limit=50, first_page=0),
}

_UNCHANGED_FIELDS: Final = (
    *("type", "name", "endTime", "completionStartTime", "level", "statusMessage", "version"),
    *("environment", "modelParameters", "metadata", "promptId", "promptName", "promptVersion"),
    *("createdAt", "updatedAt", "timeToFirstToken", "modelId"),
)
"""The fields of an observation that v3 and v4 have in the same form."""


def list_observations(call: Call) -> Response:
    """Answers ``GET /observations``: newest first, in pages."""
    query = read_query(call, _QUERY)
    where = filter_conditions(call.project.id, {**query, "sessionId": None})
    return _page(call, query, where, _as_json)


def list_traces(call: Call) -> Response:
    """Answers ``GET /traces``: newest first, in pages; each is represented by its root."""
    query = read_query(call, _TRACES)
    where = Conditions()
    where.add("project = ? AND parent_id IS NULL", call.project.id)
    where.equal(query, _TRACE_COLUMNS)
    where.between(query, "start_time", "fromTimestamp", "toTimestamp")
    return _page(call, query, where, _trace_as_json)


def get_trace(call: Call) -> Response:
    """Answers ``GET /traces/{traceId}``, without its observations and scores.

    Raises:
        RefusalError: 404.
    """
    row = call.store.row(
        """SELECT * FROM observations WHERE project = ? AND trace_id = ? AND parent_id IS NULL""",
        (call.project.id, call.names[0]),
    )
    if row is None:
        raise not_found(f"Trace {call.names[0]} not found within authorized project")
    trace = _trace_as_json(call, StoredObservation.from_row(row))
    return json_response(trace | {"observations": [], "scores": []})


def list_sessions(call: Call) -> Response:
    """Answers ``GET /sessions``: newest first, in pages; sessions are those of the traces."""
    query = read_query(call, _SESSIONS)
    where = Conditions()
    where.add("project = ? AND parent_id IS NULL AND session_id != ''", call.project.id)
    where.equal(query, {"environment": "environment"})
    sessions = f"""SELECT session_id, min(start_time) AS begun, min(environment) AS environment
                  FROM observations WHERE {where} GROUP BY session_id"""
    bounds = Conditions()
    bounds.add("1")
    bounds.between(query, "begun", "fromTimestamp", "toTimestamp")
    source = f"FROM ({sessions}) WHERE {bounds}"
    values = (*where.values, *bounds.values)
    total = call.store.count(f"SELECT count(*) {source}", values)
    rows = call.store.rows(
        f"SELECT * {source} ORDER BY begun DESC, session_id DESC LIMIT ? OFFSET ?",
        (*values, query["limit"], offset(query)),
    )
    data = [
        {
            "id": row["session_id"],
            "createdAt": row["begun"],
            "projectId": call.project.id,
            "environment": row["environment"],
        }
        for row in rows
    ]
    return json_response({"data": data, "meta": list_meta(query, total)})


def _page(call: Call, query: Mapping[str, Any], where: Conditions, as_json: Any) -> Response:  # noqa: ANN401
    total = call.store.count(f"SELECT count(*) FROM observations WHERE {where}", where.values)
    rows = call.store.rows(
        f"""SELECT * FROM observations WHERE {where}
            ORDER BY start_time DESC, trace_id DESC, id DESC LIMIT ? OFFSET ?""",
        (*where.values, query["limit"], offset(query)),
    )
    data = [as_json(call, StoredObservation.from_row(row)) for row in rows]
    return json_response({"data": data, "meta": list_meta(query, total)})


def _parsed(text: str | None) -> object:
    """Returns an input or output parsed: v3 has any JSON, v4 has raw strings."""
    try:
        return None if text is None else parse(text)
    except ValueError:
        return text


def _as_json(call: Call, observation: StoredObservation) -> dict[str, object]:
    fields = observation.fields
    usage, costs = fields.get("usageDetails", {}), fields.get("costDetails", {})
    prices = {
        name: None if fields.get(name) is None else float(fields[name])
        for name in ("inputPrice", "outputPrice", "totalPrice")
    }
    return {
        "id": observation.id,
        "traceId": observation.trace_id,
        "projectId": call.project.id,
        "startTime": observation.start_time,
        "parentObservationId": observation.parent_id,
        **{name: fields.get(name) for name in _UNCHANGED_FIELDS},
        "input": _parsed(fields.get("input")),
        "output": _parsed(fields.get("output")),
        "model": fields.get("model") or None,
        "usageDetails": usage,
        "costDetails": costs,
        "usage": {
            **{name: usage.get(name, 0) for name in ("input", "output", "total")},
            "unit": "TOKENS",
            **{f"{name}Cost": costs.get(name) for name in ("input", "output", "total")},
        },
        "latency": observation.latency(),
        **prices,
        "calculatedInputCost": costs.get("input"),
        "calculatedOutputCost": costs.get("output"),
        "calculatedTotalCost": costs.get("total"),
    }


def _trace_as_json(call: Call, root: StoredObservation) -> dict[str, object]:
    fields, store, project = root.fields, call.store, call.project.id
    observations = store.rows(
        "SELECT id FROM observations WHERE project = ? AND trace_id = ?", (project, root.trace_id)
    )
    scores = store.rows(
        "SELECT id FROM scores WHERE project = ? AND trace_id = ?", (project, root.trace_id)
    )
    return {
        "id": root.trace_id,
        "projectId": project,
        "timestamp": root.start_time,
        "name": fields.get("traceName") or fields.get("name"),
        "input": _parsed(fields.get("input")),
        "output": _parsed(fields.get("output")),
        "sessionId": fields.get("sessionId") or None,
        "userId": fields.get("userId") or None,
        "release": fields.get("release"),
        "version": fields.get("version") or None,
        "metadata": fields.get("metadata"),
        "tags": fields.get("tags", []),
        "public": fields.get("public", False),
        "environment": fields.get("environment", "default"),
        "htmlPath": f"/project/{project}/traces/{root.trace_id}",
        "latency": root.latency(),
        "totalCost": fields.get("costDetails", {}).get("total", 0),
        "observations": [row["id"] for row in observations],
        "scores": [row["id"] for row in scores],
    }


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/observations",
        "legacy_observationsV1_getMany",
        "List observations of a v3 server, newest first",
        list_observations,
        query=(*PAGING, *_FILTERS),
        events_only=False,
    ),
    Endpoint(
        "GET",
        "/traces",
        "trace_list",
        "List traces of a v3 server, newest first",
        list_traces,
        query=(
            *PAGING,
            *(QueryParameter(name) for name in _TRACE_COLUMNS),
            QueryParameter("fromTimestamp", format="date-time"),
            QueryParameter("toTimestamp", format="date-time"),
        ),
        events_only=False,
    ),
    Endpoint(
        "GET",
        "/traces/{traceId}",
        "trace_get",
        "Get a trace of a v3 server",
        get_trace,
        query=(
            QueryParameter(
                "fields", description="groups of fields; the server has core,io,metrics"
            ),
        ),
        events_only=False,
    ),
    Endpoint(
        "GET",
        "/sessions",
        "sessions_list",
        "List sessions of a v3 server, newest first",
        list_sessions,
        query=(
            *PAGING,
            QueryParameter("environment"),
            QueryParameter("fromTimestamp", format="date-time"),
            QueryParameter("toTimestamp", format="date-time"),
        ),
        events_only=False,
    ),
)
