"""How an apply goes through a plan: what waits for what, how often it tries, how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.apply import Watch, apply
from langsync.client.cache import Cache, NoCache
from langsync.client.delivery import ATTEMPTS, LOOKUP_DELAYS
from langsync.client.schemas import OBJECT, PAGE_OF_OBJECTS, AnswerSchema
from langsync.errors import AnswerLostError, NotFoundError, RejectedError
from langsync.model import (
    Action,
    Address,
    Change,
    Json,
    Outcome,
    Plan,
    Project,
    Report,
    Request,
    Result,
)
from langsync.plan import plan

BODY = {"name": "a", "type": "text", "prompt": "x", "config": {}, "labels": ["production"]}
PROJECT = Project("p1", "my-app", "https://langfuse.example")
HALF = "begun and not finished"
AGAIN = "fix that and apply again"
LAST = f"prompt/i: {AGAIN}"


class Server:
    """Takes requests and notes when each begins and ends; does what a test tells it."""

    def __init__(self, answer: Callable[[str], None] = lambda path: None) -> None:
        self.cache: Cache = NoCache()
        self.answer = answer
        self.begun: list[str] = []
        self.ended: list[str] = []

    async def get(self, path: str, schema: AnswerSchema = OBJECT, /, **params: str | int) -> Json:
        raise NotFoundError("nothing is ever there", 404)

    async def pages(
        self,
        path: str,
        schema: AnswerSchema = PAGE_OF_OBJECTS,
        /,
        *,
        first: Json = None,
        **params: str | int,
    ) -> list[dict[str, Any]]:
        return []

    async def send(self, request: Request) -> Json:
        self.begun.append(request.path)
        await asyncio.sleep(0)
        self.ended.append(request.path)
        self.answer(request.path)


def change(name: str, *needs: str, closing: bool = False, repeatable: bool = True) -> Change:
    """A change with one request, named after it, and maybe a closing one."""
    return Change(
        Address("prompt", name),
        Action.UPDATE,
        None,
        {"labels": {"production": 1}},
        requests=(Request("POST", name, BODY, repeatable=repeatable),),
        closing=(Request("POST", f"{name} closed", {}),) if closing else (),
        needs=tuple(Address("prompt", need) for need in needs),
    )


def plan_of(*changes: Change) -> Plan:
    return plan(PROJECT, "", changes)


def applied(
    server: Server, made: Plan, *, concurrency: int = 16, watch: Watch | None = None
) -> Report:
    """Apply a plan; it must not hang."""

    async def work() -> Report:
        run = apply(server, made, concurrency=concurrency, watch=watch)
        return await asyncio.wait_for(run, 10)

    return asyncio.run(work())


def outcomes(report: Report) -> dict[str, str]:
    """What became of each change, with the detail."""
    return {one.address.name: f"{one.outcome} {one.detail}".strip() for one in report.results}


def refuse(*names: str) -> Callable[[str], None]:
    """A server that refuses some requests."""

    def answer(path: str) -> None:
        if path in names:
            raise RejectedError(f"no {path}", 400)

    return answer


def test_nothing_to_do_is_done_at_once() -> None:
    """And it is fine."""
    report = applied(Server(), plan_of())
    assert (report.results, report.ok, report.project) == ((), True, PROJECT)


GRAPHS = st.lists(st.sets(st.integers(0, 7), max_size=3), max_size=8)
"""For each change, which of the earlier ones it needs."""


@given(GRAPHS, st.integers(1, 4), st.sets(st.integers(0, 7), max_size=2), st.booleans())
def test_order_holds_whatever_a_plan_looks_like(
    graph: list[set[int]],
    concurrency: int,
    failing: set[int],
    closing: bool,  # noqa: FBT001 - generated
) -> None:
    """What is needed is done before, what closes comes after, and only dependents are skipped."""
    needs = {str(n): {str(m) for m in other if m < n} for n, other in enumerate(graph)}
    changes = [change(name, *sorted(other), closing=closing) for name, other in needs.items()]
    server = Server(refuse(*map(str, failing)))
    found = outcomes(applied(server, plan_of(*changes), concurrency=concurrency))
    assert found.keys() == needs.keys()
    failed = {str(n) for n in failing} & needs.keys()
    for name, other in needs.items():
        if name in server.begun:
            assert all(server.ended.index(need) < server.begun.index(name) for need in other)
        blocked = any(need not in server.begun or need in failed for need in other)
        assert (name in server.begun) is not blocked
        if f"{name} closed" in server.begun:
            users = [user for user, of in needs.items() if name in of]
            last = server.begun.index(f"{name} closed")
            assert all(server.ended.index(user) < last for user in users)


def test_a_change_without_dependents_goes_on_past_failures() -> None:
    """All of them are tried; the report is in the order of the plan."""
    made = plan_of(*(change(name) for name in "abc"))
    assert outcomes(applied(Server(refuse("a", "b")), made)) == {
        "a": "failed no a",
        "b": "failed no b",
        "c": "applied",
    }


def test_a_skip_goes_all_the_way_down() -> None:
    """Each one names what stood in its way."""
    made = plan_of(
        change("a"), change("b", "a"), change("c", "b"), change("d", "a", "e"), change("e")
    )
    server = Server(refuse("a"))
    assert outcomes(applied(server, made)) == {
        "a": "failed no a",
        "b": "skipped because of prompt/a",
        "c": "skipped because of prompt/b",
        "d": "skipped because of prompt/a",
        "e": "applied",
    }
    assert sorted(server.begun) == ["a", "e"]


def test_what_is_left_out_is_skipped_for_its_reason() -> None:
    """So is what needs it; neither is sent, and both are told as they come."""
    told: list[Result] = []
    server, made = Server(), plan_of(change("a"), change("b", "a"), change("c"))
    left = {Address("prompt", "a"): "drifted"}
    report = asyncio.run(apply(server, made, watch=Watch(on_result=told.append), left_out=left))
    assert outcomes(report) == {
        "a": "skipped drifted",
        "b": "skipped because of prompt/a",
        "c": "applied",
    }
    assert server.begun == ["c"]
    assert sorted(told, key=str) == sorted(report.results, key=str)


@pytest.mark.parametrize(
    ("failing", "expected"),
    [
        ((), {"d": "applied", "i": "applied", "j": "applied"}),
        (
            ("d",),
            {
                "d": "failed no d",
                "i": "skipped because of prompt/d",
                "j": "skipped because of prompt/d",
            },
        ),
        (
            ("i",),
            {"d": f"failed {HALF}, because of {LAST}", "i": "failed no i", "j": "applied"},
        ),
        (("d closed",), {"d": f"failed {HALF}: no d closed", "i": "applied", "j": "applied"}),
    ],
)
def test_closing_waits_for_all_that_need_the_change(
    failing: tuple[str, ...], expected: dict[str, str]
) -> None:
    """It is not sent where one of them failed."""
    made = plan_of(change("d", closing=True), change("i", "d"), change("j", "d"))
    server = Server(refuse(*failing))
    assert outcomes(applied(server, made)) == expected
    assert ("d closed" in server.begun) is (not failing or failing == ("d closed",))


def test_a_change_of_which_a_part_is_written_is_said_to_be_begun() -> None:
    """A type that changes deletes the prompt first: that it failed is half of the truth."""
    requests = (Request("DELETE", "a"), Request("POST", "b", BODY))
    parts = replace(change("a"), requests=requests)
    assert outcomes(applied(Server(refuse("b")), plan_of(parts))) == {"a": f"failed {HALF}: no b"}
    assert outcomes(applied(Server(refuse("a")), plan_of(parts))) == {"a": "failed no a"}


def test_a_lost_answer_has_an_end() -> None:
    """A create that is lost each time and never found: it may have been applied all the same."""

    def lose(path: str) -> None:
        raise AnswerLostError("no answer")

    server = Server(lose)
    (result,) = applied(server, plan_of(change("a", repeatable=False))).results
    assert (result.outcome, result.detail, result.requests) == (
        Outcome.UNKNOWN,
        "no answer",
        ATTEMPTS,
    )
    assert server.begun == ["a"] * ATTEMPTS


def test_a_create_that_is_still_under_way_is_waited_for() -> None:
    """It is looked for more than once before it is sent again: there could be two."""

    class Slow(Server):
        looks = 0

        async def get(
            self, path: str, schema: AnswerSchema = OBJECT, /, **params: str | int
        ) -> Json:
            self.looks += 1
            if self.looks < len(LOOKUP_DELAYS):
                raise NotFoundError("not yet", 404)
            return {**BODY, "tags": [], "version": 1}

    def lose(path: str) -> None:
        raise AnswerLostError("no answer")

    server = Slow(lose)
    assert outcomes(applied(server, plan_of(change("a", repeatable=False)))) == {"a": "applied"}
    assert (server.begun, server.looks) == (["a"], len(LOOKUP_DELAYS))


def test_what_cannot_be_looked_up_is_not_sent_again() -> None:
    """There could be two: it may have been applied."""

    class Broken(Server):
        async def get(
            self, path: str, schema: AnswerSchema = OBJECT, /, **params: str | int
        ) -> Json:
            raise RejectedError("not now", 500)

    def lose(path: str) -> None:
        raise AnswerLostError("no answer")

    server = Broken(lose)
    assert outcomes(applied(server, plan_of(change("a", repeatable=False)))) == {
        "a": "unknown no answer"
    }
    assert server.begun == ["a"]


def test_writes_to_one_prompt_are_sent_one_after_the_other() -> None:
    """Whatever changes they are of: two at once can leave a label on two versions."""
    requests = [Request("PATCH", f"/v2/prompts/p/versions/{n}", {}) for n in range(6)]
    changes = [
        Change(Address("prompt", str(n)), Action.UPDATE, None, None, requests=(request,))
        for n, request in enumerate(requests)
    ]
    assert under_way(changes) == 0

    others = [replace(one, requests=(Request("POST", one.address.name),)) for one in changes]
    assert under_way(others) > 0


def under_way(changes: list[Change]) -> int:
    """How many requests were under way at most when one of them was answered."""
    counts: list[int] = []
    server = Server(lambda path: counts.append(len(server.begun) - len(server.ended)))
    assert applied(server, plan_of(*changes)).ok
    assert len(counts) == len(changes)
    return max(counts)


def test_results_are_told_as_they_come() -> None:
    """Each once, the same as in the report."""
    told: list[Result] = []
    watch = Watch(on_result=told.append)
    made = plan_of(change("a", "b"), change("b"), change("c", closing=True))
    report = applied(Server(refuse("b")), made, watch=watch)
    assert sorted(told, key=str) == sorted(report.results, key=str)


def test_what_is_under_way_is_finished_when_it_is_stopped() -> None:
    """What has not begun is skipped; no change is left half done."""
    watch = Watch()

    def stop(path: str) -> None:
        watch.stopping.set()

    made = plan_of(*(change(str(number)) for number in range(9)))
    server = Server(stop)
    found = outcomes(applied(server, made, concurrency=2, watch=watch))
    assert server.begun == server.ended == ["0", "1"]
    assert [*found.values()] == ["applied"] * 2 + ["skipped interrupted"] * 7


def test_a_stopped_change_is_not_closed() -> None:
    """It is half done, which is a failure: its schema may be gone."""
    watch = Watch()
    server = Server(lambda path: watch.stopping.set())
    found = outcomes(applied(server, plan_of(change("d", closing=True)), watch=watch))
    assert (found, server.begun) == ({"d": f"failed {HALF}, interrupted: apply again"}, ["d"])


@pytest.mark.parametrize("concurrency", [1, 3])
def test_an_error_of_ours_does_not_hang(concurrency: int) -> None:
    """It is no answer of the server's, and comes out as it is."""

    def crash(path: str) -> None:
        raise ZeroDivisionError

    made = plan_of(*(change(str(number)) for number in range(5)))
    with pytest.raises(ZeroDivisionError):
        applied(Server(crash), made, concurrency=concurrency)
