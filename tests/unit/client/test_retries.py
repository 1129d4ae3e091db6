"""What is sent again, how often and when, and what never is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Literal

import httpx
import pytest

from langsync.client import Client, Options
from langsync.config import Connection
from langsync.errors import (
    AnswerLostError,
    ApiError,
    ConnectionFailedError,
    NotFoundError,
    RejectedError,
)
from langsync.local import Fault, LocalServer
from langsync.model import Request
from tests.unit.calls import FAST, create, run, seen

Drop = Literal["before", "after"]
BODY = {"name": "a", "prompt": "x", "labels": []}
CREATE = Request("POST", "/v2/prompts", BODY, repeatable=False)
PATCH = Request("PATCH", "/v2/prompts/a/versions/1", {"newLabels": ["b"]})
DELETE = Request("DELETE", "/v2/prompts/a")


def versions(connection: Connection) -> int:
    """How many versions the prompt has."""

    async def work(client: Client) -> int:
        rows = await client.pages("/v2/prompts")
        return sum(len(row["versions"]) for row in rows)

    return run(connection, work)


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503, 504, 500])
def test_a_read_is_asked_again(server: LocalServer, connection: Connection, status: int) -> None:
    """Where the answer may be another one the next time."""
    server.faults.add(Fault("GET", times=2, status=status))
    run(connection, lambda client: client.get("/projects"))
    assert [one.status for one in server.requests] == [status, status, 200]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422, 501])
def test_other_refusals_are_final(server: LocalServer, connection: Connection, status: int) -> None:
    """Asking again would be of no use."""
    server.faults.add(Fault("GET", status=status))
    with pytest.raises(ApiError):
        run(connection, lambda client: client.get("/projects"))
    assert len(server.requests) == 1


@pytest.mark.parametrize("request_", [CREATE, PATCH])
def test_a_500_on_a_write_is_final(
    server: LocalServer, connection: Connection, request_: Request
) -> None:
    """It is an answer about its content, such as a NUL in a text."""
    server.faults.add(Fault(status=500, body={"message": "Internal"}))
    with pytest.raises(RejectedError, match="Internal"):
        run(connection, lambda client: client.send(request_))
    assert len(server.requests) == 1


def test_there_is_an_end_to_it(server: LocalServer, connection: Connection) -> None:
    """After as many attempts as the options say."""
    server.faults.add(Fault(times=None, status=503, body="busy"))
    with pytest.raises(RejectedError):
        run(connection, lambda client: client.get("/projects"), replace(FAST, attempts=3))
    assert [one.status for one in server.requests] == [503] * 3


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_dropped_connection_is_asked_again(
    server: LocalServer, connection: Connection, drop: Drop
) -> None:
    """For a read, and for a write that can be repeated."""
    create(connection, BODY)
    server.app.requests.clear()
    server.faults.add(Fault("GET", drop=drop))
    server.faults.add(Fault("PATCH", drop=drop))
    run(connection, lambda client: client.get("/v2/prompts"))
    run(connection, lambda client: client.send(PATCH))
    assert [one.status for one in server.requests] == [0, 200, 0, 200]


@pytest.mark.parametrize(("drop", "made"), [("before", 0), ("after", 1)])
def test_a_create_whose_answer_is_lost_is_not_sent_again(
    server: LocalServer, connection: Connection, drop: Drop, made: int
) -> None:
    """It may have worked: whoever sent it has to look."""
    server.faults.add(Fault("POST", drop=drop))
    with pytest.raises(AnswerLostError, match="no answer to POST /v2/prompts"):
        run(connection, lambda client: client.send(CREATE))
    assert sum("POST" in one for one in seen(server)) == 1
    assert versions(connection) == made


@pytest.mark.parametrize("status", [408, 502, 504, 520, 524])
def test_a_gateway_that_gave_up_on_a_create_is_a_lost_answer(
    server: LocalServer, connection: Connection, status: int
) -> None:
    """The server behind it may have gone on."""
    server.faults.add(Fault("POST", status=status, body="<h1>gateway</h1>"))
    with pytest.raises(AnswerLostError, match=f"answered {status}"):
        run(connection, lambda client: client.send(CREATE))
    assert len(server.requests) == 1


def test_a_create_that_times_out_is_a_lost_answer(
    server: LocalServer, connection: Connection
) -> None:
    """Whether it worked shows later."""
    server.faults.add(Fault("POST", delay=0.5))
    with pytest.raises(AnswerLostError, match="ReadTimeout"):
        run(connection, lambda client: client.send(CREATE), replace(FAST, timeout=0.1))


@pytest.mark.parametrize("status", [425, 429, 503])
def test_a_create_that_was_turned_away_is_sent_again(
    server: LocalServer, connection: Connection, status: int
) -> None:
    """It was not looked at."""
    server.faults.add(Fault("POST", times=2, status=status))
    run(connection, lambda client: client.send(CREATE))
    assert [one.status for one in server.requests] == [status, status, 201]
    assert versions(connection) == 1


def test_two_creates_at_one_moment_are_told_apart(
    server: LocalServer, connection: Connection
) -> None:
    """One may get a 400 that asks for a delay (observed on Langfuse 4.16.0)."""
    said = {"message": "Failed due to unique constraint failure. Please add a delay"}
    server.faults.add(Fault("POST", status=400, body=said))
    run(connection, lambda client: client.send(CREATE))
    assert [one.status for one in server.requests] == [400, 201]


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_delete_that_was_done_the_first_time_is_fine(
    server: LocalServer, connection: Connection, drop: Drop
) -> None:
    """The second attempt finds nothing left, or deletes it."""
    create(connection, BODY)
    server.faults.add(Fault("DELETE", drop=drop))
    assert run(connection, lambda client: client.send(DELETE)) is None
    assert versions(connection) == 0


def test_a_delete_of_what_is_not_there_is_an_error(connection: Connection) -> None:
    """The first attempt should find it."""
    with pytest.raises(NotFoundError):
        run(connection, lambda client: client.send(DELETE))


class Clock(httpx.AsyncBaseTransport):
    """A network that refuses its first request, and knows when each one came."""

    def __init__(self, status: int, retry_after: str) -> None:
        self.first = httpx.Response(status, headers={"Retry-After": retry_after}, json={})
        self.times: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.times.append(asyncio.get_running_loop().time())
        return self.first if len(self.times) == 1 else httpx.Response(200, json={})

    def waited(self) -> list[float]:
        """How long after the first request each further one came."""
        return [time - self.times[0] for time in self.times[1:]]


def ask(clock: Clock, times: int, options: Options = FAST) -> None:
    """Ask several things at once, one of them a little before the others."""

    async def work() -> None:
        client = Client(Connection("http://x.example", "a", "b"), options, clock)
        async with client, asyncio.TaskGroup() as group:
            group.create_task(client.get("/x"))
            await asyncio.sleep(0.01)
            for _ in range(times - 1):
                group.create_task(client.get("/x"))

    asyncio.run(work())


@pytest.mark.parametrize("status", [429, 503])
def test_the_server_says_how_long_to_wait(status: int) -> None:
    """``Retry-After`` in seconds; parts of one are taken too."""
    clock = Clock(status, "0.15")
    ask(clock, 1)
    (waited,) = clock.waited()
    assert 0.149 <= waited < 0.4


def test_nothing_is_sent_while_a_rate_limit_holds() -> None:
    """The other requests wait as well: they would be refused, and make it worse."""
    clock = Clock(429, "0.2")
    ask(clock, 6)
    waited = clock.waited()
    assert len(waited) == 6
    assert min(waited) >= 0.199


def test_other_requests_go_on_while_one_waits_for_a_busy_server() -> None:
    """A 503 is about one request."""
    clock = Clock(503, "0.2")
    ask(clock, 3)
    assert sorted(waited >= 0.199 for waited in clock.waited()) == [False, False, True]


@pytest.mark.parametrize("text", ["soon", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "nan", ""])
def test_what_is_no_number_of_seconds_is_passed_over(text: str) -> None:
    """Then the usual pause holds, and no crash."""
    clock = Clock(429, text)
    ask(clock, 1)
    assert clock.waited()[0] < 0.2


def test_the_pauses_grow() -> None:
    """Doubled each time, with jitter, and with an end to it."""
    client = Client(Connection("http://x.example", "a", "b"), Options(backoff=0.5))
    for attempt in range(1, 12):
        most = min(30.0, 0.5 * 2 ** (attempt - 1))
        pauses = {client._pause(attempt) for _ in range(50)}
        assert most / 2 <= min(pauses) <= max(pauses) <= most
        assert len(pauses) > 1
    asyncio.run(client.__aexit__(None, None, None))


def test_a_server_that_was_never_there_is_not_waited_for() -> None:
    """A wrong port is told at once."""
    with pytest.raises(ConnectionFailedError, match="nothing listens there"):
        run(
            Connection("http://127.0.0.1:1", "a", "b"),
            lambda client: client.get("/projects"),
            Options(backoff=30, attempts=5),
        )


def test_every_attempt_is_counted_and_every_answer_told(
    server: LocalServer, connection: Connection
) -> None:
    """For the progress bar and the report."""
    server.faults.add(Fault(status=503))
    told: list[tuple[str, str, int]] = []

    async def work(client: Client) -> int:
        client.on_request = lambda method, path, status, _: told.append((method, path, status))
        await client.get("/v2/prompts", limit=1)
        return client.sent

    assert run(connection, work) == 2
    assert told == [("GET", "/api/public/v2/prompts?limit=1", status) for status in (503, 200)]


def test_a_stop_ends_the_wait_for_a_busy_server(
    server: LocalServer, connection: Connection
) -> None:
    """With what the server said last; the wait is told."""
    waits: list[tuple[str, float]] = []
    server.faults.add(
        Fault("POST", "/v2/datasets", times=None, status=503, headers={"Retry-After": "60"})
    )

    async def work(client: Client) -> float:
        client.on_wait = lambda family, seconds: waits.append((family, seconds))
        loop = asyncio.get_running_loop()
        began = loop.time()
        loop.call_later(0.2, client.stop)
        with pytest.raises(RejectedError, match="fault"):
            await client.send(Request("POST", "/v2/datasets", {"name": "d"}))
        return loop.time() - began

    assert run(connection, work) < 30
    assert waits == [("", 60.0)]
