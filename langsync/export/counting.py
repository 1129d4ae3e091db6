"""How many rows Langfuse counts of what was exported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from langsync.client import Client
from langsync.client.tasks import gather
from langsync.errors import LangsyncError, UnexpectedAnswerError
from langsync.export.answers import COUNTS
from langsync.export.job import Job
from langsync.export.named import count_items, count_versions
from langsync.export.parts import Parts
from langsync.observability import SOURCES, Period, Reading
from langsync.observability.times import written

_COLUMNS: Final = {
    "observations": {"name", "type", "environment", "level", "version", "userId", "sessionId"},
    "traces": {"name", "environment", "version", "userId", "sessionId"},
    "scores": {"name", "environment", "source", "dataType"},
}
"""The filters that metrics have, too."""

_VIEWS: Final = {
    "NUMERIC": "scores-numeric",
    "BOOLEAN": "scores-boolean",
    "CATEGORICAL": "scores-categorical",
}
"""Which metrics count scores of which type; those of other types are in none."""

_ROOTS: Final = {"column": "isRootObservation", "operator": "=", "value": True, "type": "boolean"}


async def count(client: Client, job: Job, parts: Parts, *, new: bool) -> int | None:
    """How many rows Langfuse counts now; None where it cannot, or would not say.

    Lists of v3 say it, and those of datasets; prompts are listed once more. On v4 it is asked from
    the metrics.

    Args:
        client: Who asks.
        job: What was exported.
        parts: What was read.
        new: Whether the server has the endpoints of v4.
    """
    try:
        if job.source == "prompts":
            return await count_versions(client)
        if job.source == "datasets":
            return await count_items(client, parts.plan)
        if not parts.plan:
            return 0
        reading = Reading(SOURCES[job.source], job.filters, parts.plan[0].period)
        if new:
            return await _by_metrics(client, reading, parts)
        await reading.rows_of(client, new=False, limit=1)
        return max(reading.totals, default=None)
    except LangsyncError:
        return None


async def _by_metrics(client: Client, reading: Reading, parts: Parts) -> int | None:
    source, given, period = reading.source.name, reading.filters, reading.period
    if source not in _COLUMNS or not given.keys() <= _COLUMNS[source]:
        return None
    if source != "scores":
        filters = [_one_of(name, value) for name, value in given.items()]
        filters += [_ROOTS] if source == "traces" else []
        return await _ask(client, "observations", filters, period)
    if any(orjson.loads(line).get("dataType") not in _VIEWS for line in parts.lines()):
        return None
    chosen = {name: _values(value) for name, value in given.items()}
    types = chosen.pop("dataType", list(_VIEWS))
    filters = [_one_of(name, values) for name, values in chosen.items()]
    wanted = (
        _ask(client, view, [*filters, _one_of("dataType", [kind])], period)
        for kind, view in _VIEWS.items()
        if kind in types
    )
    return sum(await gather(wanted))


def _values(value: str | list[str]) -> list[str]:
    """The lists of scores take values with commas between them."""
    texts = [value] if isinstance(value, str) else value
    return [one.strip() for text in texts for one in text.split(",")]


def _one_of(name: str, value: str | list[str]) -> Mapping[str, Any]:
    values = [value] if isinstance(value, str) else value
    return {"column": name, "operator": "any of", "value": values, "type": "stringOptions"}


async def _ask(client: Client, view: str, filters: list[Mapping[str, Any]], period: Period) -> int:
    if period.start is None or period.end is None:
        raise ValueError("metrics are of a period with both ends")
    query = {
        "view": view,
        "metrics": [{"measure": "count", "aggregation": "count"}],
        "dimensions": [],
        "filters": filters,
        "fromTimestamp": written(period.start),
        "toTimestamp": written(period.end),
    }
    text = orjson.dumps(query).decode()
    rows = (await client.get("/v2/metrics", COUNTS, query=text))["data"]
    try:
        return int(rows[0]["count_count"]) if rows else 0
    except (ValueError, TypeError, OverflowError):
        raise UnexpectedAnswerError("the metrics do not say a count") from None
