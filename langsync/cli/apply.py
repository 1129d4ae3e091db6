"""``langsync apply``."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import console
from langsync.cli.options import (
    ConcurrencyOption,
    ConfigOption,
    EnvFileOption,
    EnvOption,
    Format,
    FormatOption,
    FullOption,
    HostOption,
    TargetOption,
    TimeoutOption,
)
from langsync.errors import LangsyncError, RefusedError
from langsync.model import Plan, Report
from langsync.render.shape import harmless

if TYPE_CHECKING:
    from langsync.apply import Watch
    from langsync.client import Client

YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask. Needed where there is no terminal.")
]
AllowReplaceOption = Annotated[
    bool,
    typer.Option(
        "--allow-replace", help="Allow changes that delete a resource and create it again."
    ),
]


def command(
    config: ConfigOption = None,
    env: EnvOption = None,
    target: TargetOption = None,
    yes: YesOption = False,
    allow_replace: AllowReplaceOption = False,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
    full: FullOption = False,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    concurrency: ConcurrencyOption = 16,
    timeout: TimeoutOption = 30.0,
) -> int:
    """Make Langfuse what the files say.

    Plans, shows the plan, asks, and sends it. A change that fails does not stop the others; what
    needs it is skipped. The report goes to stdout, the plan to stderr.
    """
    from langsync.cli import workspace as work
    from langsync.client import Client

    workspace = work.open_workspace(config, env, target)
    connection = work.connection(workspace.environment, env_file, host)
    allowed = {"--allow-replace"} if allow_replace else set()

    async def run() -> Report | None:
        async with Client(connection, work.options(concurrency, timeout)) as client:
            with console.progress("Reading Langfuse") as step:
                client.on_request = lambda *_: step()
                plan = await work.make_plan(client, workspace)
                client.on_request = None
            _show_plan(plan, allowed, full=full)
            _guard(plan, allowed)
            if plan.changes and not yes:
                if not await asyncio.to_thread(_ask, plan):
                    return None
                if moved := await work.what_moved(client, workspace, plan):
                    raise RefusedError([*moved, "plan again"])
            return await _send(client, plan, concurrency)

    report = asyncio.run(run())
    if report is None:
        console.notice("Nothing was sent.")
        return 1
    _show_report(report, format)
    if any(result.detail == "interrupted" for result in report.results):
        return 130
    return 0 if report.ok else 1


def _show_plan(plan: Plan, allowed: set[str], *, full: bool) -> None:
    from langsync.render import text

    console.err().print(text.plan(plan, full=full, allowed=allowed))


def _guard(plan: Plan, allowed: set[str]) -> None:
    from langsync import plan as planner

    if reasons := planner.refused(plan, allowed):
        raise RefusedError(reasons)


def _ask(plan: Plan) -> bool:
    """Ask a person.

    Raises:
        LangsyncError: There is none: no terminal.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise LangsyncError("there is no terminal to ask on: run apply with --yes")
    return typer.confirm(f"Apply this to {harmless(plan.project.name)}?", default=False, err=True)


async def _send(client: Client, plan: Plan, concurrency: int) -> Report:
    from langsync import apply as applier

    watch = applier.Watch()
    with console.progress("Applying", len(plan.changes)) as step, _interruptible(watch):
        watch.on_result = lambda _: step()
        return await applier.apply(client, plan, concurrency=concurrency, watch=watch)


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
