"""The options that choose a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from langsync.observability import Period

_PANEL = "When"


@dataclass(frozen=True, kw_only=True)
class PeriodOptions:
    """Between which times.

    Args:
        since: How long ago it begins, or when.
        start: When it begins.
        end: Before when it ends.
    """

    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="TIME",
            help="Not older than: 30m, 12h, 7d, 2w; or a time.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME",
            help="Begin at this time: 2026-01-31, 2026-01-31T12:00:00Z (UTC unless it says), 7d.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="TIME", help="End before this time.", rich_help_panel=_PANEL),
    ] = None

    def period(self, since: str | None = None) -> Period:
        """The period.

        Args:
            since: When it begins where that is not said.

        Raises:
            ConfigError: A time is none, or they contradict each other.
        """
        from langsync.observability import Period

        return Period.read(self.since or (None if self.start else since), self.start, self.end)
