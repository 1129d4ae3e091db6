"""The endpoint of scores in Langfuse v4, observed on 4.16.0."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from langsync.local.endpoint import Call, Endpoint, QueryParameter, Response, json_response
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
    validate,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from langsync.local.javascript import Json
    from langsync.local.store import LocalStore, Row
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
    groups, issues = comma_separated(value, path)
    if issues or not groups:
        return groups or [], issues
    return array(one_of(*_GROUPS))(groups, path)


def _upper(value: Json, path: Path) -> Outcome:
    texts, issues = comma_separated(value, path)
    return (texts if issues or not texts else [part.upper() for part in texts]), issues


def _check_combination(query: Mapping[str, Any], path: Path) -> Sequence[Issue]:
    """Returns the issues of filters that need other filters, by the API reference."""
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
    subjects = [name for name in ("traceId", "sessionId", "experimentId") if query[name]]
    if len(subjects) > 1:
        issues.append(
            custom(f"{' and '.join(subjects)} are mutually exclusive", (*path, subjects[1]))
        )
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
    _check_combination,
)


@dataclass(frozen=True, slots=True)
class StoredScore:
    """A stored score.

    Args:
        value: Its number; 1 or 0 for a boolean, None for a text.
        string_value: Its text; None for a number.
        observation_id: The id of the observation it is on, whose trace is ``trace_id``.
        experiment_id: The id of the dataset run it is on.
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
        """Returns its row in the database."""
        metadata = orjson.dumps(self.metadata).decode()
        return {**asdict(self), "project": project, "metadata": metadata}

    @classmethod
    def from_row(cls, row: Row) -> StoredScore:
        """Returns the score of a row."""
        fields = dict(zip(row.keys(), row, strict=True))
        del fields["seq"], fields["project"]
        return cls(**{**fields, "metadata": orjson.loads(row["metadata"])})

    def number(self) -> float | int | None:
        """Returns its number, as an integer if it is whole."""
        is_whole = self.value is not None and self.value.is_integer()
        return int(self.value or 0) if is_whole else self.value


def put_scores(store: LocalStore, project: str, scores: Iterable[StoredScore]) -> None:
    """Inserts scores, all or none."""
    store.insert_many("scores", (score.as_row(project) for score in scores))


def list_scores(call: Call) -> Response:
    """Answers ``GET /v3/scores``: newest first. Recorded: observations-and-scores 8 to 11."""
    query = validate(_QUERY, dict(call.query))
    where = Conditions()
    where.add("project = ?", call.project.id)
    where.equal(query, _COLUMNS)
    where.between(query, "timestamp", "fromTimestamp", "toTimestamp")
    _add_value_conditions(where, query)
    if query["cursor"]:
        where.add("(timestamp, id) < (?, ?)", *read_cursor(query["cursor"], _CURSOR))
    rows = call.store.rows(
        f"SELECT * FROM scores WHERE {where} ORDER BY timestamp DESC, id DESC LIMIT ?",
        (*where.values, query["limit"] + 1),
    )
    page = [StoredScore.from_row(row) for row in rows[: query["limit"]]]
    meta = {"limit": query["limit"]}
    if len(rows) > len(page):
        position = dict(zip(_CURSOR, (page[-1].timestamp, page[-1].id), strict=True))
        meta["cursor"] = write_cursor({"v": 1, **position}, url_safe=True)
    data = [_as_json(score, call.project.id, query["fields"]) for score in page]
    return json_response({"data": data, "meta": meta})


def _add_value_conditions(where: Conditions, query: Mapping[str, Any]) -> None:
    for bound, operator in (("valueMin", ">="), ("valueMax", "<=")):
        if query[bound] is not None:
            where.add(f"value {operator} ?", query[bound])
    if not query["value"]:
        return
    if query["dataType"] == ["CATEGORICAL"]:
        where.equal(query, {"value": "string_value"})
        return
    try:
        parse = _BOOLEANS.__getitem__ if query["dataType"] == ["BOOLEAN"] else float
        numbers = [parse(text) for text in query["value"]]
    except (KeyError, ValueError):
        raise bad_request("value must be numbers, or true and false for booleans") from None
    where.equal({"value": numbers}, {"value": "value"})


def _as_json(score: StoredScore, project: str, groups: Sequence[str]) -> dict[str, object]:
    result: dict[str, object] = {
        "id": score.id,
        "projectId": project,
        "name": score.name,
        "source": score.source,
        "timestamp": score.timestamp,
        "environment": score.environment,
        "createdAt": score.timestamp,
        "updatedAt": score.timestamp,
    }
    if "details" in groups:
        details = {
            "comment": score.comment,
            "configId": score.config_id,
            "metadata": score.metadata,
        }
        result |= details
    if "subject" in groups:
        result["subject"] = _subject(score)
    if "annotation" in groups:
        result |= {"authorUserId": score.author_user_id, "queueId": score.queue_id}
    return {**result, "dataType": score.data_type, "value": _value(score)}


def _value(score: StoredScore) -> object:
    if score.data_type == "BOOLEAN":
        return bool(score.value)
    return score.number() if score.data_type == "NUMERIC" else score.string_value


def _subject(score: StoredScore) -> dict[str, object]:
    if score.observation_id:
        return {"kind": "observation", "id": score.observation_id, "traceId": score.trace_id}
    if score.trace_id:
        return {"kind": "trace", "id": score.trace_id}
    if score.session_id:
        return {"kind": "session", "id": score.session_id}
    return {"kind": "experiment", "id": score.experiment_id}


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/v3/scores",
        "scoresV3_getManyV3",
        "List scores, newest first",
        list_scores,
        query=(
            QueryParameter("limit", "integer", description="at most 100"),
            QueryParameter("cursor", description="where the page before ended"),
            QueryParameter("fields", description=f"groups of fields: {', '.join(_GROUPS)}"),
            *(QueryParameter(name, description="one or several, by commas") for name in _COLUMNS),
            *(QueryParameter(name) for name in ("value", "valueMin", "valueMax")),
            QueryParameter("fromTimestamp", format="date-time"),
            QueryParameter("toTimestamp", format="date-time"),
        ),
        events_only=True,
    ),
)
