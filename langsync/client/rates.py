"""How many requests a server lets through in a window, for each family of endpoints."""

from __future__ import annotations

import math
from dataclasses import dataclass

MINUTE = 60.0
"""Seconds of a window at most: limits of Langfuse Cloud are by the minute."""

ROUNDED = 0.5
"""Seconds that a server's whole number of seconds may be too few: Langfuse rounds."""

_DATASETS = ("datasets", "dataset-items", "dataset-run-items")


def family(path: str) -> str:
    """The endpoints that are counted together with one.

    Langfuse Cloud counts prompts, datasets with their items, and the rest apart. What is taken
    for two families and is one costs a refusal more, and no more than that.

    Args:
        path: Path below ``/api/public``.
    """
    first, _, rest = path.partition("?")[0].strip("/").partition("/")
    version = f"{first}/" if first[:1] == "v" and first[1:].isdigit() else ""
    name = rest.partition("/")[0] if version else first
    return "datasets" if name in _DATASETS else "prompts" if name == "prompts" else version + name


@dataclass(slots=True)
class Rate:
    """What is known of the limit on one family; times are those of one clock, in seconds.

    A window begins with its first request and has a fixed length. Who knows the limit stops before
    it is refused.

    Args:
        limit: Requests in a window; None as long as nothing was refused.
        window: Seconds of a window.
        measured: Whether the window is known from its beginning, so that it is not longer.
    """

    limit: int | None = None
    window: float = MINUTE
    measured: bool = False
    _begun: float = -math.inf
    _before: float = -math.inf
    _spent: int = 0
    _closed_until: float = -math.inf

    def wait(self, now: float) -> float:
        """Seconds until the next request may go; 0 for at once."""
        wait = self._closed_until - now
        if self.limit is not None and self._spent >= self.limit:
            wait = max(wait, self._begun + self.window + ROUNDED - now)
        return max(0.0, wait)

    def count(self, now: float) -> None:
        """Take note of a request that goes now."""
        if now >= self._begun + self.window:
            self._before, self._begun, self._spent = self._begun, now, 0
        self._spent += 1

    def refused(self, now: float, wait: float, limit: int | None) -> bool:
        """Take note of a refusal.

        Args:
            now: When.
            wait: Seconds that nothing is to be sent; a whole number may be a rounded one.
            limit: Requests in a window, where the server says.

        Returns:
            Whether this is the first of a burst, and nothing waited before.
        """
        first = now >= self._closed_until
        if limit is not None and limit > 0 and first:
            self.limit = limit
            # with less spent than there may be, the window before goes on still; or it began before
            # this run, and nobody knows when
            begun = self._begun if self._spent >= limit else self._before
            self.measured = begun > -math.inf
            self.window = min(MINUTE, now - (begun if self.measured else self._begun) + wait)
        rounded = ROUNDED if wait >= 1 and wait == int(wait) else 0.0
        self._closed_until = max(self._closed_until, now + wait + rounded)
        self._before, self._begun, self._spent = -math.inf, -math.inf, 0
        return first


def seconds_for(requests: int, limit: int, window: float) -> float:
    """How long requests take at least, where a window lets so many through.

    Args:
        requests: How many.
        limit: How many a window lets through.
        window: Seconds of a window.
    """
    return max(0, requests - 1) // limit * window


def duration(seconds: float) -> str:
    """A time as a person says it: ``12 s``, ``about 3 min``, ``about 1 h 20 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 90 else f"about {minutes // 60} h {minutes % 60} min"
