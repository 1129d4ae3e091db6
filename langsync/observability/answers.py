"""The shapes of Langfuse's responses about observations, traces, scores and sessions.

By the API reference and as observed on 4.16.0 (recorded: observability.jsonl).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Generic, NotRequired, TypeVar

from pydantic import Field
from typing_extensions import TypedDict

from langsync.client.schemas import AnswerSchema, Rows, Time

RowType = TypeVar("RowType")


class Cursor(TypedDict):
    """The cursor of the next page."""

    cursor: NotRequired[str | None]


class Totals(TypedDict):
    """The numbers of rows and pages."""

    totalItems: NotRequired[Annotated[int, Field(ge=0)]]
    totalPages: NotRequired[int]


class ByCursor(TypedDict, Generic[RowType]):
    """A page of a list whose pages have cursors."""

    data: list[RowType]
    meta: NotRequired[Cursor | None]


class ByNumber(TypedDict, Generic[RowType]):
    """A page of a list whose pages have numbers."""

    data: list[RowType]
    meta: NotRequired[Totals | None]


class _ObservedRow(TypedDict):
    """The common fields of an observation and a root."""

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


class Observation(_ObservedRow):
    """An observation; one of v3 may be of no trace."""

    traceId: str | None


class Root(_ObservedRow):
    """A root observation, which represents its trace."""

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
    """The subject of a score."""

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
