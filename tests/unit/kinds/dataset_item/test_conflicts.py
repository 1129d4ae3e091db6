"""Ids that belong to another dataset."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from langsync.apply import EXPLAINED
from tests.conftest import Cli, RecordingServer
from tests.unit.repository import write


def declare(repo: Path, dataset: str, *ids: str) -> None:
    """A dataset's file, the only one."""
    content = json.dumps({"items": [{"id": one, "input": 1} for one in ids]})
    write(repo, {"langsync.yaml": "version: 1\n", f"datasets/{dataset}.yaml": content})


def test_an_id_that_was_deleted_in_another_dataset_is_told_with_its_name(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """No plan can see it: a GET is a 404. The dataset is found on any page of the list."""
    raw.post("/v2/datasets", json={"name": "former"}).raise_for_status()
    raw.post("/dataset-items", json={"datasetName": "former", "id": "i", "input": 1})
    raw.delete("/dataset-items/i").raise_for_status()
    for number in range(101):
        raw.post("/v2/datasets", json={"name": f"later{number}"}).raise_for_status()
    declare(repo, "d", "i")
    ended = cli("apply", "--yes")
    assert ended.code == 1
    assert "id 'i' belongs to dataset 'former' in Langfuse for good" in ended.out + ended.err
    assert "give the item another id" in ended.out + ended.err


def test_very_many_are_not_all_looked_up(
    repo: Path, cli: Cli, raw: httpx.Client, langfuse: RecordingServer
) -> None:
    """The others are told in the server's words, which hold the dataset's id."""
    ids = [f"i{number}" for number in range(EXPLAINED + 5)]
    raw.post("/v2/datasets", json={"name": "former"}).raise_for_status()
    for one in ids:
        raw.post("/dataset-items", json={"datasetName": "former", "id": one, "input": 1})
        raw.delete(f"/dataset-items/{one}").raise_for_status()
    declare(repo, "d", *ids)
    langfuse.app.requests.clear()
    ended = cli("apply", "--yes", "--format", "json")
    details = [one["detail"] for one in json.loads(ended.out)["results"] if one["detail"]]
    assert sum("belongs to dataset 'former'" in one for one in details) == EXPLAINED
    assert sum("already exists in another dataset" in one for one in details) == 5
