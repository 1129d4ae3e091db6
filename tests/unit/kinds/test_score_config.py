"""Score configs, against the embedded server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.local.faults import Fault
from tests.conftest import Cli, RecordingServer, write


def put(raw: httpx.Client, name: str, **fields: Any) -> str:
    """Create a score config; gives its id."""
    answer = raw.post("/score-configs", json={"name": name, "dataType": "NUMERIC", **fields})
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


def declared(repo: Path, text: str, name: str = "accuracy") -> None:
    write(repo, {"langsync.yaml": "version: 1\n", f"score_configs/{name}.yaml": text})


def there(raw: httpx.Client) -> list[dict[str, Any]]:
    return [
        {key: row[key] for key in ("name", "dataType", "isArchived", "minValue")}
        for row in raw.get("/score-configs").json()["data"]
    ]


@pytest.mark.parametrize(
    "text",
    [
        "data_type: numeric\n",
        "data_type: numeric\nmin_value: 0\nmax_value: 0.5\n",
        "data_type: categorical\ncategories: {good: 1, bad: 0}\ndescription: Hm\n",
        "data_type: boolean\ndescription: ''\n",
        "data_type: text\n",
    ],
)
def test_each_type_is_created_once(
    repo: Path, cli: Cli, langfuse: RecordingServer, text: str
) -> None:
    """And is as declared then."""
    declared(repo, text)
    assert cli("apply", "--yes").code == 0
    assert len(langfuse.writes) == 1
    assert cli("plan", "--detailed-exitcode").code == 0


def test_archived_ones_come_back(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """One PATCH there, one back: nothing is created again."""
    put(raw, "accuracy", minValue=1)
    declared(repo, "data_type: numeric\nmin_value: 1\nstatus: archived\n")
    assert cli("apply", "--yes", "--overwrite-drift").code == 0
    assert [one["isArchived"] for one in there(raw)] == [True]
    declared(repo, "data_type: numeric\nmin_value: 1\n")
    assert cli("apply", "--yes", "--overwrite-drift").code == 0
    assert [one["isArchived"] for one in there(raw)] == [False]


def test_of_several_of_one_name_the_oldest_active_one_counts(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """Whatever they hold; an archived one does not count."""
    ids = [put(raw, "accuracy"), put(raw, "accuracy", minValue=1)]
    declared(repo, "data_type: numeric\nmin_value: 1\n")
    assert cli("plan", "--detailed-exitcode").code == 2
    raw.patch(f"/score-configs/{ids[0]}", json={"isArchived": True}).raise_for_status()
    assert cli("plan", "--detailed-exitcode").code == 0


def test_another_type_is_another_config(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Refused unasked; the old one keeps its scores, archived."""
    put(raw, "accuracy")
    declared(repo, "data_type: boolean\n")
    assert cli("apply", "--yes", "--overwrite-drift").code == 3
    assert cli("apply", "--yes", "--overwrite-drift", "--allow-replace").code == 0
    assert {(one["dataType"], one["isArchived"]) for one in there(raw)} == {
        ("NUMERIC", True),
        ("BOOLEAN", False),
    }
    assert cli("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("ours_is_newer", [True, False])
def test_one_is_archived_beside_an_archived_one(
    repo: Path, cli: Cli, raw: httpx.Client, *, ours_is_newer: bool
) -> None:
    """A plan is empty then; it comes back, and the other one is left alone."""
    own, old = "data_type: numeric\nmin_value: 1\n", {"minValue": 7}
    fields = [old, {"minValue": 1}] if ours_is_newer else [{"minValue": 1}, old]
    ids = [put(raw, "accuracy", **one) for one in fields]
    other = ids[fields.index(old)]
    raw.patch(f"/score-configs/{other}", json={"isArchived": True}).raise_for_status()
    for status in ("archived", "active", "archived"):
        declared(repo, f"{own}status: {status}\n")
        assert cli("apply", "--yes", "--overwrite-drift").code == 0
        assert cli("plan", "--detailed-exitcode").code == 0
        assert {(one["minValue"], one["isArchived"]) for one in there(raw)} == {
            (7, True),
            (1, status == "archived"),
        }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("description: x\n", "data_type is missing"),
        ("data_type: numeric\ncategories: {a: 1}\n", "categories is of categorical scores"),
        ("data_type: numeric\nmin_value: 1\nmax_value: 1\n", "max_value must be greater"),
        ("data_type: categorical\n", "categories is missing"),
        ("data_type: categorical\ncategories: {a: 1, b: 1}\n", "'b' has the number of 'a'"),
        ("data_type: numeric\nname: a/b\n", "'a/b' is no name of a score config"),
        (f"data_type: numeric\nname: {'x' * 36}\n", "at most 35 letters"),
    ],
)
def test_what_cannot_be_is_told_offline(repo: Path, cli: Cli, text: str, words: str) -> None:
    """With its place."""
    declared(repo, text)
    ended = cli("validate")
    assert ended.code == 1
    assert words in ended.err + ended.out
    assert "score_configs/accuracy.yaml:" in ended.err + ended.out


def test_a_lost_answer_makes_no_second_one(
    repo: Path, cli: Cli, raw: httpx.Client, langfuse: RecordingServer
) -> None:
    """The create is looked up before it is sent again."""
    declared(repo, "data_type: numeric\n")
    langfuse.faults.add(Fault("POST", "/score-configs", drop="after"))
    assert cli("apply", "--yes").code == 0
    assert len(there(raw)) == 1


def test_lists_and_drift_know_the_kind(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """As any other one."""
    declared(repo, "data_type: numeric\n")
    listed = json.loads(cli("list", "--format", "json").out)
    assert [(one["address"], one["type"]) for one in listed["resources"]] == [
        ("score_config/accuracy", "numeric")
    ]
    assert cli("apply", "--yes").code == 0
    (row,) = raw.get("/score-configs").json()["data"]
    raw.patch(f"/score-configs/{row['id']}", json={"maxValue": 9}).raise_for_status()
    plan = json.loads(cli("plan", "--format", "json").out)
    assert [one["path"] for one in plan["changes"][0]["differences"]] == ["max_value"]


@pytest.mark.parametrize("field", ["min_value", "max_value"])
def test_a_bound_that_leaves_the_file_is_refused(
    repo: Path, cli: Cli, raw: httpx.Client, langfuse: RecordingServer, field: str
) -> None:
    """Langfuse takes no null for one: the plan shows a replacement, and nothing is sent."""
    put(raw, "accuracy", minValue=1, maxValue=2)
    kept = {"min_value": "min_value: 1", "max_value": "max_value: 2"}
    del kept[field]
    declared(repo, f"data_type: numeric\n{kept.popitem()[1]}\n")
    before = len(langfuse.writes)
    [change] = json.loads(cli("plan", "--format", "json").out)["changes"]
    assert change["action"] == "replace"
    assert [one["path"] for one in change["differences"]] == [field]
    ended = cli("apply", "--yes", "--overwrite-drift")
    assert ended.code == 3
    assert f"removing its {field} archives it" in ended.err
    assert "--allow-replace" in ended.err
    assert len(langfuse.writes) == before


def test_a_bound_is_removed_by_a_replacement_where_that_is_allowed(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """The old one is archived, another has none, and the next plan is empty."""
    put(raw, "accuracy", minValue=5)
    declared(repo, "data_type: numeric\nmax_value: 3\n")
    assert cli("apply", "--yes", "--overwrite-drift", "--allow-replace").code == 0
    bounds = [(row["isArchived"], row["minValue"]) for row in there(raw)]
    assert bounds == [(False, None), (True, 5)]
    assert cli("plan", "--detailed-exitcode").code == 0


def test_a_bound_that_somebody_added_comes_home(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Pull writes it into the file."""
    put(raw, "accuracy", minValue=1)
    declared(repo, "data_type: numeric\n")
    assert cli("pull", "--yes").code == 0
    assert "min_value: 1" in (repo / "score_configs/accuracy.yaml").read_text()
