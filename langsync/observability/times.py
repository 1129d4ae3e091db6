"""Parses times as users write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from langsync.errors import ConfigError

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO: Final = re.compile(r"(\d{1,6})\s*([mhdw])")


def parse_time(text: str, now: datetime) -> datetime:
    """Returns the time that a text stands for: ``7d`` before now, a day, or a time.

    Args:
        text: ``30m``, ``12h``, ``7d``, ``2w``; ``2026-01-31``, which begins at midnight, or
            ``2026-01-31T12:00:00Z``; UTC unless it names a zone.
        now: The current time, with its zone.

    Raises:
        ConfigError: The text is no time.
    """
    match = _AGO.fullmatch(text.strip())
    try:
        if match is not None:
            return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
        time = datetime.fromisoformat(text.strip())
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        time.astimezone(UTC)  # raises for a time before the year 1
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{text!r} is no time: write 7d, 12h or 30m ago, 2026-01-31 or 2026-01-31T12:00:00Z"
        ) from None
    return time


@dataclass(frozen=True, slots=True)
class Period:
    """A period of time; its end is exclusive.

    Args:
        start: When it begins; None for no bound.
        end: When it ends; None for no bound.
    """

    start: datetime | None = None
    end: datetime | None = None

    @classmethod
    def parse(
        cls, since: str | None, start: str | None, end: str | None, now: datetime | None = None
    ) -> Period:
        """Returns the period of ``--since``, ``--from`` and ``--to``.

        Raises:
            ConfigError: One is no time, both ``--since`` and ``--from`` are set, or the period ends
                before it begins.
        """
        now = now or datetime.now(UTC)
        if since and start:
            raise ConfigError("--since and --from both say where to begin: leave one out")
        begin = since or start
        period = cls(
            parse_time(begin, now) if begin else None, parse_time(end, now) if end else None
        )
        if period.start and period.end and period.start >= period.end:
            raise ConfigError("the time given by --to is not after the one where it begins")
        return period


def format_time(time: datetime) -> str:
    """Returns a time as Langfuse's API takes it, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
