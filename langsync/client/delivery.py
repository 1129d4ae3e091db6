"""Sends writes whose responses may be lost: they are looked up before they are sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from langsync.errors import AnswerLostError, ApiError
from langsync.model import Json

ATTEMPTS = 4
"""How often a write is sent if its response is lost and it is not found each time."""

LOOKUP_DELAYS = (0.0, 0.5, 1.5, 3.5)
"""Seconds before each lookup of a write that may still be handled.

Their sum exceeds the maximum of 5 seconds for a transaction of Langfuse (observed on Langfuse
4.16.0): a write that is not found by then is not done twice at the same time.
"""

MAX_RETRY_AFTER = 60.0
"""The maximum number of seconds to wait if a server asks to; a write that needs more fails."""


async def deliver(
    send: Callable[[], Awaitable[Json]],
    was_applied: Callable[[], Awaitable[bool | None]],
    stopping: asyncio.Event | None = None,
) -> Json:
    """Sends a write; if its response is lost, looks it up before it is sent again.

    No create is idempotent, and two simultaneous upserts of one dataset item leave two current
    rows (observed on Langfuse 4.16.0). So a write is not sent again if a lookup finds it, or if it
    cannot be looked up.

    Args:
        send: Sends it once.
        was_applied: Returns whether Langfuse has what it writes; None if that is unknown.
        stopping: Ends the waiting once set: one more lookup, and nothing is sent again.

    Returns:
        The response; None if it was lost and the write was found.

    Raises:
        AnswerLostError: It may have been applied.
        ApiError: It was not applied.
    """
    stopping = stopping or asyncio.Event()
    lost_error: AnswerLostError | None = None
    unresolved: AnswerLostError | None = None
    refusal: ApiError | None = None
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await send()
        except AnswerLostError as error:
            lost_error, refusal, lookup_delays = error, error.refusal, _delays(error, attempt)
            unresolved = unresolved if refusal else error
            is_final = error.retry_after > MAX_RETRY_AFTER
        except ApiError as error:
            if lost_error is None:
                raise
            # an earlier attempt may be the reason: a second DELETE is a 404
            refusal, lookup_delays, is_final = error, LOOKUP_DELAYS[:1], True
        is_applied = await _look_up(was_applied, lookup_delays, stopping)
        if is_applied:
            return None
        if is_applied is None:
            raise unresolved or lost_error
        if is_final or stopping.is_set():
            break
    if failure := unresolved or refusal:
        raise failure
    return None  # unreachable: each attempt sets one of the two


def _delays(error: AnswerLostError, attempt: int) -> Sequence[float]:
    """Returns the seconds before each lookup; one is enough if the request no longer runs."""
    if error.refusal is not None:
        return (LOOKUP_DELAYS[min(attempt, len(LOOKUP_DELAYS) - 1)],)
    last_delay = min(error.retry_after, MAX_RETRY_AFTER) - sum(LOOKUP_DELAYS)
    return (*LOOKUP_DELAYS, last_delay) if last_delay > 0 else LOOKUP_DELAYS


async def _look_up(
    was_applied: Callable[[], Awaitable[bool | None]],
    delays: Sequence[float],
    stopping: asyncio.Event,
) -> bool | None:
    """Looks a write up until it is found; returns the result of the last lookup."""
    is_applied: bool | None = None
    for delay in delays:
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), delay)
        try:
            is_applied = await was_applied()
        except ApiError:
            is_applied = None
        if is_applied or stopping.is_set():
            break
    return is_applied
