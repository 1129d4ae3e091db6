"""A rate limit like those of Langfuse Cloud."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from langsync.local.endpoint import JSON, Answer
from langsync.local.javascript import dumps

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many requests a window of time takes.

    Args:
        requests: The requests that one window lets through.
        window: Its length in seconds; it begins with its first request.
        path: An expression that is searched in the path; other requests are free.
    """

    requests: int
    window: float = 60.0
    path: str = r"^/api/public/(?!health)"


class RateLimiter:
    """Counts requests against a limit.

    Args:
        limit: The limit.
        clock: The time in seconds.
    """

    def __init__(self, limit: RateLimit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._pattern = re.compile(limit.path)
        self._started = -math.inf
        self._used = 0

    def refusal(self, path: str) -> Answer | None:
        """The 429 for a request past the limit; None for one within it."""
        if not self._pattern.search(path):
            return None
        now = self._clock()
        if now - self._started >= self._limit.window:
            self._started, self._used = now, 0
        self._used += 1
        if self._used <= self._limit.requests:
            return None
        return self._too_many(self._started + self._limit.window - now)

    def clear(self) -> None:
        """Begins a new window."""
        self._started = -math.inf

    def _too_many(self, seconds: float) -> Answer:
        reset = datetime.now(UTC) + timedelta(seconds=seconds)
        headers = {
            "Retry-After": str(math.ceil(seconds)),
            "X-RateLimit-Limit": str(self._limit.requests),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": f"{reset:%a %b %d %Y %H:%M:%S} GMT+0000"
            " (Coordinated Universal Time)",
        }
        return Answer(dumps({"message": "Rate limit exceeded"}), 429, JSON, headers)
