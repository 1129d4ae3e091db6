"""Which endpoints a server has, those of v4 or those of v3: found out once for a project."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from langsync.client import Client
from langsync.errors import ApiError, NotFoundError, UnexpectedAnswerError
from langsync.observability.answers import ROWS

Found = TypeVar("Found")

UNKNOWN: Final = (NotFoundError, UnexpectedAnswerError)
"""What an endpoint that a server does not have ends in: v3 has a page for people there."""

_KEY: Final = ("observability", "new")


async def is_new(client: Client) -> bool:
    """Whether the server has the endpoints of v4; asked once for a project, and remembered.

    Raises:
        ApiError: It cannot be told: something else answers.
    """
    known = client.cache.get(*_KEY)
    if isinstance(known, bool):
        return known
    try:
        await client.get("/v2/observations", ROWS, limit=1)
        found = True
    except UNKNOWN as error:
        if error.status != 404:
            raise
        found = False
    client.cache.put(found, *_KEY)
    return found


async def became_another(client: Client, error: ApiError, *, new: bool) -> bool:
    """Whether an endpoint is unknown since the server is another one than when that was found out.

    Args:
        client: Who asks.
        error: How the endpoint answered.
        new: What was known of the server.
    """
    if error.status != 404:
        return False
    client.cache.drop(*_KEY)
    return await is_new(client) != new


async def by_generation(client: Client, ask: Callable[[bool], Awaitable[Found]]) -> Found:
    """Ask in the way that fits the server, once more where that became another.

    Args:
        client: Who asks.
        ask: Asks, told whether the server has the endpoints of v4.

    Raises:
        ApiError: Langfuse said no.
    """
    new = await is_new(client)
    try:
        return await ask(new)
    except UNKNOWN as error:
        if not await became_another(client, error, new=new):
            raise
        return await ask(not new)
