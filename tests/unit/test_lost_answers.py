"""Writes whose answers prove nothing: each is done once, and the report is true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from langsync.apply import apply
from langsync.client import Client
from langsync.client.delivery import ATTEMPTS, LOOKUP_DELAYS
from langsync.config import Connection
from langsync.diff import diff
from langsync.fetch import fetch
from langsync.kinds.base import Scope, View
from langsync.local import Fault, LocalServer
from langsync.model import Json, Outcome, Permission, Plan, Project, Result
from langsync.plan import plan
from tests.unit.calls import run
from tests.unit.lost_answers import ALL, ENDED, lost_answer
from tests.unit.repository import Files, loaded


@dataclass(frozen=True)
class Write:
    """One kind of write.

    Args:
        method: Its method.
        path: Where it goes, as an expression.
        files: What is declared.
        before: What is declared and applied before that.
        held: What Langfuse then holds of it, as `holds` tells.
        allowed: What lets it pass.
    """

    method: str
    path: str
    files: Files
    held: Json
    before: Files | None = None
    allowed: frozenset[Permission] = frozenset()


ITEM = "items: [{id: i, input: %s}]\n"
ONE = "prompt: '1'\n"
DRAFT = f"{ONE}labels: []\n"
WRITES = {
    "prompt": Write("POST", "/v2/prompts$", {"prompts/p.yaml": ONE}, [[1, "1", ["production"]]]),
    "draft": Write(
        "POST", "/v2/prompts$", {"prompts/p.yaml": f"{ONE}labels: []\n"}, [[1, "1", []]]
    ),
    "version": Write(
        "POST",
        "/v2/prompts$",
        {"prompts/p.yaml": "prompt: '2'\n"},
        [[1, "1", []], [2, "2", ["production"]]],
        {"prompts/p.yaml": ONE},
    ),
    "tags": Write(
        "POST",
        "/v2/prompts$",
        {"prompts/p.yaml": f"{ONE}tags: [new]\n"},
        [[1, "1", []], [2, "1", ["production"]]],
        {"prompts/p.yaml": ONE},
    ),
    "label": Write(
        "PATCH",
        "/v2/prompts/p/versions/1$",
        {"prompts/p.yaml": f"{ONE}labels: [a, b]\n"},
        [[1, "1", ["a", "b"]]],
        {"prompts/p.yaml": f"{ONE}labels: [a]\n"},
    ),
    "deletion": Write(
        "DELETE",
        "/v2/prompts/p$",
        {"prompts/p.yaml": "prompt: [{user: Hi}]\n"},
        [[1, [{"role": "user", "content": "Hi"}], ["production"]]],
        {"prompts/p.yaml": ONE},
        frozenset({Permission.ALLOW_REPLACE}),
    ),
    "dataset": Write("POST", "/v2/datasets$", {"datasets/d.yaml": "description: x\n"}, ["d", "x"]),
    "item": Write("POST", "/dataset-items$", {"datasets/d.yaml": ITEM % 1}, [["i", 1]]),
    "item edited": Write(
        "POST",
        "/dataset-items$",
        {"datasets/d.yaml": ITEM % 2},
        [["i", 2]],
        {"datasets/d.yaml": ITEM % 1},
    ),
    "item deleted": Write(
        "DELETE",
        "/dataset-items/i$",
        {"datasets/d.yaml": "prune: delete\nitems: [{id: j, input: 1}]\n"},
        [["j", 1]],
        {"datasets/d.yaml": "items: [{id: i, input: 1}, {id: j, input: 1}]\n"},
    ),
    "score config": Write(
        "POST",
        "/score-configs$",
        {"score_configs/s.yaml": "data_type: numeric\nmax_value: 1\n"},
        [["s", 1]],
    ),
    "score config edited": Write(
        "PATCH",
        "/score-configs/",
        {"score_configs/s.yaml": "data_type: numeric\nmax_value: 2\n"},
        [["s", 2]],
        {"score_configs/s.yaml": "data_type: numeric\nmax_value: 1\n"},
    ),
}


async def planned(
    client: Client, folder: Path, files: Files, allowed: frozenset[Permission]
) -> Plan:
    state = loaded(folder, files).state
    remote = await fetch(client, Scope(state))
    found = diff(View(state, remote.state, allowed=allowed), remote.unmanaged)
    return plan(Project("id", "name", "host"), "", found.changes)


def applied(connection: Connection, folder: Path, write: Write) -> list[Result]:
    """Apply what is declared, in a folder that holds nothing else."""

    async def work(client: Client) -> list[Result]:
        made = await planned(client, folder, write.files, write.allowed)
        return [*(await apply(client, made)).results]

    return run(connection, work)


def holds(connection: Connection, write: Write) -> Json:
    """What Langfuse holds: versions with their labels, or ids or names with a value."""

    async def work(client: Client) -> Json:
        (file,) = write.files
        if file.startswith("prompts"):
            (row,) = (await client.get("/v2/prompts"))["data"]
            versions = [
                await client.get("/v2/prompts/p", version=number) for number in row["versions"]
            ]
            return [
                [
                    one["version"],
                    one["prompt"],
                    sorted(name for name in one["labels"] if name.isalpha() and name != "latest"),
                ]
                for one in sorted(versions, key=lambda one: int(one["version"]))
            ]
        if file.startswith("score"):
            rows = (await client.get("/score-configs"))["data"]
            return [[row["name"], row["maxValue"]] for row in rows]
        if "items" not in write.files[file]:
            (row,) = (await client.get("/v2/datasets"))["data"]
            return [row["name"], row["description"]]
        rows = (await client.get("/dataset-items", datasetName="d"))["data"]
        return [[row["id"], row["input"]] for row in rows]

    return run(connection, work)


@pytest.fixture
def prepared(connection: Connection, folder: Path) -> Callable[[str], Write]:
    """Bring Langfuse to where a write is next."""

    def prepare(name: str) -> Write:
        write = WRITES[name]
        if write.before is not None:
            applied(connection, folder, replace(write, files=write.before))
        return write

    return prepare


def sent(server: LocalServer, write: Write) -> int:
    """How often the write was sent."""
    path = write.path.removesuffix("$")
    return sum(one.method == write.method and path in one.path for one in server.requests)


REPEATABLE = ("dataset", "score config edited")


@pytest.mark.parametrize("handled", [True, False])
@pytest.mark.parametrize("lost", ALL)
@pytest.mark.parametrize("name", WRITES)
def test_a_write_whose_answer_is_lost_is_done_once(
    server: LocalServer,
    connection: Connection,
    folder: Path,
    prepared: Callable[[str], Write],
    name: str,
    lost: str,
    handled: bool,  # noqa: FBT001 - a column
) -> None:
    """Whether Langfuse did it or not; the report says that it was applied.

    What Langfuse did is not sent again: the first lookup finds it.
    """
    write = prepared(name)
    fault = lost_answer(lost, write.method, write.path, handled=handled)
    before = sent(server, write)
    server.faults.add(fault)
    results = applied(connection, folder, write)
    assert {(one.outcome, one.detail) for one in results} == {(Outcome.APPLIED, "")}
    if name not in REPEATABLE:
        assert sent(server, write) - before == (1 if handled else 2)
    assert holds(connection, write) == write.held
    assert applied(connection, folder, write) == []


@pytest.mark.parametrize("lost", ["connection", "503", "page"])
@pytest.mark.parametrize("name", WRITES)
def test_what_is_never_found_may_have_been_applied(
    server: LocalServer,
    connection: Connection,
    folder: Path,
    prepared: Callable[[str], Write],
    name: str,
    lost: str,
) -> None:
    """It may come through later: that it failed would not be true."""
    write = prepared(name)
    fault = lost_answer(lost, write.method, write.path, handled=False, times=None)
    server.faults.add(fault)
    *_, result = applied(connection, folder, write)
    assert result.outcome is Outcome.UNKNOWN
    assert "it may have been done" in result.detail


@pytest.mark.parametrize("lost", ENDED)
@pytest.mark.parametrize("name", WRITES)
def test_what_langfuse_refuses_each_time_has_failed(
    server: LocalServer,
    connection: Connection,
    folder: Path,
    prepared: Callable[[str], Write],
    name: str,
    lost: str,
) -> None:
    """In its own words: no request runs any more, and a lookup finds nothing."""
    write = prepared(name)
    fault = lost_answer(lost, write.method, write.path, handled=False, times=None)
    server.faults.add(fault)
    *_, result = applied(connection, folder, write)
    assert (result.outcome, result.detail) == (Outcome.FAILED, fault.body["message"])


@pytest.mark.parametrize("lost", ["connection", "503", "500"])
@pytest.mark.parametrize("name", [name for name in WRITES if name not in REPEATABLE])
def test_what_cannot_be_looked_up_is_not_sent_again(
    server: LocalServer,
    connection: Connection,
    folder: Path,
    prepared: Callable[[str], Write],
    name: str,
    lost: str,
) -> None:
    """There could be two of it."""
    write = prepared(name)
    fault = lost_answer(lost, write.method, write.path, handled=True)
    before = sent(server, write)

    async def work(client: Client) -> list[Result]:
        made = await planned(client, folder, write.files, write.allowed)
        server.faults.add(fault)
        server.faults.add(Fault("GET", times=None, status=403))
        return [*(await apply(client, made)).results]

    *_, result = run(connection, work)
    assert result.outcome is Outcome.UNKNOWN
    assert sent(server, write) - before == 1


def test_lookups_are_bounded(server: LocalServer, connection: Connection, folder: Path) -> None:
    """So many before each sending, and so many sendings."""
    write = WRITES["item"]
    server.faults.add(Fault("POST", "/dataset-items", times=None, status=503))
    applied(connection, folder, write)
    begin = next(n for n, one in enumerate(server.requests) if one.status == 503)
    lookups = [one for one in server.requests[begin:] if one.path.endswith("/dataset-items/i")]
    assert sent(server, write) == ATTEMPTS
    assert len(lookups) == ATTEMPTS * len(LOOKUP_DELAYS)


def test_what_needs_an_unknown_change_is_skipped_for_that_reason(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """It did not fail, as far as anybody knows."""
    server.faults.add(Fault("POST", "/v2/datasets", times=None, status=503))
    dataset, item = applied(connection, folder, WRITES["item"])
    assert (dataset.outcome, item.outcome) == (Outcome.UNKNOWN, Outcome.SKIPPED)
    assert item.detail == "because dataset/d may not have been applied"
