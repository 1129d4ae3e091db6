"""Applies through a proxy that loses answers: nothing twice, and never two writes at one moment."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import httpx
import pytest

from langsync.apply import apply
from langsync.client import Client, Options
from langsync.client.delivery import ATTEMPTS, LOOKUP_DELAYS
from langsync.client.turns import Turns, written_object
from langsync.config import Connection
from langsync.diff import diff
from langsync.fetch import fetch
from langsync.kinds.base import Scope, View
from langsync.local import LocalServer
from langsync.model import Json, Outcome, Project, Report, Request
from langsync.plan import plan
from tests.unit.calls import run
from tests.unit.repository import Files, loaded

COUNT = 200
PATIENT = Options(backoff=0.001, timeout=60)
"""Only the proxy loses answers, on a slow machine, too."""

PREFIX = "/api/public"


class LossyProxy(httpx.AsyncBaseTransport):
    """Forwards requests to a server, loses the answer to every n-th write, and may do it late.

    A write that is done late is under way until it has been looked up some times, fewer than
    langsync looks before it sends again. No object loses as many writes as langsync sends before
    it gives up, in whatever order the writes of a slow machine arrive.

    Args:
        every: Of how many writes one is lost.
        seed: Decides what becomes of each.
    """

    def __init__(self, every: int, seed: int) -> None:
        self.every = every
        self.random = random.Random(seed)
        self.http = httpx.AsyncHTTPTransport()
        self.writes = 0
        self.lost: Counter[str] = Counter()
        self.lost_writes: Counter[str] = Counter()
        self.under_way: Counter[str] = Counter()
        self.late: dict[str, tuple[httpx.Request, int]] = {}
        self.overlapping: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = self.written(request)
        if request.method == "GET":
            response = await self.http.handle_async_request(request)
            await response.aread()
            await self.look_up(name)
            return response
        if self.under_way[name]:
            self.overlapping.append(name)
        self.writes += 1
        if self.writes % self.every or self.lost_writes[name] == ATTEMPTS - 1:
            return await self.forward(name, request)
        self.lost_writes[name] += 1
        result = self.random.choice(["done", "not done", "late"])
        self.lost[result] += 1
        if result == "done":
            await self.forward(name, request)
        elif result == "late":
            self.under_way[name] += 1
            lookups = self.random.randrange(1, len(LOOKUP_DELAYS))
            self.late[name] = request, lookups
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")

    async def forward(self, name: str, request: httpx.Request) -> httpx.Response:
        self.under_way[name] += 1
        response = await self.http.handle_async_request(request)
        await response.aread()
        self.under_way[name] -= 1
        return response

    async def look_up(self, name: str) -> None:
        """Count a lookup; the last one that a late write waits for lets it go."""
        if name not in self.late:
            return
        request, lookups = self.late[name]
        self.late[name] = request, lookups - 1
        if lookups == 1:
            del self.late[name]
            self.under_way[name] -= 1
            await self.forward(name, request)

    def written(self, request: httpx.Request) -> str:
        """The object that a request writes, or reads."""
        path = request.url.raw_path.decode().removeprefix(PREFIX)
        body = httpx.Response(200, content=request.content).json() if request.content else None
        return written_object(Request("POST", path, body))

    async def aclose(self) -> None:
        await self.http.aclose()


def applied(
    connection: Connection, folder: Path, files: Files, proxy: LossyProxy | None = None
) -> Report:
    async def work() -> Report:
        state = loaded(folder, files).state
        async with Client(connection, PATIENT, proxy) as client:
            remote = await fetch(client, Scope(state))
            made = plan(Project("id", "n", "h"), "", diff(View(state, remote.state)).changes)
            return await apply(client, made)

    return asyncio.run(work())


def items(connection: Connection) -> dict[str, Json]:
    async def work(client: Client) -> dict[str, Json]:
        rows = await client.pages("/dataset-items", datasetName="d")
        assert len(rows) == len({row["id"] for row in rows})
        return {row["id"]: row["input"] for row in rows}

    return run(connection, work)


def dataset(edition: int) -> Files:
    rows = "".join(f"  - {{id: i{number}, input: {edition}}}\n" for number in range(COUNT))
    return {"datasets/d.yaml": f"items:\n{rows}"}


@pytest.mark.parametrize("every", [2, 3, 4])
def test_items_through_a_proxy_that_loses_answers(
    connection: Connection, folder: Path, every: int
) -> None:
    """Created and edited: each is as declared, and never is one written twice at one moment."""
    for edition in (1, 2):
        proxy = LossyProxy(every, seed=10 * every + edition)
        report = applied(connection, folder, dataset(edition), proxy)
        assert [one for one in report.results if one.outcome is not Outcome.APPLIED] == []
        assert min(proxy.lost[result] for result in ("done", "not done", "late")) > 0
        assert (proxy.overlapping, proxy.late) == ([], {})
        assert items(connection) == {f"i{number}": edition for number in range(COUNT)}
    assert applied(connection, folder, dataset(2)).results == ()


@pytest.mark.parametrize("every", [2, 3])
def test_prompts_through_a_proxy_that_loses_answers(
    connection: Connection, folder: Path, every: int
) -> None:
    """Created, edited, and rolled back: two versions each, and the label on the first."""
    for edition in (1, 2, 1):
        files = {f"prompts/p{number}.yaml": f"prompt: '{edition}'\n" for number in range(40)}
        proxy = LossyProxy(every, seed=10 * every + edition)
        report = applied(connection, folder, files, proxy)
        assert {one.outcome for one in report.results} == {Outcome.APPLIED}
        assert (proxy.overlapping, proxy.late) == ([], {})
    rows = run(connection, lambda client: client.pages("/v2/prompts"))
    assert [row["versions"] for row in rows] == [[1, 2]] * 40
    assert applied(connection, folder, files).results == ()


def test_the_object_that_a_request_writes() -> None:
    """All writes to one prompt are of one object."""
    for request, name in (
        (Request("POST", "/v2/prompts", {"name": "a/b"}), "prompts/a/b"),
        (Request("PATCH", "/v2/prompts/a%2Fb/versions/3", {"newLabels": []}), "prompts/a/b"),
        (Request("DELETE", "/v2/prompts/a%2Fb?version=3"), "prompts/a/b"),
        (Request("POST", "/dataset-items", {"id": "i", "datasetName": "d"}), "dataset-items/i"),
        (Request("DELETE", "/dataset-items/i"), "dataset-items/i"),
        (Request("POST", "/v2/datasets", {"name": "d"}), "datasets/d"),
        (Request("POST", "/score-configs", {"name": "s"}), "score-configs/s"),
        (Request("POST", "/scores", None), "scores/"),
    ):
        assert written_object(request) == name


def test_writes_to_one_object_go_one_after_the_other() -> None:
    """Those to others go meanwhile; nothing is kept of what has ended, however it ended."""
    turns = Turns()
    active: Counter[str] = Counter()
    most: Counter[str] = Counter()

    async def write(name: str, *, fails: bool) -> None:
        async with turns.turn(name):
            active[name] += 1
            active["all"] += 1
            for key in (name, "all"):
                most[key] = max(most[key], active[key])
            await asyncio.sleep(0)
            active[name] -= 1
            active["all"] -= 1
            if fails:
                raise ZeroDivisionError

    async def work() -> None:
        writes = [write(name, fails=bool(n % 2)) for n in range(8) for name in "ab"]
        await asyncio.gather(*writes, return_exceptions=True)

    asyncio.run(work())
    assert most == {"a": 1, "b": 1, "all": 2}
    assert not turns._queues


def test_eight_labels_of_one_prompt_are_moved_one_after_the_other(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """Eight PATCHes at once left a label on five versions (observed on Langfuse 4.16.0)."""
    variants = [f"- {{prompt: '{n}', labels: [l{n}]}}\n" for n in range(8)]
    applied(connection, folder, {"prompts/p.yaml": "variants:\n" + "".join(variants)})
    moved = [f"- {{prompt: '{n}', labels: [l{(n + 1) % 8}]}}\n" for n in range(8)]
    proxy = LossyProxy(10**9, seed=0)
    applied(connection, folder, {"prompts/p.yaml": "variants:\n" + "".join(moved)}, proxy)
    assert sum(one.method == "PATCH" for one in server.requests) == 8
    assert proxy.overlapping == []
