"""``langsync promote``."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import complete, console
from langsync.cli.connection_options import ConnectionOptions
from langsync.cli.option_groups import Only, option
from langsync.cli.options import ConfigOption, Format, OutputOptions
from langsync.cli.plan_options import SendingOptions
from langsync.errors import ConfigError, LangsyncError

if TYPE_CHECKING:
    from langsync.cli.output import Output
    from langsync.client import Client
    from langsync.config import Config
    from langsync.engine.workspace import Workspace
    from langsync.kinds.prompt.promoting import PromotionSide
    from langsync.model import Plan, Report, State


_SENDING = (
    *("message", "history_commits", "overwrite_drift", "overwrite_unknown"),
    *("allow_older", "yes", "lock_timeout"),
)


@dataclass(frozen=True, kw_only=True)
class EndOptions:
    """From where to where prompts are promoted.

    Args:
        source: The environment, or label, that has them.
        target: The environment, or label, that is to have them.
    """

    source: Annotated[
        str,
        option(
            "--from NAME",
            "The environment, or label, that has what is promoted.",
            autocompletion=complete.environments,
        ),
    ]
    target: Annotated[
        str,
        option(
            "--to NAME",
            "The environment, or label, that is to have it.",
            autocompletion=complete.environments,
        ),
    ]


def command(
    *,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME",
            help="The names of the prompts; globs are allowed.",
            autocompletion=complete.prompts,
        ),
    ],
    ends: EndOptions,
    write: Annotated[
        bool,
        option(
            "--write",
            "Write the promotion into the files, so that the next apply deploys"
            " it and later ones keep it; nothing is sent to Langfuse.",
        ),
    ] = False,
    config: ConfigOption = None,
    output: Annotated[OutputOptions, Only("format", "html", "full")],
    sending: Annotated[SendingOptions, Only(*_SENDING)],
    connection: ConnectionOptions,
) -> int:
    """Make one environment carry the versions that another one carries.

    Takes what staging has in Langfuse and deploys it to production: by moving the label where both
    are in one project, else by creating the same content there. It is a plan like any other, with
    the same checks and the same question. Refused where the files declare different content for
    the two, since the next apply would undo it: use --write there.

    Examples:
        langsync promote support/greeting --from staging --to production
        langsync promote 'support/*' --from staging --to production --yes
        langsync promote support/greeting --from staging --to production --write
    """
    from langsync.cli.output import Output
    from langsync.cli.sending import conclude
    from langsync.engine import workspace as work

    parsed = work.read(config)
    sides = _side(parsed, ends.source), _side(parsed, ends.target)
    if write:
        return _write(parsed, names, sides, output.format)
    environment = sides[1].environment.name or None
    workspace = work.open_workspace(parsed.file, environment, None, sending.plan_options())
    shown = Output(output, workspace.config)
    promotion = _Promotion(workspace, names, sides, connection)
    return conclude(asyncio.run(promotion.send(sending, shown)), shown)


def _side(config: Config, name: str) -> PromotionSide:
    """Parse ``--from`` or ``--to``: an environment with its first label, else a label."""
    from langsync.config import choose_environment
    from langsync.kinds.names import label_violation
    from langsync.kinds.prompt.labels import first_label
    from langsync.kinds.prompt.promoting import PromotionSide

    if name in config.environments:
        environment = config.environments[name]
        label = first_label(environment)
        if violation := label_violation(label):
            raise ConfigError(f"environment {name!r}: its first label is a pattern: {violation}")
        return PromotionSide(environment, label)
    if len(config.environments) > 1:
        known = ", ".join(config.environments)
        raise ConfigError(f"there is no environment {name!r}: {known}")
    if violation := label_violation(name):
        raise ConfigError(violation)
    return PromotionSide(choose_environment(config, None, {}), name)


class _Promotion:
    """A promotion of prompts from one environment or label to another.

    Args:
        workspace: What is declared for the target.
        names: The names of the prompts, or globs.
        sides: The source and the target.
        options: How Langfuse is reached.
    """

    def __init__(
        self,
        workspace: Workspace,
        names: list[str],
        sides: tuple[PromotionSide, PromotionSide],
        options: ConnectionOptions,
    ) -> None:
        self._workspace, self._names, self._sides = workspace, names, sides
        self._options = options
        self._source, self._target = (options.open(side.environment) for side in sides)

    async def send(self, sending: SendingOptions, output: Output) -> tuple[Plan, Report] | None:
        """Plan the promotion, ask, and send it; see `plan_and_send`."""
        from langsync.cli.sending import plan_and_send
        from langsync.engine.locking import locked_project
        from langsync.engine.promoting import checked

        async with (
            self._options.client(self._target, remembers=False) as client,
            # before it is read what is promoted
            locked_project(client, sending.lock_timeout, console.notice),
        ):
            desired = await self._read()
            return await plan_and_send(
                self._options.client(self._target),
                checked(self._workspace, desired, self._sides),
                output,
                yes=sending.yes,
                lock_timeout=None,
            )

    async def _read(self) -> State:
        """Returns the state that the target should have."""
        from langsync.client.tasks import gather
        from langsync.kinds.prompt import promotion
        from langsync.model import Address, State

        declared = self._workspace.loaded.state
        known = (resource.address.name for resource in declared.of_kind("prompt"))
        names = promotion.chosen(self._names, known)
        source, target = self._sides
        async with self._options.client(self._source, remembers=False) as client:
            same = await self._is_one_project(client)
            if same and source.label == target.label:
                raise LangsyncError(
                    f"both sides are label {source.label!r} of one project: there is nothing to "
                    "move"
                )
            readers = await gather(
                promotion.read_source(client, name, source.label) for name in names
            )
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

    async def _is_one_project(self, client: Client) -> bool:
        """Whether both sides are in one project.

        Args:
            client: Asks the source.
        """
        project = await client.project()
        if self._source == self._target:
            return True
        async with self._options.client(self._target, remembers=False) as other:
            target = await other.project()
        return (target.id, target.host) == (project.id, project.host)


def _write(
    config: Config,
    names: list[str],
    sides: tuple[PromotionSide, PromotionSide],
    format: Format,
) -> int:
    """Write a promotion into the files."""
    from langsync.engine.promoting import FilePromotion, how_to_deploy
    from langsync.pull.files import write

    files = FilePromotion(config, *sides)
    changes = files.write(names)
    for file in files.rewritten:
        console.notice(f"Warning: {file} is written anew: its comments are gone", "yellow")
    for hint in how_to_deploy(files.declared_already, sides[1]):
        console.notice(hint)
    for change in changes:
        write(config, change)
        console.notice(f"Edited {change.path}")
    if format is Format.JSON:
        from langsync.render import json

        console.write(json.result({"changed": [change.path for change in changes]}))
    if changes:
        console.notice("Nothing was sent: review it with 'git diff', commit, and apply.")
    return 0
