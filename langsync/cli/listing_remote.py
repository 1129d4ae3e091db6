"""What Langfuse holds, for ``langsync list --remote``."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from typing_extensions import TypedDict

from langsync.cli import console
from langsync.cli.connection_options import ConnectionOptions
from langsync.cli.listing import ListedResource
from langsync.cli.reading import Place
from langsync.client import Client
from langsync.client.schemas import PAGE_OF_NAMES, AnswerSchema, Page
from langsync.client.tasks import gather
from langsync.kinds import all_kinds
from langsync.kinds.base import Scope
from langsync.model import Address, Resource, State, fields_of


class _Prompt(TypedDict):
    """The fields of a prompt in Langfuse's list that are shown."""

    name: str
    type: str
    labels: list[str]
    tags: list[str]


_PROMPTS = AnswerSchema(Page[_Prompt])


def held(
    kinds: Collection[str], place: Place, connection: ConnectionOptions
) -> list[tuple[Address, ListedResource]]:
    """Returns the project's resources of some kinds, by name.

    Args:
        kinds: The kinds.
        place: Which ``langsync.yaml`` and environment.
        connection: How Langfuse is reached.

    Raises:
        LangsyncError: Host or keys are missing, or Langfuse refused the request.
    """

    async def ask(client: Client) -> list[tuple[Address, ListedResource]]:
        asked = [_LISTS.get(kind, _whole)(client, kind) for kind in kinds]
        pairs = [pair for pairs_of_kind in await gather(asked) for pair in pairs_of_kind]
        return sorted(pairs, key=lambda pair: (pair[0].kind != "prompt", pair[0]))

    return asyncio.run(connection.ask(place, ask))[1]


async def _prompts(client: Client, kind: str) -> list[tuple[Address, ListedResource]]:
    """List prompts with their labels in Langfuse; Langfuse's own list has everything needed."""
    rows = []
    for meta in await client.pages("/v2/prompts", _PROMPTS):
        address = Address(kind, meta["name"])
        shown = [label for label in meta["labels"] if not label.startswith("langsync.")]
        labels = tuple(label for label in shown if label != "latest") or ("latest",)
        row = ListedResource(str(address), meta["type"], labels, tuple(meta["tags"]), None, "")
        rows.append((address, row))
    return rows


async def _datasets(client: Client, kind: str) -> list[tuple[Address, ListedResource]]:
    """List datasets without their items."""
    rows = await client.pages("/v2/datasets", PAGE_OF_NAMES)
    addresses = [Address(kind, row["name"]) for row in rows]
    return [
        (address, ListedResource(str(address), None, None, None, None, "")) for address in addresses
    ]


async def _whole(client: Client, kind: str) -> list[tuple[Address, ListedResource]]:
    """List resources of any kind, read as a pull of all of them reads them."""
    of = all_kinds()[kind]
    fetched = await of.fetch(client, (), Scope(State(), whole=(f"{kind}/*",)))

    def type_of(resource: Resource) -> str | None:
        return fields_of(resource.content).get(of.type_field)

    for warning in fetched.warnings:
        console.notice(f"Warning: {warning}", "yellow")
    return [
        (address, ListedResource(str(address), type_of(resource), None, None, None, ""))
        for address, resource in fetched.state.items()
    ]


_LISTS = {"prompt": _prompts, "dataset": _datasets}
"""Kinds with a list much smaller than their content; `_whole` reads the other kinds."""
