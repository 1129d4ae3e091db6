"""``langsync pull``."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import complete, console
from langsync.cli.connection_options import ConnectionOptions
from langsync.cli.option_groups import Only, option
from langsync.cli.options import Format, OutputOptions, PlaceOptions, YesOption
from langsync.errors import LangsyncError

if TYPE_CHECKING:
    from langsync.config import Config
    from langsync.model import Pulled


@dataclass(frozen=True, kw_only=True)
class PullOptions:
    """What is pulled, and how files are treated.

    Args:
        all: Whether everything in Langfuse is pulled.
        check: Whether nothing is written.
        prune: Whether what Langfuse does not have is removed from the files.
        force: Whether files with uncommitted changes are written over.
    """

    all: Annotated[
        bool, option("--all", "Everything in Langfuse, also what no file declares yet.")
    ] = False
    check: Annotated[
        bool,
        option(
            "--check",
            "Write nothing; exit with 2 if files would change or something is left alone.",
        ),
    ] = False
    prune: Annotated[
        bool, option("--prune", "Take out of the files what is not in Langfuse any more.")
    ] = False
    force: Annotated[bool, option("--force", "Write over files that have uncommitted changes.")] = (
        False
    )


def command(
    *,
    addresses: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ADDRESS",
            help="The addresses to pull, such as prompt/support/greeting; globs are allowed. "
            "By default what is declared, or everything where nothing is.",
            autocompletion=complete.addresses,
        ),
    ] = None,
    workspace: PlaceOptions,
    options: PullOptions,
    yes: YesOption = False,
    output: Annotated[OutputOptions, Only("format", "full")],
    connection: ConnectionOptions,
) -> int:
    """Bring Langfuse's state into the files.

    Shows what it will write as a diff, and asks. Files that exist are edited: comments and what did
    not change stay as they are. What cannot be brought is skipped with a warning. Nothing is sent.

    Examples:
        langsync pull
        langsync pull --check               # exit code 2 if files would change
        langsync pull 'prompt/support/*'    # these, declared or not
    """
    from langsync.cli.progress import asking
    from langsync.cli.results import emit
    from langsync.engine.pulling import make_pull

    opened = workspace.open()
    endpoint = connection.open(opened.environment)

    async def read() -> Pulled:
        async with connection.client(endpoint) as client:
            with asking(client, "Reading Langfuse"):
                return await make_pull(
                    client, opened, addresses or (), everything=options.all, prune=options.prune
                )

    pulled = asyncio.run(read())
    emit(pulled)
    _show(pulled, output)
    if options.check:
        return 2 if pulled.files or pulled.left_alone else 0
    return _write(opened.config, pulled, force=options.force, yes=yes) if pulled.files else 0


def _write(config: Config, pulled: Pulled, *, force: bool, yes: bool) -> int:
    """Write the files once the user agrees; returns the exit code.

    Raises:
        RefusedError: A file has changes that no commit has.
    """
    from langsync.engine import pulling

    pulling.check(config, pulled, force=force)
    if not yes and not _ask(pulled):
        console.notice("Nothing was written.")
        return 1
    pulling.write(config, pulled, force=force)
    count = len(pulled.files)
    console.notice(f"{count} file{'' if count == 1 else 's'} written.")
    return 0


def _show(pulled: Pulled, output: OutputOptions) -> None:
    from langsync.render.pulled import json, markdown, text

    for warning in pulled.warnings:
        console.notice(f"Warning: {warning}", "yellow")
    for note in pulled.notes:
        console.notice(f"Note: {note}")
    if output.format is Format.JSON:
        console.write(json.pulled(pulled))
    elif output.format is Format.MARKDOWN:
        console.write(markdown.pulled(pulled))
    else:
        console.show(text.pulled(pulled, full=output.full))


def _ask(pulled: Pulled) -> bool:
    """Ask the user to confirm.

    Raises:
        LangsyncError: There is no terminal.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise LangsyncError("there is no terminal to ask on: say --yes")
    count = len(pulled.files)
    return typer.confirm(f"Write {count} file{'' if count == 1 else 's'}?", default=False, err=True)
