"""Shows a plan, asks, sends it, shows what became of it; for every command that writes."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import typer

from langsync.apply import Watch, apply
from langsync.cli import console
from langsync.cli.locking import TIMEOUT, locked_project
from langsync.cli.output import Output
from langsync.cli.planning import make_plan, what_moved
from langsync.cli.progress import asking, progress
from langsync.cli.results import give
from langsync.cli.workspace import Workspace
from langsync.client import Client, Options
from langsync.client.cache import DiskCache
from langsync.config import Connection
from langsync.errors import LangsyncError, RefusedError
from langsync.model import Plan, Report
from langsync.plan import refused
from langsync.render.shape import harmless
from langsync.saved import changed


async def plan_and_send(
    connection: Connection,
    workspace: Workspace,
    options: Options,
    *,
    disk: DiskCache | None,
    yes: bool,
    output: Output,
    saved: Plan | None = None,
    lock_timeout: float | None = TIMEOUT,
) -> tuple[Plan, Report] | None:
    """Plan, show it, ask where nobody has said yes, and send it.

    Args:
        connection: Where.
        workspace: What is declared, and what was asked for.
        options: The client's options.
        disk: Where what was read is kept.
        yes: Whether nobody is asked.
        output: How the plan is shown.
        saved: The plan that was reviewed: nothing else is sent, and nobody is asked.
        lock_timeout: Seconds that another process on this machine is waited for which writes to
            the same project; None where the caller has locked it.

    Returns:
        The plan and what became of it; None if the answer was no.

    Raises:
        RefusedError: A guard says no, the plan is not the saved one, or Langfuse changed while a
            person was asked.
        LockedError: Another process on this machine is still writing to the project.
    """
    allowed = workspace.wishes.allowed
    async with (
        Client(connection, options, disk=disk) as client,
        locked_project(client, lock_timeout) as project,
    ):
        with asking(client, "Reading Langfuse"):
            plan = await make_plan(client, workspace, fresh=True, project=project)
        give(plan)
        if saved is not None and (moved := changed(saved, plan)):
            raise RefusedError([*moved, "plan again, and have that reviewed"])
        yes = yes or saved is not None
        if not (yes and console.is_quiet()):
            output.asked(plan)
        if reasons := refused(plan, allowed):
            output.refused(plan)
            raise RefusedError(reasons)
        if plan.changes and not yes:
            if not await asyncio.to_thread(_ask, plan):
                return None
            if moved := await what_moved(client, workspace, plan):
                raise RefusedError([*moved, "plan again"])
        return plan, await _send(client, plan, options.concurrency)


def conclude(sent: tuple[Plan, Report] | None, output: Output) -> int:
    """Show what became of a plan and give the exit code."""
    if sent is None:
        console.notice("Nothing was sent.")
        return 1
    plan, report = sent
    output.report(report, plan)
    if any(result.detail == "interrupted" for result in report.results):
        console.notice("What is left is planned anew: apply again to go on.")
        return 130
    return 0 if report.ok else 1


def _ask(plan: Plan) -> bool:
    """Ask a person.

    Raises:
        LangsyncError: There is none: no terminal.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise LangsyncError("there is no terminal to ask on: say --yes")
    return typer.confirm(f"Apply this to {harmless(plan.project.name)}?", default=False, err=True)


async def _send(client: Client, plan: Plan, concurrency: int) -> Report:
    watch = Watch()
    with progress("Applying", len(plan.changes)) as step, _interruptible(watch, client):
        watch.on_result = lambda _: step()
        return await apply(client, plan, concurrency=concurrency, watch=watch)


@contextmanager
def _interruptible(watch: Watch, client: Client) -> Iterator[None]:
    """Let the first Ctrl-C finish what is under way and skip the rest."""
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
