"""The options of the connection to Langfuse; one group for all commands."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeVar

from langsync.cli.option_groups import Only, option

if TYPE_CHECKING:
    from langsync.cli.reading import Place
    from langsync.client import Client
    from langsync.config import Connection, Environment
    from langsync.model import Project

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """How Langfuse is reached.

    Args:
        host: Langfuse's base URL; None for the usual one.
        env_file: Where keys are read from; None for the variables of the process.
        concurrency: Requests under way at once, at most.
        timeout: Seconds to wait for each answer.
        cache: Whether what was read is remembered.
        insecure: Whether HTTP past loopback is allowed.
    """

    panel: ClassVar[str] = "Connection"

    host: Annotated[
        str | None,
        option(
            "--host URL",
            "Langfuse's base URL; else the environment's, LANGFUSE_BASE_URL, LANGFUSE_HOST.",
        ),
    ] = None
    env_file: Annotated[
        Path | None,
        option(
            "--env-file FILE", "A file of NAME=value lines to take keys from. None is read unasked."
        ),
    ] = None
    concurrency: Annotated[
        int, option("--concurrency N", "Requests under way at once, at most.", min=1, max=256)
    ] = 16
    timeout: Annotated[
        float, option("--timeout SECONDS", "Seconds to wait for each answer.", min=0.1)
    ] = 30.0
    cache: Annotated[
        bool,
        option(
            "--cache/--no-cache",
            "Remember what was read of Langfuse, in the user's cache folder or LANGSYNC_CACHE.",
        ),
    ] = True
    insecure: Annotated[
        bool,
        option(
            "--insecure", "Allow http:// to other machines: keys and texts can be read in transit."
        ),
    ] = False

    def variables(self) -> Mapping[str, str]:
        """The variables of the process, and those of ``--env-file``.

        Raises:
            ConfigError: The file cannot be read.
        """
        from langsync.config import read_variables

        return read_variables(self.env_file, os.environ)

    def open(self, environment: Environment, keys: tuple[str, str] | None = None) -> Connection:
        """Find host and keys; at a terminal a person may trust the host that a file names.

        Args:
            environment: The chosen environment.
            keys: Keys to use in place of the environment's.

        Raises:
            ConfigError: Something is missing.
            RefusedError: The host may not receive keys.
        """
        from langsync.cli.connecting import open_connection

        return open_connection(
            environment, self.variables(), self.host, keys, insecure=self.insecure
        )

    def client(self, connection: Connection, *, remembers: bool = True) -> Client:
        """A client of that server.

        Args:
            connection: Where, and with which keys.
            remembers: Whether it may use the cache of what was read before.
        """
        from langsync.cli import console
        from langsync.client import Client
        from langsync.engine import workspace as work

        options = work.options(self.concurrency, self.timeout)
        disk = work.cache(wanted=self.cache and remembers)
        return Client(connection, options, on_request=console.request, disk=disk)

    async def ask(
        self, place: Place, question: Callable[[Client], Awaitable[Answer]]
    ) -> tuple[Project, Answer]:
        """Ask something of the project.

        Raises:
            RefusedError: The keys belong to another project than ``langsync.yaml`` names.
            LangsyncError: Host or keys are missing, or Langfuse refused the request.
        """
        from langsync.cli.progress import asking
        from langsync.engine.workspace import check_project

        async with self.client(self.open(place.environment)) as client:
            with asking(client, "Reading Langfuse"):
                project = await client.project()
                if place.config is not None:
                    check_project(project, place.config)
                return project, await question(client)


BasicConnectionOptions = Annotated[
    ConnectionOptions, Only("host", "env_file", "timeout", "insecure")
]
"""Of commands that send few requests, one after the other."""

CachedConnectionOptions = Annotated[
    ConnectionOptions, Only("host", "env_file", "timeout", "cache", "insecure")
]
"""Of commands that read a single prompt."""
