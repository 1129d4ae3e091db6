"""Reads the pages of a list, some of them ahead."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from langsync.client.tasks import cancel
from langsync.errors import UnexpectedAnswerError
from langsync.model import Json

PAGE = 100
"""The maximum page size of a list (recorded: prompt-list 17, item-paging)."""

AHEAD = 2.0
"""Seconds that are added to the time of a ``Date`` header.

It has whole seconds, and servers renew it once a second: it may be that much too old.
"""

REPEATS = 3
"""How often the same page is repeated in a row before a list counts as endless.

Twice may be due to a whole page of rows that were written in between.
"""

READINGS = 3
"""The maximum number of times that a list is read if it shifts meanwhile."""


class Repetition:
    """Detects an endless list, whose server repeats the same page."""

    def __init__(self) -> None:
        self._last: object = None
        self._count = 0

    def check(self, page: object) -> None:
        """Checks a page, or whatever identifies it.

        Raises:
            UnexpectedAnswerError: It was repeated `REPEATS` times in a row.
        """
        self._count = self._count + 1 if page == self._last else 1
        self._last = page
        if self._count >= REPEATS:
            raise UnexpectedAnswerError(
                "the server gives the same page again and again: the list has no end"
            )


async def in_order(
    get: Callable[[int], Coroutine[Any, Any, Json]], first: Json, ahead: int
) -> AsyncGenerator[Json, None]:
    """Yields the responses for all pages of a list, in order, up to the first empty one.

    Args:
        get: Requests a page by its number, from 1.
        first: The response for page 1.
        ahead: The maximum number of pages that are requested or not consumed yet.

    Raises:
        UnexpectedAnswerError: The server repeats the same page.
    """
    last = total_of(first) // -PAGE * -1 if rows_of(first) else 1
    numbers, repetition = iter(range(2, last + 1)), Repetition()
    repetition.check(_ids(first))
    yield first
    pending: deque[asyncio.Future[Json]] = deque()
    try:
        while True:
            while len(pending) < ahead and (number := next(numbers, None)) is not None:
                pending.append(asyncio.ensure_future(get(number)))
            if not pending:
                return
            answer = await pending.popleft()
            ids = _ids(answer)
            repetition.check(ids)
            yield answer
            if not ids:  # whatever the total is
                return
    finally:
        await cancel(pending)


async def read_rows(
    get: Callable[[int], Coroutine[Any, Any, Json]], first: Json | None, ahead: int
) -> list[dict[str, Any]]:
    """Returns the rows of all pages, read again if the list shifted meanwhile.

    The last of `READINGS` is final.

    Args:
        get: Requests a page by its number, from 1.
        first: The response for page 1, if it was read already.
        ahead: The number of pages that are requested at once.

    Raises:
        UnexpectedAnswerError: There are more rows than the server ever stated.
    """
    for _ in range(READINGS):
        first_page, first = first or await get(1), None
        rows, totals = list[dict[str, Any]](), set[int]()
        async with aclosing(in_order(get, first_page, ahead)) as pages:
            async for answer in pages:
                totals.add(total_of(answer))
                rows += rows_of(answer)
        if totals == {len(rows)} and len({_id(row) for row in rows}) == len(rows):
            return rows
    if max(totals) < len(rows):  # the total is too small: there may be more pages
        message = f"a list has {len(rows)} rows, and says that it has {max(totals)}"
        raise UnexpectedAnswerError(f"{message}: check the host")
    return rows


def _ids(answer: Json) -> list[str]:
    return [_id(row) for row in rows_of(answer)]


def _id(row: dict[str, Any]) -> str:
    """Returns what identifies a row in its list."""
    return str(row.get("id", row.get("name")))


def rows_of(answer: Json, *keys: str) -> list[dict[str, Any]]:
    """Returns the rows of a list, each of which has some keys.

    Raises:
        UnexpectedAnswerError: It is no list: the host is not Langfuse's.
    """
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and row.keys() >= set(keys) for row in rows
    ):
        raise UnexpectedAnswerError("this answer is no list of Langfuse's: check the host")
    return rows


def total_of(answer: Json) -> int:
    """Returns the total number of rows of a list.

    Raises:
        UnexpectedAnswerError: It is no list.
    """
    meta = answer.get("meta") if isinstance(answer, dict) else None
    total = meta.get("totalItems") if isinstance(meta, dict) else None
    if not isinstance(total, int):
        raise UnexpectedAnswerError("this answer is no list of Langfuse's: check the host")
    return total
