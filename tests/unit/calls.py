"""Calls of Langfuse's API, as tests make and count them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from langsync.client import Client, Options
from langsync.config import Connection
from langsync.local import LocalServer
from langsync.model import Json, Request

Result = TypeVar("Result")

FAST = Options(backoff=0.001, timeout=5)
"""Does not wait long before it tries again."""


def run(
    connection: Connection,
    work: Callable[[Client], Awaitable[Result]],
    options: Options = FAST,
) -> Result:
    """Do something with a client."""

    async def inside() -> Result:
        async with Client(connection, options) as client:
            return await work(client)

    return asyncio.run(inside())


def create(connection: Connection, *bodies: Json, path: str = "/v2/prompts") -> None:
    """Create things, one after the other."""

    async def work(client: Client) -> None:
        for body in bodies:
            await client.send(Request("POST", path, body, repeatable=False))

    run(connection, work)


def seen(server: LocalServer) -> list[str]:
    """The requests that the server got, in short; a status of 0 is a dropped connection."""
    base = "/api/public"
    return [f"{one.method} {one.path.removeprefix(base)} {one.status}" for one in server.requests]
