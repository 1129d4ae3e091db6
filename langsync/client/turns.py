"""Sends the writes of one object one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote

from langsync.model import Request


@dataclass(slots=True)
class Turns:
    """Allows one write at a time for each object.

    Langfuse responds with 200 to eight concurrent PATCHes that put one label on eight versions of a
    prompt, and leaves it on five of them (observed on Langfuse 4.16.0).
    """

    _queues: dict[str, tuple[asyncio.Lock, int]] = field(default_factory=dict)

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Holds the lock of an object.

        Args:
            name: The object; see `written_object`.
        """
        lock, users = self._queues.get(name) or (asyncio.Lock(), 0)
        self._queues[name] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            lock, users = self._queues[name]
            if users == 1:
                del self._queues[name]
            else:
                self._queues[name] = lock, users - 1


def written_object(request: Request) -> str:
    """Returns the object that a request writes: its endpoint, and its name or id.

    Args:
        request: A POST names the object in its body, other methods name it in their path:
            ``/v2/prompts`` and ``/v2/prompts/NAME/versions/3`` are of one prompt.
    """
    endpoint, _, remainder = request.path.partition("?")[0].strip("/").partition("/")
    if endpoint[:1] == "v" and endpoint[1:].isdigit():
        endpoint, _, remainder = remainder.partition("/")
    name = remainder.partition("/")[0]
    if name:
        return f"{endpoint}/{unquote(name)}"
    body = request.body if isinstance(request.body, dict) else {}
    return f"{endpoint}/{body.get('id') or body.get('name') or ''}"
