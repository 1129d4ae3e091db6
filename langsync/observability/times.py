"""Times as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from langsync.errors import ConfigError

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO: Final = re.compile(r"(\d{1,6})\s*([mhdw])")


def moment(text: str, now: datetime) -> datetime:
    """The time that a text means: ``7d`` before now, a day, or a time.

    Args:
        text: ``30m``, ``12h``, ``7d``, ``2w``; ``2026-01-31``, which begins at midnight, or
            ``2026-01-31T12:00:00Z``; where no zone is named it is UTC.
        now: The time, with its zone.

    Raises:
        ConfigError: It means none.
    """
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago is not None:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(text.strip())
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        found.astimezone(UTC)  # which may be before the first year
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{text!r} is no time: write 7d, 12h or 30m ago, 2026-01-31 or 2026-01-31T12:00:00Z"
        ) from None
    return found


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time; what begins at its end is not in it.

    Args:
        start: When it begins; None for the beginning of all.
        end: When it ends; None for now and later.
    """

    start: datetime | None = None
    end: datetime | None = None

    @classmethod
    def read(
        cls, since: str | None, start: str | None, end: str | None, now: datetime | None = None
    ) -> Period:
        """The period that ``--since``, ``--from`` and ``--to`` mean.

        Raises:
            ConfigError: One is no time, both ways to begin are given, or it ends before it begins.
        """
        now = now or datetime.now(UTC)
        if since and start:
            raise ConfigError("--since and --from both say where to begin: leave one out")
        first = since or start
        found = cls(moment(first, now) if first else None, moment(end, now) if end else None)
        if found.start and found.end and found.start >= found.end:
            raise ConfigError("the time given by --to is not after the one where it begins")
        return found


def written(time: datetime) -> str:
    """A time as Langfuse's API takes it, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
