"""Reads what has a name and no time: versions of prompts and items of datasets."""

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
from langsync.export.job import Part
from langsync.observability.times import written

Row = dict[str, Any]

_VERSIONS_AT_ONCE: Final = 8


async def versions(client: Client, part: Part) -> AsyncGenerator[list[Row], None]:
    """All versions of prompts, as they were written: references are left as they are.

    One that is deleted meanwhile is left out.
    """
    gate = asyncio.Semaphore(_VERSIONS_AT_ONCE)

    async def get(name: str, version: int) -> list[Row]:
        async with gate:
            path = f"/v2/prompts/{quote(name, safe='')}"
            try:
                return [await client.get(path, VERSION, version=version, resolve="false")]
            except NotFoundError:
                return []

    for name in part.names:
        listed = await client.pages("/v2/prompts", PROMPTS, name=name)
        metas = [one for one in listed if one["name"] == name]
        numbers = sorted(version for one in metas for version in one["versions"])
        found = await gather(get(name, number) for number in numbers)
        yield [row for rows in found for row in rows]


async def items(client: Client, part: Part, totals: set[int]) -> AsyncGenerator[list[Row], None]:
    """The active items of a dataset, page by page; one that is gone has none.

    All pages are of one time, which no write can shift (recorded: item-paging). Older servers know
    none, and show what is there now.

    Args:
        client: Who asks.
        part: Which dataset, and when.
        totals: Gets how many there are in all, as each page says.
    """
    query = _query(part)
    try:
        first = await client.get("/dataset-items", ITEMS, **query, limit=PAGE, page=1)
    except NotFoundError:
        return
    pages = client.each_page("/dataset-items", ITEMS, first=first, ahead=2, **query)
    async with aclosing(pages):
        async for answer in pages:
            totals.add(total_of(answer))
            yield answer["data"]


def _query(part: Part) -> dict[str, str | int]:
    moment = part.period.end
    version: dict[str, str | int] = {} if moment is None else {"version": written(moment)}
    return {"datasetName": part.names[0], **version}


async def count_versions(client: Client) -> int:
    """How many versions of prompts there are."""
    return sum(len(row["versions"]) for row in await client.pages("/v2/prompts", PROMPTS))


async def count_items(client: Client, parts: list[Part]) -> int:
    """How many active items the datasets of parts have, at the time of those parts."""

    async def count(part: Part) -> int:
        try:
            return total_of(await client.get("/dataset-items", ITEMS, **_query(part), limit=1))
        except NotFoundError:
            return 0

    return sum(await gather(count(one) for one in parts))
