"""``langsync drift``."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from langsync.cli.options import (
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
    TargetOption,
    TimeoutOption,
)
from langsync.model import Drift, Wishes


def command(
    config: ConfigOption = None,
    env: EnvOption = None,
    target: TargetOption = None,
    all: Annotated[  # noqa: A002 - the option's name
        bool, typer.Option("--all", help="Count what no file declares as drift, too.")
    ] = False,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
    html: HtmlOption = None,
    full: FullOption = False,
    history_commits: HistoryCommitsOption = 0,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    concurrency: ConcurrencyOption = 16,
    timeout: TimeoutOption = 30.0,
    cache: CacheOption = True,
) -> int:
    """Find what was changed in Langfuse behind Git's back.

    Exit code 2 if there is any: a label moved by hand, a new version, an edited item, a deleted
    prompt. What Git has and is not deployed yet is listed and is no drift. Nothing is changed.
    """
    from langsync.cli.connecting import connection_of
    from langsync.cli.output import Output
    from langsync.cli.progress import asking
    from langsync.client import Client
    from langsync.drift import drift
    from langsync.engine import workspace as work
    from langsync.engine.planning import compare_all

    wishes = Wishes(history_commits=history_commits)
    workspace = work.open_workspace(config, env, target, wishes)
    connection = connection_of(workspace.environment, env_file, host)

    async def find() -> Drift:
        options, disk = work.options(concurrency, timeout), work.cache(wanted=cache)
        async with Client(connection, options, disk=disk) as client:
            with asking(client, "Reading Langfuse"):
                plan, view = await compare_all(client, workspace)
        return drift(plan, view, workspace.history, everything=all)

    found = asyncio.run(find())
    Output(format, workspace.config, full=full, html=html).drift(found)
    return 2 if found.found else 0
