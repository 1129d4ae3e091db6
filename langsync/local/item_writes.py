"""How long upserts of items run, so that two of one id can overlap as they do on Langfuse."""

from __future__ import annotations

import asyncio
import threading
from typing import Final

_LOOK_AGAIN: Final = 0.002
"""Seconds between two looks at whether writes are still held."""


class ItemWrites:
    """The time between what an upsert of an item reads and what it writes.

    Langfuse reads the current row of an item, then closes that row and adds one. Of two upserts
    of one id in between, both read the same row and both add one: each answers 200, and two rows
    are current, one of them stale. Here upserts overlap only if they are slowed or held.

    Args:
        seconds: How long every upsert waits before it writes.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = self._usual_seconds = seconds
        self._released = threading.Event()
        self._released.set()
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many upserts have read what is stored and have not written yet."""
        return self._waiting

    def hold(self) -> None:
        """Lets upserts read, and none write until `release`."""
        self._released.clear()

    def release(self) -> None:
        """Lets the upserts that wait, and all later ones, write."""
        self._released.set()

    def clear(self) -> None:
        """Releases what waits, and slows later ones no more than the server was told to."""
        self.seconds = self._usual_seconds
        self.release()

    async def wait(self, delay: float = 0.0) -> None:
        """Waits until an upsert may write.

        Args:
            delay: Seconds that this one waits beside those of all.
        """
        if not self.seconds and not delay and self._released.is_set():
            return
        self._waiting += 1
        try:
            await asyncio.sleep(self.seconds + delay)
            # Another thread releases: an event of asyncio belongs to one loop.
            while not self._released.is_set():  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_AGAIN)
        finally:
            self._waiting -= 1
