"""``langsync drift``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

from langsync.cli.connection_options import ConnectionOptions
from langsync.cli.option_groups import Only, option
from langsync.cli.options import OutputOptions, WorkspaceOptions
from langsync.cli.plan_options import PlanningOptions

if TYPE_CHECKING:
    from langsync.model import Drift


def command(
    *,
    workspace: WorkspaceOptions,
    all: Annotated[bool, option("--all", "Count what no file declares as drift, too.")] = False,
    output: Annotated[OutputOptions, Only("format", "html", "full")],
    planning: Annotated[PlanningOptions, Only("history_commits")],
    connection: ConnectionOptions,
) -> int:
    """Find what was changed in Langfuse behind Git's back.

    Exit code 2 if there is any: a label moved by hand, a new version, an edited item, a deleted
    prompt. What Git has and is not deployed yet is listed and is no drift. Nothing is changed.

    Examples:
        langsync drift
        langsync drift --env production --format json
    """
    from langsync.cli.output import Output
    from langsync.cli.progress import asking
    from langsync.drift import drift
    from langsync.engine.planning import compare_all

    opened = workspace.open(planning.plan_options())
    endpoint = connection.open(opened.environment)

    async def find() -> Drift:
        async with connection.client(endpoint) as client:
            with asking(client, "Reading Langfuse"):
                plan, view = await compare_all(client, opened)
        return drift(plan, view, opened.history, everything=all)

    drifted = asyncio.run(find())
    Output(output, opened.config).drift(drifted)
    return 2 if drifted.found else 0
