"""How a plan is applied: in order, past failures, and never twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from langsync.apply import MAX_CONSECUTIVE_FAILURES, Watch, apply
from langsync.client import Client
from langsync.client.cache import NoCache
from langsync.client.schemas import OBJECT, AnswerSchema
from langsync.config import Connection
from langsync.diff import diff
from langsync.errors import AnswerLostError, RejectedError, StoppedError, UnauthorizedError
from langsync.fetch import fetch
from langsync.kinds.base import Scope, View
from langsync.local import Fault, LocalServer
from langsync.model import (
    Address,
    Change,
    Json,
    Outcome,
    Plan,
    Project,
    Report,
    Request,
    Result,
    State,
)
from langsync.plan import plan
from tests.unit.calls import run, seen
from tests.unit.repository import Files, loaded

PROJECT = Project("id", "name", "host")
SNIPPET = "@@@langfusePrompt:name=snippet|label=production@@@"


async def plan_of(client: Client, folder: Path, files: Files) -> Plan:
    state = loaded(folder, files).state
    found = diff(View(state, (await fetch(client, Scope(state))).state))
    return plan(PROJECT, "", found.changes)


def applied(
    connection: Connection, folder: Path, files: Files, watch: Watch | None = None
) -> dict[str, Result]:
    """Plan and apply files; the results by address."""

    async def work(client: Client) -> Report:
        return await apply(client, await plan_of(client, folder, files), watch=watch)

    report = run(connection, work)
    return {str(result.address): result for result in report.results}


def writes(server: LocalServer) -> list[str]:
    return [request for request in seen(server) if not request.startswith("GET")]


def test_what_is_needed_is_written_first(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """A prompt after the one that it refers to, an item after its dataset."""
    files = {
        "prompts/a.yaml": f"prompt: '{SNIPPET}'\n",
        "prompts/snippet.yaml": "prompt: x\n",
        "datasets/d.yaml": "items: [{id: i, input: 1}]\n",
    }
    results = applied(connection, folder, files)
    assert {result.outcome for result in results.values()} == {Outcome.APPLIED}
    assert writes(server).index("POST /v2/datasets 200") < (
        writes(server).index("POST /dataset-items 200")
    )


@pytest.mark.parametrize("handled", [True, False])
def test_a_label_that_was_refused_and_moved_is_reported(
    server: LocalServer, connection: Connection, folder: Path, *, handled: bool
) -> None:
    """Langfuse refuses a label that closes a circle of references after it has moved it."""
    for text in ("old", "new", "old"):
        server.faults.clear()
        if text == "old":
            body = {"message": "a circle"}
            server.faults.add(Fault("PATCH", status=409, body=body, handled=handled))
        results = applied(connection, folder, {"prompts/p.yaml": f"prompt: {text}\n"})
    result = results["prompt/p"]
    assert result.outcome is Outcome.FAILED
    assert result.detail == "a circle" + (
        " (the labels have moved all the same)" if handled else ""
    )


def test_a_failure_skips_what_needs_it_and_nothing_else(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """The report has the server's words, and the cause of each skip."""
    server.faults.add(Fault("POST", "/v2/datasets", status=400, body={"message": "no room"}))
    files = {
        "prompts/p.yaml": "prompt: x\n",
        "datasets/d.yaml": "items: [{id: i, input: 1}]\n",
    }
    results = applied(connection, folder, files)
    assert results["prompt/p"].outcome is Outcome.APPLIED
    assert results["dataset/d"].outcome is Outcome.FAILED
    assert results["dataset/d"].detail == "no room"
    assert results["dataset_item/d/i"].outcome is Outcome.SKIPPED
    assert results["dataset_item/d/i"].detail == "because of dataset/d"
    assert not any("dataset-items" in request for request in writes(server))


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("labels", ["[production, beta]", "[]"])
def test_a_create_whose_answer_was_lost_is_not_sent_again_if_it_landed(
    server: LocalServer, connection: Connection, folder: Path, times: int, labels: str
) -> None:
    """It is looked up first, drafts too: there is one version, never two."""
    server.faults.add(Fault("POST", "/v2/prompts", times=times, drop="after"))
    results = applied(connection, folder, {"prompts/p.yaml": f"prompt: x\nlabels: {labels}\n"})
    assert results["prompt/p"].outcome is Outcome.APPLIED
    assert writes(server) == ["POST /v2/prompts 0"]


def test_a_create_that_never_arrived_is_sent_again(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """It is looked up, not found, and sent: there is one version."""
    server.faults.add(Fault("POST", "/v2/prompts", drop="before"))
    results = applied(connection, folder, {"prompts/p.yaml": "prompt: x\n"})
    assert results["prompt/p"].requests == 2
    assert writes(server) == ["POST /v2/prompts 0", "POST /v2/prompts 201"]


def test_an_update_whose_answer_was_lost_makes_no_second_version(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """Also where older versions with other contents are there."""
    applied(connection, folder, {"prompts/p.yaml": "prompt: one\n"})
    server.faults.add(Fault("POST", "/v2/prompts", drop="after"))
    applied(connection, folder, {"prompts/p.yaml": "prompt: two\n"})
    newest = run(connection, lambda client: client.get("/v2/prompts/p", label="latest"))
    assert (newest["version"], newest["prompt"]) == (2, "two")


def test_a_schema_is_set_after_the_items_and_not_if_one_failed(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """What closes a change waits for everything that needs it."""
    schema = "{type: object, required: [q], properties: {q: {type: string}}}"
    applied(connection, folder, {"datasets/d.yaml": "items: [{id: i, input: {old: 1}}]\n"})
    tightened = f"input_schema: {schema}\nitems: [{{id: i, input: {{q: hi}}}}]\n"
    server.faults.add(Fault("POST", "/dataset-items", status=400, body={"message": "no"}))
    results = applied(connection, folder, {"datasets/d.yaml": tightened})
    assert results["dataset/d"].detail == "because of dataset_item/d/i"
    results = applied(connection, folder, {"datasets/d.yaml": tightened})
    assert results["dataset/d"].outcome is Outcome.APPLIED
    assert writes(server)[-2:] == ["POST /dataset-items 200", "POST /v2/datasets 200"]


def test_stopping_skips_what_has_not_begun(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """What is under way is finished and reported; the rest is skipped as interrupted."""
    watch = Watch()
    watch.on_result = lambda _: watch.stopping.set()
    items = ", ".join(f"{{id: i{number}, input: {number}}}" for number in range(50))
    results = applied(connection, folder, {"datasets/d.yaml": f"items: [{items}]\n"}, watch)
    assert results["dataset/d"].outcome is Outcome.APPLIED
    assert {result.detail for name, result in results.items() if name != "dataset/d"} == {
        "interrupted"
    }
    assert writes(server) == ["POST /v2/datasets 200"]


def test_no_more_changes_are_under_way_than_allowed(connection: Connection, folder: Path) -> None:
    """The bound holds for changes, whatever the client allows."""
    most = now = 0

    class Counting(Client):
        async def send(self, request: object) -> None:
            nonlocal most, now
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.001)
            now -= 1

    files = {f"prompts/{number}.yaml": "prompt: x\n" for number in range(30)}

    async def work() -> None:
        async with Counting(connection) as client:
            await apply(client, await plan_of(client, folder, files), concurrency=3)

    asyncio.run(work())
    assert most == 3


@pytest.mark.parametrize(("status", "outcome"), [(401, Outcome.FAILED), (503, Outcome.UNKNOWN)])
def test_a_server_that_is_down_is_not_asked_for_each_of_many(
    server: LocalServer, connection: Connection, folder: Path, status: int, outcome: Outcome
) -> None:
    """After some failures in a row that are not theirs, the rest is left for the next apply."""
    fault = Fault("POST", "dataset-items", times=None, skip=3, status=status)
    server.faults.add(fault)
    items = "".join(f"  - {{id: i{number}, input: 1}}\n" for number in range(100))
    results = applied(connection, folder, {"datasets/d.yaml": f"items:\n{items}"})
    outcomes = Counter(one.outcome for one in results.values())
    assert outcomes[Outcome.APPLIED] == 4
    assert MAX_CONSECUTIVE_FAILURES <= outcomes[outcome] < MAX_CONSECUTIVE_FAILURES + 16
    [detail] = {one.detail for one in results.values() if one.outcome is Outcome.SKIPPED}
    assert "apply again once Langfuse responds" in detail
    assert not any(one.requests for one in results.values() if one.detail == detail)


def test_items_that_are_wrong_themselves_stop_no_others(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """However many of them come one after the other."""
    server.faults.add(Fault("POST", "dataset-items", times=60, status=400))
    items = "".join(f"  - {{id: i{number:02}, input: 1}}\n" for number in range(100))
    results = applied(connection, folder, {"datasets/d.yaml": f"items:\n{items}"})
    outcomes = Counter(one.outcome for one in results.values())
    assert outcomes == {Outcome.FAILED: 60, Outcome.APPLIED: 41}


def test_a_rate_limit_of_one_kind_stops_no_other(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """Items wait for too long; the prompts are created all the same."""
    limit = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "x"}
    headers = {**limit, "Retry-After": "3600"}
    fault = Fault("POST", "dataset-items", times=None, status=429, headers=headers)
    server.faults.add(fault)
    items = "".join(f"  - {{id: i{number:02}, input: 1}}\n" for number in range(60))
    prompts = {f"prompts/p{number:02}.yaml": f"prompt: Text {number}\n" for number in range(30)}
    results = applied(connection, folder, {"datasets/d.yaml": f"items:\n{items}", **prompts})
    outcomes = Counter((one.address.kind, one.outcome) for one in results.values())
    assert outcomes["prompt", Outcome.APPLIED] == 30
    assert outcomes["dataset_item", Outcome.FAILED] == 60


def test_an_answer_between_failures_is_a_sign_of_life(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """Also a refusal: the server is there, and goes through all of them."""
    for number in range(60):
        status = 400 if number % 2 else 401
        server.faults.add(Fault("POST", "dataset-items", times=1, status=status))
    items = "".join(f"  - {{id: i{number:02}, input: 1}}\n" for number in range(60))
    results = applied(connection, folder, {"datasets/d.yaml": f"items:\n{items}"})
    outcomes = Counter(one.outcome for one in results.values())
    assert outcomes == {Outcome.FAILED: 60, Outcome.APPLIED: 1}


def test_a_success_between_failures_is_a_sign_of_life(folder: Path) -> None:
    """Only failures in a row mean that the server is down, however many there are in all."""

    class Flaky:
        cache = NoCache()
        sent = 0

        async def send(self, request: Request) -> Json:
            self.sent += 1
            if self.sent % MAX_CONSECUTIVE_FAILURES:
                raise UnauthorizedError("keys are unknown", 401)
            return {}

        async def get(
            self, path: str, schema: AnswerSchema = OBJECT, /, **params: str | int
        ) -> Json:
            raise UnauthorizedError("keys are unknown", 401)

    count = 3 * MAX_CONSECUTIVE_FAILURES
    files = {f"prompts/p{number}.yaml": "prompt: x\n" for number in range(count)}
    made = plan(PROJECT, "", diff(View(loaded(folder, files).state, State())).changes)
    report = asyncio.run(apply(Flaky(), made, concurrency=1))
    outcomes = Counter(one.outcome for one in report.results)
    assert outcomes == {Outcome.APPLIED: 3, Outcome.FAILED: count - 3}


def test_what_cannot_be_checked_is_not_sent(folder: Path) -> None:
    """Somebody may have changed it: it fails with the reason, and the next one is checked anew."""

    class Checks:
        """Cannot confirm the first change."""

        confirmed = 0

        async def enter(self, pending: object) -> dict[Address, str]:
            return {}

        def leave(self) -> None: ...

        async def confirm(self, change: Change, requests: object) -> str:
            self.confirmed += 1
            if self.confirmed == 1:
                raise RejectedError("not now", 503)
            return ""

        def wrote(self, change: Change, request: Request, answer: Json) -> None: ...

        async def overwritten(self, written: object) -> list[str]:
            return []

    class Api:
        cache = NoCache()

        async def send(self, request: Request) -> Json:
            sent.append(request.body["name"])
            return {}

        async def get(
            self, path: str, schema: AnswerSchema = OBJECT, /, **params: str | int
        ) -> Json:
            raise NotImplementedError

    sent: list[str] = []
    files = {f"prompts/{name}.yaml": "prompt: x\n" for name in "ab"}
    made = plan(PROJECT, "", diff(View(loaded(folder, files).state, State())).changes)
    first, second = asyncio.run(apply(Api(), made, concurrency=1, checks=Checks())).results
    assert (first.outcome, first.detail, first.requests) == (Outcome.FAILED, "not now", 0)
    assert (second.outcome, sent) == (Outcome.APPLIED, ["b"])


def test_a_create_that_was_sent_is_not_said_to_be_skipped(folder: Path) -> None:
    """Its answer was lost, and the user stopped the look for it: it may be there."""

    class Lost:
        cache = NoCache()

        async def send(self, request: Request) -> Json:
            raise AnswerLostError("no answer: it may have been done")

        async def get(
            self, path: str, schema: AnswerSchema = OBJECT, /, **params: str | int
        ) -> Json:
            raise StoppedError("interrupted")

    state = loaded(folder, {"prompts/p.yaml": "prompt: x\n"}).state
    made = plan(PROJECT, "", diff(View(state, State())).changes)
    [result] = asyncio.run(apply(Lost(), made)).results
    assert (result.outcome, result.requests) == (Outcome.UNKNOWN, 1)
    assert "it may have been done" in result.detail
