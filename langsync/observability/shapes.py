"""Gives rows one shape on all servers: that of v4 for scores, that of v3 for all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from langsync.client import Client
from langsync.client.tasks import gather
from langsync.errors import ConfigError, NotFoundError
from langsync.observability.answers import TRACE
from langsync.observability.reading import ListQuery, Row
from langsync.observability.sources import SOURCES
from langsync.observability.times import Period

_SCANNED: Final = 100
"""Rows of a page if it is not known how many are needed."""

_SUBJECTS: Final = {
    "observationId": "observation",
    "traceId": "trace",
    "sessionId": "session",
    "datasetRunId": "experiment",
}
"""The fields of v3 for the subject of a score, narrower ones first, and the kinds in v4."""

_SCORE: Final = (
    *("id", "projectId", "name", "source", "timestamp", "environment", "createdAt", "updatedAt"),
    *("comment", "configId", "metadata", "subject", "authorUserId", "queueId"),
    *("dataType", "value"),
)
"""The fields of a score, in the order of v4."""


async def fetch_shaped_rows(
    client: Client, query: ListQuery, *, is_v4: bool, limit: int | None = None
) -> list[Row]:
    """Returns all rows of a list, or the newest, in their common shape.

    Args:
        client: The client.
        query: The query.
        is_v4: Whether the server has the endpoints of v4.
        limit: The maximum number of shaped rows; None for all.

    Raises:
        ConfigError: The server has no such filter.
        ApiError: Langfuse refused a request.
    """
    if is_v4 and query.source.name == "traces":
        return await _fetch_traces(client, query, limit)
    if is_v4 and query.source.name == "sessions":
        return await _fetch_sessions(client, query, limit)
    rows = await query.fetch_rows_of(client, is_v4=is_v4, limit=limit)
    return [as_score(row) for row in rows] if query.source.name == "scores" else rows


async def fetch_trace(client: Client, trace_id: str, *, is_v4: bool) -> Row:
    """Returns a trace with its ``observations``, oldest first, and its ``scores``.

    Args:
        client: The client.
        trace_id: The id of the trace.
        is_v4: Whether the server has the endpoints of v4.

    Raises:
        ConfigError: There is no such trace.
        ApiError: Langfuse refused a request.
    """
    query = ListQuery(SOURCES["observations"], {"traceId": trace_id}, has_all_fields=True)
    rows = await query.fetch_rows_of(client, is_v4=is_v4)
    trace: Row | None = None
    if not is_v4:
        trace = await _fetch_v3_trace(client, trace_id)
    elif rows:
        trace = as_trace(next((row for row in rows if row.get("isRootObservation")), rows[-1]))
    if trace is None:
        raise ConfigError(f"there is no trace {trace_id!r}")
    rows.sort(key=lambda row: str(row["startTime"]))
    scores = ListQuery(SOURCES["scores"], {"traceId": trace_id})
    return trace | {
        "observations": rows,
        "scores": await fetch_shaped_rows(client, scores, is_v4=is_v4),
    }


async def _fetch_v3_trace(client: Client, trace_id: str) -> Row | None:
    try:
        path = f"/traces/{quote(trace_id, safe='')}"
        trace: Row = await client.get(path, TRACE, fields="core,io,metrics")
    except NotFoundError:
        return None
    return trace


def as_score(row: Row) -> Row:
    """Returns a score as v4 has it: with its ``subject``, and a value of its type."""
    if "subject" in row:
        return dict.fromkeys(_SCORE) | row
    special_fields = (*_SUBJECTS, "stringValue", "trace")
    score: Row = dict.fromkeys(_SCORE) | {key: row[key] for key in row if key not in special_fields}
    if row.get("dataType") == "BOOLEAN":
        score["value"] = bool(row.get("value"))
    elif row.get("dataType") != "NUMERIC":
        score["value"] = row.get("stringValue")
    field = next((name for name in _SUBJECTS if row.get(name)), None)
    if field is not None:
        score["subject"] = {"kind": _SUBJECTS[field], "id": row[field]}
    if field == "observationId":
        score["subject"]["traceId"] = row.get("traceId")
    return score


def as_trace(root: Row) -> Row:
    """Returns a trace made of its root observation, with the field names of v3."""
    fields = {name: value for name, value in root.items() if name not in ("id", "traceId")}
    return {"id": root["traceId"], "timestamp": root["startTime"], **fields, "rootId": root["id"]}


async def _fetch_traces(client: Client, query: ListQuery, limit: int | None) -> list[Row]:
    """Returns each trace once: of several roots the newest counts."""
    traces: dict[str, Row] = {}
    async for page in query.iter_pages_of(client, is_v4=True, page_size=limit):
        for row in page:
            traces.setdefault(row["traceId"], as_trace(row))
        if limit is not None and len(traces) >= limit:
            break
    return list(traces.values())[:limit]


async def _fetch_sessions(client: Client, query: ListQuery, limit: int | None) -> list[Row]:
    """Returns the sessions of the traces in the period, each made of all of its traces."""
    roots: dict[str, list[Row]] = {}
    page_size = None if limit is None else max(limit, _SCANNED)
    async for page in query.iter_pages_of(client, is_v4=True, page_size=page_size):
        for row in page:
            if row.get("sessionId"):
                roots.setdefault(row["sessionId"], []).append(row)
        if limit is not None and len(roots) >= limit:
            break
    else:
        if query.period == Period() and not query.filters:  # all of their traces were read
            return [_as_session(id_, rows) for id_, rows in roots.items()][:limit]
    ids = list(roots)[:limit]
    queries = [ListQuery(SOURCES["traces"], {"sessionId": id_}) for id_ in ids]
    rows_of_sessions = await gather(query.fetch_rows_of(client, is_v4=True) for query in queries)
    return [
        _as_session(id_, rows or roots[id_])
        for id_, rows in zip(ids, rows_of_sessions, strict=True)
    ]


def _as_session(id_: str, roots: Sequence[Row]) -> Row:
    """Returns a session made of the roots of its traces, newest first; the oldest begins it."""
    return {
        "id": id_,
        "createdAt": roots[-1]["startTime"],
        "projectId": roots[-1].get("projectId"),
        "environment": roots[-1].get("environment"),
        "traces": len({row["traceId"] for row in roots}),
    }
