"""``langsync promote``."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
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
    HostOption,
    HtmlOption,
    MessageOption,
    TimeoutOption,
)
from langsync.errors import ConfigError, LangsyncError
from langsync.model import Wishes

if TYPE_CHECKING:
    from langsync.cli.workspace import Workspace
    from langsync.client import Options
    from langsync.config import Config, Connection, Environment
    from langsync.model import State


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
            "--write", help="Edit the labels in the files instead; nothing is sent to Langfuse."
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
    allow_older: Annotated[
        bool,
        typer.Option("--allow-older", help="Go on although a later commit is deployed already."),
    ] = False,
    message: MessageOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
    full: FullOption = False,
    html: HtmlOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    concurrency: ConcurrencyOption = 16,
    timeout: TimeoutOption = 30.0,
    cache: CacheOption = True,
) -> int:
    """Make one environment carry the versions that another one carries.

    Takes what staging has in Langfuse and deploys that to production: by moving the label, where
    both are one project, else by creating the same content there. A plan like any other, with the
    same checks and the same question.
    """
    from langsync.cli import sending
    from langsync.cli import workspace as work
    from langsync.cli.output import Output

    parsed = work.read(config)
    sides = _side(parsed, source), _side(parsed, target)
    if write:
        return _write(parsed, names, sides, format)
    options = {"--overwrite-drift": overwrite_drift, "--allow-older": allow_older}
    allowed = frozenset(option for option, given in options.items() if given)
    workspace = work.open_workspace(
        parsed.file, sides[1].environment.name or None, None, Wishes(allowed, message)
    )
    connections = tuple(work.connection(side.environment, env_file, host) for side in sides)
    chosen = work.options(concurrency, timeout)
    desired = asyncio.run(_read(workspace, names, sides, connections, chosen))
    output = Output(format, workspace.config, full=full, html=html)
    sent = asyncio.run(
        sending.plan_and_send(
            connections[1],
            workspace.narrowed(desired),
            chosen,
            disk=work.cache(wanted=cache),
            yes=yes,
            output=output,
        )
    )
    return sending.conclude(sent, output)


@dataclass(frozen=True, slots=True)
class _Side:
    """Where something is promoted from, or to.

    Args:
        environment: The environment.
        label: Its label.
    """

    environment: Environment
    label: str


def _side(config: Config, name: str) -> _Side:
    """What ``--from`` or ``--to`` means: an environment with its first label, else a label."""
    from langsync.config import choose_environment
    from langsync.kinds.names import label_flaw
    from langsync.kinds.prompt.labels import first_label

    if name in config.environments:
        environment = config.environments[name]
        label = first_label(environment)
        if flaw := label_flaw(label):
            raise ConfigError(f"environment {name!r}: its first label is a pattern: {flaw}")
        return _Side(environment, label)
    if len(config.environments) > 1:
        known = ", ".join(config.environments)
        raise ConfigError(f"there is no environment {name!r}: {known}")
    if flaw := label_flaw(name):
        raise ConfigError(flaw)
    return _Side(choose_environment(config, None, {}), name)


async def _read(
    workspace: Workspace,
    names: list[str],
    sides: tuple[_Side, _Side],
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
    sides: tuple[_Side, _Side],
    format: Format,  # noqa: A002 - the option's name
) -> int:
    """Edit the labels in the files."""
    from langsync.config import Environment
    from langsync.formats.files import write_file
    from langsync.kinds.prompt import promotion
    from langsync.load import load

    # every label counts, whatever an environment moves
    everything = replace(sides[0].environment, labels=None)
    state = load(config, everything if config.environments else Environment()).state
    declared = {one.address.name: one for one in state.of_kind("prompt")}
    edited: dict[Path, str] = {}
    for name in promotion.chosen(names, declared):
        resource = declared[name]
        path = config.root / (resource.source.file if resource.source else "")
        text = edited.get(path) or path.read_text("utf-8")
        edited[path] = promotion.relabeled(text, resource, sides[0].label, sides[1].label)
    changed = [path for path, text in edited.items() if text != path.read_text("utf-8")]
    for path in changed:
        write_file(path, edited[path])
        console.notice(f"Edited {path.relative_to(config.root)}")
    if format is Format.JSON:
        from langsync.render import json

        names = [path.relative_to(config.root).as_posix() for path in changed]
        console.write(json.result({"changed": names}))
    console.notice("Nothing was sent: review it with 'git diff', commit, and apply.")
    return 0
