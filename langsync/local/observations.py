"""The endpoint of observations in Langfuse v4, observed on 4.16.0."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from langsync.local.endpoint import Answer, Call, Endpoint, Parameter, answer_json, read_query
from langsync.local.event_queries import (
    FLAG,
    MOMENT,
    TEXT,
    TEXTS,
    Conditions,
    comma_separated,
    limit,
    read_cursor,
    write_cursor,
)
from langsync.local.refusals import bad_request

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from langsync.local.store import Row, Store

METADATA_LIMIT: Final = 200
"""Characters of a metadata value that are sent unasked."""

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "core": (),
    "basic": (
        "name",
        "level",
        "statusMessage",
        "version",
        "environment",
    ),
    "time": ("completionStartTime", "createdAt", "updatedAt"),
    "io": ("input", "output"),
    "metadata": ("metadata",),
    "model": ("model", "internalModelId", "modelParameters"),
    "usage": (),
    "prompt": ("promptId", "promptName", "promptVersion"),
    "metrics": (),
    "trace_context": ("tags", "release", "traceName"),
}
"""The groups of fields and what each adds to what is always there."""

_LAST: Final = ("userId", "sessionId", "isRootObservation", "bookmarked", "public")
"""What the group ``basic`` adds after all others."""

_COLUMNS: Final = {
    "name": "name",
    "userId": "user_id",
    "sessionId": "session_id",
    "type": "type",
    "traceId": "trace_id",
    "level": "level",
    "environment": "environment",
    "version": "version",
}
_CURSOR: Final = ("lastStartTimeTo", "lastTraceId", "lastId")
_QUERY: Final = {
    **dict.fromkeys(_COLUMNS, TEXT),
    "environment": TEXTS,
    "parentObservationId": TEXT,
    "isRootObservation": FLAG,
    "fromStartTime": MOMENT,
    "toStartTime": MOMENT,
    "fields": comma_separated,
    "expandMetadata": comma_separated,
    "parseIoAsJson": FLAG,
    "filter": TEXT,
    "cursor": TEXT,
    "limit": limit(50, 1000),
}


@dataclass(frozen=True, slots=True)
class Observation:
    """An observation, as it is stored.

    Args:
        id: Its id.
        trace_id: The trace that it is a part of.
        start_time: When it began, as the API writes times.
        fields: All other fields, by their names in the API.
        parent_id: The observation that it is inside of; None for the root of a trace.
    """

    id: str
    trace_id: str
    start_time: str
    fields: Mapping[str, Any]
    parent_id: str | None = None

    def as_row(self, project: str) -> dict[str, object]:
        """What stands in the database: what is filtered by, and the other fields as JSON."""
        fields = self.fields
        return {
            "project": project,
            "id": self.id,
            "trace_id": self.trace_id,
            "start_time": self.start_time,
            "parent_id": self.parent_id,
            "type": fields["type"],
            "name": fields.get("name", ""),
            "level": fields.get("level", "DEFAULT"),
            "version": fields.get("version", ""),
            "environment": fields.get("environment", "default"),
            "user_id": fields.get("userId", ""),
            "session_id": fields.get("sessionId", ""),
            "fields": orjson.dumps(fields).decode(),
        }

    @classmethod
    def of(cls, row: Row) -> Observation:
        """An observation out of the database."""
        fields = orjson.loads(row["fields"])
        return cls(row["id"], row["trace_id"], row["start_time"], fields, row["parent_id"])

    def latency(self) -> float | None:
        """Seconds from its start to its end."""
        end = self.fields.get("endTime")
        if end is None:
            return None
        seconds = datetime.fromisoformat(end) - datetime.fromisoformat(self.start_time)
        return round(seconds.total_seconds(), 3)


def put_observations(store: Store, project: str, observations: Iterable[Observation]) -> None:
    """Adds observations, all or none."""
    store.insert_many("observations", (one.as_row(project) for one in observations))


def list_observations(call: Call) -> Answer:
    """Answers ``GET /v2/observations``: newest first. Recorded: observations-and-scores 1 to 7."""
    query = read_query(call, _QUERY)
    if query["parseIoAsJson"]:
        raise bad_request("parseIoAsJson is no longer supported: remove it or set it to false")
    if query["filter"]:
        raise bad_request("the embedded server does not know 'filter': use the other parameters")
    where = matching(call.project.id, query)
    if query["isRootObservation"] is not None:
        root = "" if query["isRootObservation"] else "NOT "
        where.add(f"parent_id IS {root}NULL")
    if query["cursor"]:
        position = read_cursor(query["cursor"], _CURSOR)
        where.add("(start_time, trace_id, id) < (?, ?, ?)", *position)
    rows = call.store.rows(
        f"""SELECT * FROM observations WHERE {where}
            ORDER BY start_time DESC, trace_id DESC, id DESC LIMIT ?""",
        (*where.values, query["limit"] + 1),
    )
    shown = [Observation.of(row) for row in rows[: query["limit"]]]
    meta = {}
    if len(rows) > len(shown):
        last = shown[-1]
        position = [last.start_time, last.trace_id, last.id]
        meta["cursor"] = write_cursor(dict(zip(_CURSOR, position, strict=True)))
    groups = query["fields"] or ["core", "basic"]
    expanded = frozenset(query["expandMetadata"] or ())
    data = [_as_json(one, call.project.id, groups, expanded) for one in shown]
    return answer_json({"data": data, "meta": meta})


def matching(project: str, query: Mapping[str, Any]) -> Conditions:
    """The filters that the lists of v4 and of v3 share."""
    where = Conditions()
    where.add("project = ?", project)
    where.equal(query, _COLUMNS)
    where.between(query, "start_time", "fromStartTime", "toStartTime")
    parent = query["parentObservationId"]
    if parent:
        where.add("parent_id = ?", parent)
    elif parent == "":
        where.add("parent_id IS NULL")
    return where


def _as_json(
    one: Observation, project: str, groups: Collection[str], expanded: Collection[str]
) -> dict[str, object]:
    """An observation with groups of its fields; unknown groups add none."""
    fields = one.fields
    result: dict[str, object] = {
        "id": one.id,
        "traceId": one.trace_id,
        "startTime": one.start_time,
        "endTime": fields.get("endTime"),
        "projectId": project,
        "parentObservationId": one.parent_id,
        "type": fields["type"],
    }
    for group in groups:
        result |= {name: fields.get(name) for name in GROUPS.get(group, ())}
    if "metadata" in result:
        result["metadata"] = {
            key: value if key in expanded else value[:METADATA_LIMIT]
            for key, value in fields.get("metadata", {}).items()
        }
    if "usage" in groups:
        result |= _amounts(fields)
    prices = fields if "model" in groups else {}
    result |= {"latency": one.latency(), "timeToFirstToken": fields.get("timeToFirstToken")}
    if "basic" in groups:
        result |= {name: fields.get(name) for name in _LAST}
        result["isRootObservation"] = one.parent_id is None
    names = ("modelId", "inputPrice", "outputPrice", "totalPrice")
    return result | {name: prices.get(name) for name in names}


def _amounts(fields: Mapping[str, Any]) -> dict[str, object]:
    """Usage and costs, once more each on its own. Recorded: observations-and-scores 2."""
    usage, costs = fields.get("usageDetails", {}), fields.get("costDetails", {})
    amounts = {f"{name}Usage": usage.get(name, 0) for name in ("input", "output", "total")}
    return {
        "usageDetails": usage,
        **amounts,
        "costDetails": costs,
        "inputCost": costs.get("input"),
        "outputCost": costs.get("output"),
        "totalCost": costs.get("total", 0),
        "usagePricingTierId": fields.get("usagePricingTierId"),
        "usagePricingTierName": fields.get("usagePricingTierName"),
    }


FILTERS: Final = (
    *(Parameter(name) for name in _COLUMNS),
    Parameter("parentObservationId"),
    Parameter("fromStartTime", format="date-time"),
    Parameter("toStartTime", format="date-time"),
)
"""The filters that the lists of v4 and of v3 share."""

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v2/observations",
        "observations_getMany",
        "List observations, newest first",
        list_observations,
        query=(
            Parameter("fields", description=f"groups of fields: {', '.join(GROUPS)}"),
            Parameter("expandMetadata", description="keys of metadata that are not cut"),
            Parameter("limit", "integer", description="at most 1000"),
            Parameter("cursor", description="where the page before ended"),
            *FILTERS,
            Parameter("isRootObservation", "boolean"),
        ),
        events_only=True,
    ),
)
