"""An export, and the parts in which it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from langsync.client import Client
from langsync.client.schemas import PAGE_OF_NAMES
from langsync.errors import ConfigError
from langsync.observability import SOURCES, ListQuery, Period
from langsync.observability.generation import has_v4_endpoints
from langsync.observability.times import format_time

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""No record is older."""

_PROMPTS_PER_PART: Final = 50


@dataclass(frozen=True, slots=True)
class ExportPart:
    """A part of an export.

    Args:
        period: The period of the rows of a list with times; datasets are read as of its end.
        names: The names of the prompts or datasets.
    """

    period: Period = field(default_factory=Period)
    names: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Returns the part as it is stored in the folder of the parts."""
        times = (self.period.start, self.period.end)
        period = [None if time is None else format_time(time) for time in times]
        return {"period": period, "names": list(self.names)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ExportPart:
        """Returns a part from its stored form."""
        start, end = (
            None if text is None else datetime.fromisoformat(text) for text in document["period"]
        )
        return cls(Period(start, end), tuple(document["names"]))


@dataclass(frozen=True, slots=True)
class Job:
    """An export.

    Args:
        source: ``traces``, ``observations``, ``scores``, ``sessions``, ``prompts`` or ``datasets``.
        filters: Parameters of the API that select rows.
        period: Only rows of this period.
        shard: The number of the shard, from 1, and the number of shards; None for no shards.
        relative: The start and end of the period as the user wrote them, if relative to now.
    """

    source: str
    filters: Mapping[str, str | list[str]] = field(default_factory=dict)
    period: Period = field(default_factory=Period)
    shard: tuple[int, int] | None = None
    relative: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        if not self.has_times and (self.period != Period() or self.filters):
            raise ConfigError(f"{self.source} are exported whole: they have no times and filters")
        if self.shard is None:
            return
        number, count = self.shard
        if not 1 <= number <= count:
            raise ConfigError(f"--shard {number}/{count}: write 1/{count} to {count}/{count}")
        if any(self.relative) or self.period.start is None or self.period.end is None:
            raise ConfigError(
                "--shard needs --from and --to with times such as 2026-01-31, not 7d, so that all "
                "jobs share the same stretch of time"
            )

    @property
    def has_times(self) -> bool:
        """Whether the records have times."""
        return self.source in SOURCES

    def as_json(self) -> dict[str, Any]:
        """Returns what has to be equal for an export to be resumed: what was asked for.

        ``7d`` is the same request an hour later, and is resumed with its first meaning.
        """
        filters = {name: self.filters[name] for name in sorted(self.filters)}
        shard = None if self.shard is None else list(self.shard)
        times = zip(self.relative, (self.period.start, self.period.end), strict=True)
        period = [relative or (absolute and format_time(absolute)) for relative, absolute in times]
        return {"source": self.source, "filters": filters, "period": period, "shard": shard}


async def plan_parts(client: Client, job: Job) -> list[ExportPart]:
    """Returns the parts of an export, in the order of the file; a list with times is one part.

    Args:
        client: The client; its project is known.
        job: The export.

    Raises:
        ApiError: Langfuse refused a request.
        ConfigError: The server cannot select such rows, or export shards of them.
    """
    if job.source == "prompts":
        names = sorted({row["name"] for row in await client.pages("/v2/prompts", PAGE_OF_NAMES)})
        chunks = range(0, len(names), _PROMPTS_PER_PART)
        return [
            ExportPart(names=tuple(names[start : start + _PROMPTS_PER_PART])) for start in chunks
        ]
    if job.source == "datasets":
        moment = Period(None, _just_now(client))
        clock = asyncio.get_running_loop().time
        asked_at = clock()
        rows = await client.pages("/v2/datasets", PAGE_OF_NAMES)
        # at a time in the future, items could still be changed by later writes
        await asyncio.sleep(max(0.0, asked_at + 1 - clock()))
        return [ExportPart(moment, (name,)) for name in sorted({row["name"] for row in rows})]
    is_v4 = await has_v4_endpoints(client)
    ListQuery(SOURCES[job.source], job.filters).endpoint(is_v4=is_v4)  # raises for a missing filter
    if job.source == "sessions" and job.shard and is_v4:
        raise ConfigError(
            "servers of v4 know sessions by their traces alone: export them without --shard"
        )
    end = job.period.end or client.server_time() or datetime.now(UTC)
    period = shard_period(Period(job.period.start or _FIRST, end), job.shard)
    return [ExportPart(period)] if period.start != period.end else []


def _just_now(client: Client) -> datetime | None:
    """Returns the end of the server's second, at most a second from now; None if unknown."""
    latest = client.server_time()
    return None if latest is None else truncate_to_milliseconds(latest - timedelta(seconds=1))


def shard_period(period: Period, shard: tuple[int, int] | None = None) -> Period:
    """Returns a period, or one of its equal shards, with times in milliseconds as Langfuse has."""
    start, end = period.start, period.end
    if start is None or end is None:
        raise ValueError("a period without an end cannot be cut")
    number, count = shard or (1, 1)
    bounds = (start + (end - start) * position / count for position in (number - 1, number))
    first, last = map(truncate_to_milliseconds, bounds)
    return Period(first, max(first, last))


def truncate_to_milliseconds(time: datetime) -> datetime:
    """Returns a time without its fraction of a millisecond."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def subtract_periods(period: Period, done: Sequence[tuple[datetime, datetime]]) -> list[Period]:
    """Returns what remains of a period without others, newest first."""
    remaining, end = list[Period](), period.end
    for first, last in sorted(done, reverse=True):
        if end is not None and last < end:
            remaining.append(Period(last, end))
        end = first
    if period.start is not None and end is not None and period.start < end:
        remaining.append(Period(period.start, end))
    return remaining
