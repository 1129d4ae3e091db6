"""Dataset items: upserts, ids, archiving, history."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
Name = Callable[[str], str]
Listing = Callable[..., list[str]]


@pytest.fixture
def listed(api: httpx.Client, dataset: str) -> Listing:
    """The ids that the list of the dataset holds."""

    def collect(**params: str) -> list[str]:
        answer = api.get("/dataset-items", params={"datasetName": dataset, **params})
        return [item["id"] for item in answer.raise_for_status().json()["data"]]

    return collect


def test_an_upsert_changes_what_is_given(
    api: httpx.Client, dataset: str, put: Make, item_id: Name
) -> None:
    """What is left out or null stays as it was."""
    item = item_id("i")
    sent = {"input": {"q": 1}, "expectedOutput": {"a": 1}, "metadata": {"m": 1}}
    first = put(item, **sent, sourceTraceId="t", sourceObservationId="o")
    assert (first["datasetName"], first["status"]) == (dataset, "ACTIVE")
    second = put(item, input={"q": 2})
    third = put(item, expectedOutput=None, metadata=None, sourceTraceId=None, status=None)
    for stored in (second, third, api.get(f"/dataset-items/{item}").json()):
        fields = {field: stored[field] for field in sent}
        assert fields == {**sent, "input": {"q": 2}}
        assert (stored["sourceTraceId"], stored["sourceObservationId"]) == ("t", "o")
    assert put(item, sourceTraceId="other")["sourceTraceId"] == "other"


def test_an_item_without_an_id_is_a_new_one_each_time(api: httpx.Client, dataset: str) -> None:
    """The server makes the id."""
    ids = {
        api.post("/dataset-items", json={"datasetName": dataset, "input": 5}).json()["id"]
        for _ in range(2)
    }
    assert len(ids) == 2


def test_a_new_item_needs_an_input(api: httpx.Client, dataset: str) -> None:
    """And a dataset that exists."""
    answer = api.post("/dataset-items", json={"datasetName": dataset})
    assert answer.status_code == 400
    assert answer.json()["message"].endswith("Dataset item input cannot be null")
    answer = api.post("/dataset-items", json={"datasetName": f"{dataset}/nope", "input": 1})
    assert answer.status_code == 404
    assert answer.json()["message"].startswith(f"Dataset {dataset}/nope not found for project ")
    answer = api.post("/dataset-items", json={"input": 1})
    assert answer.json()["error"][0]["path"] == ["datasetName"]


@pytest.mark.parametrize(
    ("item", "message"),
    [("", "ID must not be empty"), ("x" * 256, "ID must be at most 255 characters")],
)
def test_an_id_has_1_to_255_characters(
    api: httpx.Client, dataset: str, item: str, message: str
) -> None:
    """The refusal says so."""
    answer = api.post("/dataset-items", json={"datasetName": dataset, "id": item, "input": 1})
    assert answer.status_code == 400
    assert answer.json()["error"][0]["message"] == message


@pytest.mark.parametrize("name", ["a/b c?d", "é%2F#", "x" * 200])
def test_an_id_may_have_any_characters(
    api: httpx.Client, put: Make, item_id: Name, name: str
) -> None:
    """Encoded in the path."""
    item = item_id(name)
    put(item, input=1)
    assert api.get(f"/dataset-items/{quote(item, safe='')}").json()["id"] == item


def test_an_id_belongs_to_one_dataset_of_the_project(
    api: httpx.Client, dataset: str, put: Make, item_id: Name
) -> None:
    """Also after the item is deleted; in its own dataset it can be used again."""
    item, other = item_id("i"), f"{dataset}/other"
    bound = put(item, input=1)["datasetId"]
    api.post("/v2/datasets", json={"name": other}).raise_for_status()
    for _ in range(2):
        answer = api.post("/dataset-items", json={"datasetName": other, "id": item, "input": 1})
        assert answer.status_code == 409
        assert answer.json()["message"] == (
            f"Dataset item id {item} already exists in another dataset (id {bound}) in this "
            "project; item ids are unique per project across datasets. Use a different id or "
            f"target dataset {bound}."
        )
        api.delete(f"/dataset-items/{item}")
    assert put(item, input=2)["input"] == 2


def test_a_deleted_item_is_gone(
    api: httpx.Client, put: Make, item_id: Name, listed: Listing
) -> None:
    """Deleting it again, and fetching it, are 404s."""
    item = item_id("i")
    put(item, input=1)
    answer = api.delete(f"/dataset-items/{item}")
    assert answer.status_code == 200
    assert answer.json() == {"message": "Dataset item successfully deleted"}
    assert api.get(f"/dataset-items/{item}").json()["message"] == "Dataset item not found"
    again = api.delete(f"/dataset-items/{item}")
    assert again.status_code == 404
    assert again.json()["message"].startswith(f"Dataset item with id {item} not found")
    assert listed() == []


def test_an_item_created_again_begins_empty(api: httpx.Client, put: Make, item_id: Name) -> None:
    """The only way back to null."""
    item = item_id("i")
    put(item, input=1, metadata=2, sourceTraceId="t")
    api.delete(f"/dataset-items/{item}")
    stored = put(item, input=1)
    assert (stored["metadata"], stored["sourceTraceId"]) == (None, None)


def test_an_archived_item_is_fetched_and_not_listed(
    api: httpx.Client, put: Make, item_id: Name, listed: Listing
) -> None:
    """An upsert without a status keeps it archived, one with brings it back."""
    item = item_id("i")
    put(item, input=1)
    assert put(item, status="ARCHIVED")["input"] == 1
    assert put(item, input=3)["status"] == "ARCHIVED"
    assert listed() == []
    assert api.get(f"/dataset-items/{item}").json()["status"] == "ARCHIVED"
    put(item, status="ACTIVE")
    assert listed() == [item]


def test_a_status_is_active_or_archived(api: httpx.Client, dataset: str) -> None:
    """Nothing else."""
    answer = api.post("/dataset-items", json={"datasetName": dataset, "input": 1, "status": "BAD"})
    assert answer.json()["error"][0]["message"] == (
        'Invalid option: expected one of "ACTIVE"|"ARCHIVED"'
    )


def test_an_upsert_moves_an_item_to_the_front(put: Make, item_id: Name, listed: Listing) -> None:
    """Its ``createdAt`` is the time of the upsert."""
    items = [item_id(name) for name in "abc"]
    times = [put(item, input=1)["createdAt"] for item in items]
    assert listed() == items[::-1]
    assert put(items[0], input=2)["createdAt"] >= times[2]
    assert listed() == [items[0], items[2], items[1]]


def test_sources_filter_the_list(put: Make, item_id: Name, listed: Listing, unique: str) -> None:
    """They are not checked."""
    one, two = item_id("one"), item_id("two")
    put(one, input=1, sourceTraceId=unique)
    put(two, input=1, sourceTraceId=unique, sourceObservationId="o")
    assert listed(sourceTraceId=unique) == [two, one]
    assert listed(sourceTraceId=unique, sourceObservationId="o") == [two]
    assert listed(sourceTraceId="nope") == []


def test_a_version_is_the_dataset_as_it_was(put: Make, item_id: Name, listed: Listing) -> None:
    """At a time in UTC; the current items are those of now."""
    one, two = item_id("one"), item_id("two")
    created = put(one, input=1)["createdAt"]
    time.sleep(0.01)
    put(two, input=1)
    put(one, status="ARCHIVED")
    assert listed(version=created) == [one]
    assert listed(version="2020-01-01T00:00:00Z") == []
    assert listed() == [two]


@pytest.mark.parametrize(
    ("params", "path", "message"),
    [
        ({"version": "2020-01-01T00:00:00Z"}, ["datasetName"], "datasetName is required"),
        ({"version": "nonsense", "datasetName": "x"}, ["version"], "Invalid input: expected date"),
    ],
)
def test_a_version_needs_a_dataset_and_a_date(
    api: httpx.Client, params: dict[str, str], path: list[str], message: str
) -> None:
    """The refusal names the parameter."""
    answer = api.get("/dataset-items", params=params)
    assert answer.status_code == 400
    (issue,) = answer.json()["error"]
    assert issue["path"] == path
    assert issue["message"].startswith(message)
