"""A rate limit like those of Langfuse Cloud."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from langsync.local.endpoint import JSON, Response
from langsync.local.javascript import dumps

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limit on the number of requests in a window of time.

    Args:
        requests: The number of requests that are allowed in a window.
        window: The length of a window in seconds; it begins with its first request.
        path: A regular expression, searched in the path; other requests are not limited.
    """

    requests: int
    window: float = 60.0
    path: str = r"^/api/public/(?!health)"


class RateLimiter:
    """Counts requests against a limit.

    Args:
        limit: The limit.
        clock: Returns the time in seconds.
    """

    def __init__(self, limit: RateLimit, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._pattern = re.compile(limit.path)
        self._started = -math.inf
        self._used = 0

    def refusal(self, path: str) -> Response | None:
        """Returns a 429 for a request over the limit; None for a request within it."""
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

    def _too_many(self, seconds: float) -> Response:
        reset = datetime.now(UTC) + timedelta(seconds=seconds)
        headers = {
            "Retry-After": str(math.ceil(seconds)),
            "X-RateLimit-Limit": str(self._limit.requests),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": f"{reset:%a %b %d %Y %H:%M:%S} GMT+0000"
            " (Coordinated Universal Time)",
        }
        return Response(dumps({"message": "Rate limit exceeded"}), 429, JSON, headers)
