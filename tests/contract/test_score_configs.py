"""Score configs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
CATEGORIES = [{"label": "a", "value": 1}, {"label": "b", "value": 0}]


@pytest.fixture
def config(api: httpx.Client, unique: str) -> Iterator[Make]:
    """Creates a score config, and archives it after the test."""
    made: list[str] = []

    def send(**fields: object) -> dict[str, Any]:
        answer = api.post("/score-configs", json={"name": f"contract {unique}", **fields})
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        made.append(result["id"])
        return result

    yield send
    for one in made:
        api.patch(f"/score-configs/{one}", json={"isArchived": True})


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (
            {"dataType": "NUMERIC", "minValue": 0, "maxValue": 1.5},
            {"minValue": 0, "maxValue": 1.5, "categories": None},
        ),
        ({"dataType": "NUMERIC"}, {"minValue": None, "maxValue": None, "categories": None}),
        ({"dataType": "CATEGORICAL", "categories": CATEGORIES}, {"categories": CATEGORIES}),
        (
            {"dataType": "BOOLEAN"},
            {"categories": [{"label": "True", "value": 1}, {"label": "False", "value": 0}]},
        ),
        ({"dataType": "TEXT"}, {"categories": None}),
    ],
)
def test_a_config_is_created_and_fetched(
    api: httpx.Client, config: Make, sent: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Each type has its own fields; booleans get their categories from the server."""
    made = config(**sent, description="d")
    assert {field: made[field] for field in expected} == expected
    assert (made["dataType"], made["description"], made["isArchived"]) == (
        sent["dataType"],
        "d",
        False,
    )
    assert api.get(f"/score-configs/{made['id']}").json() == made


def test_names_are_not_unique(api: httpx.Client, config: Make) -> None:
    """The newest is listed first."""
    first, second = config(dataType="TEXT"), config(dataType="TEXT")
    listed = api.get("/score-configs", params={"limit": 100}).json()["data"]
    ids = [entry["id"] for entry in listed if entry["name"] == first["name"]]
    assert ids == [second["id"], first["id"]]


@pytest.mark.parametrize(
    "fields",
    [
        {"dataType": "CATEGORICAL"},
        {"dataType": "CATEGORICAL", "categories": [{"label": "a"}]},
        {"dataType": "CATEGORICAL", "categories": [*CATEGORIES, CATEGORIES[0]]},
        {"dataType": "CATEGORICAL", "categories": [*CATEGORIES, {"label": "c", "value": 1}]},
        {"dataType": "NUMERIC", "minValue": 2, "maxValue": 1},
        {"dataType": "NUMERIC", "minValue": 1, "maxValue": 1},
        {"dataType": "NUMERIC", "minValue": "x"},
        {"dataType": "NUMERIC", "categories": CATEGORIES},
        {"dataType": "BOOLEAN", "categories": CATEGORIES},
        {"dataType": "X"},
        {},
    ],
)
def test_a_config_that_is_wrong_is_refused(api: httpx.Client, fields: dict[str, Any]) -> None:
    """With issues."""
    answer = api.post("/score-configs", json={"name": "langsync contract", **fields})
    assert answer.status_code == 400
    assert answer.json()["message"] == "Invalid request data"
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("created", "change"),
    [
        ({"dataType": "TEXT"}, {"name": "contract renamed"}),
        ({"dataType": "TEXT"}, {"description": "other"}),
        ({"dataType": "TEXT"}, {"isArchived": True}),
        ({"dataType": "NUMERIC", "minValue": 0}, {"minValue": 1, "maxValue": 3}),
        ({"dataType": "CATEGORICAL", "categories": CATEGORIES}, {"categories": CATEGORIES[::-1]}),
    ],
)
def test_a_patch_changes_what_is_given(
    api: httpx.Client, config: Make, created: dict[str, Any], change: dict[str, Any]
) -> None:
    """The rest stays."""
    made = config(**created)
    answer = api.patch(f"/score-configs/{made['id']}", json=change)
    assert answer.status_code == 200, answer.text
    expected = made | change | {"updatedAt": answer.json()["updatedAt"]}
    assert answer.json() == expected
    assert api.get(f"/score-configs/{made['id']}").json() == expected


def test_a_patch_without_fields_is_refused(api: httpx.Client, config: Make) -> None:
    """As is one that breaks a rule of the type."""
    made = config(dataType="NUMERIC", minValue=0)
    for change in ({}, {"maxValue": -1}):
        assert api.patch(f"/score-configs/{made['id']}", json=change).status_code == 400


def test_a_missing_config_is_a_404(api: httpx.Client, unique: str) -> None:
    """To fetch and to change."""
    path = f"/score-configs/{unique}"
    assert api.get(path).status_code == 404
    assert api.patch(path, json={"name": "x"}).status_code == 404
