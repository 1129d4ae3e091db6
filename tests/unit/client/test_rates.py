"""Rate limits: learnt by family of endpoints, waited for, never hammered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from langsync.client import Client, Options
from langsync.client.cache import DiskCache
from langsync.client.limiter import Limiter
from langsync.client.rates import Rate, family, seconds_for
from langsync.config import Connection
from langsync.errors import RejectedError, StoppedError
from langsync.local import LocalServer, RateLimit
from langsync.model import Request

LIMIT = RateLimit(8, window=1.4, path="dataset")
"""Eight requests for datasets and their items in 1.4 s; ``Retry-After`` has whole seconds."""


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v2/prompts/a%2Fb/versions/3", "prompts"),
        ("/v2/prompts", "prompts"),
        ("/dataset-items/x", "datasets"),
        ("/v2/datasets/x", "datasets"),
        ("/datasets/x/runs", "datasets"),
        ("/v2/observations", "v2/observations"),
        ("/observations/x", "observations"),
        ("/projects", "projects"),
    ],
)
def test_a_path_has_a_family(path: str, name: str) -> None:
    """Langfuse Cloud counts by these."""
    assert family(path) == name


def test_a_refusal_teaches_limit_and_window() -> None:
    """The window began with its first request; who knows the limit stops before it is refused."""
    rate = Rate()
    for _ in range(10):
        rate.count(100.0)
    assert rate.wait(100.0) == 0
    assert rate.refused(102.0, 8.25, 10)
    assert (rate.limit, rate.window, rate.measured) == (10, 10.25, True)
    assert rate.wait(102.0) == 8.25
    for _ in range(10):
        assert rate.wait(111.0) == 0
        rate.count(111.0)
    assert rate.wait(112.0) == pytest.approx(9.75)
    assert rate.wait(121.8) == 0


def test_a_window_that_was_taken_for_too_short_is_learnt() -> None:
    """A run before this one had spent some of it; one refusal more, and it is known."""
    rate = Rate()
    rate.count(7.0)
    assert rate.refused(7.0, 3.25, 5)  # ten seconds, of which seven were over
    assert (rate.window, rate.measured) == (3.25, False)
    for _ in range(5):
        assert rate.wait(11.0) == 0
        rate.count(11.0)
    assert rate.wait(14.0) == pytest.approx(0.75)
    rate.count(15.0)
    assert rate.refused(15.0, 6.25, 5)
    assert (rate.window, rate.measured) == (10.25, True)
    for _ in range(5):
        rate.count(22.0)
    assert rate.wait(25.5) == pytest.approx(7.25)


def test_a_burst_of_refusals_counts_once() -> None:
    """The second one says nothing new about the window; the longer wait holds."""
    rate = Rate()
    rate.count(10.0)
    assert rate.refused(11.0, 3.5, 5)
    assert not rate.refused(11.5, 4.25, 5)
    assert (rate.window, rate.measured) == (4.5, False)  # it may have begun before this run
    assert rate.wait(12.0) == 3.75


def test_whole_seconds_may_be_rounded() -> None:
    """Langfuse rounds them: half a second more is waited."""
    rate = Rate()
    rate.refused(0.0, 2.0, None)
    assert rate.limit is None
    assert rate.wait(0.0) == 2.5


@pytest.mark.parametrize(("requests", "seconds"), [(0, 0), (1, 0), (100, 0), (101, 60), (250, 120)])
def test_requests_take_as_many_windows_as_they_fill(requests: int, seconds: float) -> None:
    """The last window is not waited for."""
    assert seconds_for(requests, 100, 60.0) == seconds


def test_families_wait_on_their_own() -> None:
    """What is refused for one says nothing about another."""

    async def work() -> list[str]:
        limiter, order = Limiter(4), []
        limiter.refused(0.15, "datasets")

        async def one(name: str) -> None:
            async with limiter.slot(name):
                order.append(name)

        await asyncio.gather(one("datasets"), one("prompts"))
        return order

    assert asyncio.run(work()) == ["prompts", "datasets"]


def test_a_burst_halves_once() -> None:
    """Refusals of what was under way at the same moment say the same."""

    async def work() -> list[float]:
        limiter, limits = Limiter(16), []
        async with limiter.slot("a") as first, limiter.slot("a") as second:
            for sent in (first, second):
                limiter.refused(0.01, "a", sent_at=sent)
                limits.append(limiter.limit)
        async with limiter.slot("a") as third:
            limiter.refused(0.01, "a", sent_at=third)
        return [*limits, limiter.limit]

    assert asyncio.run(work()) == [8, 8, 4]


def test_a_stop_ends_the_wait() -> None:
    """At once; what has no limit to wait for still goes."""

    async def work() -> float:
        limiter = Limiter(4)
        limiter.refused(60, "a")
        loop = asyncio.get_running_loop()
        began = loop.time()
        loop.call_later(0.05, limiter.stop)
        with pytest.raises(StoppedError):
            async with limiter.slot("a"):
                pass
        async with limiter.slot("b"):
            return loop.time() - began

    assert asyncio.run(work()) < 10


class Line(httpx.AsyncHTTPTransport):
    """The network, which remembers when each request went and what became of it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, float, float, httpx.Response]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        clock = asyncio.get_running_loop()
        sent = clock.time()
        response = await super().handle_async_request(request)
        self.seen.append((family(request.url.path[11:]), sent, clock.time(), response))
        return response

    def refusals(self) -> Iterator[tuple[float, float]]:
        """When each refusal came, and when it said to come back."""
        for name, _, came, response in self.seen:
            if response.status_code == 429:
                assert name == "datasets"
                yield came, came + float(response.headers["Retry-After"])


def connection_of(server: LocalServer) -> Connection:
    project = server.projects[0]
    return Connection(server.url, project.public_key, project.secret_key)


def items(count: int) -> list[Request]:
    bodies = ({"datasetName": "d", "id": f"i{n}", "input": n} for n in range(count))
    return [Request("POST", "/dataset-items", body) for body in bodies]


def test_all_arrive_and_nothing_is_sent_while_the_wait_runs() -> None:
    """Once per item; the refusals are those of the first burst, and other families go on."""
    line, waits = Line(), []

    async def work(server: LocalServer) -> int:
        client, waiting = Client(connection_of(server), Options(), line), asyncio.Event()

        def wait(name: str, seconds: float) -> None:
            waits.append((name, seconds))
            waiting.set()

        client.on_wait = wait
        async with client:
            await client.send(Request("POST", "/v2/datasets", {"name": "d"}))
            async with asyncio.TaskGroup() as group:
                for request in items(30):
                    group.create_task(client.send(request))
                await waiting.wait()
                for _ in range(5):
                    await client.get("/projects")
            return len((await client.get("/dataset-items", limit=50))["data"])

    with LocalServer(rate_limit=LIMIT) as server:
        assert asyncio.run(work(server)) == 30
    refusals = list(line.refusals())
    assert refusals
    assert len(refusals) <= 16
    for came, until in refusals:
        datasets = (sent for name, sent, _, _ in line.seen if name == "datasets")
        assert not [sent for sent in datasets if came + 0.05 < sent < until]
        assert [sent for name, sent, _, _ in line.seen if name == "projects" and sent < until]
    assert {name for name, _ in waits} == {"datasets"}
    assert len(waits) <= 5  # once for each window, not for each request


def test_who_is_asked_to_wait_too_long_says_so() -> None:
    """Longer than there is patience for: an error with the server's words and the time."""

    async def work(server: LocalServer) -> None:
        async with Client(connection_of(server), Options(patience=1)) as client:
            await client.get("/v2/datasets")
            await client.get("/v2/datasets")

    with (
        LocalServer(rate_limit=RateLimit(1, window=300, path="dataset")) as server,
        pytest.raises(RejectedError, match=r"Rate limit exceeded\. Try again in 5 minutes"),
    ):
        asyncio.run(work(server))


def test_nothing_is_sent_while_a_wait_that_is_too_long_runs() -> None:
    """Who comes later is told at once; only what was under way already reaches the server."""

    async def work(server: LocalServer) -> list[object]:
        async with Client(connection_of(server), Options(concurrency=2, patience=1)) as client:
            await client.send(Request("POST", "/v2/datasets", {"name": "d"}))
            tasks = [client.send(request) for request in items(30)]
            return [*await asyncio.gather(*tasks, return_exceptions=True)]

    with LocalServer(rate_limit=RateLimit(5, window=300, path="dataset")) as server:
        found = asyncio.run(work(server))
        sent = [one for one in server.requests if one.path.endswith("/dataset-items")]
    refused = [str(one) for one in found if isinstance(one, RejectedError)]
    assert len(refused) == 26
    assert all("Try again in 5 minutes" in one for one in refused)
    assert len(sent) <= 6


def test_a_limit_is_remembered_for_the_next_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With the project; without a cache nothing is known."""
    place = tmp_path_factory.mktemp("cache")

    async def first(server: LocalServer) -> None:
        with DiskCache(place) as disk:
            async with Client(connection_of(server), disk=disk) as client:
                await client.project()
                for _ in range(10):
                    await client.get("/v2/datasets")

    async def second(server: LocalServer, disk: DiskCache | None) -> tuple[int, float] | None:
        async with Client(connection_of(server), disk=disk) as client:
            await client.project()
            return client.rate("/dataset-items")

    with LocalServer(rate_limit=LIMIT) as server:
        asyncio.run(first(server))
        with DiskCache(place) as disk:
            known = asyncio.run(second(server, disk))
        unknown = asyncio.run(second(server, None))
    assert known is not None
    assert known[0] == 8
    assert 1.0 <= known[1] <= 2.5
    assert unknown is None
