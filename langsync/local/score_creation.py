"""The endpoint that creates scores, observed on 4.16.0."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from langsync.local.endpoint import Call, Endpoint, Response, json_response
from langsync.local.event_queries import MOMENT
from langsync.local.refusals import RefusalError, bad_request
from langsync.local.scores import StoredScore, put_scores
from langsync.local.validation import anything, custom, nullish, one_of, shape, string, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

_SUBJECTS: Final = ("traceId", "sessionId", "datasetRunId")
_TYPES: Final = ("NUMERIC", "CATEGORICAL", "BOOLEAN", "TEXT", "CORRECTION")
_TEXT: Final = nullish(string())
_BODY: Final = shape(
    {
        **dict.fromkeys(("id", *_SUBJECTS, "observationId", "comment", "configId"), _TEXT),
        "queueId": _TEXT,
        "name": string(),
        "value": anything,
        "dataType": nullish(one_of(*_TYPES)),
        "environment": nullish(string(), "default"),
        "metadata": nullish(anything),
        "timestamp": MOMENT,
    }
)


def create(call: Call) -> Response:
    """Answers ``POST /scores``; an existing score is overwritten.

    Recorded: observations-and-scores 12, 13.

    Raises:
        RefusalError: 400 for no or several subjects, or a value of another type.
    """
    body = validate(_BODY, call.body)
    subjects = [name for name in _SUBJECTS if body[name]]
    if len(subjects) != 1 or (body["observationId"] and not body["traceId"]):
        text = (
            "Provide exactly one of the following: traceId (with optional observationId), "
            "sessionId or datasetRunId. ObservationId requires traceId."
        )
        path = ("traceId", "sessionId", "datasetRunId", "observationId")
        raise RefusalError(400, "Invalid request data", [custom(text, path).as_json()])
    score = _score(call, body)
    with call.store.transaction():
        call.store.run(
            "DELETE FROM scores WHERE project = ? AND id = ?", (call.project.id, score.id)
        )
        put_scores(call.store, call.project.id, [score])
    return json_response({"id": score.id})


def _score(call: Call, body: Mapping[str, Any]) -> StoredScore:
    value = body["value"]
    config = call.store.row(
        "SELECT data_type FROM score_configs WHERE project = ? AND id = ?",
        (call.project.id, body["configId"]),
    )
    data_type = config["data_type"] if config else body["dataType"]
    data_type = data_type or ("CATEGORICAL" if isinstance(value, str) else "NUMERIC")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if data_type == "BOOLEAN" and (not is_number or value not in (0, 1)):
        raise bad_request("value of a BOOLEAN score must be 0 or 1")
    if (data_type in ("NUMERIC", "BOOLEAN")) != is_number:
        raise bad_request(f"value does not fit the data type {data_type}")
    return StoredScore(
        id=body["id"] or secrets.token_hex(16),
        timestamp=body["timestamp"] or call.store.now(),
        name=body["name"],
        data_type=data_type,
        value=float(value) if is_number else 0.0,
        string_value=None if is_number else str(value),
        trace_id=body["traceId"],
        observation_id=body["observationId"],
        session_id=body["sessionId"],
        experiment_id=body["datasetRunId"],
        environment=body["environment"],
        config_id=body["configId"],
        queue_id=body["queueId"],
        comment=body["comment"],
        metadata=body["metadata"] or {},
    )


ENDPOINTS: Final = (
    Endpoint(
        "POST", "/scores", "scores_create", "Create a score", create, body="CreateScoreRequest"
    ),
)
