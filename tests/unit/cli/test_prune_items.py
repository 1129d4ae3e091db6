"""prune of a dataset: items that no file declares are archived or deleted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.local import Fault
from tests.conftest import Cli, Received, RecordingServer, ask
from tests.unit.git import repository
from tests.unit.repository import write

IDS = [f"i{n}" for n in range(10)]


def dataset(prune: str, ids: list[str]) -> dict[str, str]:
    """A dataset's file."""
    items = [{"id": one, "input": one} for one in ids]
    return {"datasets/d.yaml": json.dumps({"prune": prune, "items": items})}


@pytest.fixture
def deployed(repo: Path, langfuse: RecordingServer, cli: Cli) -> RecordingServer:
    """A dataset of ten items."""
    write(repo, {"langsync.yaml": "version: 1\n", **dataset("keep", IDS)})
    assert cli("apply", "--yes").code == 0
    langfuse.received.clear()
    return langfuse


def planned(cli: Cli, *words: str) -> dict[str, Any]:
    """A plan."""
    found: dict[str, Any] = json.loads(cli("plan", "--format", "json", *words).out)
    return found


def test_items_are_kept_by_default(deployed: RecordingServer, repo: Path, cli: Cli) -> None:
    """They are unmanaged, and counted."""
    write(repo, dataset("keep", IDS[:5]))
    plan = planned(cli)
    assert (plan["changes"], plan["unmanaged_count"]) == ([], {"dataset_item": 5})


@pytest.mark.parametrize("prune", ["archive", "delete"])
def test_items_that_left_the_files_go(
    prune: str, deployed: RecordingServer, raw: httpx.Client, repo: Path, cli: Cli
) -> None:
    """Archived ones keep all that they have; nothing is left to do then."""
    write(repo, dataset(prune, IDS[1:]))
    plan = planned(cli)
    [change] = plan["changes"]
    assert (change["address"], change["action"]) == ("dataset_item/d/i0", prune)
    assert "dataset_item" not in plan["unmanaged"]
    assert cli("apply", "--yes").code == 0
    body = {"datasetName": "d", "id": "i0", "status": "ARCHIVED"}
    assert deployed.writes == [
        Received("POST", "/dataset-items", body)
        if prune == "archive"
        else Received("DELETE", "/dataset-items/i0", None)
    ]
    there = raw.get("/dataset-items/i0")
    if prune == "archive":
        assert (there.json()["status"], there.json()["input"]) == ("ARCHIVED", "i0")
    else:
        assert there.status_code == 404
    assert planned(cli)["changes"] == []


def test_an_archived_item_that_is_declared_again_is_active_again(
    deployed: RecordingServer, repo: Path, cli: Cli
) -> None:
    """With every field sent."""
    write(repo, dataset("archive", IDS[1:]))
    assert cli("apply", "--yes").code == 0
    write(repo, dataset("archive", IDS))
    deployed.received.clear()
    assert cli("apply", "--yes").code == 0
    [sent] = deployed.writes
    assert (sent.body["status"], sent.body["input"]) == ("ACTIVE", "i0")


@pytest.mark.parametrize("prune", ["archive", "delete"])
def test_too_many_are_refused(prune: str, deployed: RecordingServer, repo: Path, cli: Cli) -> None:
    """More than max_share, unless as many are allowed."""
    write(repo, dataset(prune, IDS[4:]))
    for words in ((), ("--allow-prune", "3")):
        ended = cli("apply", "--yes", *words)
        assert ended.code == 3
        assert "4 of its 10 active items are in no file" in ended.err
        assert "--allow-prune 4" in ended.err
    assert not deployed.writes
    assert cli("apply", "--yes", "--allow-prune", "4").code == 0
    assert len(deployed.writes) == 4
    assert planned(cli)["changes"] == []


def test_new_items_do_not_make_room(deployed: RecordingServer, repo: Path, cli: Cli) -> None:
    """The share is one of what Langfuse holds: ten of ten are all, however many come."""
    write(repo, dataset("delete", [f"new{n}" for n in range(30)]))
    ended = cli("apply", "--yes")
    assert ended.code == 3
    assert "10 of its 10 active items are in no file" in ended.err
    assert not deployed.writes


def test_archived_items_do_not_make_room(deployed: RecordingServer, repo: Path, cli: Cli) -> None:
    """Four that the files declare archived are none of those that are left."""
    archived = [{"id": one, "input": one, "status": "archived"} for one in IDS[:4]]
    active = [{"id": one, "input": one} for one in IDS[4:8]]
    write(repo, {"datasets/d.yaml": json.dumps({"items": [*archived, *active]})})
    assert cli("apply", "--yes").code == 0
    write(repo, {"datasets/d.yaml": json.dumps({"prune": "delete", "items": [*archived, *active]})})
    assert "2 of its 6 active items are in no file" in cli("apply", "--yes").err


@pytest.mark.parametrize(("share", "code"), [(0.4, 0), (0.39, 3)])
def test_the_share_can_be_configured(
    share: float, code: int, deployed: RecordingServer, repo: Path, cli: Cli
) -> None:
    """prune.max_share of langsync.yaml counts for items, too."""
    write(repo, {"langsync.yaml": f"version: 1\nprune: {{max_share: {share}}}\n"})
    write(repo, dataset("delete", IDS[4:]))
    ended = cli("apply", "--yes")
    assert ended.code == code
    assert len(deployed.writes) == (4 if code == 0 else 0)


def test_a_target_prunes_nothing(deployed: RecordingServer, repo: Path, cli: Cli) -> None:
    """What it leaves out is not undeclared."""
    write(repo, dataset("delete", IDS[1:]))
    assert planned(cli, "--target", "dataset_item/d/i5")["changes"] == []


def test_the_list_is_read_whole(deployed: RecordingServer, repo: Path, cli: Cli) -> None:
    """Though one item is declared of many: what goes must be known."""
    many = [f"n{n:03}" for n in range(250)]
    write(repo, dataset("keep", many))
    assert cli("apply", "--yes").code == 0
    write(repo, dataset("archive", many[:1]))
    assert len(planned(cli)["changes"]) == 259


@pytest.mark.parametrize("prune", ["archive", "delete"])
def test_what_goes_is_read_once_more_after_yes(
    prune: str, deployed: RecordingServer, repo: Path, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """It is applied; nothing but its list is read again.

    After yes, then once for whether each write makes a row there, and for what others wrote since.
    """

    def answer() -> bool:
        deployed.received.clear()
        return True

    write(repo, dataset(prune, IDS[2:]))
    ask(process, answer)
    ended = cli("apply")
    assert (ended.code, ended.out) == (0, "2 applied.\n")
    reads = [one.path.partition("?")[0] for one in deployed.received if one.method == "GET"]
    assert reads == ["/dataset-items"] * 3
    assert planned(cli)["changes"] == []


def test_an_item_that_was_edited_meanwhile_stays(
    deployed: RecordingServer,
    raw: httpx.Client,
    repo: Path,
    cli: Cli,
    process: pytest.MonkeyPatch,
) -> None:
    """What is no longer what was shown is not deleted."""

    def answer() -> bool:
        body = {"datasetName": "d", "id": "i1", "input": "theirs"}
        raw.post("/dataset-items", json=body).raise_for_status()
        return True

    write(repo, dataset("delete", IDS[2:]))
    ask(process, answer)
    ended = cli("apply")
    assert (ended.code, ended.out) == (3, "")
    assert "dataset_item/d/i1 was changed in Langfuse since the plan was made" in ended.err
    assert "dataset_item/d/i0" not in ended.err.partition("refused:")[2]
    assert raw.get("/dataset-items/i0").status_code == 200


def tightened(prune: str, ids: list[str]) -> dict[str, str]:
    """A dataset's file with a schema that every item but the first one satisfies."""
    items = [{"id": one, "input": one} for one in ids]
    content = {"prune": prune, "input_schema": {"not": {"const": "i0"}}, "items": items}
    return {"datasets/d.yaml": json.dumps(content)}


def test_a_schema_is_set_once_what_breaks_it_is_gone(
    deployed: RecordingServer, repo: Path, cli: Cli
) -> None:
    """The item that goes is no reason against the schema."""
    write(repo, tightened("delete", IDS[1:]))
    assert cli("apply", "--yes").code == 0
    assert [(one.method, one.path) for one in deployed.writes] == [
        ("DELETE", "/dataset-items/i0"),
        ("POST", "/v2/datasets"),
    ]
    assert planned(cli)["changes"] == []


def test_a_schema_is_not_set_while_what_breaks_it_is_there(
    deployed: RecordingServer, repo: Path, cli: Cli
) -> None:
    """Where deleting fails, applying again finishes."""
    write(repo, tightened("delete", IDS[1:]))
    deployed.faults.add(Fault("DELETE", status=400, body="No."))
    assert cli("apply", "--yes").code == 1
    assert [one.method for one in deployed.writes] == ["DELETE"]
    assert cli("apply", "--yes").code == 0


@pytest.mark.parametrize(
    ("prune", "words"),
    [
        ("archive", "item 'i0', which is in no file, would break it archived as well: fix it, or"),
        ("keep", "item 'i0', which is in Langfuse and not in this plan, would break it"),
    ],
)
def test_a_schema_that_what_stays_would_break_is_an_error(
    prune: str, words: str, deployed: RecordingServer, repo: Path, cli: Cli
) -> None:
    """Langfuse checks archived items, too."""
    write(repo, tightened(prune, IDS[1:]))
    ended = cli("plan")
    assert ended.code == 1
    assert words in ended.err


def test_a_target_deletes_nothing_that_breaks_a_schema(
    deployed: RecordingServer, repo: Path, cli: Cli
) -> None:
    """So the schema cannot be set."""
    write(repo, tightened("delete", IDS[1:]))
    ended = cli("plan", "--target", "dataset_item/d/*")
    assert ended.code == 1
    assert "item 'i0', which is in Langfuse and not in this plan, would break it" in ended.err


def test_a_long_list_is_checked_against_a_new_schema(
    deployed: RecordingServer, repo: Path, cli: Cli
) -> None:
    """Though one item of many is declared, the plan names the one that breaks it."""
    many = [f"n{n:03}" for n in range(450)]
    write(repo, dataset("keep", ["i0", *many]))
    assert cli("apply", "--yes").code == 0
    write(repo, tightened("keep", many[-1:]))
    ended = cli("plan")
    assert ended.code == 1
    assert "item 'i0', which is in Langfuse and not in this plan, would break it" in ended.err


@pytest.mark.parametrize("prune", ["archive", "delete"])
def test_the_last_items_go_too(prune: str, deployed: RecordingServer, repo: Path, cli: Cli) -> None:
    """A dataset that declares none any more prunes; all of them are more than a share."""
    write(repo, dataset(prune, []))
    ended = cli("apply", "--yes")
    assert ended.code == 3
    assert "10 of its 10 active items are in no file" in ended.err
    assert cli("apply", "--yes", "--allow-prune", "10").code == 0
    assert len(deployed.writes) == 10
    assert planned(cli)["changes"] == []


def test_items_of_a_renamed_dataset_are_an_error(
    deployed: RecordingServer, repo: Path, cli: Cli
) -> None:
    """Also where its first item is a new one; nothing is sent."""
    items = [{"id": one, "input": one} for one in ("first", *IDS)]
    (repo / "datasets/d.yaml").unlink()
    write(repo, {"datasets/renamed.yaml": json.dumps({"items": items})})
    ended = cli("apply", "--yes")
    assert ended.code == 1
    for one in IDS:
        assert f"id '{one}' belongs to dataset 'd' in Langfuse" in ended.err
    assert not deployed.writes


def test_items_that_left_the_files_are_told_together(
    langfuse: RecordingServer, cli: Cli, process: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By commit, with a few names; of those that go the plan tells already."""
    repo = repository(tmp_path / "git")
    process.chdir(repo.folder)
    repo.commit({"langsync.yaml": "version: 1\n", **dataset("keep", IDS)}, "All")
    assert cli("apply", "--yes").code == 0
    repo.commit(dataset("keep", IDS[1:]), "One")
    commit = repo.commit(dataset("keep", IDS[6:]), "Five")
    [one, five] = sorted(planned(cli)["warnings"])
    assert one.startswith("dataset_item/d/i0 was removed from Git in ")
    assert one.endswith(
        " One; it is still in Langfuse: it goes with 'prune: archive' or 'prune: delete' in the "
        "file of dataset/d"
    )
    assert five == (
        "dataset_item/d/i1, dataset_item/d/i2, dataset_item/d/i3 and 2 more were removed from Git "
        f"in {commit[:12]} Five; they are still in Langfuse: they go with 'prune: archive' or "
        "'prune: delete' in the file of dataset/d"
    )
    repo.commit(dataset("delete", IDS[6:]), "Prune")
    assert planned(cli)["warnings"] == []
