"""``langsync plan``."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import console
from langsync.cli.options import (
    AllowDeleteOption,
    AllowPruneOption,
    AllowReplaceOption,
    CacheOption,
    ConcurrencyOption,
    ConfigOption,
    EnvFileOption,
    EnvOption,
    Format,
    FormatOption,
    FullOption,
    HistoryCommitsOption,
    HostOption,
    HtmlOption,
    Impact,
    ImpactOption,
    MessageOption,
    ResolvedOption,
    TargetOption,
    TimeoutOption,
)
from langsync.model import Permission, Plan, Wishes

if TYPE_CHECKING:
    from langsync.saved import SavedPlan


def command(
    config: ConfigOption = None,
    env: EnvOption = None,
    target: TargetOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
    html: HtmlOption = None,
    full: FullOption = False,
    resolved: ResolvedOption = False,
    impact: ImpactOption = Impact.REPOSITORY,
    message: MessageOption = None,
    allow_delete: AllowDeleteOption = False,
    allow_prune: AllowPruneOption = 0,
    allow_replace: AllowReplaceOption = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Save the plan to this file, as JSON.")
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 if anything differs.")
    ] = False,
    history_commits: HistoryCommitsOption = 0,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    concurrency: ConcurrencyOption = 16,
    timeout: TimeoutOption = 30.0,
    cache: CacheOption = True,
) -> int:
    """Show what apply would change.

    Reads what Langfuse holds of the declared prompts, datasets and items, compares, and shows
    every difference with the requests it takes. Nothing is changed.
    """
    from langsync.cli.connecting import connection_of
    from langsync.cli.output import Output
    from langsync.cli.progress import asking
    from langsync.client import Client
    from langsync.engine import workspace as work
    from langsync.engine.planning import make_plan
    from langsync.saved import SavedPlan

    given = {Permission.ALLOW_DELETE: allow_delete, Permission.ALLOW_REPLACE: allow_replace}
    allowed = frozenset(one for one, is_given in given.items() if is_given)
    wishes = Wishes(allowed, message, impact is Impact.PROJECT, allow_prune, history_commits)
    workspace = work.open_workspace(config, env, target, wishes)
    connection = connection_of(workspace.environment, env_file, host)

    async def make() -> Plan:
        options, disk = work.options(concurrency, timeout), work.cache(wanted=cache)
        async with Client(connection, options, disk=disk) as client:
            with asking(client, "Reading Langfuse"):
                return await make_plan(client, workspace)

    made = asyncio.run(make())
    Output(format, workspace.config, full=full, resolved=resolved, html=html).plan(made)
    if out is not None:
        save(SavedPlan(made, tuple(target or ()), wishes), out)
    return 2 if detailed_exitcode and (made.changes or made.refusals) else 0


def save(saved: SavedPlan, file: Path) -> None:
    """Save a plan whole or not at all, readable by its owner only: prompts can be confidential."""
    from langsync.cli.permissions import permissions
    from langsync.saved import dump
    from langsync.source.files import write_file

    write_file(file, dump(saved), private=True)
    words = [shlex.quote(str(file)), *permissions(saved.wishes)]
    console.notice(f"Saved the plan to {file}: langsync apply {' '.join(words)}")
