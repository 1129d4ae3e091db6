"""Delays upserts of items, so that two of the same id can overlap as they do on Langfuse."""

from __future__ import annotations

import asyncio
import threading
from typing import Final

_POLL_SECONDS: Final = 0.002
"""Seconds between two checks whether writes are still held."""


class ItemWrites:
    """The time between the read and the write of an upsert of an item.

    Langfuse reads the current row of an item, then closes that row and adds one. If two upserts
    of the same id overlap, both read the same row and both add one: each responds with 200, and
    two rows are current, one of them stale. Here upserts overlap only if they are delayed or held.

    Args:
        seconds: How long each upsert waits before it writes.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = self._usual_seconds = seconds
        self._released = threading.Event()
        self._released.set()
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """The number of upserts that have read the stored row and have not written yet."""
        return self._waiting

    def hold(self) -> None:
        """Lets upserts read, but not write until `release`."""
        self._released.clear()

    def release(self) -> None:
        """Lets the waiting upserts, and all later ones, write."""
        self._released.set()

    def clear(self) -> None:
        """Releases the waiting upserts, and resets the delay to that of the server's start."""
        self.seconds = self._usual_seconds
        self.release()

    async def wait(self, delay: float = 0.0) -> None:
        """Waits until an upsert may write.

        Args:
            delay: Seconds that this upsert waits in addition.
        """
        if not self.seconds and not delay and self._released.is_set():
            return
        self._waiting += 1
        try:
            await asyncio.sleep(self.seconds + delay)
            # Another thread releases: an event of asyncio belongs to one loop.
            while not self._released.is_set():  # noqa: ASYNC110
                await asyncio.sleep(_POLL_SECONDS)
        finally:
            self._waiting -= 1
