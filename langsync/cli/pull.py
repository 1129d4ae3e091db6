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
from langsync.errors import ConfigError, LangsyncError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langsync.cli.workspace import Workspace
    from langsync.client import Client
    from langsync.config import Config
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
        bool, typer.Option("--check", help="Write nothing; exit with 2 if files would change.")
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
    from langsync.cli import workspace as work
    from langsync.client import Client

    workspace = work.open_workspace(config, env, None)
    connection = work.connection(workspace.environment, env_file, host)
    globs = _globs(addresses or (), workspace, everything=all)

    async def read() -> Pulled:
        options = work.options(concurrency, timeout)
        with console.requests("Reading Langfuse") as answered:
            disk = work.cache(wanted=cache)
            async with Client(connection, options, on_request=answered, disk=disk) as client:
                return await _pull(client, workspace, addresses or (), globs)

    pulled = asyncio.run(read())
    _show(pulled, format, full=full)
    if check or not pulled.files:
        return 2 if pulled.files else 0
    _guard(workspace.config, pulled, force=force)
    if not yes and not _ask(pulled):
        console.notice("Nothing was written.")
        return 1
    _write(workspace.config, pulled)
    return 0


def _globs(addresses: Sequence[str], workspace: Workspace, *, everything: bool) -> tuple[str, ...]:
    """What is pulled whether a file declares it or not."""
    from langsync.kinds import all_kinds

    for address in addresses:
        kind, slash, name = address.partition("/")
        if not (slash and name) or (kind not in all_kinds() and not set(kind) & set("*?[")):
            raise ConfigError(
                f"{address!r} is no address: write kind/name, such as prompt/greeting"
            )
    if everything or not (addresses or workspace.desired):
        return ("*",)
    return tuple(addresses)


async def _pull(
    client: Client,
    workspace: Workspace,
    addresses: Sequence[str],
    globs: tuple[str, ...],
) -> Pulled:
    from langsync import fetch as fetcher
    from langsync import pull as puller
    from langsync.cli.workspace import check_project
    from langsync.kinds.base import Scope

    check_project(await client.project(), workspace.config)
    declared = workspace.loaded.state
    chosen = puller.chosen(declared, addresses)
    scope = Scope(chosen, workspace.environment, workspace.config.settings, whole=globs)
    remote = await fetcher.fetch(client, scope)
    sides = puller.Sides(declared, remote.state, chosen, globs)
    for address in addresses:
        if not sides.means(address):
            raise LangsyncError(
                f"{address!r} matches nothing, neither in the files nor in Langfuse"
            )
    pulled = puller.pull(workspace.config, workspace.environment, sides)
    return pulled.with_warnings(remote.warnings)


def _show(pulled: Pulled, format: Format, *, full: bool) -> None:  # noqa: A002 - the option's name
    from langsync.render.pulled import json, markdown, text

    for warning in pulled.warnings:
        console.notice(f"Warning: {warning}", "yellow")
    if format is Format.JSON:
        console.write(json.pulled(pulled))
    elif format is Format.MARKDOWN:
        console.write(markdown.pulled(pulled))
    else:
        console.show(text.pulled(pulled, full=full))


def _guard(config: Config, pulled: Pulled, *, force: bool) -> None:
    """Make sure that nothing is lost that no commit has.

    Raises:
        RefusedError: A file has changes that are not committed.
    """
    from langsync.history.status import uncommitted

    there = [config.root / one.path for one in pulled.files if one.old is not None]
    if there and not force and (files := uncommitted(config, there)):
        words = "has changes that are not committed: commit them, or write over them with --force"
        raise RefusedError([f"{file} {words}" for file in files])


def _ask(pulled: Pulled) -> bool:
    """Ask a person.

    Raises:
        LangsyncError: There is none: no terminal.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise LangsyncError("there is no terminal to ask on: say --yes")
    count = len(pulled.files)
    return typer.confirm(f"Write {count} file{'' if count == 1 else 's'}?", default=False, err=True)


def _write(config: Config, pulled: Pulled) -> None:
    from langsync import pull as puller

    for change in pulled.files:
        puller.write(config, change)
    count = len(pulled.files)
    console.notice(f"{count} file{'' if count == 1 else 's'} written.")
