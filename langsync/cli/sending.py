"""Shows a plan, asks, sends it and reports the outcome; for every command that writes."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

import typer
from rich.text import Text

from langsync.apply import Watch, apply
from langsync.cli import console, permissions
from langsync.cli.output import Output
from langsync.cli.progress import asking, progress
from langsync.cli.results import emit
from langsync.client import Client
from langsync.engine.locking import TIMEOUT, locked_project
from langsync.engine.planning import compare_all
from langsync.engine.rechecking import Recheck, check_unmoved
from langsync.engine.workspace import Workspace
from langsync.errors import LangsyncError, RefusedError
from langsync.model import Address, Outcome, Permission, Plan, Report
from langsync.plan import left_out, refusal_reasons
from langsync.render.shape import one_line
from langsync.saved import changed


async def plan_and_send(
    client: Client,
    workspace: Workspace,
    output: Output,
    *,
    yes: bool,
    saved: Plan | None = None,
    unconfirmed: Sequence[str] = (),
    lock_timeout: float | None = TIMEOUT,
) -> tuple[Plan, Report] | None:
    """Make a plan, show it, ask unless ``yes`` is given, and send it.

    Args:
        client: Asks Langfuse; not entered yet.
        workspace: The declared resources, and the options.
        output: How the plan is shown.
        yes: Whether the plan is sent without asking.
        saved: The plan that was reviewed: only that is sent, without asking.
        unconfirmed: The permissions that only the saved plan has: the user is asked for them.
        lock_timeout: Seconds to wait for another process on this machine that writes to the
            same project; None if the caller has locked it.

    Returns:
        The plan and its report; None if the answer was no.

    Raises:
        RefusedError: A guard refuses it, the plan is not the saved one, or Langfuse changed before
            the first write.
        LockedError: Another process on this machine is still writing to the project.
    """
    allowed = workspace.plan_options.allowed
    async with (
        client,
        locked_project(client, lock_timeout, console.notice) as project,
    ):
        with asking(client, "Reading Langfuse"):
            plan, view = await compare_all(client, workspace, fresh=True, project=project)
        emit(plan)
        if saved is not None and (moved := changed(saved, plan)):
            raise RefusedError([*moved, "plan again, and have that reviewed"])
        asks = _has_terminal() and not yes
        yes = yes or saved is not None
        if not yes and _has_terminal():  # the question shows what may be overwritten
            allowed |= {Permission.OVERWRITE_UNKNOWN}
        if not (yes and console.is_quiet()):
            output.asked(plan)
        if reasons := refusal_reasons(plan, allowed):
            output.refused(plan)
            raise RefusedError(reasons)
        if not await asyncio.to_thread(permissions.confirm, unconfirmed, asks=asks):
            return None
        left = left_out(plan, allowed)
        sent = [change for change in plan.changes if change.address not in left]
        for address in left if sent else ():
            console.notice(f"{address} is left out: {left[address]}")
        if sent and not yes and not await asyncio.to_thread(_ask, plan):
            return None
        # a person who was asked may have taken long: then everything is read again
        unmoved = None if sent and not yes else view
        checks = await check_unmoved(client, workspace, sent, unmoved)
        return plan, await _send(client, plan, left, checks)


def conclude(sent: tuple[Plan, Report] | None, output: Output) -> int:
    """Show the report of an apply and return the exit code.

    What failed, or may have been applied, is an error (1). Where nothing did, and something was
    stale or left out for drift, a guard refused a part of the plan (3).
    """
    if sent is None:
        console.notice("Nothing was sent.")
        return 1
    plan, report = sent
    output.report(report, plan)
    if report.interrupted and not report.ok:
        console.notice("What is left is planned anew: apply again to go on.")
        return 130
    if report.count(Outcome.FAILED) or report.count(Outcome.UNKNOWN):
        return 1
    return 0 if report.ok else RefusedError.exit_code


def _ask(plan: Plan) -> bool:
    """Ask the user to confirm.

    Raises:
        LangsyncError: There is no terminal.
    """
    if not _has_terminal():
        raise LangsyncError("there is no terminal to ask on: say --yes")
    unknown = tuple(
        refusal for refusal in plan.refusals if refusal.allow is Permission.OVERWRITE_UNKNOWN
    )
    for reason in refusal_reasons(replace(plan, refusals=unknown)):
        console.err().print(Text(f"May be somebody's: {one_line(reason)}", "yellow"))
    return typer.confirm(f"Apply this to {one_line(plan.project.name)}?", default=False, err=True)


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


async def _send(client: Client, plan: Plan, left: dict[Address, str], checks: Recheck) -> Report:
    watch = Watch()
    with progress("Applying", len(plan.changes)) as step, _interruptible(watch, client):
        watch.on_result = lambda _: step()
        concurrency = client.options.concurrency
        return await apply(
            client, plan, concurrency=concurrency, watch=watch, checks=checks, left=left
        )


@contextmanager
def _interruptible(watch: Watch, client: Client) -> Iterator[None]:
    """Make the first Ctrl-C finish what is under way and skip the rest."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        watch.stopping.set()
        client.stop()
        console.notice("Finishing what is under way; press Ctrl-C again to stop at once.")
        loop.remove_signal_handler(signal.SIGINT)

    with suppress(NotImplementedError, RuntimeError, ValueError):
        loop.add_signal_handler(signal.SIGINT, stop)
    try:
        yield
    finally:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.remove_signal_handler(signal.SIGINT)
