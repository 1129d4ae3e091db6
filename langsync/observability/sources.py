"""Where servers have traces, observations, scores and sessions."""

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
"""The filter that may have several values everywhere."""

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "type": (
        *("SPAN", "GENERATION", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR"),
        *("EMBEDDING", "GUARDRAIL"),
    ),
    "level": ("DEBUG", "DEFAULT", "WARNING", "ERROR"),
    "source": ("ANNOTATION", "API", "EVAL"),
    "dataType": ("NUMERIC", "BOOLEAN", "CATEGORICAL", "CORRECTION", "TEXT"),
}
"""The values of filters that have few, as Langfuse writes them."""

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
class Listing:
    """A list of the API.

    Args:
        path: Path below ``/api/public``.
        schema: What is expected of a page.
        filters: The parameters that choose rows.
        time: The column that the period is about.
        start: The parameter for where the period begins.
        end: The parameter for where it ends; a row at that very time is not in it.
        largest: The longest page.
        by_cursor: Whether each page says where the next begins; else pages have numbers.
        by_commas: Whether several values of a filter are one text, with commas between them.
        always: What is always asked.
        all_fields: What is asked for rows with everything that there is.
    """

    path: str
    schema: AnswerSchema
    filters: tuple[str, ...]
    time: str
    start: str
    end: str
    largest: int = 100
    by_cursor: bool = False
    by_commas: bool = False
    always: Mapping[str, str] = field(default_factory=dict)
    all_fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """What can be read.

    Args:
        name: Its name.
        new: Where servers of v4 have it.
        old: Where servers of v3 have it.
    """

    name: str
    new: Listing
    old: Listing


_ALL_GROUPS: Final = "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context"
_OBSERVATIONS: Final = Listing(
    "/v2/observations",
    OBSERVATIONS,
    _OBSERVATION_FILTERS,
    "startTime",
    "fromStartTime",
    "toStartTime",
    largest=1000,
    by_cursor=True,
    all_fields={"fields": _ALL_GROUPS},
)
SOURCES: Final = {
    source.name: source
    for source in (
        Source(
            "observations",
            _OBSERVATIONS,
            Listing(
                "/observations",
                OLD_OBSERVATIONS,
                _OLD_OBSERVATION_FILTERS,
                "startTime",
                "fromStartTime",
                "toStartTime",
            ),
        ),
        Source(  # a trace is known by its root observation on v4, which has no list of traces
            "traces",
            Listing(
                "/v2/observations",
                ROOTS,
                _TRACE_FILTERS,
                "startTime",
                "fromStartTime",
                "toStartTime",
                largest=1000,
                by_cursor=True,
                always={"isRootObservation": "true", "fields": "core,basic,trace_context"},
                all_fields={"fields": _ALL_GROUPS},
            ),
            Listing(
                "/traces", OLD_TRACES, _TRACE_FILTERS, "timestamp", "fromTimestamp", "toTimestamp"
            ),
        ),
        Source(
            "scores",
            Listing(
                "/v3/scores",
                SCORES,
                _SCORE_FILTERS,
                "timestamp",
                "fromTimestamp",
                "toTimestamp",
                by_cursor=True,
                by_commas=True,
                always={"fields": "details,subject,annotation"},
            ),
            Listing(
                "/v2/scores",
                OLD_SCORES,
                _SCORE_FILTERS,
                "timestamp",
                "fromTimestamp",
                "toTimestamp",
            ),
        ),
        Source(  # of sessions v4 has no list: those of the traces are it
            "sessions",
            Listing(
                "/v2/observations",
                ROOTS,
                ("environment", "name", "userId", "version"),
                "startTime",
                "fromStartTime",
                "toStartTime",
                largest=1000,
                by_cursor=True,
                always={"isRootObservation": "true"},
            ),
            Listing(
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
"""What can be read, by name; after the API reference and what 4.16.0 was seen to answer."""
