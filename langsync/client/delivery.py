"""Writes whose answers may be lost: looked up before they are sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from langsync.errors import AnswerLostError, ApiError
from langsync.model import Json

ATTEMPTS = 4
"""How often a write is sent whose answer is lost each time and that is not found."""

LOOKUP_DELAYS = (0.0, 0.5, 1.5, 3.5)
"""Seconds before each lookup of a write that may still be under way.

Together they are longer than a transaction of Langfuse, which takes 5 seconds at most (observed on
Langfuse 4.16.0): what is not found by then is not written twice at one moment.
"""

MAX_RETRY_AFTER = 60.0
"""Seconds that are waited where a server asks for it; where it asks for more, the write ends."""


async def deliver(
    send: Callable[[], Awaitable[Json]],
    was_applied: Callable[[], Awaitable[bool | None]],
    stopping: asyncio.Event | None = None,
) -> Json:
    """Send a write; where its answer is lost, look it up before it is sent again.

    No create is idempotent, and two upserts of one dataset item at the same moment leave two
    current rows (observed on Langfuse 4.16.0). So nothing is sent again that a lookup finds, and
    nothing that cannot be looked up.

    Args:
        send: Sends it once.
        was_applied: Whether Langfuse holds what it writes; None where that cannot be told.
        stopping: Ends the waiting once it is set: one more lookup, and nothing is sent again.

    Returns:
        The answer; None where it was lost and the write was found.

    Raises:
        AnswerLostError: It may have been applied.
        ApiError: It was not applied.
    """
    stopping = stopping or asyncio.Event()
    lost: AnswerLostError | None = None
    unresolved: AnswerLostError | None = None
    refusal: ApiError | None = None
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await send()
        except AnswerLostError as error:
            lost, refusal, delays = error, error.refusal, _delays(error, attempt)
            unresolved = unresolved if refusal else error
            ended = error.retry_after > MAX_RETRY_AFTER
        except ApiError as error:
            if lost is None:
                raise
            # an earlier sending may be the reason: a second DELETE is a 404
            refusal, delays, ended = error, LOOKUP_DELAYS[:1], True
        applied = await _look_up(was_applied, delays, stopping)
        if applied:
            return None
        if applied is None:
            raise unresolved or lost
        if ended or stopping.is_set():
            break
    if failure := unresolved or refusal:
        raise failure
    return None  # never: each attempt ends in one of the two


def _delays(lost: AnswerLostError, attempt: int) -> Sequence[float]:
    """Seconds before each lookup; one is enough where the request no longer runs."""
    if lost.refusal is not None:
        return (LOOKUP_DELAYS[min(attempt, len(LOOKUP_DELAYS) - 1)],)
    rest = min(lost.retry_after, MAX_RETRY_AFTER) - sum(LOOKUP_DELAYS)
    return (*LOOKUP_DELAYS, rest) if rest > 0 else LOOKUP_DELAYS


async def _look_up(
    was_applied: Callable[[], Awaitable[bool | None]],
    delays: Sequence[float],
    stopping: asyncio.Event,
) -> bool | None:
    """Look a write up until it is found; what the last lookup tells counts."""
    applied: bool | None = None
    for delay in delays:
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), delay)
        try:
            applied = await was_applied()
        except ApiError:
            applied = None
        if applied or stopping.is_set():
            break
    return applied
