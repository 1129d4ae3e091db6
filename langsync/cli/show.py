"""``langsync show``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import complete, console
from langsync.cli.options import (
    CacheOption,
    ConfigOption,
    EnvFileOption,
    EnvOption,
    Format,
    FormatOption,
    HostOption,
    TimeoutOption,
)
from langsync.errors import ConfigError

if TYPE_CHECKING:
    from langsync.kinds.prompt.versions import Selector, Versions
    from langsync.model import Project

_NEWEST = 20
"""Versions that are shown unasked."""


def command(
    name: Annotated[
        str,
        typer.Argument(
            help="The prompt, such as support/greeting.", autocompletion=complete.prompts
        ),
    ],
    version: Annotated[
        str | None, typer.Option("--version", metavar="N", help="Show this version, such as v5.")
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            "--label", help="Show the version that has this label.", autocompletion=complete.labels
        ),
    ] = None,
    resolved: Annotated[
        bool,
        typer.Option(
            "--resolved",
            help="With a version: replace references to other prompts, as SDKs get it.",
        ),
    ] = False,
    all: Annotated[  # noqa: A002 - the option's name
        bool, typer.Option("--all", help=f"List all versions, not the {_NEWEST} newest.")
    ] = False,
    config: ConfigOption = None,
    env: EnvOption = None,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    cache: CacheOption = True,
) -> int:
    """Show the versions of a prompt in Langfuse, or one of them.

    Tells for each version its labels, who made it, when and why, and the commit it comes from.
    Any prompt will do, whether a file declares it or not; no langsync.yaml is needed.
    """
    from langsync.cli.reading import Place, Way, prompt_name
    from langsync.client import Client
    from langsync.kinds.prompt.versions import read_version, read_versions

    wanted, selector = prompt_name(name), _selector(version, label, resolved=resolved, all=all)

    async def read(client: Client) -> Versions:
        if selector is None:
            return await read_versions(client, wanted, None if all else _NEWEST)
        return await read_version(client, wanted, selector, resolved=resolved)

    place = Place.find(config, env)
    project, found = asyncio.run(Way(host, env_file, timeout, cache).ask(place, read))
    if selector is not None and found.versions[0].resolved and not resolved:
        console.notice("this server always replaces references: so does what is shown", "yellow")
    _show(project, found, format, whole=selector is not None)
    return 0


def _selector(
    version: str | None,
    label: str | None,
    *,
    resolved: bool,
    all: bool,  # noqa: A002 - the option's name
) -> Selector | None:
    from langsync.cli.reading import number
    from langsync.kinds.prompt.versions import Selector

    if version is not None and label is not None:
        raise ConfigError("--version and --label both say which version: give one of them")
    if version is None and label is None:
        if resolved:
            raise ConfigError("--resolved needs a version: give --version or --label")
        return None
    if all:
        raise ConfigError("--all lists versions: leave --version and --label out")
    if version is None:
        if not label:
            raise ConfigError("--label is empty: name one")
        return Selector(label=label)
    at = number(version)
    if at is None:
        raise ConfigError(f"--version {version!r} is no number of a version, such as 5 or v5")
    return Selector(version=at)


def _show(
    project: Project,
    found: Versions,
    format: Format,  # noqa: A002 - the option's name
    *,
    whole: bool,
) -> None:
    from langsync.render.prompts import json, markdown, text

    if format is Format.JSON:
        console.write((json.version if whole else json.versions)(project, found))
    elif format is Format.MARKDOWN:
        console.write((markdown.version if whole else markdown.versions)(project, found))
    else:
        console.show((text.version if whole else text.versions)(project, found))
