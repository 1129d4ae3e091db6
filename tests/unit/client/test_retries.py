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


@pytest.mark.parametrize(("request_", "sent"), [(CREATE, 1), (PATCH, FAST.attempts)])
def test_a_500_on_a_write_proves_nothing(
    server: LocalServer, connection: Connection, request_: Request, sent: int
) -> None:
    """It may be about the content, or come after the work; the refusal is kept for the former."""
    server.faults.add(Fault(times=None, status=500, body={"message": "Internal"}))
    with pytest.raises(AnswerLostError, match=r"answered 500 \(Internal\): it may") as lost:
        run(connection, lambda client: client.send(request_))
    assert isinstance(lost.value.refusal, RejectedError)
    assert str(lost.value.refusal) == "Internal"
    assert not lost.value.is_general
    assert len(server.requests) == sent


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


INCONCLUSIVE = [
    Fault("POST", status=408, body="Request Timeout"),
    Fault("POST", status=425),
    Fault("POST", status=429, headers={"Retry-After": "7"}),
    Fault("POST", status=429, headers={"X-RateLimit-Limit": "1", "X-RateLimit-Remaining": "0"}),
    Fault("POST", status=500, body="<h1>gateway</h1>"),
    Fault("POST", status=501),
    Fault("POST", status=502, body="<h1>gateway</h1>"),
    Fault("POST", status=503, body="upstream connect error or disconnect/reset before headers"),
    Fault("POST", status=504),
    Fault("POST", status=507),
    Fault("POST", status=520),
    Fault("POST", status=524),
    Fault("POST", status=599),
    Fault("POST", status=302, headers={"Location": "https://login.example"}),
    Fault("POST", status=201, body=""),
    Fault("POST", status=201, body='{"id": "1", "na'),
    Fault("POST", status=200, body="<html>Welcome</html>"),
    Fault("POST", status=200, body="OK"),
    Fault("POST", status=200, body="[]"),
    Fault("POST", status=200, body="null"),
    Fault("POST", status=200, body='{"status": "ok"}'),
    Fault("POST", status=204, body=""),
    Fault("POST", drop="within"),
]
"""Answers to a create that do not prove what became of it."""


@pytest.mark.parametrize("fault", INCONCLUSIVE, ids=repr)
def test_what_does_not_prove_what_became_of_a_create_is_a_lost_answer(
    server: LocalServer, connection: Connection, fault: Fault
) -> None:
    """Somebody else answered, and the server may have done it: it is not sent again."""
    server.faults.add(fault)
    words = "POST /v2/prompts was answered" if fault.status else "no answer to POST /v2/prompts"
    with pytest.raises(AnswerLostError, match=words) as lost:
        run(connection, lambda client: client.send(CREATE))
    assert len(server.requests) == 1
    assert lost.value.refusal is None
    assert lost.value.is_general
    assert lost.value.status // 100 == (fault.status or 0) // 100
    assert lost.value.retry_after == (7 if "Retry-After" in fault.headers else 0)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 422])
def test_a_refusal_of_a_create_proves_that_it_was_not_done(
    server: LocalServer, connection: Connection, status: int
) -> None:
    """Nothing is looked up, and nothing sent again."""
    server.faults.add(Fault("POST", status=status))
    with pytest.raises(ApiError) as refusal:
        run(connection, lambda client: client.send(CREATE))
    assert not isinstance(refusal.value, AnswerLostError)
    assert len(server.requests) == 1


LIMIT = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}


def test_a_create_that_the_rate_limit_refused_is_sent_again(
    server: LocalServer, connection: Connection
) -> None:
    """Langfuse's own, told by its headers, is checked before anything is done."""
    headers = {**LIMIT, "Retry-After": "0.01"}
    server.faults.add(Fault("POST", times=2, status=429, headers=headers))
    run(connection, lambda client: client.send(CREATE))
    assert [one.status for one in server.requests] == [429, 429, 201]
    assert versions(connection) == 1


SCORE = Request("POST", "/scores", {"id": "s", "name": "n", "value": 1, "traceId": "t"})


@pytest.mark.parametrize("fault", INCONCLUSIVE[:-8], ids=repr)
def test_a_repeatable_write_of_which_nobody_knows_is_no_failure(
    server: LocalServer, connection: Connection, fault: Fault
) -> None:
    """It is sent again, and its end is that it may have been done."""
    server.faults.add(replace(fault, times=None, headers={}))
    with pytest.raises(AnswerLostError, match="it may have been done"):
        run(connection, lambda client: client.send(SCORE))
    assert len(server.requests) == FAST.attempts


@pytest.mark.parametrize("last", [Fault("POST", status=429, headers=LIMIT), Fault(status=401)])
def test_a_repeatable_write_whose_first_answer_was_lost_may_have_been_done(
    server: LocalServer, connection: Connection, last: Fault
) -> None:
    """Whatever keeps it from being sent again."""
    server.faults.add(Fault("POST", drop="after"))
    server.faults.add(replace(last, times=None))
    with pytest.raises(AnswerLostError):
        run(connection, lambda client: client.send(SCORE))


def test_a_repeatable_write_that_is_refused_the_second_time_was_so_the_first_time(
    server: LocalServer, connection: Connection
) -> None:
    """A refusal of its content holds for both."""
    server.faults.add(Fault("POST", drop="before"))
    server.faults.add(Fault("POST", status=400, body={"message": "no such config"}))
    with pytest.raises(RejectedError, match="no such config"):
        run(connection, lambda client: client.send(SCORE))


def test_a_create_that_times_out_is_a_lost_answer(
    server: LocalServer, connection: Connection
) -> None:
    """Whether it worked shows later."""
    server.faults.add(Fault("POST", delay=20))
    with pytest.raises(AnswerLostError, match="ReadTimeout"):
        run(connection, lambda client: client.send(CREATE), replace(FAST, timeout=1))


def test_two_creates_at_one_moment_are_told_apart(
    server: LocalServer, connection: Connection
) -> None:
    """One may get a 400 that asks for a delay (observed on Langfuse 4.16.0): by a proxy's doing,
    the other may be the same create."""
    body = {"message": "Failed due to unique constraint failure. Please add a delay"}
    server.faults.add(Fault("POST", status=400, body=body))
    with pytest.raises(AnswerLostError) as lost:
        run(connection, lambda client: client.send(CREATE))
    assert isinstance(lost.value.refusal, RejectedError)
    assert [one.status for one in server.requests] == [400]


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
        pauses = {client._backoff(attempt) for _ in range(50)}
        assert most / 2 <= min(pauses) <= max(pauses) <= most
        assert len(pauses) > 1
    asyncio.run(client.__aexit__(None, None, None))


def test_a_server_that_was_never_there_is_not_waited_for() -> None:
    """A wrong port is told after one attempt."""

    async def work(client: Client) -> int:
        with pytest.raises(ConnectionFailedError, match="nothing listens there"):
            await client.get("/projects")
        return client.sent

    assert run(Connection("http://127.0.0.1:1", "a", "b"), work) == 1


def test_a_server_that_is_gone_for_a_moment_is_waited_for() -> None:
    """It has answered before, so the host is right: it may be restarted."""
    answers = iter([200, 0, 0, 200])

    def handle(request: httpx.Request) -> httpx.Response:
        if status := next(answers):
            return httpx.Response(status, json={"data": [], "meta": {"totalPages": 1}})
        raise httpx.ConnectError("Connection refused")

    async def work() -> int:
        connection = Connection("http://x.example", "a", "b")
        async with Client(connection, FAST, httpx.MockTransport(handle)) as client:
            for _ in range(2):
                await client.get("/v2/prompts")
            return client.sent

    assert asyncio.run(work()) == 4


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
        with pytest.raises(AnswerLostError, match="answered 503"):
            await client.send(Request("POST", "/v2/datasets", {"name": "d"}))
        return loop.time() - began

    assert run(connection, work) < 30
    assert waits == [("", 60.0)]
