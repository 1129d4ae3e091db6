"""Rows in one shape, whichever server has them: that of v4 for scores, of v3 for the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from langsync.client import Client
from langsync.client.tasks import gather
from langsync.errors import ConfigError, NotFoundError
from langsync.observability.answers import TRACE
from langsync.observability.reading import Reading, Row
from langsync.observability.sources import SOURCES
from langsync.observability.times import Period

_SCANNED: Final = 100
"""Rows of a page where it is not known how many are needed."""

_SUBJECTS: Final = {
    "observationId": "observation",
    "traceId": "trace",
    "sessionId": "session",
    "datasetRunId": "experiment",
}
"""The fields of v3 that say what a score is on, the narrower first, and what v4 calls that."""

_SCORE: Final = (
    *("id", "projectId", "name", "source", "timestamp", "environment", "createdAt", "updatedAt"),
    *("comment", "configId", "metadata", "subject", "authorUserId", "queueId"),
    *("dataType", "value"),
)
"""The fields of a score, in the order of v4."""


async def shaped_rows(
    client: Client, reading: Reading, *, new: bool, limit: int | None = None
) -> list[Row]:
    """All rows of a list, or the newest; a limit counts these, and changes nothing about them.

    Args:
        client: Who asks.
        reading: What is asked for.
        new: Whether the server has the endpoints of v4.
        limit: How many rows at most; None for all.

    Raises:
        ConfigError: The server has no such filter.
        ApiError: Langfuse said no.
    """
    if new and reading.source.name == "traces":
        return await _traces(client, reading, limit)
    if new and reading.source.name == "sessions":
        return await _sessions(client, reading, limit)
    rows = await reading.rows_of(client, new=new, limit=limit)
    return [as_score(row) for row in rows] if reading.source.name == "scores" else rows


async def whole_trace(client: Client, trace: str, *, new: bool) -> Row:
    """A trace with its ``observations``, oldest first, and its ``scores``.

    Args:
        client: Who asks.
        trace: Its id.
        new: Whether the server has the endpoints of v4.

    Raises:
        ConfigError: There is none of this id.
        ApiError: Langfuse said no.
    """
    reading = Reading(SOURCES["observations"], {"traceId": trace}, everything=True)
    rows = await reading.rows_of(client, new=new)
    found: Row | None = None
    if not new:
        found = await _old_trace(client, trace)
    elif rows:
        found = as_trace(next((row for row in rows if row.get("isRootObservation")), rows[-1]))
    if found is None:
        raise ConfigError(f"there is no trace {trace!r}")
    rows.sort(key=lambda row: str(row["startTime"]))
    on_it = Reading(SOURCES["scores"], {"traceId": trace})
    return found | {
        "observations": rows,
        "scores": await shaped_rows(client, on_it, new=new),
    }


async def _old_trace(client: Client, trace: str) -> Row | None:
    try:
        path = f"/traces/{quote(trace, safe='')}"
        found: Row = await client.get(path, TRACE, fields="core,io,metrics")
    except NotFoundError:
        return None
    return found


def as_score(row: Row) -> Row:
    """A score as v4 has it: with what it is on as its ``subject``, and a value of its type."""
    if "subject" in row:
        return dict.fromkeys(_SCORE) | row
    apart = (*_SUBJECTS, "stringValue", "trace")
    score: Row = dict.fromkeys(_SCORE) | {key: row[key] for key in row if key not in apart}
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
    """A trace by its root observation, with the names that v3 gives its fields."""
    rest = {name: value for name, value in root.items() if name not in ("id", "traceId")}
    return {"id": root["traceId"], "timestamp": root["startTime"], **rest, "rootId": root["id"]}


async def _traces(client: Client, reading: Reading, limit: int | None) -> list[Row]:
    """Each trace once: of one with several roots the newest speaks."""
    found: dict[str, Row] = {}
    async for page in reading.pages_of(client, new=True, length=limit):
        for row in page:
            found.setdefault(row["traceId"], as_trace(row))
        if limit is not None and len(found) >= limit:
            break
    return list(found.values())[:limit]


async def _sessions(client: Client, reading: Reading, limit: int | None) -> list[Row]:
    """Those that the traces in a time name, each with what all of its traces say."""
    roots: dict[str, list[Row]] = {}
    length = None if limit is None else max(limit, _SCANNED)
    async for page in reading.pages_of(client, new=True, length=length):
        for row in page:
            if row.get("sessionId"):
                roots.setdefault(row["sessionId"], []).append(row)
        if limit is not None and len(roots) >= limit:
            break
    else:
        if reading.period == Period() and not reading.filters:  # nothing of them is left out
            return [_as_session(name, rows) for name, rows in roots.items()][:limit]
    names = list(roots)[:limit]
    readings = [Reading(SOURCES["traces"], {"sessionId": name}) for name in names]
    found = await gather(one.rows_of(client, new=True) for one in readings)
    return [_as_session(name, rows or roots[name]) for name, rows in zip(names, found, strict=True)]


def _as_session(name: str, roots: Sequence[Row]) -> Row:
    """A session by the roots of its traces, newest first; it begins with its oldest."""
    return {
        "id": name,
        "createdAt": roots[-1]["startTime"],
        "projectId": roots[-1].get("projectId"),
        "environment": roots[-1].get("environment"),
        "traces": len({row["traceId"] for row in roots}),
    }
