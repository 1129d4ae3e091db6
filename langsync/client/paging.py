"""Pages of a list, some of them read ahead."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from langsync.errors import UnexpectedAnswerError
from langsync.model import Json

PAGE = 100
"""The longest page of a list (recorded: prompt-list 17, item-paging)."""

AHEAD = 2.0
"""Seconds by which the time that a ``Date`` header gives is taken later than it says.

It has whole seconds, and servers make a new one once a second: it may be so much too old.
"""

READINGS = 3
"""How often a list that shifts while it is read is read again, at most."""


async def in_order(
    get: Callable[[int], Awaitable[Json]], first: Json, ahead: int
) -> AsyncIterator[Json]:
    """The answers for all pages of a list, in their order.

    Args:
        get: Asks for a page by its number, from 1.
        first: The answer for page 1.
        ahead: How many pages are asked for, or wait to be taken, at once.
    """
    yield first
    numbers = iter(range(2, math.ceil(total_of(first) / PAGE) + 1))
    waiting: deque[asyncio.Future[Json]] = deque()
    try:
        while True:
            while len(waiting) < ahead and (number := next(numbers, None)) is not None:
                waiting.append(asyncio.ensure_future(get(number)))
            if not waiting:
                return
            yield await waiting.popleft()
    finally:
        for one in waiting:
            one.cancel()


async def gathered(pages: AsyncIterator[Json]) -> tuple[list[dict[str, Any]], bool]:
    """The rows of all pages, and whether the list stood still: its length, and each row once."""
    rows: list[dict[str, Any]] = []
    totals: set[int] = set()
    async for answer in pages:
        totals.add(total_of(answer))
        rows += rows_of(answer)
    names = {row.get("id", row.get("name")) for row in rows}
    return rows, totals == {len(rows)} and len(names) == len(rows)


def rows_of(answer: Json, *keys: str) -> list[dict[str, Any]]:
    """The rows of a list, each with some keys at least.

    Raises:
        UnexpectedAnswerError: It is no list: something else than Langfuse answers there.
    """
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and row.keys() >= set(keys) for row in rows
    ):
        raise UnexpectedAnswerError("this answer is no list of Langfuse's: check the host")
    return rows


def total_of(answer: Json) -> int:
    """How many rows a list has in all.

    Raises:
        UnexpectedAnswerError: It is no list.
    """
    meta = answer.get("meta") if isinstance(answer, dict) else None
    total = meta.get("totalItems") if isinstance(meta, dict) else None
    if not isinstance(total, int):
        raise UnexpectedAnswerError("this answer is no list of Langfuse's: check the host")
    return total
