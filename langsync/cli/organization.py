"""``langsync projects`` and ``langsync keys``."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from langsync.cli import console
from langsync.cli.connection_options import BasicConnectionOptions, ConnectionOptions
from langsync.cli.option_groups import Only, option
from langsync.cli.options import PlaceOptions, WorkspaceOptions, YesOption
from langsync.cli.registration import Group, add_command
from langsync.cli.rows import RowOptions, show_value
from langsync.errors import AnswerLostError, ConfigError, LangsyncError
from langsync.render.shape import one_line

if TYPE_CHECKING:
    from langsync.client import Client
    from langsync.config import Connection

keys = typer.Typer(cls=Group, no_args_is_help=True, help="Manage the API keys of a project.")

PUBLIC, SECRET = "LANGFUSE_ORG_PUBLIC_KEY", "LANGFUSE_ORG_SECRET_KEY"
"""The variables with the keys of an organization."""

_Project = Annotated[
    str | None,
    option("--project NAME", "The project, by name or id; else the one that langsync.yaml names."),
]


def projects(
    *,
    rows: Annotated[RowOptions, Only("fields", "format")],
    workspace: PlaceOptions,
    connection: BasicConnectionOptions,
) -> int:
    """Show the project of the keys; all of the organization, with its keys.

    The keys of an organization are taken from LANGFUSE_ORG_PUBLIC_KEY and LANGFUSE_ORG_SECRET_KEY.

    Examples:
        langsync projects
        langsync projects --format json --fields id,name
    """
    from langsync.client.schemas import PROJECTS

    organization = _Organization.find(workspace, connection, needed=False)

    async def ask(client: Client) -> list[dict[str, Any]]:
        if organization.owns:
            return await _projects(client)
        return list((await client.get("/projects", PROJECTS))["data"])

    rows.show(organization.ask(ask), ("id", "name"))
    return 0


def list_keys(
    *,
    project: _Project = None,
    rows: Annotated[RowOptions, Only("fields", "format")],
    workspace: PlaceOptions,
    connection: BasicConnectionOptions,
) -> int:
    """List the API keys of a project; secrets are never shown.

    Needs the keys of the organization: LANGFUSE_ORG_PUBLIC_KEY and LANGFUSE_ORG_SECRET_KEY.

    Examples:
        langsync keys list
        langsync keys list --project my-app --fields publicKey,note
    """
    organization = _Organization.find(workspace, connection)

    async def ask(client: Client) -> list[dict[str, Any]]:
        return await _keys(client, await organization.path(client, project))

    usual = ("id", "publicKey", "displaySecretKey", "note", "createdAt", "lastUsedAt")
    rows.show(organization.ask(ask), usual)
    return 0


def create_key(
    *,
    project: _Project = None,
    note: Annotated[str | None, option("--note TEXT", "What the key is for.")] = None,
    rows: Annotated[RowOptions, Only("format")],
    workspace: PlaceOptions,
    connection: BasicConnectionOptions,
) -> int:
    """Create an API key. Its secret is shown once, on stdout, and kept nowhere.

    Needs the keys of the organization: LANGFUSE_ORG_PUBLIC_KEY and LANGFUSE_ORG_SECRET_KEY.

    Examples:
        langsync keys create --note 'CI of my-app'
        langsync keys create --project my-app --format json
    """
    organization = _Organization.find(workspace, connection)

    async def ask(client: Client) -> Any:  # noqa: ANN401 - any JSON
        return await _create_key(client, await organization.path(client, project), note)

    show_value(organization.ask(ask), rows.format)
    console.notice("The secret is not shown again.", "yellow")
    return 0


def delete_key(
    *,
    key: Annotated[str, typer.Argument(help="The id of the key, or its public key.")],
    project: _Project = None,
    yes: YesOption = False,
    rows: Annotated[RowOptions, Only("format")],
    workspace: PlaceOptions,
    connection: BasicConnectionOptions,
) -> int:
    """Delete an API key: who uses it has no access any more. Asks before, unless --yes is given.

    Needs the keys of the organization: LANGFUSE_ORG_PUBLIC_KEY and LANGFUSE_ORG_SECRET_KEY.

    Examples:
        langsync keys delete pk-lf-1234
        langsync keys delete pk-lf-1234 --project my-app --yes
    """
    from langsync.model import Request

    organization = _Organization.find(workspace, connection)

    async def find(client: Client) -> tuple[str, dict[str, Any]]:
        path = await organization.path(client, project)
        for entry in await _keys(client, path):
            if key in (entry["id"], entry["publicKey"]):
                return f"{path}/{quote(entry['id'], safe='')}", entry
        raise ConfigError(f"the project has no key {key!r}: 'langsync keys list' shows them")

    path, entry = organization.ask(find)
    if not yes and not _ask(entry):
        console.notice("Nothing was deleted.")
        return 1
    organization.ask(lambda client: client.send(Request("DELETE", path, None, repeatable=True)))
    show_value({"deleted": entry["id"], "publicKey": entry["publicKey"]}, rows.format)
    return 0


def _ask(key: dict[str, Any]) -> bool:
    """Ask the user to confirm.

    Raises:
        LangsyncError: There is no terminal.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise LangsyncError("there is no terminal to ask on: say --yes")
    note = f" ({one_line(key['note'])})" if key.get("note") else ""
    return typer.confirm(f"Delete {one_line(key['publicKey'])}{note}?", default=False, err=True)


async def _create_key(client: Client, path: str, note: str | None) -> Any:  # noqa: ANN401 - any JSON
    """Create a key; if the answer is lost, look for it before another is created.

    Raises:
        LangsyncError: It was created, and its secret was in the answer that was lost.
        AnswerLostError: It may have been created.
    """
    from langsync.client.delivery import deliver
    from langsync.model import Request

    before = {key["id"] for key in await _keys(client, path)}
    request = Request("POST", path, {} if note is None else {"note": note}, repeatable=False)
    created: list[str] = []

    async def was_created() -> bool:
        new = (key for key in await _keys(client, path) if key["id"] not in before)
        created[:] = [key["publicKey"] for key in new if key.get("note") == note]
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
    """Access to Langfuse with the keys of an organization."""

    connection: Connection
    options: ConnectionOptions
    named: str | None
    owns: bool

    @classmethod
    def find(
        cls, workspace: WorkspaceOptions, options: ConnectionOptions, *, needed: bool = True
    ) -> _Organization:
        """Find host and keys.

        Raises:
            ConfigError: The keys of the organization are needed and missing.
        """
        place, variables = workspace.find(), options.variables()
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
        return cls(options.open(environment), options, named, owns)

    def ask(self, question: Callable[[Client], Awaitable[Any]]) -> Any:  # noqa: ANN401 - any JSON
        """Ask something of Langfuse."""
        from langsync.cli.progress import asking

        async def run() -> Any:  # noqa: ANN401 - any JSON
            async with self.options.client(self.connection, remembers=False) as client:
                with asking(client, "Asking Langfuse"):
                    return await question(client)

        return asyncio.run(run())

    async def path(self, client: Client, project: str | None) -> str:
        """Returns the path of a project's API keys.

        Raises:
            ConfigError: No project is named and there are several, or none has that name.
        """
        projects = await _projects(client)
        name = project or self.named
        fits = [
            candidate
            for candidate in projects
            if name in (None, candidate["id"], candidate["name"])
        ]
        if len(fits) != 1:
            names = ", ".join(sorted(candidate["name"] for candidate in projects)) or "none"
            raise ConfigError(f"name one project with --project, by its name or id; here: {names}")
        return f"/projects/{quote(fits[0]['id'], safe='')}/apiKeys"


add_command(keys, "list", list_keys)
add_command(keys, "create", create_key)
add_command(keys, "delete", delete_key)
