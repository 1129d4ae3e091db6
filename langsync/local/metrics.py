"""The endpoints of metrics: counts, sums and percentiles of observations and scores."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from langsync.local.endpoint import Answer, Call, Endpoint, Parameter, answer_json, read_query
from langsync.local.observations import Observation
from langsync.local.refusals import bad_request
from langsync.local.scores import Score
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


def metrics(call: Call) -> Answer:
    """Answers ``GET /v2/metrics`` and ``GET /metrics``. Recorded: observations-and-scores 18.

    Raises:
        RefusalError: 400 for what the query gets wrong.
    """
    try:
        query = json.loads(read_query(call, _QUERY)["query"])
        view, wanted = query["view"], query["metrics"]
        start, end = query["fromTimestamp"], query["toTimestamp"]
    except (ValueError, LookupError, TypeError):
        raise bad_request(
            "query must be JSON with view, metrics, fromTimestamp and toTimestamp"
        ) from None
    known = ("observations", *_SCORE_TYPES) + (() if call.behavior.events_only else ("traces",))
    if view not in known:
        raise bad_request(f"view must be one of {', '.join(known)}")
    names = [one["field"] for one in query.get("dimensions") or []]
    period = (query.get("timeDimension") or {}).get("granularity")
    if not names and not period and query.get("filters") in (None, []) and _is_count(wanted):
        return answer_json({"data": [{"count_count": _count(call, view, start, end)}]})
    groups: dict[tuple[Any, ...], list[Values]] = defaultdict(list)
    for one in _rows(call, view, start, end):
        if all(_fits(one, condition) for condition in query.get("filters") or []):
            groups[(*(one.get(name) for name in names), _cut(one["time"], period))].append(one)
    data = []
    for key, rows in groups.items():
        row = dict(zip(names, key, strict=False)) | ({"time_dimension": key[-1]} if period else {})
        for metric in wanted:
            measure, how = metric["measure"], metric["aggregation"]
            row[f"{how}_{measure}"] = _aggregated(how, [one.get(measure) for one in rows])
        data.append(row)
    return answer_json({"data": _ordered(data, query)})


def _is_count(wanted: Sequence[Mapping[str, str]]) -> bool:
    return [(one["measure"], one["aggregation"]) for one in wanted] == [("count", "count")]


def _count(call: Call, view: str, start: str, end: str) -> int:
    """How many there are, without a look at each."""
    where = "project = ? AND {0} >= ? AND {0} < ?"
    if view in _SCORE_TYPES:
        sql = f"SELECT count(*) FROM scores WHERE {where.format('timestamp')} AND data_type = ?"
        return call.store.count(sql, (call.project.id, start, end, _SCORE_TYPES[view]))
    roots = " AND parent_id IS NULL" if view == "traces" else ""
    sql = f"SELECT count(*) FROM observations WHERE {where.format('start_time')}{roots}"
    return call.store.count(sql, (call.project.id, start, end))


def _rows(call: Call, view: str, start: str, end: str) -> Iterable[Values]:
    table, time = (
        ("scores", "timestamp") if view in _SCORE_TYPES else ("observations", "start_time")
    )
    sql = f"SELECT * FROM {table} WHERE project = ? AND {time} >= ? AND {time} < ?"
    for row in call.store.rows(sql, (call.project.id, start, end)):
        if view not in _SCORE_TYPES:
            one = Observation.of(row)
            if view == "observations" or one.parent_id is None:
                yield _observation(one)
        elif row["data_type"] == _SCORE_TYPES[view]:
            yield _score(Score.of(row))


def _observation(one: Observation) -> Values:
    fields = one.fields
    seconds = one.latency()
    values = {name: fields.get(name) for name in (*_FIELDS, *_MORE_FIELDS)}
    values |= {"providedModelName": fields.get("model") or None, "time": one.start_time}
    values |= {"isRootObservation": one.parent_id is None, "count": 1}
    values |= {"latency": None if seconds is None else seconds * 1000}
    values |= {_USAGE[key]: n for key, n in fields.get("usageDetails", {}).items() if key in _USAGE}
    return values | {
        _COSTS[key]: n for key, n in fields.get("costDetails", {}).items() if key in _COSTS
    }


def _score(one: Score) -> Values:
    return {
        "name": one.name,
        "environment": one.environment,
        "source": one.source,
        "dataType": one.data_type,
        "stringValue": one.string_value,
        "time": one.timestamp,
        "value": one.value,
        "count": 1,
    }


def _cut(time: str, period: str | None) -> str | None:
    if period == "week":
        moment = datetime.fromisoformat(time)
        return (moment - timedelta(days=moment.weekday())).date().isoformat()
    return None if period is None else time[: _CUTS.get(period, 10)]


_TESTS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda found, wanted: found == wanted,
    "contains": lambda found, wanted: wanted in str(found),
    "starts with": lambda found, wanted: str(found).startswith(wanted),
    "any of": lambda found, wanted: found in wanted,
    "none of": lambda found, wanted: found not in wanted,
    ">": lambda found, wanted: found is not None and found > wanted,
    "<": lambda found, wanted: found is not None and found < wanted,
}


def _fits(one: Values, condition: Mapping[str, Any]) -> bool:
    test = _TESTS.get(condition["operator"])
    if test is None:
        raise bad_request(f"the embedded server does not know {condition['operator']!r}")
    return test(one.get(condition["column"]), condition["value"])


def _aggregated(how: str, values: Sequence[Any]) -> float | None:
    found = sorted(value for value in values if value is not None)
    if how == "count":
        return len(values)
    if not found:
        return None
    if how[:1] == "p" and how[1:].isdigit():
        return float(found[min(len(found) - 1, len(found) * int(how[1:]) // 100)])
    known = {"sum": sum(found), "min": found[0], "max": found[-1], "avg": sum(found) / len(found)}
    if how not in known:
        raise bad_request(f"the embedded server does not know the aggregation {how!r}")
    return float(known[how])


def _ordered(data: list[dict[str, Any]], query: Mapping[str, Any]) -> list[dict[str, Any]]:
    order = query.get("orderBy") or ([] if not data else [{"field": list(data[0])[-1]}])
    for one in reversed(order):
        data.sort(
            key=lambda row, field=one["field"]: (row.get(field) is not None, row.get(field)),  # type: ignore[misc]
            reverse=one.get("direction", "desc") == "desc",
        )
    return data[: (query.get("config") or {}).get("row_limit", 100)]


ENDPOINTS: Final = tuple(
    Endpoint(
        "GET",
        path,
        operation,
        "Count, sum and average observations and scores",
        metrics,
        query=(Parameter("query", required=True, description="JSON; see Langfuse's docs"),),
        events_only=is_new,
    )
    for path, operation, is_new in (
        ("/v2/metrics", "metrics_metrics", True),
        ("/metrics", "legacy_metricsV1_metrics", False),
    )
)
