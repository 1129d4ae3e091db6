"""``langsync promote``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import complete, console
from langsync.cli.options import (
    CacheOption,
    ConcurrencyOption,
    ConfigOption,
    EnvFileOption,
    Format,
    FormatOption,
    FullOption,
    HistoryCommitsOption,
    HostOption,
    HtmlOption,
    LockTimeoutOption,
    MessageOption,
    OverwriteUnknownOption,
    TimeoutOption,
)
from langsync.errors import ConfigError, LangsyncError
from langsync.model import Permission, Wishes

if TYPE_CHECKING:
    from langsync.client import Options
    from langsync.config import Config, Connection
    from langsync.engine.workspace import Workspace
    from langsync.kinds.prompt.promoting import Side
    from langsync.model import Plan, Report, State


def command(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME…",
            help="The names of the prompts; globs are allowed.",
            autocompletion=complete.prompts,
        ),
    ],
    source: Annotated[
        str,
        typer.Option(
            "--from",
            help="The environment, or label, that has what is promoted.",
            autocompletion=complete.environments,
        ),
    ],
    target: Annotated[
        str,
        typer.Option(
            "--to",
            help="The environment, or label, that is to have it.",
            autocompletion=complete.environments,
        ),
    ],
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="Write the promotion into the files, so that the next apply deploys it and later "
            "ones keep it; nothing is sent to Langfuse.",
        ),
    ] = False,
    config: ConfigOption = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask. Needed where there is no terminal.")
    ] = False,
    overwrite_drift: Annotated[
        bool,
        typer.Option(
            "--overwrite-drift", help="Overwrite what was changed in Langfuse behind Git's back."
        ),
    ] = False,
    overwrite_unknown: OverwriteUnknownOption = False,
    allow_older: Annotated[
        bool,
        typer.Option("--allow-older", help="Go on although a later commit is deployed already."),
    ] = False,
    message: MessageOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
    full: FullOption = False,
    html: HtmlOption = None,
    history_commits: HistoryCommitsOption = 0,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    concurrency: ConcurrencyOption = 16,
    timeout: TimeoutOption = 30.0,
    lock_timeout: LockTimeoutOption = 600.0,
    cache: CacheOption = True,
) -> int:
    """Make one environment carry the versions that another one carries.

    Takes what staging has in Langfuse and deploys it to production: by moving the label where both
    are in one project, else by creating the same content there. It is a plan like any other, with
    the same checks and the same question. Refused where the files declare different content for
    the two, since the next apply would undo it: use --write there.
    """
    from langsync.cli import sending
    from langsync.cli.connecting import connection_of
    from langsync.cli.output import Output
    from langsync.client import Client
    from langsync.engine import promoting
    from langsync.engine import workspace as work
    from langsync.engine.locking import locked_project

    parsed = work.read(config)
    sides = _side(parsed, source), _side(parsed, target)
    if write:
        return _write(parsed, names, sides, format)
    options = {
        Permission.OVERWRITE_DRIFT: overwrite_drift,
        Permission.OVERWRITE_UNKNOWN: overwrite_unknown,
        Permission.ALLOW_OLDER: allow_older,
    }
    allowed = frozenset(one for one, given in options.items() if given)
    wishes = Wishes(allowed, message, history_commits=history_commits)
    workspace = work.open_workspace(parsed.file, sides[1].environment.name or None, None, wishes)
    connections = tuple(connection_of(side.environment, env_file, host) for side in sides)
    chosen = work.options(concurrency, timeout)
    output = Output(format, workspace.config, full=full, html=html)

    async def promote() -> tuple[Plan, Report] | None:
        async with (
            Client(connections[1], chosen) as client,
            # before it is read what is promoted
            locked_project(client, lock_timeout, console.notice),
        ):
            desired = await _read(workspace, names, sides, connections, chosen)
            return await sending.plan_and_send(
                connections[1],
                promoting.checked(workspace, desired, sides),
                chosen,
                disk=work.cache(wanted=cache),
                yes=yes,
                output=output,
                lock_timeout=None,
            )

    return sending.conclude(asyncio.run(promote()), output)


def _side(config: Config, name: str) -> Side:
    """What ``--from`` or ``--to`` means: an environment with its first label, else a label."""
    from langsync.config import choose_environment
    from langsync.kinds.names import label_flaw
    from langsync.kinds.prompt.labels import first_label
    from langsync.kinds.prompt.promoting import Side

    if name in config.environments:
        environment = config.environments[name]
        label = first_label(environment)
        if flaw := label_flaw(label):
            raise ConfigError(f"environment {name!r}: its first label is a pattern: {flaw}")
        return Side(environment, label)
    if len(config.environments) > 1:
        known = ", ".join(config.environments)
        raise ConfigError(f"there is no environment {name!r}: {known}")
    if flaw := label_flaw(name):
        raise ConfigError(flaw)
    return Side(choose_environment(config, None, {}), name)


async def _read(
    workspace: Workspace,
    names: list[str],
    sides: tuple[Side, Side],
    connections: tuple[Connection, ...],
    options: Options,
) -> State:
    """What the target is to hold."""
    from langsync.client import Client
    from langsync.client.tasks import gather
    from langsync.kinds.prompt import promotion
    from langsync.model import Address, State

    declared = workspace.loaded.state
    wanted = promotion.chosen(names, (one.address.name for one in declared.of_kind("prompt")))
    source, target = sides
    async with Client(connections[0], options, on_request=console.request) as client:
        project = await client.project()
        same = connections[0] == connections[1]
        if not same:
            async with Client(connections[1], options, on_request=console.request) as other:
                found = await other.project()
                same = (found.id, found.host) == (project.id, project.host)
        if same and source.label == target.label:
            raise LangsyncError(
                f"both sides are label {source.label!r} of one project: there is nothing to move"
            )
        readers = await gather(promotion.read_source(client, name, source.label) for name in wanted)
    return State(
        promotion.promoted(
            declared[Address("prompt", reader.name)],
            reader,
            source.label,
            target.label,
            same_project=same,
        )
        for reader in readers
    )


def _write(
    config: Config,
    names: list[str],
    sides: tuple[Side, Side],
    format: Format,  # noqa: A002 - the option's name
) -> int:
    """Write a promotion into the files."""
    from langsync.engine.promoting import FilePromotion, how_to_deploy
    from langsync.pull.files import write

    files = FilePromotion(config, *sides)
    changes = files.write(names)
    for file in files.rewritten:
        console.notice(f"Warning: {file} is written anew: its comments are gone", "yellow")
    for words in how_to_deploy(files.declared_already, sides[1]):
        console.notice(words)
    for change in changes:
        write(config, change)
        console.notice(f"Edited {change.path}")
    if format is Format.JSON:
        from langsync.render import json

        console.write(json.result({"changed": [one.path for one in changes]}))
    if changes:
        console.notice("Nothing was sent: review it with 'git diff', commit, and apply.")
    return 0
