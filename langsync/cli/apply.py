"""``langsync apply``."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from langsync.cli.options import (
    AllowDeleteOption,
    AllowPruneOption,
    CacheOption,
    ConcurrencyOption,
    ConfigOption,
    EnvFileOption,
    EnvOption,
    Format,
    FormatOption,
    FullOption,
    HostOption,
    HtmlOption,
    Impact,
    ImpactOption,
    MessageOption,
    ResolvedOption,
    TargetOption,
    TimeoutOption,
)

YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask. Needed where there is no terminal.")
]
AllowReplaceOption = Annotated[
    bool,
    typer.Option(
        "--allow-replace", help="Allow changes that delete a resource and create it again."
    ),
]
OverwriteDriftOption = Annotated[
    bool,
    typer.Option(
        "--overwrite-drift", help="Overwrite what was changed in Langfuse behind Git's back."
    ),
]
AllowOlderOption = Annotated[
    bool,
    typer.Option(
        "--allow-older", help="Deploy this checkout although a later commit is deployed already."
    ),
]


def command(
    config: ConfigOption = None,
    env: EnvOption = None,
    target: TargetOption = None,
    yes: YesOption = False,
    overwrite_drift: OverwriteDriftOption = False,
    allow_delete: AllowDeleteOption = False,
    allow_prune: AllowPruneOption = 0,
    allow_replace: AllowReplaceOption = False,
    allow_older: AllowOlderOption = False,
    message: MessageOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
    html: HtmlOption = None,
    full: FullOption = False,
    resolved: ResolvedOption = False,
    impact: ImpactOption = Impact.REPOSITORY,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    concurrency: ConcurrencyOption = 16,
    timeout: TimeoutOption = 30.0,
    cache: CacheOption = True,
) -> int:
    """Make Langfuse what the files say.

    Plans, shows the plan, asks, and sends it. A change that fails does not stop the others; what
    needs it is skipped. Refuses, with exit code 3 and nothing sent, to overwrite what was changed
    in Langfuse behind Git's back. The report goes to stdout, the plan to stderr.
    """
    from langsync.cli import sending
    from langsync.cli import workspace as work
    from langsync.cli.output import Output

    options = {
        "--overwrite-drift": overwrite_drift,
        "--allow-delete": allow_delete,
        "--allow-replace": allow_replace,
        "--allow-older": allow_older,
    }
    wishes = work.Wishes(
        frozenset(option for option, given in options.items() if given),
        message,
        impact is Impact.PROJECT,
        allow_prune,
    )
    workspace = work.open_workspace(config, env, target, wishes)
    connection = work.connection(workspace.environment, env_file, host)
    output = Output(format, workspace.config, full=full, resolved=resolved, html=html)
    sent = asyncio.run(
        sending.plan_and_send(
            connection,
            workspace,
            work.options(concurrency, timeout),
            disk=work.cache(wanted=cache),
            yes=yes,
            output=output,
        )
    )
    return sending.conclude(sent, output)
