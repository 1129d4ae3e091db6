"""How many requests may be under way at once, and how long to wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx


@dataclass(slots=True)
class Limiter:
    """Bounds concurrency the way TCP does: up by one on a success, halved on a refusal.

    Args:
        most: How many at most; it begins there.
    """

    most: int
    limit: float = field(init=False)
    active: int = 0
    paused_until: float = 0.0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.limit = float(self.most)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the places, after a pause has run out and one is free."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.active < int(self.limit))
            self.active += 1
        try:
            await self._sit_out()
            yield
        finally:
            async with self._changed:
                self.active -= 1
                self._changed.notify_all()

    async def _sit_out(self) -> None:
        wait = self.paused_until - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)
            await self._sit_out()  # another refusal may have come meanwhile

    def succeeded(self) -> None:
        """Allow one more."""
        self.limit = min(float(self.most), self.limit + 1)

    def refused(self, wait: float) -> None:
        """Allow half as many, and none at all for a while.

        Args:
            wait: Seconds.
        """
        self.limit = max(1.0, self.limit / 2)
        self.paused_until = max(self.paused_until, asyncio.get_running_loop().time() + wait)


def retry_after(response: httpx.Response) -> float:
    """Seconds that the server asks to wait; 0 where it does not say."""
    try:
        return min(300.0, max(0.0, float(response.headers.get("Retry-After", 0))))
    except ValueError:
        return 0.0
