"""``langsync show``."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from langsync.cli import complete, console
from langsync.cli.connection_options import CachedConnectionOptions
from langsync.cli.option_groups import option
from langsync.cli.options import Format, FormatOption, PlaceOptions, PromptArgument
from langsync.errors import ConfigError

if TYPE_CHECKING:
    from langsync.kinds.prompt.versions import Selector, Versions
    from langsync.model import Project

_NEWEST = 20
"""Versions that are shown unasked."""


@dataclass(frozen=True, kw_only=True)
class VersionOptions:
    """Which version is shown.

    Args:
        version: Its number.
        label: A label that it has.
        resolved: Whether references to other prompts are replaced.
    """

    version: Annotated[str | None, option("--version N", "Show this version, such as v5.")] = None
    label: Annotated[
        str | None,
        option(
            "--label LABEL", "Show the version that has this label.", autocompletion=complete.labels
        ),
    ] = None
    resolved: Annotated[
        bool,
        option(
            "--resolved", "With a version: replace references to other prompts, as SDKs get it."
        ),
    ] = False

    def selector(self, *, all_versions: bool) -> Selector | None:
        """Returns the version to show; None if versions are listed.

        Args:
            all_versions: Whether all versions are listed.

        Raises:
            ConfigError: The options contradict each other, or one is invalid.
        """
        from langsync.cli.reading import number
        from langsync.kinds.prompt.versions import Selector

        if self.version is not None and self.label is not None:
            raise ConfigError("--version and --label both say which version: give one of them")
        if self.version is None and self.label is None:
            if self.resolved:
                raise ConfigError("--resolved needs a version: give --version or --label")
            return None
        if all_versions:
            raise ConfigError("--all lists versions: leave --version and --label out")
        if self.version is None:
            if not self.label:
                raise ConfigError("--label is empty: name one")
            return Selector(label=self.label)
        version = number(self.version)
        if version is None:
            raise ConfigError(
                f"--version {self.version!r} is no number of a version, such as 5 or v5"
            )
        return Selector(version=version)


def command(
    *,
    name: PromptArgument,
    chosen: VersionOptions,
    all: Annotated[bool, option("--all", f"List all versions, not the {_NEWEST} newest.")] = False,
    workspace: PlaceOptions,
    format: FormatOption = Format.TEXT,
    connection: CachedConnectionOptions,
) -> int:
    """Show the versions of a prompt in Langfuse, or one of them.

    Tells for each version its labels, who made it, when and why, and the commit it comes from.
    Any prompt will do, whether a file declares it or not; no langsync.yaml is needed.

    Examples:
        langsync show support/greeting
        langsync show support/greeting --version v5
        langsync show support/greeting --label production --resolved
    """
    from langsync.cli.reading import prompt_name
    from langsync.client import Client
    from langsync.kinds.prompt.versions import read_version, read_versions

    prompt, selector = prompt_name(name), chosen.selector(all_versions=all)

    async def read(client: Client) -> Versions:
        if selector is None:
            return await read_versions(client, prompt, None if all else _NEWEST)
        return await read_version(client, prompt, selector, resolved=chosen.resolved)

    project, versions = asyncio.run(connection.ask(workspace.find(), read))
    if selector is not None and versions.versions[0].resolved and not chosen.resolved:
        console.notice("this server always replaces references: so does what is shown", "yellow")
    _show(project, versions, format, whole=selector is not None)
    return 0


def _show(
    project: Project,
    versions: Versions,
    format: Format,
    *,
    whole: bool,
) -> None:
    from langsync.render.prompts import json, markdown, text

    if format is Format.JSON:
        console.write((json.version if whole else json.versions)(project, versions))
    elif format is Format.MARKDOWN:
        console.write((markdown.version if whole else markdown.versions)(project, versions))
    else:
        console.show((text.version if whole else text.versions)(project, versions))
