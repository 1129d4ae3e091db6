"""Tells whether a server has the endpoints of v4 or those of v3; asks once per project."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from langsync.client import Client
from langsync.errors import ApiError, NotFoundError, UnexpectedAnswerError
from langsync.observability.answers import ROWS

Result = TypeVar("Result")

UNKNOWN_ENDPOINT: Final = (NotFoundError, UnexpectedAnswerError)
"""The errors for an endpoint that a server does not have; v3 responds with an HTML page."""

_KEY: Final = ("observability", "new")


async def has_v4_endpoints(client: Client) -> bool:
    """Whether the server has the endpoints of v4; asks once per project, and caches it.

    Raises:
        ApiError: The server refuses the request for another reason.
    """
    cached = client.cache.get(*_KEY)
    if isinstance(cached, bool):
        return cached
    try:
        await client.get("/v2/observations", ROWS, limit=1)
        is_v4 = True
    except UNKNOWN_ENDPOINT as error:
        if error.status != 404:
            raise
        is_v4 = False
    client.cache.put(is_v4, *_KEY)
    return is_v4


async def changed_generation(client: Client, error: ApiError, *, was_v4: bool) -> bool:
    """Whether an endpoint is unknown because the server was up- or downgraded since it was asked.

    Args:
        client: The client.
        error: The error of the endpoint.
        was_v4: Whether the server had the endpoints of v4 when it was asked.
    """
    if error.status != 404:
        return False
    client.cache.drop(*_KEY)
    return await has_v4_endpoints(client) != was_v4


async def by_generation(client: Client, read: Callable[[bool], Awaitable[Result]]) -> Result:
    """Calls a function for the server's generation, again if the server was up- or downgraded.

    Args:
        client: The client.
        read: The function; its argument is whether the server has the endpoints of v4.

    Returns:
        The result of the function.

    Raises:
        ApiError: Langfuse refused a request.
    """
    is_v4 = await has_v4_endpoints(client)
    try:
        return await read(is_v4)
    except UNKNOWN_ENDPOINT as error:
        if not await changed_generation(client, error, was_v4=is_v4):
            raise
        return await read(not is_v4)
