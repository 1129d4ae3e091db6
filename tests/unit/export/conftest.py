"""The servers and the command line of the tests of observations; and exports without waiting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.client import Client, Options
from langsync.config import Connection
from langsync.export import Exported, Job, Parts, export
from langsync.local.app import LocalApp
from langsync.observability import SOURCES
from tests.unit.observability.conftest import langsync, server, servers, there

__all__ = ["langsync", "server", "servers", "there"]

KEYS = ("pk-lf-local", "sk-lf-local")


@pytest.fixture(autouse=True)
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of 50 rows, so that little data has many."""
    for name, source in SOURCES.items():
        new, old = (replace(one, max_page_size=50) for one in (source.v4, source.v3))
        monkeypatch.setitem(SOURCES, name, replace(source, v4=new, v3=old))


def rows(name: str | Path) -> list[dict[str, Any]]:
    """What is in a file of JSON Lines."""
    return [json.loads(line) for line in Path(name).read_text("utf-8").splitlines()]


class FakeTime(asyncio.SelectorEventLoop):
    """Where nothing is left to do but to wait, its clock goes on to the end of that."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.ahead += max(0.0, self._scheduled[0].when() - self.time())  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


Hook = Callable[[httpx.Request, httpx.AsyncClient], Awaitable[None]]


@dataclass
class InProcess(httpx.AsyncBaseTransport):
    """A network of one server, in the loop of the client.

    Args:
        app: The server.
        after: Called when a request was answered, with a client that it is not called for.
    """

    app: LocalApp
    after: Hook | None = None
    asked: list[httpx.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        try:
            answer = await httpx.ASGITransport(self.app).handle_async_request(request)
        except ConnectionResetError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        if self.after is not None:
            apart = InProcess(self.app)
            url = "http://localhost/api/public"
            async with httpx.AsyncClient(transport=apart, base_url=url, auth=KEYS) as api:
                await self.after(request, api)
        return answer


@dataclass
class Outcome:
    """How an export went: what it says, its rows, its requests, and the seconds it believes in."""

    said: Exported
    rows: list[dict[str, Any]]
    asked: list[httpx.Request]
    seconds: float


def exported(
    app: LocalApp, job: Job, target: Path, *, after: Hook | None = None, at_once: int = 8
) -> Outcome:
    """Export from a server in this process, by a clock that nobody waits for."""
    network = InProcess(app, after)

    async def work() -> Outcome:
        loop = asyncio.get_running_loop()
        began = loop.time()
        if app._limiter is not None:
            app._limiter._clock = loop.time
        connection = Connection("http://localhost", *KEYS)
        async with Client(connection, Options(concurrency=at_once), network) as client:
            parts = Parts(target)
            with parts.hold(resume=True):
                said = await export(client, await client.project(), job, parts, at_once=at_once)
        found = rows(target) if target.suffix == ".jsonl" else []
        return Outcome(said, found, network.asked, loop.time() - began)

    with asyncio.Runner(loop_factory=FakeTime) as runner:
        return runner.run(work())
