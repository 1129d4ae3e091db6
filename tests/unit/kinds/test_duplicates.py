"""Several score configs of one name: the oldest counts, and nothing ends there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Cli, RecordingServer
from tests.unit.repository import write

FILES = {
    "langsync.yaml": "version: 1\n",
    "score_configs/accuracy.yaml": "data_type: numeric\nmin_value: 0\n",
}


@pytest.fixture
def ids(repo: Path, cli: Cli, raw: httpx.Client, langfuse: RecordingServer) -> list[str]:
    """What was applied, and two more of its name that somebody else made; the oldest first."""
    write(repo, FILES)
    assert cli("apply", "--yes").code == 0
    [row] = active(raw)
    made = [row["id"]]
    for low in (0, 7):
        body = {"name": "accuracy", "dataType": "NUMERIC", "minValue": low}
        made.append(raw.post("/score-configs", json=body).raise_for_status().json()["id"])
    langfuse.received.clear()
    return made


def active(raw: httpx.Client) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = raw.get("/score-configs").json()["data"]
    return [one for one in rows if not one["isArchived"]]


def test_the_oldest_counts_and_a_warning_names_the_others(
    ids: list[str], cli: Cli, langfuse: RecordingServer
) -> None:
    """They are no change of any plan, no drift, and nothing of a pull."""
    ended = cli("plan", "--format", "json", "--detailed-exitcode")
    assert ended.code == 0
    [warning] = json.loads(ended.out)["warnings"]
    assert warning.startswith("score_config/accuracy: ")
    assert f"the oldest ({ids[0]}) counts" in warning
    assert all(one in warning for one in ids[1:])
    assert "--allow-prune 2" in warning
    assert cli("apply", "--yes").code == 0
    assert cli("drift").code == 0
    assert cli("pull", "--check").code == 0
    listed = cli("list", "--remote", "score_configs", "--format", "json")
    assert [one["address"] for one in json.loads(listed.out)["resources"]] == [
        "score_config/accuracy"
    ]
    assert ids[1] in listed.err
    assert not langfuse.writes


def test_the_oldest_is_what_is_changed(
    ids: list[str], repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """Whatever the others hold, be it the very content that is declared now."""
    write(repo, {"score_configs/accuracy.yaml": "data_type: numeric\nmin_value: 7\n"})
    assert cli("apply", "--yes", "--overwrite-drift").code == 0
    assert {one["id"]: one["minValue"] for one in active(raw)} == {ids[0]: 7, ids[1]: 0, ids[2]: 7}
    assert cli("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("low", [0, 1])
def test_allow_prune_archives_the_others(
    low: int, ids: list[str], repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """All of them or none: with fewer than there are, nothing of theirs is in the plan."""
    write(repo, {"score_configs/accuracy.yaml": f"data_type: numeric\nmin_value: {low}\n"})
    assert cli("apply", "--yes", "--allow-prune", "1", "--overwrite-drift").code == 0
    assert {one["id"] for one in active(raw)} == {*ids}
    plan = json.loads(cli("plan", "--allow-prune", "2", "--format", "json").out)
    [change] = plan["changes"]
    assert f"archives 2 more of its name: {ids[1]}, {ids[2]}" in change["reasons"]
    assert [one["path"] for one in change["differences"]] == ["duplicates[0]", "duplicates[1]"]
    assert [one["path"] for one in change["requests"]] == [
        f"/score-configs/{one}" for one in ids[1:]
    ]
    assert cli("apply", "--yes", "--allow-prune", "2").code == 0
    assert [(one["id"], one["minValue"]) for one in active(raw)] == [(ids[0], low)]
    again = json.loads(cli("plan", "--format", "json").out)
    assert (again["changes"], again["warnings"]) == ([], [])


@pytest.mark.parametrize(
    ("text", "options", "left"),
    [
        ("data_type: numeric\nmin_value: 0\nstatus: archived\n", (), []),
        ("data_type: boolean\n", ("--allow-replace",), ["BOOLEAN"]),
    ],
)
def test_archiving_and_replacing_take_all_of_the_name(
    text: str, options: tuple[str, ...], left: list[str], ids: list[str], repo: Path, cli: Cli,
    raw: httpx.Client,
) -> None:  # fmt: skip
    """Else the next oldest would count, and a plan would not be empty afterwards."""
    write(repo, {"score_configs/accuracy.yaml": text})
    assert cli("apply", "--yes", "--overwrite-drift", *options).code == 0
    assert [one["dataType"] for one in active(raw)] == left
    assert cli("plan", "--detailed-exitcode").code == 0
