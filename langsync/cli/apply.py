"""``langsync apply``."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli.connection_options import ConnectionOptions
from langsync.cli.options import OutputOptions, WorkspaceOptions
from langsync.cli.plan_options import SendingOptions
from langsync.errors import LangsyncError, PlanFileError

if TYPE_CHECKING:
    from langsync.model import PlanOptions
    from langsync.saved import SavedPlan

PlanArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="PLAN",
        help="A plan saved by plan --out: apply exactly that, without a question; what it allows "
        "has to be given again.",
        dir_okay=False,
    ),
]


def command(
    *,
    plan: PlanArgument = None,
    workspace: WorkspaceOptions,
    output: OutputOptions,
    sending: SendingOptions,
    connection: ConnectionOptions,
) -> int:
    """Make Langfuse what the files say.

    Plans, shows the plan, asks, and sends it. A change that fails does not stop the others; what
    needs it is skipped. Refuses, with exit code 3 and nothing sent, to overwrite what was changed
    in Langfuse behind Git's back, or to apply a saved PLAN that no longer matches. What somebody
    changes in Langfuse while it runs is not overwritten, which also ends with exit code 3. The
    report goes to stdout, the plan to stderr.

    Examples:
        langsync apply
        langsync apply --yes --env production   # asks nothing, as in CI
        langsync apply plan.json                # sends what was saved and reviewed
    """
    from langsync.cli import permissions
    from langsync.cli.output import Output
    from langsync.cli.sending import conclude, plan_and_send

    plan_options = sending.plan_options()
    saved = None if plan is None else _read(plan)
    unconfirmed: tuple[str, ...] = ()
    if saved is not None:
        unconfirmed = permissions.unconfirmed(saved, plan_options)
        workspace, plan_options = _as_saved(saved, workspace, plan_options)
        permissions.show_options(saved)
    opened = workspace.open(plan_options)
    shown = Output(output, opened.config)
    client = connection.client(connection.open(opened.environment))
    sent = asyncio.run(
        plan_and_send(
            client,
            opened,
            shown,
            yes=sending.yes,
            saved=None if saved is None else saved.plan,
            unconfirmed=unconfirmed,
            lock_timeout=sending.lock_timeout,
        )
    )
    return conclude(sent, shown)


def _read(file: Path) -> SavedPlan:
    """Read a saved plan.

    Raises:
        PlanFileError: The file cannot be read, or is not a saved plan.
    """
    from langsync.saved import read

    try:
        return read(file.read_bytes())
    except OSError as error:
        raise PlanFileError(f"{file}: {error.strerror or error}") from None
    except PlanFileError as error:
        raise PlanFileError(f"{file}: {error.message}") from None


def _as_saved(
    saved: SavedPlan, workspace: WorkspaceOptions, plan_options: PlanOptions
) -> tuple[WorkspaceOptions, PlanOptions]:
    """Returns the options of a saved plan, with the permissions given now added.

    Raises:
        LangsyncError: An option is given that only applies when a plan is made.
    """
    from langsync.model import Permission

    env = workspace.env
    planned_only = {
        "--env": env is not None and env != saved.plan.environment,
        "--target": bool(workspace.target),
        "--message": plan_options.message is not None,
        "--impact": plan_options.whole_project,
        "--allow-prune": plan_options.allow_prune not in (0, saved.plan_options.allow_prune),
        "--history-commits": bool(plan_options.history_commits),
        "--allow-delete": Permission.ALLOW_DELETE
        in plan_options.allowed - saved.plan_options.allowed,
    }
    if late := [option for option, is_given in planned_only.items() if is_given]:
        raise LangsyncError(f"{', '.join(late)}: say so to langsync plan, which makes the plan")
    as_planned = replace(workspace, env=saved.plan.environment or None, target=list(saved.targets))
    return as_planned, replace(
        saved.plan_options, allowed=saved.plan_options.allowed | plan_options.allowed
    )
