"""The endpoints that list traces, observations, scores and sessions, on servers of v3 and v4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from langsync.client.schemas import AnswerSchema
from langsync.observability.answers import (
    OBSERVATIONS,
    OLD_OBSERVATIONS,
    OLD_SCORES,
    OLD_SESSIONS,
    OLD_TRACES,
    ROOTS,
    SCORES,
)

REPEATABLE: Final = "environment"
"""The filter that takes several values on every server."""

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "type": (
        *("SPAN", "GENERATION", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR"),
        *("EMBEDDING", "GUARDRAIL"),
    ),
    "level": ("DEBUG", "DEFAULT", "WARNING", "ERROR"),
    "source": ("ANNOTATION", "API", "EVAL"),
    "dataType": ("NUMERIC", "BOOLEAN", "CATEGORICAL", "CORRECTION", "TEXT"),
}
"""The values of the filters with a fixed set of values, as Langfuse writes them."""

_OLD_OBSERVATION_FILTERS: Final = (
    *("name", "type", "traceId", "userId", "environment", "level", "version"),
    "parentObservationId",
)
_OBSERVATION_FILTERS: Final = (*_OLD_OBSERVATION_FILTERS, "sessionId")
_TRACE_FILTERS: Final = ("name", "userId", "sessionId", "environment", "version")
_SCORE_FILTERS: Final = (
    *("name", "traceId", "sessionId", "observationId", "environment", "source", "dataType"),
    "configId",
)


@dataclass(frozen=True, slots=True)
class ListEndpoint:
    """An endpoint that lists rows.

    Args:
        path: Path below ``/api/public``.
        schema: The schema of a page.
        filters: The parameters that select rows.
        time: The column that the period applies to.
        start: The parameter for the start of the period.
        end: The parameter for the end of the period, which is exclusive.
        max_page_size: The maximum number of rows of a page.
        has_cursor: Whether each page has a cursor for the next; otherwise pages have numbers.
        is_comma_separated: Whether several values of a filter are joined with commas.
        fixed_params: Parameters of every request.
        all_fields_params: Parameters of requests for rows with all their fields.
    """

    path: str
    schema: AnswerSchema
    filters: tuple[str, ...]
    time: str
    start: str
    end: str
    max_page_size: int = 100
    has_cursor: bool = False
    is_comma_separated: bool = False
    fixed_params: Mapping[str, str] = field(default_factory=dict)
    all_fields_params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordSource:
    """A type of record that can be listed.

    Args:
        name: Its name.
        v4: The endpoint of servers of v4.
        v3: The endpoint of servers of v3.
    """

    name: str
    v4: ListEndpoint
    v3: ListEndpoint


_ALL_GROUPS: Final = "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context"
_OBSERVATIONS: Final = ListEndpoint(
    "/v2/observations",
    OBSERVATIONS,
    _OBSERVATION_FILTERS,
    "startTime",
    "fromStartTime",
    "toStartTime",
    max_page_size=1000,
    has_cursor=True,
    all_fields_params={"fields": _ALL_GROUPS},
)
SOURCES: Final = {
    source.name: source
    for source in (
        RecordSource(
            "observations",
            _OBSERVATIONS,
            ListEndpoint(
                "/observations",
                OLD_OBSERVATIONS,
                _OLD_OBSERVATION_FILTERS,
                "startTime",
                "fromStartTime",
                "toStartTime",
            ),
        ),
        RecordSource(  # v4 has no list of traces: each is represented by its root observation
            "traces",
            ListEndpoint(
                "/v2/observations",
                ROOTS,
                _TRACE_FILTERS,
                "startTime",
                "fromStartTime",
                "toStartTime",
                max_page_size=1000,
                has_cursor=True,
                fixed_params={"isRootObservation": "true", "fields": "core,basic,trace_context"},
                all_fields_params={"fields": _ALL_GROUPS},
            ),
            ListEndpoint(
                "/traces", OLD_TRACES, _TRACE_FILTERS, "timestamp", "fromTimestamp", "toTimestamp"
            ),
        ),
        RecordSource(
            "scores",
            ListEndpoint(
                "/v3/scores",
                SCORES,
                _SCORE_FILTERS,
                "timestamp",
                "fromTimestamp",
                "toTimestamp",
                has_cursor=True,
                is_comma_separated=True,
                fixed_params={"fields": "details,subject,annotation"},
            ),
            ListEndpoint(
                "/v2/scores",
                OLD_SCORES,
                _SCORE_FILTERS,
                "timestamp",
                "fromTimestamp",
                "toTimestamp",
            ),
        ),
        RecordSource(  # v4 has no list of sessions: they are those of the traces
            "sessions",
            ListEndpoint(
                "/v2/observations",
                ROOTS,
                ("environment", "name", "userId", "version"),
                "startTime",
                "fromStartTime",
                "toStartTime",
                max_page_size=1000,
                has_cursor=True,
                fixed_params={"isRootObservation": "true"},
            ),
            ListEndpoint(
                "/sessions",
                OLD_SESSIONS,
                ("environment",),
                "createdAt",
                "fromTimestamp",
                "toTimestamp",
            ),
        ),
    )
}
"""The types of records, by name; by the API reference and as observed on 4.16.0."""
