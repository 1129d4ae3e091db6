"""What is exported, and the parts that it is read in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from langsync.client import Client
from langsync.client.schemas import PAGE_OF_NAMES
from langsync.errors import ConfigError
from langsync.observability import SOURCES, Period, Reading
from langsync.observability.generation import is_new
from langsync.observability.times import written

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing is older."""

_CHUNK: Final = 50
"""Prompts of one part."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an export.

    Args:
        period: Of a list with times: which ones. Of datasets: as they were at its end.
        names: Of prompts or datasets: which ones.
    """

    period: Period = field(default_factory=Period)
    names: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is kept beside the parts."""
        times = (self.period.start, self.period.end)
        period = [None if time is None else written(time) for time in times]
        return {"period": period, "names": list(self.names)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Part:
        """A part as it was kept."""
        start, end = (
            None if time is None else datetime.fromisoformat(time) for time in kept["period"]
        )
        return cls(Period(start, end), tuple(kept["names"]))


@dataclass(frozen=True, slots=True)
class Job:
    """What is exported.

    Args:
        source: ``traces``, ``observations``, ``scores``, ``sessions``, ``prompts`` or ``datasets``.
        filters: Parameters of the API that choose rows.
        period: Only rows of this time.
        shard: Which of how many shards, from 1; None for all of it.
        relative: The words for where the period begins and ends, where those are relative to now.
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
        """Whether it is a list with times."""
        return self.source in SOURCES

    def as_json(self) -> dict[str, Any]:
        """What has to be the same where an export goes on: what was asked for.

        ``7d`` is the same request an hour later, and goes on with the time that it meant first.
        """
        filters = {name: self.filters[name] for name in sorted(self.filters)}
        shard = None if self.shard is None else list(self.shard)
        times = zip(self.relative, (self.period.start, self.period.end), strict=True)
        period = [words or (time and written(time)) for words, time in times]
        return {"source": self.source, "filters": filters, "period": period, "shard": shard}


async def plan_parts(client: Client, job: Job) -> list[Part]:
    """The parts of an export, in the order of the file; a list with times is one.

    Args:
        client: Who asks; its project is known.
        job: What is exported.

    Raises:
        ApiError: Langfuse said no.
        ConfigError: Its server cannot choose such rows, or export shards of it.
    """
    if job.source == "prompts":
        names = sorted({row["name"] for row in await client.pages("/v2/prompts", PAGE_OF_NAMES)})
        chunks = range(0, len(names), _CHUNK)
        return [Part(names=tuple(names[at : at + _CHUNK])) for at in chunks]
    if job.source == "datasets":
        moment = Period(None, _just_now(client))
        clock = asyncio.get_running_loop().time
        known_at = clock()
        rows = await client.pages("/v2/datasets", PAGE_OF_NAMES)
        # a time that is still to come when items are read could be changed by later writes
        await asyncio.sleep(max(0.0, known_at + 1 - clock()))
        return [Part(moment, (name,)) for name in sorted({row["name"] for row in rows})]
    new = await is_new(client)
    Reading(SOURCES[job.source], job.filters).listing(new=new)  # says what it does not have
    if job.source == "sessions" and job.shard and new:
        raise ConfigError(
            "servers of v4 know sessions by their traces alone: export them without --shard"
        )
    end = job.period.end or client.server_time() or datetime.now(UTC)
    period = stretch(Period(job.period.start or _FIRST, end), job.shard)
    return [Part(period)] if period.start != period.end else []


def _just_now(client: Client) -> datetime | None:
    """The end of the server's second, if its clock is known; at most a second from now."""
    latest = client.server_time()
    return None if latest is None else whole(latest - timedelta(seconds=1))


def stretch(period: Period, shard: tuple[int, int] | None = None) -> Period:
    """A period, or one of the equal stretches that make it up, with times as Langfuse has them."""
    start, end = period.start, period.end
    if start is None or end is None:
        raise ValueError("a period without an end cannot be cut")
    number, count = shard or (1, 1)
    borders = (start + (end - start) * part / count for part in (number - 1, number))
    first, last = map(whole, borders)
    return Period(first, max(first, last))


def whole(time: datetime) -> datetime:
    """A time without what is beyond its milliseconds."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def without(period: Period, done: Sequence[tuple[datetime, datetime]]) -> list[Period]:
    """What is left of a period when stretches of it are taken out; newest first."""
    left, end = list[Period](), period.end
    for first, last in sorted(done, reverse=True):
        if end is not None and last < end:
            left.append(Period(last, end))
        end = first
    if period.start is not None and end is not None and period.start < end:
        left.append(Period(period.start, end))
    return left
