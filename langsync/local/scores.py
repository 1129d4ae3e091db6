"""The endpoint of scores in Langfuse v4, observed on 4.16.0."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from langsync.local.endpoint import Answer, Call, Endpoint, Parameter, answer_json
from langsync.local.event_queries import (
    MOMENT,
    TEXT,
    Conditions,
    comma_separated,
    limit,
    read_cursor,
    write_cursor,
)
from langsync.local.refusals import bad_request
from langsync.local.validation import (
    array,
    coerced_number,
    custom,
    followed_by,
    one_of,
    optional,
    shape,
    validated,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from langsync.local.javascript import Json
    from langsync.local.store import Row, Store
    from langsync.local.validation import Issue, Outcome, Path

_GROUPS: Final = ("details", "subject", "annotation")
_CURSOR: Final = ("lastTimestamp", "lastId")
_COLUMNS: Final = {
    "id": "id",
    "name": "name",
    "source": "source",
    "dataType": "data_type",
    "environment": "environment",
    "configId": "config_id",
    "queueId": "queue_id",
    "authorUserId": "author_user_id",
    "traceId": "trace_id",
    "sessionId": "session_id",
    "observationId": "observation_id",
    "experimentId": "experiment_id",
}
_BOOLEANS: Final = {"true": 1.0, "false": 0.0}


def _groups(value: Json, path: Path) -> Outcome:
    found, issues = comma_separated(value, path)
    if issues or not found:
        return found or [], issues
    return array(one_of(*_GROUPS))(found, path)


def _upper(value: Json, path: Path) -> Outcome:
    found, issues = comma_separated(value, path)
    return (found if issues or not found else [part.upper() for part in found]), issues


def _fits(query: Mapping[str, Any], path: Path) -> Sequence[Issue]:
    """What filters need of each other, as the API reference says."""
    types = query["dataType"]
    issues = []
    if query["observationId"] and not query["traceId"]:
        issues.append(custom("observationId requires traceId", (*path, "observationId")))
    if query["value"] and types not in (["NUMERIC"], ["BOOLEAN"], ["CATEGORICAL"]):
        text = "value requires a single dataType of NUMERIC, BOOLEAN or CATEGORICAL"
        issues.append(custom(text, (*path, "value")))
    issues.extend(
        custom(f"{bound} requires dataType=NUMERIC", (*path, bound))
        for bound in ("valueMin", "valueMax")
        if query[bound] is not None and types != ["NUMERIC"]
    )
    kinds = [k for k in ("traceId", "sessionId", "experimentId") if query[k]]
    if len(kinds) > 1:
        issues.append(custom(f"{' and '.join(kinds)} are mutually exclusive", (*path, kinds[1])))
    return issues


_NUMBER: Final = optional(coerced_number(integer=False))
_QUERY: Final = followed_by(
    shape(
        {
            **dict.fromkeys(_COLUMNS, comma_separated),
            "source": _upper,
            "dataType": _upper,
            "value": comma_separated,
            "valueMin": _NUMBER,
            "valueMax": _NUMBER,
            "fromTimestamp": MOMENT,
            "toTimestamp": MOMENT,
            "fields": _groups,
            "cursor": TEXT,
            "limit": limit(50, 100),
        }
    ),
    _fits,
)


@dataclass(frozen=True, slots=True)
class Score:
    """A score, as it is stored.

    Args:
        value: Its number; of booleans 1 or 0, None for texts.
        string_value: Its text; None for numbers.
        observation_id: The observation it is on; ``trace_id`` names the trace of that.
        experiment_id: The dataset run it is on.
    """

    id: str
    timestamp: str
    name: str
    data_type: str = "NUMERIC"
    value: float | None = None
    string_value: str | None = None
    trace_id: str | None = None
    observation_id: str | None = None
    session_id: str | None = None
    experiment_id: str | None = None
    source: str = "API"
    environment: str = "default"
    config_id: str | None = None
    queue_id: str | None = None
    author_user_id: str | None = None
    comment: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def as_row(self, project: str) -> dict[str, object]:
        """What stands in the database."""
        metadata = orjson.dumps(self.metadata).decode()
        return {**asdict(self), "project": project, "metadata": metadata}

    @classmethod
    def of(cls, row: Row) -> Score:
        """A score out of the database."""
        fields = dict(zip(row.keys(), row, strict=True))
        del fields["seq"], fields["project"]
        return cls(**{**fields, "metadata": orjson.loads(row["metadata"])})

    def number(self) -> float | int | None:
        """Its number, whole where it is."""
        whole = self.value is not None and self.value.is_integer()
        return int(self.value or 0) if whole else self.value


def put_scores(store: Store, project: str, scores: Iterable[Score]) -> None:
    """Adds scores, all or none."""
    store.insert_many("scores", (one.as_row(project) for one in scores))


def list_scores(call: Call) -> Answer:
    """Answers ``GET /v3/scores``: newest first. Recorded: observations-and-scores 8 to 11."""
    query = validated(_QUERY, dict(call.query))
    where = Conditions()
    where.add("project = ?", call.project.id)
    where.equal(query, _COLUMNS)
    where.between(query, "timestamp", "fromTimestamp", "toTimestamp")
    _values(where, query)
    if query["cursor"]:
        where.add("(timestamp, id) < (?, ?)", *read_cursor(query["cursor"], _CURSOR))
    rows = call.store.rows(
        f"SELECT * FROM scores WHERE {where} ORDER BY timestamp DESC, id DESC LIMIT ?",
        (*where.values, query["limit"] + 1),
    )
    shown = [Score.of(row) for row in rows[: query["limit"]]]
    meta = {"limit": query["limit"]}
    if len(rows) > len(shown):
        position = dict(zip(_CURSOR, (shown[-1].timestamp, shown[-1].id), strict=True))
        meta["cursor"] = write_cursor({"v": 1, **position}, url_safe=True)
    data = [_as_json(one, call.project.id, query["fields"]) for one in shown]
    return answer_json({"data": data, "meta": meta})


def _values(where: Conditions, query: Mapping[str, Any]) -> None:
    for bound, sign in (("valueMin", ">="), ("valueMax", "<=")):
        if query[bound] is not None:
            where.add(f"value {sign} ?", query[bound])
    if not query["value"]:
        return
    if query["dataType"] == ["CATEGORICAL"]:
        where.equal(query, {"value": "string_value"})
        return
    try:
        read = _BOOLEANS.__getitem__ if query["dataType"] == ["BOOLEAN"] else float
        numbers = [read(text) for text in query["value"]]
    except (KeyError, ValueError):
        raise bad_request("value must be numbers, or true and false for booleans") from None
    where.equal({"value": numbers}, {"value": "value"})


def _as_json(one: Score, project: str, groups: Sequence[str]) -> dict[str, object]:
    result: dict[str, object] = {
        "id": one.id,
        "projectId": project,
        "name": one.name,
        "source": one.source,
        "timestamp": one.timestamp,
        "environment": one.environment,
        "createdAt": one.timestamp,
        "updatedAt": one.timestamp,
    }
    if "details" in groups:
        details = {"comment": one.comment, "configId": one.config_id, "metadata": one.metadata}
        result |= details
    if "subject" in groups:
        result["subject"] = _subject(one)
    if "annotation" in groups:
        result |= {"authorUserId": one.author_user_id, "queueId": one.queue_id}
    return {**result, "dataType": one.data_type, "value": _value(one)}


def _value(one: Score) -> object:
    if one.data_type == "BOOLEAN":
        return bool(one.value)
    return one.number() if one.data_type == "NUMERIC" else one.string_value


def _subject(one: Score) -> dict[str, object]:
    if one.observation_id:
        return {"kind": "observation", "id": one.observation_id, "traceId": one.trace_id}
    if one.trace_id:
        return {"kind": "trace", "id": one.trace_id}
    if one.session_id:
        return {"kind": "session", "id": one.session_id}
    return {"kind": "experiment", "id": one.experiment_id}


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v3/scores",
        "scoresV3_getManyV3",
        "List scores, newest first",
        list_scores,
        query=(
            Parameter("limit", "integer", description="at most 100"),
            Parameter("cursor", description="where the page before ended"),
            Parameter("fields", description=f"groups of fields: {', '.join(_GROUPS)}"),
            *(Parameter(name, description="one or several, by commas") for name in _COLUMNS),
            *(Parameter(name) for name in ("value", "valueMin", "valueMax")),
            Parameter("fromTimestamp", format="date-time"),
            Parameter("toTimestamp", format="date-time"),
        ),
        events_only=True,
    ),
)
