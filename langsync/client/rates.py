"""The number of requests that a server allows in a window, for each family of endpoints."""

from __future__ import annotations

import math
from dataclasses import dataclass

MINUTE = 60.0
"""The maximum seconds of a window: limits of Langfuse Cloud are per minute."""

ROUNDED = 0.5
"""Seconds by which a whole number of seconds may be too small: Langfuse rounds."""

_DATASETS = ("datasets", "dataset-items", "dataset-run-items")


def family(path: str) -> str:
    """Returns the name of the family of endpoints that share a limit with a path.

    Langfuse Cloud counts prompts, datasets with their items, and the others separately. If two
    assumed families are one, that costs one more refusal, and nothing else.

    Args:
        path: Path below ``/api/public``.
    """
    segment, _, remainder = path.partition("?")[0].strip("/").partition("/")
    version = f"{segment}/" if segment[:1] == "v" and segment[1:].isdigit() else ""
    name = remainder.partition("/")[0] if version else segment
    return "datasets" if name in _DATASETS else "prompts" if name == "prompts" else version + name


@dataclass(slots=True)
class Rate:
    """The known limit of one family; times are those of one clock, in seconds.

    A window begins with its first request and has a fixed length. Once the limit is known, no
    request is sent that would be refused.

    Args:
        limit: The number of requests in a window; None until a request was refused.
        window: The length of a window in seconds.
        measured: Whether the start of the window is known, so that it is not longer.
    """

    limit: int | None = None
    window: float = MINUTE
    measured: bool = False
    _window_start: float = -math.inf
    _previous_start: float = -math.inf
    _sent_count: int = 0
    _closed_until: float = -math.inf

    def wait(self, now: float) -> float:
        """Returns the seconds until the next request may be sent; 0 for immediately."""
        wait = self._closed_until - now
        if self.limit is not None and self._sent_count >= self.limit:
            wait = max(wait, self._window_start + self.window + ROUNDED - now)
        return max(0.0, wait)

    def count(self, now: float) -> None:
        """Records a request that is sent now."""
        if now >= self._window_start + self.window:
            self._previous_start, self._window_start, self._sent_count = self._window_start, now, 0
        self._sent_count += 1

    def refused(self, now: float, wait: float, limit: int | None) -> bool:
        """Records a refusal.

        Args:
            now: The time of the refusal.
            wait: Seconds to send no request; a whole number may be rounded.
            limit: The number of requests in a window; None if the server does not say.

        Returns:
            Whether it is the first of a burst of refusals.
        """
        is_first = now >= self._closed_until
        if limit is not None and limit > 0 and is_first:
            self.limit = limit
            # with fewer requests than the limit, the previous window has not ended, or the window
            # began before this run, at an unknown time
            window_start = self._window_start if self._sent_count >= limit else self._previous_start
            self.measured = window_start > -math.inf
            known_start = window_start if self.measured else self._window_start
            self.window = min(MINUTE, now - known_start + wait)
        rounding = ROUNDED if wait >= 1 and wait == int(wait) else 0.0
        self._closed_until = max(self._closed_until, now + wait + rounding)
        self._previous_start, self._window_start, self._sent_count = -math.inf, -math.inf, 0
        return is_first


def seconds_for(requests: int, limit: int, window: float) -> float:
    """Returns the minimum seconds that requests take under a limit.

    Args:
        requests: The number of requests.
        limit: The number of requests in a window.
        window: The length of a window in seconds.
    """
    return max(0, requests - 1) // limit * window


def duration(seconds: float) -> str:
    """Returns a duration as text: ``12 s``, ``about 3 min``, ``about 1 h 20 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {minutes // 60} h {minutes % 60} min"
