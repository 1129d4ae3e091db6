"""Shows a plan, asks, sends it, shows what became of it; for every command that writes."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import typer

from langsync.apply import Watch, apply
from langsync.cli import console
from langsync.cli.options import Format
from langsync.cli.planning import make_plan, what_moved
from langsync.cli.workspace import Workspace
from langsync.client import Client, Options
from langsync.client.cache import DiskCache
from langsync.config import Connection
from langsync.errors import LangsyncError, RefusedError
from langsync.model import Plan, Report
from langsync.plan import refused
from langsync.render.shape import harmless


@dataclass(frozen=True, slots=True)
class Show:
    """How a plan is shown before it is sent.

    Args:
        full: Whether nothing is folded.
        resolved: Whether texts that are made of others are shown whole.
        format: The format of the result: of the plan, if that is refused.
    """

    full: bool = False
    resolved: bool = False
    format: Format = Format.TEXT


async def plan_and_send(
    connection: Connection,
    workspace: Workspace,
    options: Options,
    *,
    disk: DiskCache | None,
    yes: bool,
    show: Show,
) -> Report | None:
    """Plan, show it, ask where nobody has said yes, and send it.

    Args:
        connection: Where.
        workspace: What is declared, and what was asked for.
        options: The client's options.
        disk: Where what was read is kept.
        yes: Whether nobody is asked.
        show: How the plan is shown.

    Returns:
        What became of it; None if the answer was no.

    Raises:
        RefusedError: A guard says no, or Langfuse changed while a person was asked.
    """
    allowed = workspace.wishes.allowed
    async with Client(connection, options, disk=disk) as client:
        with console.requests("Reading Langfuse") as answered:
            client.on_request = answered
            plan = await make_plan(client, workspace, fresh=True)
            client.on_request = console.request
        if not (yes and console.is_quiet()):
            _show_plan(plan, show)
        if reasons := refused(plan, allowed):
            _show_refused(plan, show)
            raise RefusedError(reasons)
        if plan.changes and not yes:
            if not await asyncio.to_thread(_ask, plan):
                return None
            if moved := await what_moved(client, workspace, plan):
                raise RefusedError([*moved, "plan again"])
        return await _send(client, plan, options.concurrency)


def conclude(report: Report | None, format: Format) -> int:  # noqa: A002 - the option's name
    """Show what became of a plan and give the exit code."""
    if report is None:
        console.notice("Nothing was sent.")
        return 1
    _show_report(report, format)
    if any(result.detail == "interrupted" for result in report.results):
        return 130
    return 0 if report.ok else 1


def _show_plan(plan: Plan, show: Show) -> None:
    from langsync.render import text

    said = {refusal.allow for refusal in plan.refusals}  # what stands in the way comes last
    shown = text.plan(plan, full=show.full, resolved=show.resolved, allowed=said)
    console.err().print(shown)


def _show_refused(plan: Plan, show: Show) -> None:
    """Show a plan as the result; as text it was shown already."""
    from langsync.render import json, markdown

    if show.format is Format.JSON:
        console.write(json.plan(plan))
    elif show.format is Format.MARKDOWN:
        console.write(markdown.plan(plan, resolved=show.resolved))


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
    with console.progress("Applying", len(plan.changes)) as step, _interruptible(watch):
        watch.on_result = lambda _: step()
        return await apply(client, plan, concurrency=concurrency, watch=watch)


@contextmanager
def _interruptible(watch: Watch) -> Iterator[None]:
    """Let the first Ctrl-C finish what is under way and skip the rest."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        watch.stopping.set()
        console.notice("Finishing what is under way; press Ctrl-C again to stop at once.")
        loop.remove_signal_handler(signal.SIGINT)

    with suppress(NotImplementedError, RuntimeError, ValueError):
        loop.add_signal_handler(signal.SIGINT, stop)
    try:
        yield
    finally:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.remove_signal_handler(signal.SIGINT)


def _show_report(report: Report, format: Format) -> None:  # noqa: A002 - the option's name
    from langsync.render import json, markdown, text

    if format is Format.JSON:
        console.write(json.report(report))
    elif format is Format.MARKDOWN:
        console.write(markdown.report(report))
    else:
        console.show(text.report(report))
