"""The options that choose a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from langsync.cli.option_groups import option

if TYPE_CHECKING:
    from langsync.observability import Period


@dataclass(frozen=True, kw_only=True)
class PeriodOptions:
    """The period.

    Args:
        since: How long before now it begins, or when.
        start: When it begins.
        end: When it ends, exclusive.
    """

    panel: ClassVar[str] = "When"

    since: Annotated[
        str | None, option("--since TIME", "Not older than: 30m, 12h, 7d, 2w; or a time.")
    ] = None
    start: Annotated[
        str | None,
        option(
            "--from TIME",
            "Begin at this time: 2026-01-31, 2026-01-31T12:00:00Z (UTC unless it says), 7d.",
        ),
    ] = None
    end: Annotated[str | None, option("--to TIME", "End before this time.")] = None

    def period(self, since: str | None = None) -> Period:
        """The period.

        Args:
            since: When it begins if no option says so.

        Raises:
            ConfigError: A time is invalid, or the options contradict each other.
        """
        from langsync.observability import Period

        return Period.parse(self.since or (None if self.start else since), self.start, self.end)
