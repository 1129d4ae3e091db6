"""Pages of a list, some of them read ahead."""

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
"""The longest page of a list (recorded: prompt-list 17, item-paging)."""

AHEAD = 2.0
"""Seconds by which the time that a ``Date`` header gives is taken later than it says.

It has whole seconds, and servers make a new one once a second: it may be so much too old.
"""

REPEATS = 3
"""How often the same page comes in a row before a list counts as endless.

Twice it may have come since as many rows as a page has were written in between.
"""

READINGS = 3
"""How often a list that shifts while it is read is read again, at most."""


class Repetition:
    """Notices a list that has no end, since the server gives the same page again and again."""

    def __init__(self) -> None:
        self._last: object = None
        self._count = 0

    def check(self, page: object) -> None:
        """Take note of a page, or of what tells it from others.

        Raises:
            UnexpectedAnswerError: It has come `REPEATS` times in a row.
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
    """The answers for all pages of a list, in their order, up to the first empty one.

    Args:
        get: Asks for a page by its number, from 1.
        first: The answer for page 1.
        ahead: How many pages are asked for, or wait to be taken, at once.

    Raises:
        UnexpectedAnswerError: The server gives the same page again and again.
    """
    last = total_of(first) // -PAGE * -1 if rows_of(first) else 1
    numbers, repetition = iter(range(2, last + 1)), Repetition()
    repetition.check(_ids(first))
    yield first
    waiting: deque[asyncio.Future[Json]] = deque()
    try:
        while True:
            while len(waiting) < ahead and (number := next(numbers, None)) is not None:
                waiting.append(asyncio.ensure_future(get(number)))
            if not waiting:
                return
            answer = await waiting.popleft()
            ids = _ids(answer)
            repetition.check(ids)
            yield answer
            if not ids:  # whatever the total says
                return
    finally:
        await cancel(waiting)


async def read_rows(
    get: Callable[[int], Coroutine[Any, Any, Json]], first: Json | None, ahead: int
) -> list[dict[str, Any]]:
    """The rows of all pages, read again where the list shifted meanwhile.

    The last of `READINGS` counts in any case.

    Args:
        get: Asks for a page by its number, from 1.
        first: The answer for page 1, if it is here already.
        ahead: How many pages are asked for at once.

    Raises:
        UnexpectedAnswerError: There are more rows than the server says at any time.
    """
    for _ in range(READINGS):
        start, first = first or await get(1), None
        rows, totals = list[dict[str, Any]](), set[int]()
        async with aclosing(in_order(get, start, ahead)) as pages:
            async for answer in pages:
                totals.add(total_of(answer))
                rows += rows_of(answer)
        if totals == {len(rows)} and len({_id(row) for row in rows}) == len(rows):
            return rows
    if max(totals) < len(rows):  # it says too little: there may be more pages
        words = f"a list has {len(rows)} rows, and says that it has {max(totals)}"
        raise UnexpectedAnswerError(f"{words}: check the host")
    return rows


def _ids(answer: Json) -> list[str]:
    return [_id(row) for row in rows_of(answer)]


def _id(row: dict[str, Any]) -> str:
    """What tells a row from the others of its list."""
    return str(row.get("id", row.get("name")))


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
