"""``langsync projects`` and ``langsync keys``."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from langsync.cli import console
from langsync.cli.options import ConfigOption, EnvFileOption, EnvOption, HostOption, TimeoutOption
from langsync.cli.rows import FieldsOption, RowFormat, RowFormatOption, show_rows, show_value
from langsync.cli.verbosity import with_loudness
from langsync.errors import AnswerLostError, ConfigError, LangsyncError
from langsync.render.shape import one_line

if TYPE_CHECKING:
    from langsync.client import Client

keys = typer.Typer(no_args_is_help=True, help="Manage the API keys of a project.")

PUBLIC, SECRET = "LANGFUSE_ORG_PUBLIC_KEY", "LANGFUSE_ORG_SECRET_KEY"
"""The variables with the keys of an organization."""

_Project = Annotated[
    str | None,
    typer.Option(
        "--project", help="The project, by name or id; else the one that langsync.yaml names."
    ),
]


def projects(
    fields: FieldsOption = None,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: RowFormatOption = RowFormat.TABLE,  # noqa: A002 - the option's name
) -> int:
    """Show the project of the keys; all of the organization, with its keys.

    The keys of an organization are taken from LANGFUSE_ORG_PUBLIC_KEY and LANGFUSE_ORG_SECRET_KEY.
    """
    from langsync.client.schemas import PROJECTS

    at = _Organization.find(config, env, host, env_file, timeout, needed=False)

    async def ask(client: Client) -> list[dict[str, Any]]:
        if at.owns:
            return await _projects(client)
        return list((await client.get("/projects", PROJECTS))["data"])

    show_rows(at.ask(ask), format, fields, ("id", "name"))
    return 0


@keys.command("list")
@with_loudness
def list_keys(
    project: _Project = None,
    fields: FieldsOption = None,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: RowFormatOption = RowFormat.TABLE,  # noqa: A002 - the option's name
) -> int:
    """List the API keys of a project; secrets are never shown.

    Needs the keys of the organization: LANGFUSE_ORG_PUBLIC_KEY and LANGFUSE_ORG_SECRET_KEY.
    """
    at = _Organization.find(config, env, host, env_file, timeout)

    async def ask(client: Client) -> list[dict[str, Any]]:
        return await _keys(client, await at.path(client, project))

    usual = ("id", "publicKey", "displaySecretKey", "note", "createdAt", "lastUsedAt")
    show_rows(at.ask(ask), format, fields, usual)
    return 0


@keys.command("create")
@with_loudness
def create_key(
    project: _Project = None,
    note: Annotated[str | None, typer.Option("--note", help="What the key is for.")] = None,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: RowFormatOption = RowFormat.TABLE,  # noqa: A002 - the option's name
) -> int:
    """Create an API key. Its secret is shown once, on stdout, and kept nowhere.

    Needs the keys of the organization: LANGFUSE_ORG_PUBLIC_KEY and LANGFUSE_ORG_SECRET_KEY.
    """
    at = _Organization.find(config, env, host, env_file, timeout)

    async def ask(client: Client) -> Any:  # noqa: ANN401 - any JSON
        return await _create_key(client, await at.path(client, project), note)

    show_value(at.ask(ask), format)
    console.notice("The secret is not shown again.", "yellow")
    return 0


@keys.command("delete")
@with_loudness
def delete_key(
    key: Annotated[str, typer.Argument(help="The id of the key, or its public key.")],
    project: _Project = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: RowFormatOption = RowFormat.TABLE,  # noqa: A002 - the option's name
) -> int:
    """Delete an API key: who uses it has no access any more. Asks before, unless --yes is given.

    Needs the keys of the organization: LANGFUSE_ORG_PUBLIC_KEY and LANGFUSE_ORG_SECRET_KEY.
    """
    from langsync.model import Request

    at = _Organization.find(config, env, host, env_file, timeout)

    async def find(client: Client) -> tuple[str, dict[str, Any]]:
        path = await at.path(client, project)
        for one in await _keys(client, path):
            if key in (one["id"], one["publicKey"]):
                return f"{path}/{quote(one['id'], safe='')}", one
        raise ConfigError(f"the project has no key {key!r}: 'langsync keys list' shows them")

    path, found = at.ask(find)
    if not yes and not _ask(found):
        console.notice("Nothing was deleted.")
        return 1
    at.ask(lambda client: client.send(Request("DELETE", path, None, repeatable=True)))
    show_value({"deleted": found["id"], "publicKey": found["publicKey"]}, format)
    return 0


def _ask(key: dict[str, Any]) -> bool:
    """Ask a person.

    Raises:
        LangsyncError: There is none: no terminal.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise LangsyncError("there is no terminal to ask on: say --yes")
    about = f" ({one_line(key['note'])})" if key.get("note") else ""
    return typer.confirm(f"Delete {one_line(key['publicKey'])}{about}?", default=False, err=True)


async def _create_key(client: Client, path: str, note: str | None) -> Any:  # noqa: ANN401 - any JSON
    """Create a key; where the answer is lost, look for it before another is created.

    Raises:
        LangsyncError: It was created, and its secret was in the answer that was lost.
        AnswerLostError: It may have been created.
    """
    from langsync.client.delivery import deliver
    from langsync.model import Request

    before = {one["id"] for one in await _keys(client, path)}
    request = Request("POST", path, {} if note is None else {"note": note}, repeatable=False)
    created: list[str] = []

    async def was_created() -> bool:
        new = (one for one in await _keys(client, path) if one["id"] not in before)
        created[:] = [one["publicKey"] for one in new if one.get("note") == note]
        return bool(created)

    try:
        answer = await deliver(lambda: client.send(request), was_created)
    except AnswerLostError as lost:
        advice = "See 'langsync keys list', and delete the new key: its secret is lost"
        raise lost.with_advice(advice) from None
    if answer is None:
        raise LangsyncError(
            f"key {created[-1]} was created, and the answer with its secret was lost: delete it "
            f"('langsync keys delete {created[-1]}') and create another"
        )
    return answer


async def _projects(client: Client) -> list[dict[str, Any]]:
    from langsync.cli.organization_answers import OWN_PROJECTS

    return list((await client.get("/organizations/projects", OWN_PROJECTS))["projects"])


async def _keys(client: Client, path: str) -> list[dict[str, Any]]:
    from langsync.cli.organization_answers import KEYS

    return list((await client.get(path, KEYS))["apiKeys"])


@dataclass(frozen=True)
class _Organization:
    """The way to Langfuse with the keys of an organization."""

    connection: Any
    timeout: float
    named: str | None
    owns: bool

    @classmethod
    def find(
        cls,
        config: Path | None,
        env: str | None,
        host: str | None,
        env_file: Path | None,
        timeout: float,
        *,
        needed: bool = True,
    ) -> _Organization:
        """Find host and keys.

        Raises:
            ConfigError: The keys of the organization are needed and missing.
        """
        from langsync.cli.connecting import open_connection
        from langsync.cli.reading import Place
        from langsync.config import read_variables

        place = Place.find(config, env)
        variables = read_variables(env_file, os.environ)
        owns = all(variables.get(name) for name in (PUBLIC, SECRET))
        if not owns and needed:
            raise ConfigError(
                f"this needs the keys of the organization in {PUBLIC} and {SECRET}: they are made "
                "under Organization Settings, API Keys"
            )
        environment = place.environment
        if owns:
            environment = replace(environment, public_key_env=PUBLIC, secret_key_env=SECRET)
        named = place.config.project if place.config is not None else None
        return cls(open_connection(environment, variables, host), timeout, named, owns)

    def ask(self, question: Callable[[Client], Awaitable[Any]]) -> Any:  # noqa: ANN401 - any JSON
        """Ask something of Langfuse."""
        from langsync.cli.progress import asking
        from langsync.client import Client
        from langsync.engine import workspace as work

        async def run() -> Any:  # noqa: ANN401 - any JSON
            async with Client(self.connection, work.options(4, self.timeout)) as client:
                with asking(client, "Asking Langfuse"):
                    return await question(client)

        return asyncio.run(run())

    async def path(self, client: Client, wanted: str | None) -> str:
        """Where the keys of a project are.

        Raises:
            ConfigError: None is named and there are several, or there is none of that name.
        """
        found = await _projects(client)
        name = wanted or self.named
        fits = [one for one in found if name in (None, one["id"], one["name"])]
        if len(fits) != 1:
            names = ", ".join(sorted(one["name"] for one in found)) or "none"
            raise ConfigError(f"name one project with --project, by its name or id; here: {names}")
        return f"/projects/{quote(fits[0]['id'], safe='')}/apiKeys"
