"""The endpoint of observations in Langfuse v4, observed on 4.16.0."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from langsync.local.endpoint import (
    Call,
    Endpoint,
    QueryParameter,
    Response,
    json_response,
    read_query,
)
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

    from langsync.local.store import LocalStore, Row

METADATA_LIMIT: Final = 200
"""The number of characters of a metadata value in a response, unless its key is named."""

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
"""The groups of fields, and the fields that each adds to the fixed ones."""

_LAST: Final = ("userId", "sessionId", "isRootObservation", "bookmarked", "public")
"""The fields that the group ``basic`` adds after those of all others."""

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
class StoredObservation:
    """A stored observation.

    Args:
        id: Its id.
        trace_id: The id of its trace.
        start_time: When it began, in the format of the API.
        fields: All other fields, by their names in the API.
        parent_id: The id of its parent observation; None for the root of a trace.
    """

    id: str
    trace_id: str
    start_time: str
    fields: Mapping[str, Any]
    parent_id: str | None = None

    def as_row(self, project: str) -> dict[str, object]:
        """Returns its row in the database: the columns of the filters, and all fields as JSON."""
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
    def from_row(cls, row: Row) -> StoredObservation:
        """Returns the observation of a row."""
        fields = orjson.loads(row["fields"])
        return cls(row["id"], row["trace_id"], row["start_time"], fields, row["parent_id"])

    def latency(self) -> float | None:
        """Returns the seconds from its start to its end; None if it has not ended."""
        end = self.fields.get("endTime")
        if end is None:
            return None
        seconds = datetime.fromisoformat(end) - datetime.fromisoformat(self.start_time)
        return round(seconds.total_seconds(), 3)


def put_observations(
    store: LocalStore, project: str, observations: Iterable[StoredObservation]
) -> None:
    """Inserts observations, all or none."""
    store.insert_many("observations", (observation.as_row(project) for observation in observations))


def list_observations(call: Call) -> Response:
    """Answers ``GET /v2/observations``: newest first. Recorded: observations-and-scores 1 to 7."""
    query = read_query(call, _QUERY)
    if query["parseIoAsJson"]:
        raise bad_request("parseIoAsJson is no longer supported: remove it or set it to false")
    if query["filter"]:
        raise bad_request("the embedded server does not know 'filter': use the other parameters")
    where = filter_conditions(call.project.id, query)
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
    page = [StoredObservation.from_row(row) for row in rows[: query["limit"]]]
    meta = {}
    if len(rows) > len(page):
        last = page[-1]
        position = [last.start_time, last.trace_id, last.id]
        meta["cursor"] = write_cursor(dict(zip(_CURSOR, position, strict=True)))
    groups = query["fields"] or ["core", "basic"]
    expanded = frozenset(query["expandMetadata"] or ())
    data = [_as_json(observation, call.project.id, groups, expanded) for observation in page]
    return json_response({"data": data, "meta": meta})


def filter_conditions(project: str, query: Mapping[str, Any]) -> Conditions:
    """Returns the conditions of the filters that the lists of v4 and of v3 share."""
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
    observation: StoredObservation, project: str, groups: Collection[str], expanded: Collection[str]
) -> dict[str, object]:
    """Returns an observation with groups of its fields; unknown groups are ignored."""
    fields = observation.fields
    result: dict[str, object] = {
        "id": observation.id,
        "traceId": observation.trace_id,
        "startTime": observation.start_time,
        "endTime": fields.get("endTime"),
        "projectId": project,
        "parentObservationId": observation.parent_id,
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
    result |= {"latency": observation.latency(), "timeToFirstToken": fields.get("timeToFirstToken")}
    if "basic" in groups:
        result |= {name: fields.get(name) for name in _LAST}
        result["isRootObservation"] = observation.parent_id is None
    names = ("modelId", "inputPrice", "outputPrice", "totalPrice")
    return result | {name: prices.get(name) for name in names}


def _amounts(fields: Mapping[str, Any]) -> dict[str, object]:
    """Returns usage and costs, also as separate fields. Recorded: observations-and-scores 2."""
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
    *(QueryParameter(name) for name in _COLUMNS),
    QueryParameter("parentObservationId"),
    QueryParameter("fromStartTime", format="date-time"),
    QueryParameter("toStartTime", format="date-time"),
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
            QueryParameter("fields", description=f"groups of fields: {', '.join(GROUPS)}"),
            QueryParameter("expandMetadata", description="keys of metadata that are not cut"),
            QueryParameter("limit", "integer", description="at most 1000"),
            QueryParameter("cursor", description="where the page before ended"),
            *FILTERS,
            QueryParameter("isRootObservation", "boolean"),
        ),
        events_only=True,
    ),
)
