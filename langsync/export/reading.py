"""Reads the parts of an export, several at once; who has nothing to do takes over from others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import IO, Any, Final

import orjson

from langsync.client import Client
from langsync.client.paging import READINGS
from langsync.client.tasks import gather
from langsync.errors import LangsyncError
from langsync.export.job import Job, Part, whole
from langsync.export.named import items, versions
from langsync.export.parts import Parts
from langsync.observability import SOURCES, Period, Reading, by_generation
from langsync.observability.sources import Listing

Row = dict[str, Any]

_MOST: Final = 20
"""Pages of one part: what an interruption costs at most for each that is read."""

_NEAR: Final = 16
"""Pages that are near, if rows lie as close as on the page before."""

_SHARED: Final = 3
"""Into how many pieces those are cut at most."""

_FULL: Final = 0.95
"""How full those pages are meant to be, so that no row too many takes another page."""

_MS: Final = timedelta(milliseconds=1)


class _ShiftedError(Exception):
    """A list changed while it was read: rows may be missing."""


@dataclass(slots=True)
class Readers:
    """Reads what is missing of an export.

    A list with times begins as one part. Each page tells where its rows end, and the next page of
    an older time begins with the newest row there, however far away: so a part ends after any of
    its pages when somebody is free to read on, and no request is spent on times without rows.

    Args:
        client: Who asks.
        job: What is exported.
        parts: Where it is kept.
        at_once: How many parts are read at once.
    """

    client: Client
    job: Job
    parts: Parts
    at_once: int
    waiting: list[Part] = field(default_factory=list)
    busy: int = 0
    _new: bool = False
    _listing: Listing | None = None
    _looks: bool = False
    _long: set[str] = field(default_factory=set)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def read(self) -> None:
        """Read it; after a failure those under way are given up, and nothing begins."""
        if self.job.has_times:
            await by_generation(self.client, self._read_all)
        else:
            await self._read_all(new=False)

    async def _read_all(self, new: bool) -> None:  # noqa: FBT001 - as `by_generation` calls it
        self._new, self.busy = new, 0
        source = SOURCES.get(self.job.source)
        self._listing = None if source is None else source.new if new else source.old
        self.waiting = self.parts.missing()[::-1]
        self._looks = len(self.waiting) == 1 and self.at_once > 1
        await gather(self._work() for _ in range(self.at_once))

    async def _work(self) -> None:
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self.waiting or not self.busy)
                if not self.waiting:
                    return
                part = self.waiting.pop()
                self.busy += 1
            rest = await self._read(part)
            async with self._changed:
                self.busy -= 1
                self.waiting += rest
                self._changed.notify_all()

    async def _read(self, part: Part) -> list[Part]:
        """Read a part, again where its list shifted meanwhile; gives what is left to others."""
        for _ in range(READINGS):
            try:
                return await self._read_once(part)
            except _ShiftedError:
                continue
        what = " and ".join(part.names) or f"what is before {part.period.end}"
        raise LangsyncError(
            f"{self.job.source}: {what} changed while it was read, {READINGS} times in a row, so "
            "that rows may be missing: try again when less is written there"
        )

    async def _read_once(self, part: Part) -> list[Part]:
        totals, seen, pages, rows_written = set[int](), set[Any](), 0, 0
        length, self._looks = self._page(), False
        border: datetime | None = None
        rest: list[Part] = []
        with self.parts.writing(part) as file:
            async with aclosing(self._pages(part, totals, length)) as reading:
                async for rows in reading:
                    pages += 1
                    border, rest = self._cut(part, rows, pages, length)
                    rows_written += self._write(file, rows, seen, border)
                    rows.clear()  # a page is not kept while the next one is waited for
                    if border is not None:
                        break
        if len(totals) > 1 or (border is None and totals and totals != {rows_written}):
            raise _ShiftedError
        held = part if border is None else Part(Period(border, part.period.end))
        await asyncio.to_thread(self.parts.finish, part, held)  # disks can be slow
        return rest

    def _write(
        self, file: IO[bytes], rows: list[Row], seen: set[Any], border: datetime | None
    ) -> int:
        """Write the rows of a page; after a shift it has some of those before."""
        new = rows
        listing = self._listing
        if listing is None or not listing.by_cursor:  # pages of a cursor cannot shift
            new = [row for row in rows if row["id"] not in seen]
            seen.update(row["id"] for row in rows)
        if listing and border:
            new = [row for row in new if datetime.fromisoformat(row[listing.time]) >= border]
        if self.job.source == "sessions":
            new = [one for row in new if (one := _session(row))]
        file.write(b"".join(orjson.dumps(row) + b"\n" for row in new))
        return len(new)

    def _cut(
        self, part: Part, rows: list[Row], pages: int, length: int
    ) -> tuple[datetime | None, list[Part]]:
        """Where a part ends after a page, if others are to read what is older, and those parts."""
        free = self.at_once - self.busy - len(self.waiting)
        listing, start = self._listing, part.period.start
        if listing is None or start is None or len(rows) < length:
            return None, []
        if free <= 0 and pages < _MOST:
            return None, []
        times = [str(row.get(listing.time)) for row in rows]
        if times != sorted(times, reverse=True):
            return None, []
        try:
            newest, oldest = (datetime.fromisoformat(times[at]) for at in (0, -1))
        except ValueError:
            return None, []
        border = whole(oldest) + _MS  # what else there is of that millisecond comes later
        span = (newest - border) * listing.largest / len(rows)
        left = border - start
        last = left <= 2 * span and pages < _MOST and length == listing.largest
        if span < timedelta(0) or last:
            return None, []
        return border, _pieces(start, border, max(span, _MS), max(1, min(free, _SHARED)))

    def _page(self) -> int:
        """How long a page is; the first one is short, to see where rows lie and share them out."""
        most = self._listing.largest if self._listing else 0
        return max(1, most // 10) if self._looks else most

    def _pages(self, part: Part, totals: set[int], length: int) -> AsyncGenerator[list[Row], None]:
        if self.job.source == "prompts":
            return versions(self.client, part)
        if self.job.source == "datasets":
            return items(self.client, part, totals)
        return self._timed(part, totals, length)

    async def _timed(
        self, part: Part, totals: set[int], length: int
    ) -> AsyncGenerator[list[Row], None]:
        source, filters = SOURCES[self.job.source], self.job.filters
        reading = Reading(
            source, filters, part.period, everything=True, totals=totals, long=self._long
        )
        async for rows in reading.pages_of(self.client, new=self._new, length=length):
            yield rows


def _pieces(start: datetime, end: datetime, page: timedelta, count: int) -> list[Part]:
    """What is left of a part, oldest first: all that is far, and some pieces of whole pages."""
    pages = max(1, min(_NEAR, (end - start) // (2 * page)) // count)
    near = [whole(end - number * pages * _FULL * page) for number in range(count, 0, -1)]
    borders = [start, *(max(start, one) for one in near), end]
    return [Part(Period(*one)) for one in pairwise(borders) if one[0] != one[1]]


def _session(row: Row) -> Row | None:
    """The session that a root observation of v4 names; a row of v3 is one."""
    if "traceId" not in row:
        return row
    if not row.get("sessionId"):
        return None
    kept = {"projectId": row.get("projectId"), "environment": row.get("environment")}
    return {"id": row["sessionId"], "createdAt": row["startTime"], **kept}
