"""Asks for several things at once, and leaves nothing running behind."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

Result = TypeVar("Result")


async def gather(coroutines: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """Run coroutines at once; where one fails, the others are cancelled and waited for.

    `asyncio.gather` lets the others run: their requests would go on while the client closes, and
    their errors would be reported by nobody.

    Args:
        coroutines: What is run.

    Returns:
        Their results, in the same order.

    Raises:
        Exception: The first that one of them raised.
    """
    tasks = [asyncio.ensure_future(one) for one in coroutines]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        await cancel(tasks)
        raise


async def cancel(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel tasks and wait until they have ended; their errors are of no interest any more."""
    running = list(tasks)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
