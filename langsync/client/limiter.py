"""Limits how many requests run at once, and when the next may be sent."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from langsync.client.failures import later
from langsync.client.rates import ROUNDED, Rate
from langsync.errors import RejectedError, StoppedError


@dataclass(slots=True)
class Limiter:
    """Limits concurrency like TCP: one more after a success, half after a burst of refusals.

    A rate limit applies to one family of endpoints; requests of others are sent meanwhile.

    Args:
        maximum: The maximum concurrency, which is also the initial one.
        on_wait: Called with a family and seconds when a wait for its rate limit begins.
    """

    maximum: int
    on_wait: Callable[[str, float], None] = lambda family, seconds: None  # noqa: ARG005
    limit: float = field(init=False)
    active: int = 0
    rates: dict[str, Rate] = field(default_factory=dict)
    _halved_at: float = 0.0
    _reported: dict[str, float] = field(default_factory=dict)
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.limit = float(self.maximum)

    @asynccontextmanager
    async def slot(self, family: str = "", patience: float = math.inf) -> AsyncIterator[float]:
        """Holds a place, once one is free and no rate limit applies.

        Args:
            family: The family of endpoints.
            patience: The maximum number of seconds to wait for a rate limit.

        Yields:
            When the place was taken, for `refused`.

        Raises:
            StoppedError: It would have to wait for a rate limit, and `stop` was called.
            RejectedError: A rate limit applies for longer than that.
        """
        start = await self._wait_for_turn(family, patience)
        try:
            yield start
        finally:
            self._free()

    def stop(self) -> None:
        """Makes all waits fail, now and later."""
        self._stopped.set()

    async def pause(self, seconds: float) -> None:
        """Waits before a request is sent again.

        Raises:
            StoppedError: `stop` was called.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)
            raise StoppedError("interrupted while it waited for Langfuse")

    def succeeded(self) -> None:
        """Allows one more request at once."""
        self.limit = min(float(self.maximum), self.limit + 1)

    def refused(
        self,
        wait: float,
        family: str = "",
        *,
        sent_at: float | None = None,
        limit: int | None = None,
    ) -> None:
        """Allows half as many requests at once, and none of the family for a while.

        Several refusals of concurrent requests halve it only once.

        Args:
            wait: Seconds to send no request of the family.
            family: The family of the refused request.
            sent_at: When the request was sent, as `slot` yields; None for now.
            limit: The number of requests in a window; None if the server does not say.
        """
        now = _now()
        if sent_at is None or sent_at >= self._halved_at:
            self.limit, self._halved_at = max(1.0, self.limit / 2), now
        self.rates.setdefault(family, Rate()).refused(now, wait, limit)

    async def _wait_for_turn(self, family: str, patience: float) -> float:
        rate = self.rates.setdefault(family, Rate())
        while True:
            while (wait := rate.wait(_now())) > 0:
                if wait > patience + ROUNDED:
                    raise RejectedError(f"too many requests: {later(wait - ROUNDED)}", 429)
                await self._wait_for_rate_limit(family, wait)
            await self._wait_for_place()
            now = _now()
            if not rate.wait(now):
                rate.count(now)
                return now
            self._free()  # the limit was reached while it waited for a place

    async def _wait_for_place(self) -> None:
        while self.active >= int(self.limit):
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            try:
                await future
            except asyncio.CancelledError:
                self._wake()  # the place may have been assigned already
                raise
        self.active += 1

    def _free(self) -> None:
        self.active -= 1
        self._wake()

    def _wake(self) -> None:
        free_places = int(self.limit) - self.active
        while free_places > 0 and self._waiting:
            if not (future := self._waiting.popleft()).done():
                future.set_result(None)
                free_places -= 1

    async def _wait_for_rate_limit(self, family: str, wait: float) -> None:
        end = _now() + wait
        if self._reported.get(family, 0.0) < end - 1:  # reported once for all waiting requests
            self._reported[family] = end
            self.on_wait(family, wait)
        await self.pause(wait)


def _now() -> float:
    return asyncio.get_running_loop().time()
