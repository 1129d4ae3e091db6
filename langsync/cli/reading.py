"""Reads prompts of Langfuse for the commands that only look, with or without ``langsync.yaml``."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from langsync.cli.connecting import connection_of
from langsync.cli.progress import asking
from langsync.client import Client
from langsync.config import FILE_NAMES, Config, Connection, Environment
from langsync.engine import workspace as work
from langsync.errors import ConfigError
from langsync.kinds import all_kinds
from langsync.kinds.names import name_flaw
from langsync.model import Project

Found = TypeVar("Found")

_NUMBER = re.compile(r"v?([1-9][0-9]{0,8})")

_CONCURRENCY = 16
"""Requests under way at once: what other commands have where nothing is said."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look.

    Args:
        config: What ``langsync.yaml`` says; None where there is none.
        environment: The chosen environment; the variables say all where there is no file.
    """

    config: Config | None
    environment: Environment

    @classmethod
    def find(cls, config: Path | None, env: str | None) -> Place:
        """Read ``langsync.yaml`` where one was named, or stands at or above this folder.

        Raises:
            LangsyncError: It is not as it should be, or is missing and an environment was named.
        """
        here = Path.cwd()
        around = (folder / name for folder in (here, *here.parents) for name in FILE_NAMES)
        if config is None and env is None and not any(file.is_file() for file in around):
            return cls(None, Environment())
        return cls(*work.open_config(config, env))


@dataclass(frozen=True, slots=True)
class Way:
    """The way to Langfuse, as the command line says it.

    Args:
        host: The host; None for the usual one.
        env_file: Where keys are read from; None for the variables.
        timeout: Seconds to wait for each answer.
        cache: Whether what was read is remembered.
    """

    host: str | None
    env_file: Path | None
    timeout: float
    cache: bool

    async def ask(
        self, place: Place, question: Callable[[Client], Awaitable[Found]]
    ) -> tuple[Project, Found]:
        """Ask something of the project.

        Raises:
            RefusedError: The keys belong to another project than ``langsync.yaml`` names.
            LangsyncError: Host or keys are missing, or Langfuse said no.
        """
        connection: Connection = connection_of(place.environment, self.env_file, self.host)
        options, disk = work.options(_CONCURRENCY, self.timeout), work.cache(wanted=self.cache)
        async with Client(connection, options, disk=disk) as client:
            with asking(client, "Reading Langfuse"):
                project = await client.project()
                if place.config is not None:
                    work.check_project(project, place.config)
                return project, await question(client)


def prompt_name(text: str) -> str:
    """The name in ``support/greeting`` or ``prompt/support/greeting``.

    Raises:
        ConfigError: It is the address of something else, or no name.
    """
    kind, _, rest = text.partition("/")
    if kind != "prompt" and rest and kind in all_kinds():
        raise ConfigError(f"{text} is no prompt (a prompt of this name is prompt/{text})")
    name = rest if kind == "prompt" and rest else text
    if flaw := name_flaw(name, what="prompt"):
        raise ConfigError(flaw)
    return name


def number(text: str) -> int | None:
    """The version in ``v5`` or ``5``; None if it is something else."""
    match = _NUMBER.fullmatch(text)
    return int(match[1]) if match else None
