"""Parses times in responses, which may be written by any server in between."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_YEARS = range(2000, 9000)
"""Years that a clock may show."""


def parse_date(text: str) -> datetime | None:
    """Returns the time of a header, in UTC; None if it has none.

    A time without a zone is in UTC, as all times of HTTP are (RFC 9110, section 5.6.7).
    """
    try:
        time = parsedate_to_datetime(text)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return time if is_clock_time(time) else None


def is_clock_time(time: datetime) -> bool:
    """Whether a clock may show a time; others overflow as soon as seconds are added."""
    return time.year in _YEARS


def only_date(texts: Iterable[str]) -> datetime | None:
    """Returns the common time of several headers; None if they differ."""
    times = {parse_date(text) for text in texts}
    return times.pop() if len(times) == 1 else None
