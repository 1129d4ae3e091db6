"""The endpoints of metrics: counts, sums and percentiles of observations and scores."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from langsync.local.endpoint import (
    Call,
    Endpoint,
    QueryParameter,
    Response,
    json_response,
    read_query,
)
from langsync.local.observations import StoredObservation
from langsync.local.refusals import bad_request
from langsync.local.scores import StoredScore
from langsync.local.validation import string

Values = Mapping[str, Any]

_QUERY: Final = {"query": string()}
_USAGE: Final = {"input": "inputTokens", "output": "outputTokens", "total": "totalTokens"}
_COSTS: Final = {"input": "inputCost", "output": "outputCost", "total": "totalCost"}
_FIELDS: Final = ("name", "type", "environment", "level", "version", "userId", "sessionId", "tags")
_MORE_FIELDS: Final = ("release", "traceName", "promptName", "promptVersion")
_CUTS: Final = {"minute": 16, "hour": 13, "day": 10, "month": 7}
_SCORE_TYPES: Final = {
    "scores-numeric": "NUMERIC",
    "scores-boolean": "BOOLEAN",
    "scores-categorical": "CATEGORICAL",
}


def metrics(call: Call) -> Response:
    """Answers ``GET /v2/metrics`` and ``GET /metrics``. Recorded: observations-and-scores 18.

    Raises:
        RefusalError: 400 for an invalid query.
    """
    try:
        query = json.loads(read_query(call, _QUERY)["query"])
        view, requested = query["view"], query["metrics"]
        start, end = query["fromTimestamp"], query["toTimestamp"]
    except (ValueError, LookupError, TypeError):
        raise bad_request(
            "query must be JSON with view, metrics, fromTimestamp and toTimestamp"
        ) from None
    views = ("observations", *_SCORE_TYPES) + (() if call.behavior.events_only else ("traces",))
    if view not in views:
        raise bad_request(f"view must be one of {', '.join(views)}")
    names = [dimension["field"] for dimension in query.get("dimensions") or []]
    period = (query.get("timeDimension") or {}).get("granularity")
    if not names and not period and query.get("filters") in (None, []) and _is_count(requested):
        return json_response({"data": [{"count_count": _count(call, view, start, end)}]})
    groups: dict[tuple[Any, ...], list[Values]] = defaultdict(list)
    for record in _records(call, view, start, end):
        if all(_matches(record, condition) for condition in query.get("filters") or []):
            key = (*(record.get(name) for name in names), _truncate_time(record["time"], period))
            groups[key].append(record)
    data = []
    for key, rows in groups.items():
        row = dict(zip(names, key, strict=False)) | ({"time_dimension": key[-1]} if period else {})
        for metric in requested:
            measure, aggregation = metric["measure"], metric["aggregation"]
            row[f"{aggregation}_{measure}"] = _aggregate(
                aggregation, [record.get(measure) for record in rows]
            )
        data.append(row)
    return json_response({"data": _sort_and_limit(data, query)})


def _is_count(requested: Sequence[Mapping[str, str]]) -> bool:
    pairs = [(metric["measure"], metric["aggregation"]) for metric in requested]
    return pairs == [("count", "count")]


def _count(call: Call, view: str, start: str, end: str) -> int:
    """Returns the number of records without reading them."""
    where = "project = ? AND {0} >= ? AND {0} < ?"
    if view in _SCORE_TYPES:
        sql = f"SELECT count(*) FROM scores WHERE {where.format('timestamp')} AND data_type = ?"
        return call.store.count(sql, (call.project.id, start, end, _SCORE_TYPES[view]))
    roots = " AND parent_id IS NULL" if view == "traces" else ""
    sql = f"SELECT count(*) FROM observations WHERE {where.format('start_time')}{roots}"
    return call.store.count(sql, (call.project.id, start, end))


def _records(call: Call, view: str, start: str, end: str) -> Iterable[Values]:
    table, time = (
        ("scores", "timestamp") if view in _SCORE_TYPES else ("observations", "start_time")
    )
    sql = f"SELECT * FROM {table} WHERE project = ? AND {time} >= ? AND {time} < ?"
    for row in call.store.rows(sql, (call.project.id, start, end)):
        if view not in _SCORE_TYPES:
            observation = StoredObservation.from_row(row)
            if view == "observations" or observation.parent_id is None:
                yield _observation(observation)
        elif row["data_type"] == _SCORE_TYPES[view]:
            yield _score(StoredScore.from_row(row))


def _observation(observation: StoredObservation) -> Values:
    fields = observation.fields
    seconds = observation.latency()
    values = {name: fields.get(name) for name in (*_FIELDS, *_MORE_FIELDS)}
    values |= {"providedModelName": fields.get("model") or None, "time": observation.start_time}
    values |= {"isRootObservation": observation.parent_id is None, "count": 1}
    values |= {"latency": None if seconds is None else seconds * 1000}
    values |= {
        _USAGE[key]: amount
        for key, amount in fields.get("usageDetails", {}).items()
        if key in _USAGE
    }
    return values | {
        _COSTS[key]: amount
        for key, amount in fields.get("costDetails", {}).items()
        if key in _COSTS
    }


def _score(score: StoredScore) -> Values:
    return {
        "name": score.name,
        "environment": score.environment,
        "source": score.source,
        "dataType": score.data_type,
        "stringValue": score.string_value,
        "time": score.timestamp,
        "value": score.value,
        "count": 1,
    }


def _truncate_time(time: str, period: str | None) -> str | None:
    if period == "week":
        parsed = datetime.fromisoformat(time)
        return (parsed - timedelta(days=parsed.weekday())).date().isoformat()
    return None if period is None else time[: _CUTS.get(period, 10)]


_TESTS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda value, expected: value == expected,
    "contains": lambda value, expected: expected in str(value),
    "starts with": lambda value, expected: str(value).startswith(expected),
    "any of": lambda value, expected: value in expected,
    "none of": lambda value, expected: value not in expected,
    ">": lambda value, expected: value is not None and value > expected,
    "<": lambda value, expected: value is not None and value < expected,
}


def _matches(record: Values, condition: Mapping[str, Any]) -> bool:
    test = _TESTS.get(condition["operator"])
    if test is None:
        raise bad_request(f"the embedded server does not know {condition['operator']!r}")
    return test(record.get(condition["column"]), condition["value"])


def _aggregate(aggregation: str, values: Sequence[Any]) -> float | None:
    present = sorted(value for value in values if value is not None)
    if aggregation == "count":
        return len(values)
    if not present:
        return None
    if aggregation[:1] == "p" and aggregation[1:].isdigit():
        return float(present[min(len(present) - 1, len(present) * int(aggregation[1:]) // 100)])
    results = {
        "sum": sum(present),
        "min": present[0],
        "max": present[-1],
        "avg": sum(present) / len(present),
    }
    if aggregation not in results:
        raise bad_request(f"the embedded server does not know the aggregation {aggregation!r}")
    return float(results[aggregation])


def _sort_and_limit(data: list[dict[str, Any]], query: Mapping[str, Any]) -> list[dict[str, Any]]:
    criteria = query.get("orderBy") or ([] if not data else [{"field": list(data[0])[-1]}])
    for criterion in reversed(criteria):
        data.sort(
            key=lambda row, field=criterion["field"]: (row.get(field) is not None, row.get(field)),  # type: ignore[misc]
            reverse=criterion.get("direction", "desc") == "desc",
        )
    return data[: (query.get("config") or {}).get("row_limit", 100)]


ENDPOINTS: Final = tuple(
    Endpoint(
        "GET",
        path,
        operation,
        "Count, sum and average observations and scores",
        metrics,
        query=(QueryParameter("query", required=True, description="JSON; see Langfuse's docs"),),
        events_only=is_new,
    )
    for path, operation, is_new in (
        ("/v2/metrics", "metrics_metrics", True),
        ("/metrics", "legacy_metricsV1_metrics", False),
    )
)
