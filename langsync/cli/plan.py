"""``langsync plan``."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from langsync.cli import console
from langsync.cli.connection_options import ConnectionOptions
from langsync.cli.option_groups import option
from langsync.cli.options import DetailedExitcodeOption, OutputOptions, WorkspaceOptions
from langsync.cli.plan_options import PlanningOptions

if TYPE_CHECKING:
    from langsync.model import Plan
    from langsync.saved import SavedPlan


def command(
    *,
    workspace: WorkspaceOptions,
    output: OutputOptions,
    planning: PlanningOptions,
    out: Annotated[
        Path | None, option("--out FILE", "Save the plan to this file, as JSON.")
    ] = None,
    detailed_exitcode: DetailedExitcodeOption = False,
    connection: ConnectionOptions,
) -> int:
    """Show what apply would change.

    Reads what Langfuse holds of the declared prompts, datasets and items, compares, and shows
    every difference with the requests it takes. Nothing is changed.

    Examples:
        langsync plan
        langsync plan --env production --target 'prompt/support/*'
        langsync plan --out plan.json   # 'langsync apply plan.json' sends just that
    """
    from langsync.cli.output import Output
    from langsync.cli.progress import asking
    from langsync.engine.planning import make_plan
    from langsync.saved import SavedPlan

    plan_options = planning.plan_options()
    opened = workspace.open(plan_options)
    endpoint = connection.open(opened.environment)

    async def make() -> Plan:
        async with connection.client(endpoint) as client:
            with asking(client, "Reading Langfuse"):
                return await make_plan(client, opened)

    made = asyncio.run(make())
    Output(output, opened.config).plan(made)
    if out is not None:
        save(SavedPlan(made, tuple(workspace.target or ()), plan_options), out)
    return 2 if detailed_exitcode and (made.changes or made.refusals) else 0


def save(saved: SavedPlan, file: Path) -> None:
    """Save a plan whole or not at all, readable by its owner only: prompts can be confidential."""
    from langsync.cli.permissions import permissions
    from langsync.saved import dump
    from langsync.source.files import write_file

    write_file(file, dump(saved), private=True)
    arguments = [shlex.quote(str(file)), *permissions(saved.plan_options)]
    console.notice(f"Saved the plan to {file}: langsync apply {' '.join(arguments)}")
