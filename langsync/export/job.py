"""What is exported, and how it is cut into parts that can be read beside each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import orjson

from langsync.client import Client
from langsync.client.paging import rows_of
from langsync.errors import ConfigError
from langsync.observability import SOURCES, Period, Reading
from langsync.observability.times import written

_FIRST: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Before there was any Langfuse."""

_CLOSE: Final = timedelta(hours=1)
"""How exactly it is looked for where a list begins."""

_FEWEST, _MOST = 16, 256
_CHUNK: Final = 50
"""Prompts of one part."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an export.

    Args:
        period: Of a list with times: which ones.
        names: Of prompts or datasets: which ones.
    """

    period: Period = field(default_factory=Period)
    names: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is kept beside the parts."""
        times = [None if time is None else written(time) for time in self._times]
        return {"period": times, "names": list(self.names)}

    @property
    def _times(self) -> tuple[datetime | None, datetime | None]:
        return self.period.start, self.period.end

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
    """

    source: str
    filters: Mapping[str, str | list[str]] = field(default_factory=dict)
    period: Period = field(default_factory=Period)
    shard: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if not self.has_times and (self.period != Period() or self.filters):
            raise ConfigError(f"{self.source} are exported whole: they have no times and filters")
        if self.shard is None:
            return
        number, count = self.shard
        if not 1 <= number <= count:
            raise ConfigError(f"--shard {number}/{count}: write 1/{count} to {count}/{count}")
        if self.period.start is None or self.period.end is None:
            raise ConfigError(
                "--shard needs --from and --to, so that all jobs share the same stretch of time"
            )

    @property
    def has_times(self) -> bool:
        """Whether it is a list with times."""
        return self.source in SOURCES

    def as_json(self) -> dict[str, Any]:
        """What has to be the same where an export goes on."""
        filters = {name: self.filters[name] for name in sorted(self.filters)}
        shard = None if self.shard is None else list(self.shard)
        return {"source": self.source, "filters": filters, "shard": shard}


async def plan_parts(client: Client, job: Job) -> list[Part]:
    """The parts of an export, in the order of the file: newest first, or by name.

    Args:
        client: Who asks; its project is known.
        job: What is exported.

    Raises:
        ApiError: Langfuse said no.
    """
    if job.source == "prompts":
        names = [row["name"] for row in await client.pages("/v2/prompts")]
        chunks = range(0, len(names), _CHUNK)
        return [Part(names=tuple(sorted(names)[at : at + _CHUNK])) for at in chunks]
    if job.source == "datasets":
        rows = await client.pages("/v2/datasets")
        return [Part(names=(name,)) for name in sorted(row["name"] for row in rows)]
    end = job.period.end or client.server_time() or datetime.now(UTC)
    start = job.period.start or await _oldest(client, job, end)
    if start is None or start >= end:
        return []
    parts = [Part(one) for one in slices(Period(start, end), job.shard)]
    return parts[::-1]


def slices(period: Period, shard: tuple[int, int] | None = None) -> Sequence[Period]:
    """Stretches of equal length that make up a period, or a shard of it; oldest first.

    Times are cut at whole milliseconds, as Langfuse has them.
    """
    start, end = period.start, period.end
    if start is None or end is None:
        raise ValueError("a period without an end cannot be cut")
    if shard is not None:
        number, count = shard
        start, end = _at(start, end, number - 1, count), _at(start, end, number, count)
    days = math.ceil((end - start) / timedelta(days=1))
    count = min(max(days, _FEWEST), _MOST)
    borders = sorted({_at(start, end, number, count) for number in range(count + 1)})
    return [Period(first, last) for first, last in pairwise(borders)]


def _at(start: datetime, end: datetime, number: int, count: int) -> datetime:
    if number == count:
        return end
    exact = start + (end - start) * number / count
    return exact.replace(microsecond=exact.microsecond // 1000 * 1000)


async def _oldest(client: Client, job: Job, end: datetime) -> datetime | None:
    """A time shortly before the oldest row; None where there is none at all."""

    async def anything_before(time: datetime) -> bool:
        reading = Reading(SOURCES[job.source], job.filters, Period(None, time))
        return bool(await reading.rows(client, limit=1))

    if not await anything_before(end):
        return None
    empty, some = _FIRST, end
    if await anything_before(empty):
        return datetime(1970, 1, 1, tzinfo=UTC)
    while some - empty > _CLOSE:
        middle = empty + (some - empty) / 2
        if await anything_before(middle):
            some = middle
        else:
            empty = middle
    return empty.replace(microsecond=0)


async def count_now(client: Client, job: Job, parts: Sequence[Part]) -> int | None:
    """How many observations Langfuse counts in the time of an export; None where it cannot."""
    if job.source != "observations" or job.filters or not parts:
        return None
    first, last = parts[-1].period.start, parts[0].period.end
    if first is None or last is None:
        return None
    query = {
        "view": "observations",
        "metrics": [{"measure": "count", "aggregation": "count"}],
        "dimensions": [],
        "filters": [],
        "fromTimestamp": written(first),
        "toTimestamp": written(last),
    }
    answer = await client.get("/v2/metrics", query=orjson.dumps(query).decode())
    rows = rows_of(answer)
    found = rows[0].get("count_count") if rows else 0
    return int(found) if isinstance(found, (int, float, str)) else None
