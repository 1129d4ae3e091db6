"""Runs coroutines concurrently, and leaves none of them running."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

Result = TypeVar("Result")


async def gather(coroutines: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """Runs coroutines concurrently; if one fails, cancels the others and waits for them.

    `asyncio.gather` lets the others run: their requests would continue while the client closes,
    and their errors would be lost.

    Args:
        coroutines: The coroutines.

    Returns:
        Their results, in the same order.

    Raises:
        Exception: The first exception that one of them raised.
    """
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        await cancel(tasks)
        raise


async def cancel(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancels tasks and waits until they have ended; their errors are ignored."""
    running = list(tasks)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
