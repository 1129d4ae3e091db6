"""Reads records that are selected by name, not by time: prompt versions and dataset items."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import quote

from langsync.client import Client
from langsync.client.paging import PAGE, total_of
from langsync.client.tasks import gather
from langsync.errors import NotFoundError
from langsync.export.answers import ITEMS, PROMPTS, VERSION
from langsync.export.job import ExportPart
from langsync.observability.times import format_time

Row = dict[str, Any]

_VERSIONS_AT_ONCE: Final = 8


async def fetch_versions(client: Client, part: ExportPart) -> AsyncGenerator[list[Row], None]:
    """Yields all versions of prompts as they were written, with references unresolved.

    A version that is deleted meanwhile is left out.
    """
    semaphore = asyncio.Semaphore(_VERSIONS_AT_ONCE)

    async def get(name: str, version: int) -> list[Row]:
        async with semaphore:
            path = f"/v2/prompts/{quote(name, safe='')}"
            try:
                return [await client.get(path, VERSION, version=version, resolve="false")]
            except NotFoundError:
                return []

    for name in part.names:
        prompts = await client.pages("/v2/prompts", PROMPTS, name=name)
        entries = [entry for entry in prompts if entry["name"] == name]
        numbers = sorted(version for entry in entries for version in entry["versions"])
        fetched = await gather(get(name, number) for number in numbers)
        yield [row for rows in fetched for row in rows]


async def iter_items(
    client: Client, part: ExportPart, totals: set[int]
) -> AsyncGenerator[list[Row], None]:
    """Yields the active items of a dataset, page by page; a deleted dataset has none.

    All pages are as of one time, so that no write can shift them (recorded: item-paging). Older
    servers do not support a time, and list the current items.

    Args:
        client: The client.
        part: The dataset and the time.
        totals: Collects the total number of items that each page states.
    """
    query = _query(part)
    try:
        first = await client.get("/dataset-items", ITEMS, **query, limit=PAGE, page=1)
    except NotFoundError:
        return
    pages = client.each_page("/dataset-items", ITEMS, first=first, ahead=2, **query)
    async with aclosing(pages):
        async for page in pages:
            totals.add(total_of(page))
            yield page["data"]


def _query(part: ExportPart) -> dict[str, str | int]:
    moment = part.period.end
    version: dict[str, str | int] = {} if moment is None else {"version": format_time(moment)}
    return {"datasetName": part.names[0], **version}


async def count_versions(client: Client) -> int:
    """Returns the number of prompt versions."""
    return sum(len(row["versions"]) for row in await client.pages("/v2/prompts", PROMPTS))


async def count_items(client: Client, parts: list[ExportPart]) -> int:
    """Returns the number of active items of the datasets of parts, as of the parts' times."""

    async def count(part: ExportPart) -> int:
        try:
            return total_of(await client.get("/dataset-items", ITEMS, **_query(part), limit=1))
        except NotFoundError:
            return 0

    return sum(await gather(count(part) for part in parts))
