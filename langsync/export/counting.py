"""Counts in Langfuse the rows that were exported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from langsync.client import Client
from langsync.client.tasks import gather
from langsync.errors import LangsyncError, UnexpectedAnswerError
from langsync.export.answers import COUNTS
from langsync.export.job import Job
from langsync.export.named_records import count_items, count_versions
from langsync.export.parts import Parts
from langsync.observability import SOURCES, ListQuery, Period
from langsync.observability.times import format_time

_COLUMNS: Final = {
    "observations": {"name", "type", "environment", "level", "version", "userId", "sessionId"},
    "traces": {"name", "environment", "version", "userId", "sessionId"},
    "scores": {"name", "environment", "source", "dataType"},
}
"""The filters that metrics support, too."""

_VIEWS: Final = {
    "NUMERIC": "scores-numeric",
    "BOOLEAN": "scores-boolean",
    "CATEGORICAL": "scores-categorical",
}
"""The view of metrics that counts scores of a type; other types have no view."""

_ROOTS: Final = {"column": "isRootObservation", "operator": "=", "value": True, "type": "boolean"}


async def count_rows(client: Client, job: Job, parts: Parts, *, is_v4: bool) -> int | None:
    """Returns how many rows Langfuse counts now; None if it cannot, or refuses.

    Lists of v3 and of datasets state their length; prompts are listed once more. On v4 the metrics
    are queried.

    Args:
        client: The client.
        job: The export.
        parts: The parts that were read.
        is_v4: Whether the server has the endpoints of v4.
    """
    try:
        if job.source == "prompts":
            return await count_versions(client)
        if job.source == "datasets":
            return await count_items(client, parts.plan)
        if not parts.plan:
            return 0
        query = ListQuery(SOURCES[job.source], job.filters, parts.plan[0].period)
        if is_v4:
            return await _count_by_metrics(client, query, parts)
        await query.fetch_rows_of(client, is_v4=False, limit=1)
        return max(query.totals, default=None)
    except LangsyncError:
        return None


async def _count_by_metrics(client: Client, query: ListQuery, parts: Parts) -> int | None:
    source, filters, period = query.source.name, query.filters, query.period
    if source not in _COLUMNS or not filters.keys() <= _COLUMNS[source]:
        return None
    if source != "scores":
        conditions = [_any_of(name, value) for name, value in filters.items()]
        conditions += [_ROOTS] if source == "traces" else []
        return await _query_count(client, "observations", conditions, period)
    if any(orjson.loads(line).get("dataType") not in _VIEWS for line in parts.lines()):
        return None
    values_by_name = {name: _values(value) for name, value in filters.items()}
    types = values_by_name.pop("dataType", list(_VIEWS))
    conditions = [_any_of(name, values) for name, values in values_by_name.items()]
    counts = (
        _query_count(client, view, [*conditions, _any_of("dataType", [type_])], period)
        for type_, view in _VIEWS.items()
        if type_ in types
    )
    return sum(await gather(counts))


def _values(value: str | list[str]) -> list[str]:
    """Returns the values of a filter; lists of scores take several with commas between them."""
    texts = [value] if isinstance(value, str) else value
    return [item.strip() for text in texts for item in text.split(",")]


def _any_of(name: str, value: str | list[str]) -> Mapping[str, Any]:
    values = [value] if isinstance(value, str) else value
    return {"column": name, "operator": "any of", "value": values, "type": "stringOptions"}


async def _query_count(
    client: Client, view: str, filters: list[Mapping[str, Any]], period: Period
) -> int:
    if period.start is None or period.end is None:
        raise ValueError("metrics are of a period with both ends")
    query = {
        "view": view,
        "metrics": [{"measure": "count", "aggregation": "count"}],
        "dimensions": [],
        "filters": filters,
        "fromTimestamp": format_time(period.start),
        "toTimestamp": format_time(period.end),
    }
    text = orjson.dumps(query).decode()
    rows = (await client.get("/v2/metrics", COUNTS, query=text))["data"]
    try:
        return int(rows[0]["count_count"]) if rows else 0
    except (ValueError, TypeError, OverflowError):
        raise UnexpectedAnswerError("the metrics do not say a count") from None
