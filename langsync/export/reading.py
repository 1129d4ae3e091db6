"""Reads the parts of an export, several at once; idle workers take over from busy ones."""

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
from langsync.export.job import ExportPart, Job, truncate_to_milliseconds
from langsync.export.named_records import fetch_versions, iter_items
from langsync.export.parts import Parts
from langsync.observability import SOURCES, ListQuery, Period, by_generation
from langsync.observability.sources import ListEndpoint

Row = dict[str, Any]

_MAX_PAGES: Final = 20
"""Pages of one part: an interruption loses at most so many for each part being read."""

_NEAR_PAGES: Final = 16
"""Pages that are shared out, estimated by how dense the rows of the page before are."""

_MAX_PIECES: Final = 3
"""The maximum number of pieces that those pages are divided into."""

_PAGE_FILL: Final = 0.95
"""The intended fill of those pages, so that a few extra rows do not need another page."""

_MS: Final = timedelta(milliseconds=1)


class _ShiftedError(Exception):
    """A list changed while it was being read: rows may be missing."""


@dataclass(slots=True)
class PartReader:
    """Reads the missing parts of an export.

    A list with times begins as one part. Each page shows the time of its last row, and the first
    page of an older period begins with the newest row of that period, however far away: so a part
    can end after any of its pages if a worker is idle, and no request is spent on periods without
    rows.

    Args:
        client: The client.
        job: The export.
        parts: The folder of the parts.
        at_once: The number of parts that are read at once.
    """

    client: Client
    job: Job
    parts: Parts
    at_once: int
    waiting: list[ExportPart] = field(default_factory=list)
    busy: int = 0
    _is_v4: bool = False
    _endpoint: ListEndpoint | None = None
    _is_first_page_short: bool = False
    _long_keys: set[str] = field(default_factory=set)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def read(self) -> None:
        """Reads all missing parts; a failure cancels the ones being read, and no other is begun."""
        if self.job.has_times:
            await by_generation(self.client, self._read_all)
        else:
            await self._read_all(is_v4=False)

    async def _read_all(self, is_v4: bool) -> None:  # noqa: FBT001 - as `by_generation` calls it
        self._is_v4, self.busy = is_v4, 0
        source = SOURCES.get(self.job.source)
        self._endpoint = None if source is None else source.v4 if is_v4 else source.v3
        self.waiting = self.parts.missing_parts()[::-1]
        self._is_first_page_short = len(self.waiting) == 1 and self.at_once > 1
        await gather(self._work() for _ in range(self.at_once))

    async def _work(self) -> None:
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self.waiting or not self.busy)
                if not self.waiting:
                    return
                part = self.waiting.pop()
                self.busy += 1
            remaining_parts = await self._read_part(part)
            async with self._changed:
                self.busy -= 1
                self.waiting += remaining_parts
                self._changed.notify_all()

    async def _read_part(self, part: ExportPart) -> list[ExportPart]:
        """Reads a part, again if its list shifted; returns the parts that are left for others."""
        for _ in range(READINGS):
            try:
                return await self._read_once(part)
            except _ShiftedError:
                continue
        subject = " and ".join(part.names) or f"what is before {part.period.end}"
        raise LangsyncError(
            f"{self.job.source}: {subject} changed while it was read, {READINGS} times in a row, "
            "so that rows may be missing: try again when less is written there"
        )

    async def _read_once(self, part: ExportPart) -> list[ExportPart]:
        totals, seen, page_count, rows_written = set[int](), set[Any](), 0, 0
        page_size, self._is_first_page_short = self._page_size(), False
        start: datetime | None = None
        remaining_parts: list[ExportPart] = []
        with self.parts.open_unfinished(part) as file:
            async with aclosing(self._iter_pages(part, totals, page_size)) as page_rows:
                async for rows in page_rows:
                    page_count += 1
                    start, remaining_parts = self._cut(part, rows, page_count, page_size)
                    rows_written += self._write(file, rows, seen, start)
                    rows.clear()  # frees the page while the next one is awaited
                    if start is not None:
                        break
        if len(totals) > 1 or (start is None and totals and totals != {rows_written}):
            raise _ShiftedError
        finished = part if start is None else ExportPart(Period(start, part.period.end))
        await asyncio.to_thread(self.parts.finish, part, finished)  # disks can be slow
        return remaining_parts

    def _write(
        self, file: IO[bytes], rows: list[Row], seen: set[Any], start: datetime | None
    ) -> int:
        """Writes the rows of a page, without those of the page before that a shift repeats."""
        new_rows = rows
        endpoint = self._endpoint
        if endpoint is None or not endpoint.has_cursor:  # pages of a cursor cannot shift
            new_rows = [row for row in rows if row["id"] not in seen]
            seen.update(row["id"] for row in rows)
        if endpoint and start:
            new_rows = [
                row for row in new_rows if datetime.fromisoformat(row[endpoint.time]) >= start
            ]
        if self.job.source == "sessions":
            new_rows = [session for row in new_rows if (session := _session(row))]
        file.write(b"".join(orjson.dumps(row) + b"\n" for row in new_rows))
        return len(new_rows)

    def _cut(
        self, part: ExportPart, rows: list[Row], page_count: int, page_size: int
    ) -> tuple[datetime | None, list[ExportPart]]:
        """Returns where a part is cut after a page, and the older parts for others to read."""
        idle = self.at_once - self.busy - len(self.waiting)
        endpoint, start = self._endpoint, part.period.start
        if endpoint is None or start is None or len(rows) < page_size:
            return None, []
        if idle <= 0 and page_count < _MAX_PAGES:
            return None, []
        times = [str(row.get(endpoint.time)) for row in rows]
        if times != sorted(times, reverse=True):
            return None, []
        try:
            newest, oldest = (datetime.fromisoformat(times[index]) for index in (0, -1))
        except ValueError:
            return None, []
        border = truncate_to_milliseconds(oldest) + _MS  # more rows of that millisecond may follow
        page_span = (newest - border) * endpoint.max_page_size / len(rows)
        remaining = border - start
        is_almost_done = (
            remaining <= 2 * page_span
            and page_count < _MAX_PAGES
            and page_size == endpoint.max_page_size
        )
        if page_span < timedelta(0) or is_almost_done:
            return None, []
        return border, _pieces(start, border, max(page_span, _MS), max(1, min(idle, _MAX_PIECES)))

    def _page_size(self) -> int:
        """Returns the page size; the first page is short, to learn soon how dense the rows are."""
        max_page_size = self._endpoint.max_page_size if self._endpoint else 0
        return max(1, max_page_size // 10) if self._is_first_page_short else max_page_size

    def _iter_pages(
        self, part: ExportPart, totals: set[int], page_size: int
    ) -> AsyncGenerator[list[Row], None]:
        if self.job.source == "prompts":
            return fetch_versions(self.client, part)
        if self.job.source == "datasets":
            return iter_items(self.client, part, totals)
        return self._iter_pages_of_period(part, totals, page_size)

    async def _iter_pages_of_period(
        self, part: ExportPart, totals: set[int], page_size: int
    ) -> AsyncGenerator[list[Row], None]:
        source, filters = SOURCES[self.job.source], self.job.filters
        query = ListQuery(
            source,
            filters,
            part.period,
            has_all_fields=True,
            totals=totals,
            long_keys=self._long_keys,
        )
        async for rows in query.iter_pages_of(self.client, is_v4=self._is_v4, page_size=page_size):
            yield rows


def _pieces(start: datetime, end: datetime, page_span: timedelta, count: int) -> list[ExportPart]:
    """Divides the rest of a part, oldest first: one far part, then pieces of whole pages."""
    pages_per_piece = max(1, min(_NEAR_PAGES, (end - start) // (2 * page_span)) // count)
    inner_bounds = [
        truncate_to_milliseconds(end - number * pages_per_piece * _PAGE_FILL * page_span)
        for number in range(count, 0, -1)
    ]
    bounds = [start, *(max(start, bound) for bound in inner_bounds), end]
    return [ExportPart(Period(first, last)) for first, last in pairwise(bounds) if first != last]


def _session(row: Row) -> Row | None:
    """Returns the session that a root observation of v4 names; a row of v3 is a session itself."""
    if "traceId" not in row:
        return row
    if not row.get("sessionId"):
        return None
    context = {"projectId": row.get("projectId"), "environment": row.get("environment")}
    return {"id": row["sessionId"], "createdAt": row["startTime"], **context}
