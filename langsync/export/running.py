"""Reads the parts of an export, several at once, and makes the file of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import orjson

from langsync.client import Client
from langsync.client.paging import READINGS
from langsync.errors import LangsyncError
from langsync.export.job import Job, Part, count_now, plan_parts
from langsync.export.parts import Parts
from langsync.export.writing import write_rows
from langsync.model import Project
from langsync.observability import SOURCES, Period, Reading

Row = dict[str, Any]

_VERSIONS_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of an export.

    Args:
        file: The file.
        rows: How many rows it has.
        parts: Of how many parts it is made.
        kept: How many of those an earlier run had read.
        counted: How many rows Langfuse counts in that time; None where it cannot say.
    """

    file: Path
    rows: int
    parts: int
    kept: int
    counted: int | None


async def export(
    client: Client, project: Project, job: Job, target: Path, *, resume: bool, at_once: int = 8
) -> Exported:
    """Export a list to a file.

    Args:
        client: Who asks.
        project: The project of its keys.
        job: What is exported.
        target: The file; see `check_target`.
        resume: Whether an export that was interrupted goes on.
        at_once: How many parts are read at once.

    Raises:
        LangsyncError: Langfuse said no, or a file cannot be written. What was read is kept, and
            `resume` goes on from there.
    """
    parts = Parts(target)
    known = f"{project.host} {project.id}"
    if resume and parts.exists():
        parts.go_on(job, known)
    else:
        parts.begin(job, known, await plan_parts(client, job))
    missing = parts.missing()
    await _read_all(client, job, parts, missing, at_once)
    counted = await _counted(client, job, parts)
    rows = write_rows(parts, target)
    parts.remove()
    return Exported(target, rows, len(parts.parts), len(parts.parts) - len(missing), counted)


async def _read_all(
    client: Client, job: Job, parts: Parts, missing: list[int], at_once: int
) -> None:
    """Read parts; after a failure those under way are given up, and nothing begins."""
    waiting = iter(missing)
    long: set[str] = set()
    if missing and job.has_times:
        whole = Period(parts.parts[-1].period.start, parts.parts[0].period.end)
        reading = Reading(SOURCES[job.source], job.filters, whole, everything=True, long=long)
        await reading.learn(client)

    async def work() -> None:
        for number in waiting:
            await _read(client, job, parts, number, long)

    tasks = [asyncio.ensure_future(work()) for _ in range(min(at_once, len(missing)))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _ShiftedError(Exception):
    """A list changed its length while it was read: rows may be missing."""


async def _read(client: Client, job: Job, parts: Parts, number: int, long: set[str]) -> None:
    """Read a part; again where its list shifted meanwhile. The third reading counts in any case."""
    for reading in range(READINGS):
        try:
            await _read_once(client, job, parts, number, long, last=reading == READINGS - 1)
        except _ShiftedError:
            continue
        return


async def _read_once(
    client: Client, job: Job, parts: Parts, number: int, long: set[str], *, last: bool
) -> None:
    totals: set[int] = set()
    before: set[Any] = set()
    written = 0
    with parts.writing(number) as file:
        async for rows in _pages(client, job, parts.parts[number], totals, long):
            # a row that comes moves others to the next page: they would come twice
            new = [row for row in rows if row.get("id") is None or row["id"] not in before]
            before = {row.get("id") for row in rows}
            written += len(new)
            file.write(b"".join(orjson.dumps(row) + b"\n" for row in new))
            rows.clear()  # a page is not kept while the next one is waited for
            del new
        if totals and totals != {written} and not last:
            raise _ShiftedError


async def _pages(
    client: Client, job: Job, part: Part, totals: set[int], long: set[str]
) -> AsyncIterator[list[Row]]:
    if job.source == "prompts":
        async for rows in _versions(client, part):
            yield rows
    elif job.source == "datasets":
        async for rows in _items(client, part, totals):
            yield rows
    else:
        source = SOURCES[job.source]
        reading = Reading(
            source, job.filters, part.period, everything=True, totals=totals, long=long
        )
        async for rows in reading.pages(client):
            yield rows


async def _versions(client: Client, part: Part) -> AsyncIterator[list[Row]]:
    """All versions of prompts, as they were written: references are left as they are."""
    gate = asyncio.Semaphore(_VERSIONS_AT_ONCE)

    async def get(name: str, version: int) -> Row:
        async with gate:
            path = f"/v2/prompts/{quote(name, safe='')}"
            found: Row = await client.get(path, version=version, resolve="false")
            return found

    for name in part.names:
        metas = [one for one in await client.pages("/v2/prompts", name=name) if one["name"] == name]
        versions = sorted(version for one in metas for version in one["versions"])
        yield list(await asyncio.gather(*(get(name, version) for version in versions)))


async def _items(client: Client, part: Part, totals: set[int]) -> AsyncIterator[list[Row]]:
    """The active items of a dataset, at one time where the server knows such."""
    for name in part.names:
        query: dict[str, str | int] = {"datasetName": name}
        first = await client.get("/dataset-items", **query, limit=100, page=1)
        async for answer in client.each_page("/dataset-items", first=first, ahead=2, **query):
            totals.add(answer["meta"]["totalItems"])
            yield answer["data"]


async def _counted(client: Client, job: Job, parts: Parts) -> int | None:
    """What Langfuse counts; no export fails because it cannot."""
    try:
        return await count_now(client, job, parts.parts)
    except LangsyncError:
        return None
