"""``langsync pull``."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import complete, console
from langsync.cli.options import (
    CacheOption,
    ConcurrencyOption,
    ConfigOption,
    EnvFileOption,
    EnvOption,
    Format,
    FormatOption,
    FullOption,
    HostOption,
    TimeoutOption,
)
from langsync.errors import LangsyncError

if TYPE_CHECKING:
    from langsync.model import Pulled


def command(
    addresses: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ADDRESS…]",
            help="The addresses to pull, such as prompt/support/greeting; globs are allowed. "
            "By default what is declared, or everything where nothing is.",
            autocompletion=complete.addresses,
        ),
    ] = None,
    config: ConfigOption = None,
    env: EnvOption = None,
    all: Annotated[  # noqa: A002 - the option's name
        bool,
        typer.Option("--all", help="Everything in Langfuse, also what no file declares yet."),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask. Needed where there is no terminal.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Write nothing; exit with 2 if files would change or something is left alone.",
        ),
    ] = False,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Take out of the files what is not in Langfuse any more."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write over files that have uncommitted changes.")
    ] = False,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
    full: FullOption = False,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    concurrency: ConcurrencyOption = 16,
    timeout: TimeoutOption = 30.0,
    cache: CacheOption = True,
) -> int:
    """Bring Langfuse's state into the files.

    Shows what it will write as a diff, and asks. Files that exist are edited: comments and what did
    not change stay as they are. What cannot be brought is skipped with a warning. Nothing is sent.
    """
    from langsync.cli.connecting import connection_of
    from langsync.cli.progress import asking
    from langsync.cli.results import give
    from langsync.client import Client
    from langsync.engine import pulling
    from langsync.engine import workspace as work

    workspace = work.open_workspace(config, env, None)
    connection = connection_of(workspace.environment, env_file, host)

    async def read() -> Pulled:
        options = work.options(concurrency, timeout)
        async with Client(connection, options, disk=work.cache(wanted=cache)) as client:
            with asking(client, "Reading Langfuse"):
                return await pulling.make_pull(
                    client, workspace, addresses or (), everything=all, prune=prune
                )

    pulled = asyncio.run(read())
    give(pulled)
    _show(pulled, format, full=full)
    if check:
        return 2 if pulled.files or pulled.left_alone else 0
    if not pulled.files:
        return 0
    pulling.check(workspace.config, pulled, force=force)
    if not yes and not _ask(pulled):
        console.notice("Nothing was written.")
        return 1
    pulling.write(workspace.config, pulled, force=force)
    count = len(pulled.files)
    console.notice(f"{count} file{'' if count == 1 else 's'} written.")
    return 0


def _show(pulled: Pulled, format: Format, *, full: bool) -> None:  # noqa: A002 - the option's name
    from langsync.render.pulled import json, markdown, text

    for warning in pulled.warnings:
        console.notice(f"Warning: {warning}", "yellow")
    for note in pulled.notes:
        console.notice(f"Note: {note}")
    if format is Format.JSON:
        console.write(json.pulled(pulled))
    elif format is Format.MARKDOWN:
        console.write(markdown.pulled(pulled))
    else:
        console.show(text.pulled(pulled, full=full))


def _ask(pulled: Pulled) -> bool:
    """Ask a person.

    Raises:
        LangsyncError: There is none: no terminal.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise LangsyncError("there is no terminal to ask on: say --yes")
    count = len(pulled.files)
    return typer.confirm(f"Write {count} file{'' if count == 1 else 's'}?", default=False, err=True)
