"""``langsync apply``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    LockTimeoutOption,
    MessageOption,
    OverwriteUnknownOption,
    ResolvedOption,
    TargetOption,
    TimeoutOption,
)
from langsync.errors import LangsyncError, PlanFileError
from langsync.model import Permission, Wishes

if TYPE_CHECKING:
    from langsync.saved import SavedPlan

YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask. Needed where there is no terminal.")
]
OverwriteDriftOption = Annotated[
    bool,
    typer.Option(
        "--overwrite-drift", help="Overwrite what was changed in Langfuse behind Git's back."
    ),
]
SkipDriftOption = Annotated[
    bool,
    typer.Option(
        "--skip-drift",
        help="Leave out what was changed in Langfuse behind Git's back, and what depends on it, "
        "and send the rest.",
    ),
]
AllowOlderOption = Annotated[
    bool,
    typer.Option(
        "--allow-older", help="Deploy this checkout although a later commit is deployed already."
    ),
]


PlanArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[PLAN]",
        help="A plan saved by plan --out: apply exactly that, without a question; what it allows "
        "has to be given again.",
        dir_okay=False,
    ),
]


def command(
    plan: PlanArgument = None,
    config: ConfigOption = None,
    env: EnvOption = None,
    target: TargetOption = None,
    yes: YesOption = False,
    overwrite_drift: OverwriteDriftOption = False,
    overwrite_unknown: OverwriteUnknownOption = False,
    skip_drift: SkipDriftOption = False,
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
    history_commits: HistoryCommitsOption = 0,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    concurrency: ConcurrencyOption = 16,
    timeout: TimeoutOption = 30.0,
    lock_timeout: LockTimeoutOption = 600.0,
    cache: CacheOption = True,
) -> int:
    """Make Langfuse what the files say.

    Plans, shows the plan, asks, and sends it. A change that fails does not stop the others; what
    needs it is skipped. Refuses, with exit code 3 and nothing sent, to overwrite what was changed
    in Langfuse behind Git's back, or to apply a saved PLAN that no longer matches. What somebody
    changes in Langfuse while it runs is not overwritten, which also ends with exit code 3. The
    report goes to stdout, the plan to stderr.
    """
    from langsync.cli import permissions, sending
    from langsync.cli.connecting import connection_of
    from langsync.cli.output import Output
    from langsync.engine import workspace as work

    wishes = Wishes(
        _allowed(
            {
                Permission.OVERWRITE_DRIFT: overwrite_drift,
                Permission.OVERWRITE_UNKNOWN: overwrite_unknown,
                Permission.SKIP_DRIFT: skip_drift,
                Permission.ALLOW_DELETE: allow_delete,
                Permission.ALLOW_REPLACE: allow_replace,
                Permission.ALLOW_OLDER: allow_older,
            }
        ),
        message,
        impact is Impact.PROJECT,
        allow_prune,
        history_commits,
    )
    saved = None if plan is None else _read(plan)
    unconfirmed: tuple[str, ...] = ()
    if saved is not None:
        unconfirmed = permissions.unconfirmed(saved, wishes)
        env, target, wishes = _as_saved(saved, env, target, wishes)
        permissions.show_options(saved)
    workspace = work.open_workspace(config, env, target, wishes)
    connection = connection_of(workspace.environment, env_file, host)
    output = Output(format, workspace.config, full=full, resolved=resolved, html=html)
    sent = asyncio.run(
        sending.plan_and_send(
            connection,
            workspace,
            work.options(concurrency, timeout),
            disk=work.cache(wanted=cache),
            yes=yes,
            output=output,
            saved=None if saved is None else saved.plan,
            unconfirmed=unconfirmed,
            lock_timeout=lock_timeout,
        )
    )
    return sending.conclude(sent, output)


def _allowed(options: Mapping[Permission, bool]) -> frozenset[Permission]:
    """The permissions that were given.

    Raises:
        LangsyncError: Two contradict each other.
    """
    if options[Permission.SKIP_DRIFT] and options[Permission.OVERWRITE_DRIFT]:
        raise LangsyncError(
            "--skip-drift and --overwrite-drift contradict each other: give one of them"
        )
    return frozenset(one for one, given in options.items() if given)


def _read(file: Path) -> SavedPlan:
    """Read a saved plan.

    Raises:
        PlanFileError: It cannot be read, or is none.
    """
    from langsync.saved import read

    try:
        return read(file.read_bytes())
    except OSError as error:
        raise PlanFileError(f"{file}: {error.strerror or error}") from None
    except PlanFileError as error:
        raise PlanFileError(f"{file}: {error.message}") from None


def _as_saved(
    saved: SavedPlan, env: str | None, target: list[str] | None, wishes: Wishes
) -> tuple[str | None, list[str], Wishes]:
    """What a saved plan was made with, and what of now is added: what may be overwritten.

    Raises:
        LangsyncError: Something is asked for that only a plan can take up.
    """
    given = {
        "--env": env is not None and env != saved.plan.environment,
        "--target": bool(target),
        "--message": wishes.message is not None,
        "--impact": wishes.whole_project,
        "--allow-prune": wishes.allow_prune not in (0, saved.wishes.allow_prune),
        "--history-commits": bool(wishes.history_commits),
        "--allow-delete": Permission.ALLOW_DELETE in wishes.allowed - saved.wishes.allowed,
    }
    if late := [option for option, is_given in given.items() if is_given]:
        raise LangsyncError(f"{', '.join(late)}: say so to langsync plan, which makes the plan")
    allowed = saved.wishes.allowed | wishes.allowed
    return (
        saved.plan.environment or None,
        list(saved.targets),
        replace(saved.wishes, allowed=allowed),
    )
