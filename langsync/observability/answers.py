"""What is read of Langfuse's answers about observations, traces, scores and sessions.

After the API reference and what 4.16.0 was seen to answer (recorded: observability.jsonl).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Generic, NotRequired, TypeVar

from pydantic import Field
from typing_extensions import TypedDict

from langsync.client.schemas import AnswerSchema, Rows, Time

RowType = TypeVar("RowType")


class Cursor(TypedDict):
    """Where the next page begins."""

    cursor: NotRequired[str | None]


class Numbers(TypedDict):
    """How many rows and pages there are."""

    totalItems: NotRequired[Annotated[int, Field(ge=0)]]
    totalPages: NotRequired[int]


class ByCursor(TypedDict, Generic[RowType]):
    """A page of a list whose pages have cursors."""

    data: list[RowType]
    meta: NotRequired[Cursor | None]


class ByNumber(TypedDict, Generic[RowType]):
    """A page of a list whose pages have numbers."""

    data: list[RowType]
    meta: NotRequired[Numbers | None]


class _Observed(TypedDict):
    """What an observation and a root have alike."""

    id: str
    type: NotRequired[str]
    startTime: Time
    name: NotRequired[str | None]
    parentObservationId: NotRequired[str | None]
    userId: NotRequired[str | None]
    sessionId: NotRequired[str | None]
    level: NotRequired[str | None]
    model: NotRequired[str | None]
    latency: NotRequired[float | None]
    tags: NotRequired[list[str] | None]


class Observation(_Observed):
    """An observation; one of v3 may be of no trace."""

    traceId: str | None


class Root(_Observed):
    """A root observation, which stands for its trace."""

    traceId: str


class Trace(TypedDict):
    """A trace of v3."""

    id: str
    timestamp: Time
    name: NotRequired[str | None]
    userId: NotRequired[str | None]
    sessionId: NotRequired[str | None]
    tags: NotRequired[list[str] | None]


class Subject(TypedDict):
    """What a score is on."""

    kind: str
    id: str


class Score(TypedDict):
    """A score of v4."""

    id: str
    name: str
    timestamp: Time
    subject: NotRequired[Subject | None]


class OldScore(TypedDict):
    """A score of v3."""

    id: str
    name: str
    timestamp: Time
    traceId: NotRequired[str | None]
    observationId: NotRequired[str | None]
    sessionId: NotRequired[str | None]
    datasetRunId: NotRequired[str | None]


class Session(TypedDict):
    """A session of v3."""

    id: str
    createdAt: Time


OBSERVATIONS: Final = AnswerSchema(ByCursor[Observation])
ROOTS: Final = AnswerSchema(ByCursor[Root])
SCORES: Final = AnswerSchema(ByCursor[Score])
OLD_OBSERVATIONS: Final = AnswerSchema(ByNumber[Observation])
OLD_TRACES: Final = AnswerSchema(ByNumber[Trace])
OLD_SCORES: Final = AnswerSchema(ByNumber[OldScore])
OLD_SESSIONS: Final = AnswerSchema(ByNumber[Session])
TRACE: Final = AnswerSchema(Trace)
ROWS: Final = AnswerSchema(Rows[dict[str, Any]])
