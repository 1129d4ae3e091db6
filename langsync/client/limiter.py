"""How many requests may be under way at once, and when the next may go."""

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
    """Bounds concurrency the way TCP does: up by one on a success, halved on a burst of refusals.

    A rate limit holds for one family of endpoints; the others go on meanwhile.

    Args:
        most: How many at most; it begins there.
        on_wait: Called with a family and seconds when a wait for its rate limit begins.
    """

    most: int
    on_wait: Callable[[str, float], None] = lambda family, seconds: None  # noqa: ARG005
    limit: float = field(init=False)
    active: int = 0
    rates: dict[str, Rate] = field(default_factory=dict)
    _halved: float = 0.0
    _told: dict[str, float] = field(default_factory=dict)
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.limit = float(self.most)

    @asynccontextmanager
    async def slot(self, family: str = "", patience: float = math.inf) -> AsyncIterator[float]:
        """Hold one of the places, once one is free and no rate limit holds.

        Args:
            family: What is counted together.
            patience: Seconds to wait for a rate limit at most.

        Yields:
            When it was got, for `refused`.

        Raises:
            StoppedError: It would have to wait for a rate limit, and `stop` was called.
            RejectedError: A rate limit holds for longer than that.
        """
        began = await self._turn(family, patience)
        try:
            yield began
        finally:
            self._free()

    def stop(self) -> None:
        """Let nothing wait any more: it fails instead."""
        self._stopped.set()

    async def pause(self, seconds: float) -> None:
        """Wait before something is sent again.

        Raises:
            StoppedError: `stop` was called.
        """
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)
            raise StoppedError("interrupted while it waited for Langfuse")

    def succeeded(self) -> None:
        """Allow one more."""
        self.limit = min(float(self.most), self.limit + 1)

    def refused(
        self, wait: float, family: str = "", *, sent: float | None = None, limit: int | None = None
    ) -> None:
        """Allow half as many, and none of its family for a while.

        Refusals of requests that were under way at the same moment say the same: they halve once.

        Args:
            wait: Seconds.
            family: What was refused.
            sent: When the request went, as `slot` says; None for now.
            limit: Requests in a window, where the server says.
        """
        now = _now()
        if sent is None or sent >= self._halved:
            self.limit, self._halved = max(1.0, self.limit / 2), now
        self.rates.setdefault(family, Rate()).refused(now, wait, limit)

    async def _turn(self, family: str, patience: float) -> float:
        rate = self.rates.setdefault(family, Rate())
        while True:
            while (wait := rate.wait(_now())) > 0:
                if wait > patience + ROUNDED:
                    raise RejectedError(f"too many requests: {later(wait - ROUNDED)}", 429)
                await self._sit_out(family, wait)
            await self._place()
            now = _now()
            if not rate.wait(now):
                rate.count(now)
                return now
            self._free()  # the limit was met while it waited for a place

    async def _place(self) -> None:
        while self.active >= int(self.limit):
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                self._wake()  # the turn may have been given already
                raise
        self.active += 1

    def _free(self) -> None:
        self.active -= 1
        self._wake()

    def _wake(self) -> None:
        free = int(self.limit) - self.active
        while free > 0 and self._waiting:
            if not (turn := self._waiting.popleft()).done():
                turn.set_result(None)
                free -= 1

    async def _sit_out(self, family: str, wait: float) -> None:
        until = _now() + wait
        if self._told.get(family, 0.0) < until - 1:  # once for all that wait
            self._told[family] = until
            self.on_wait(family, wait)
        await self.pause(wait)


def _now() -> float:
    return asyncio.get_running_loop().time()
