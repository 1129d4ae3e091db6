"""The options that choose a time."""

from __future__ import annotations

from typing import Annotated

import typer

_PANEL = "When"

SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Not older than: 30m, 12h, 7d, 2w; or a time.",
        rich_help_panel=_PANEL,
    ),
]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="TIME",
        help="Begin at this time: 2026-01-31, 2026-01-31T12:00:00Z (UTC unless it says), 7d.",
        rich_help_panel=_PANEL,
    ),
]
ToOption = Annotated[
    str | None,
    typer.Option("--to", metavar="TIME", help="End before this time.", rich_help_panel=_PANEL),
]
