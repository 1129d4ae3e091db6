"""Items that Langfuse holds twice, as two upserts of one id ran at the same moment."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.kinds.dataset_item import reading
from langsync.local import Fault
from tests.conftest import Cli, Received, RecordingServer
from tests.unit.repository import write


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a list again at once: nobody writes meanwhile."""
    monkeypatch.setattr(reading, "AHEAD", 0.0)


def declare(repo: Path, *items: dict[str, Any], **fields: object) -> None:
    """A dataset's file."""
    files = {"langsync.yaml": "version: 1\n", "datasets/d.yaml": {**fields, "items": [*items]}}
    write(
        repo,
        {name: text if isinstance(text, str) else json.dumps(text) for name, text in files.items()},
    )


def double(server: RecordingServer, raw: httpx.Client, item: str, *inputs: object) -> None:
    """Send upserts of one item so that each has read what is stored before any writes."""
    server.item_writes.hold()
    with ThreadPoolExecutor(len(inputs)) as pool:
        for number, value in enumerate(inputs, 1):
            body = {"datasetName": "d", "id": item, "input": value}
            sent = pool.submit(raw.post, "/dataset-items", json=body)
            while server.item_writes.waiting < number and not sent.done():
                threading.Event().wait(0.001)
        server.item_writes.release()
    server.received.clear()


def rows(raw: httpx.Client) -> list[tuple[str, Any]]:
    data = raw.get("/dataset-items", params={"datasetName": "d"}).json()["data"]
    return [(row["id"], row["input"]) for row in data]


def plan(cli: Cli, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cli("plan", "--format", "json", *options).out)
    return found


@pytest.fixture
def doubled(repo: Path, langfuse: RecordingServer, raw: httpx.Client, cli: Cli) -> None:
    """``i`` has a row as declared, which is the newer one, and a stale one; ``j`` has one row."""
    declare(repo, {"id": "i", "input": "new"}, {"id": "j", "input": 1})
    assert cli("apply", "--yes").code == 0
    double(langfuse, raw, "i", "old", "new")
    assert rows(raw) == [("i", "new"), ("i", "old"), ("j", 1)]


@pytest.mark.usefixtures("doubled")
def test_a_stale_row_is_planned_as_a_replacement(cli: Cli) -> None:
    """With what is stale, every request, and that runs keep the old rows."""
    found = plan(cli)
    [change] = found["changes"]
    assert (change["address"], change["action"]) == ("dataset_item/d/i", "replace")
    assert (change["before"]["input"], change["after"]["input"]) == ("old", "new")
    assert [(one["method"], one["path"]) for one in change["requests"]] == [
        ("DELETE", "/dataset-items/i"),
        ("DELETE", "/dataset-items/i"),
        ("POST", "/dataset-items"),
    ]
    assert "runs keep the old rows" in change["reasons"][0]
    assert any("1 item of dataset/d has more than one row" in one for one in found["warnings"])
    assert not any("written all the time" in one for one in found["warnings"])


@pytest.mark.usefixtures("doubled")
def test_it_is_refused_unasked(cli: Cli, langfuse: RecordingServer, raw: httpx.Client) -> None:
    """Nothing is sent."""
    ended = cli("apply", "--yes", "--overwrite-drift")
    assert ended.code == 3
    assert "Langfuse has 2 rows of it" in ended.err
    assert "--allow-replace" in ended.err
    assert not langfuse.writes
    assert len(rows(raw)) == 3


@pytest.mark.usefixtures("doubled")
def test_it_is_made_one_row(cli: Cli, langfuse: RecordingServer, raw: httpx.Client) -> None:
    """By the requests that the plan lists; the next plan is empty and warns of nothing."""
    ended = cli("apply", "--yes", "--allow-replace", "--overwrite-drift")
    assert ended.code == 0, ended.err
    assert [one.method for one in langfuse.writes] == ["DELETE", "DELETE", "POST"]
    assert rows(raw) == [("i", "new"), ("j", 1)]
    after = plan(cli)
    assert after["changes"] == []
    assert not any("more than one row" in one for one in after["warnings"])


@pytest.mark.usefixtures("doubled")
def test_a_deletion_whose_answer_is_lost_may_delete_two_rows(
    cli: Cli, langfuse: RecordingServer, raw: httpx.Client
) -> None:
    """It is sent again, and takes the other row; the next deletion then finds nothing to do."""
    langfuse.faults.add(Fault("DELETE", "/dataset-items/i", drop="after"))
    ended = cli("apply", "--yes", "--allow-replace", "--overwrite-drift")
    assert ended.code == 0, ended.err
    assert rows(raw) == [("i", "new"), ("j", 1)]


@pytest.mark.usefixtures("doubled")
def test_a_saved_plan_for_rows_that_are_gone_is_stale(cli: Cli, raw: httpx.Client) -> None:
    """Somebody made it one row; nothing is sent."""
    cli("plan", "--out", "plan.json")
    raw.delete("/dataset-items/i").raise_for_status()
    ended = cli("apply", "plan.json", "--yes", "--allow-replace", "--overwrite-drift")
    assert ended.code == 3
    assert rows(raw) == [("i", "new"), ("j", 1)]


def test_rows_that_are_all_as_declared_are_a_warning(
    repo: Path, langfuse: RecordingServer, raw: httpx.Client, cli: Cli
) -> None:
    """Nothing is stale, so that nothing is refused; it is made one row where that is allowed."""
    declare(repo, {"id": "i", "input": 1})
    assert cli("apply", "--yes").code == 0
    double(langfuse, raw, "i", 1, 1)
    found = plan(cli)
    assert found["changes"] == []
    assert "more than one row in Langfuse (i)" in found["warnings"][0]
    assert cli("apply", "--yes").code == 0
    assert [one["action"] for one in plan(cli, "--allow-replace")["changes"]] == ["replace"]
    assert cli("apply", "--yes", "--allow-replace").code == 0
    assert rows(raw) == [("i", 1)]


def test_the_rows_of_a_large_dataset_are_found_where_one_page_is_read(
    repo: Path, langfuse: RecordingServer, raw: httpx.Client, cli: Cli
) -> None:
    """Few of its items are declared; the doubled one is among the newest."""
    declare(repo, *({"id": f"n{n}", "input": n} for n in range(201)))
    assert cli("apply", "--yes").code == 0
    declare(repo, {"id": "n0", "input": "new"})
    double(langfuse, raw, "n0", "old", "new")
    [change] = plan(cli)["changes"]
    assert (change["address"], change["action"]) == ("dataset_item/d/n0", "replace")


@pytest.mark.usefixtures("doubled")
def test_pull_takes_the_newest_row(repo: Path, cli: Cli) -> None:
    """What the files say is what it says, so that nothing is written."""
    before = (repo / "datasets/d.yaml").read_text()
    ended = cli("pull")
    assert ended.code == 0
    assert "more than one row in Langfuse" in ended.err
    assert (repo / "datasets/d.yaml").read_text() == before


@pytest.mark.usefixtures("doubled")
def test_drift_tells_of_it(cli: Cli) -> None:
    """Its rows are a warning there as well."""
    ended = cli("drift", "--format", "json")
    assert "more than one row in Langfuse (i)" in json.loads(ended.out)["warnings"][0]


@pytest.mark.parametrize("prune", ["delete", "archive"])
@pytest.mark.usefixtures("doubled")
def test_a_doubled_item_that_no_file_declares_goes_whole(
    repo: Path, langfuse: RecordingServer, raw: httpx.Client, cli: Cli, prune: str
) -> None:
    """One deletion a row; archived, it is made one row first, which has to be allowed."""
    declare(repo, {"id": "j", "input": 1}, prune=prune)
    langfuse.received.clear()
    words = ["apply", "--yes", "--allow-prune", "1"]
    if prune == "archive":
        assert cli(*words).code == 3
        words.append("--allow-replace")
    ended = cli(*words)
    assert ended.code == 0, ended.err
    assert langfuse.writes[:2] == [Received("DELETE", "/dataset-items/i", None)] * 2
    assert rows(raw) == [("j", 1)]
    there = raw.get("/dataset-items/i")
    assert there.status_code == 404 if prune == "delete" else there.json()["status"] == "ARCHIVED"
    assert plan(cli)["changes"] == []
