"""Datasets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
SCHEMA = {"type": "object", "required": ["q"], "properties": {"q": {"type": "string"}}}


@pytest.fixture
def upsert(api: httpx.Client, dataset: str) -> Make:
    """Changes the dataset."""

    def send(**fields: object) -> dict[str, Any]:
        answer = api.post("/v2/datasets", json={"name": dataset, **fields})
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    return send


def test_a_dataset_is_upserted_by_name(api: httpx.Client, dataset: str, upsert: Make) -> None:
    """It keeps its id; what is fetched and listed is what was answered."""
    first, second = upsert(description="d"), upsert(metadata={"b": 1, "a": 2})
    assert first["id"] == second["id"]
    assert (second["description"], second["metadata"]) == ("d", {"a": 2, "b": 1})
    fetched = api.get(f"/v2/datasets/{quote(dataset, safe='')}").json()
    assert fetched == second
    assert fetched in api.get("/v2/datasets", params={"limit": 100}).json()["data"]


def test_the_newest_dataset_is_listed_first(api: httpx.Client, dataset: str) -> None:
    """Changing an older one does not move it."""
    newer = f"{dataset}/newer"
    api.post("/v2/datasets", json={"name": newer}).raise_for_status()
    api.post("/v2/datasets", json={"name": dataset, "description": "x"}).raise_for_status()
    listed = api.get("/v2/datasets", params={"limit": 100}).json()["data"]
    names = [entry["name"] for entry in listed if dataset in entry["name"]]
    assert names == [newer, dataset]


def test_null_keeps_description_and_metadata(upsert: Make) -> None:
    """They can be emptied, never set back to null."""
    upsert(description="d", metadata={"a": 1})
    kept = upsert(description=None, metadata=None)
    assert (kept["description"], kept["metadata"]) == ("d", {"a": 1})
    emptied = upsert(description="", metadata={})
    assert (emptied["description"], emptied["metadata"]) == ("", {})


@pytest.mark.parametrize("metadata", [[1, 2], "s", "", 5, False])
def test_metadata_may_be_any_json(upsert: Make, metadata: object) -> None:
    """Texts are left as they are."""
    assert upsert(metadata=metadata)["metadata"] == metadata


def test_a_missing_dataset_is_a_404(api: httpx.Client, unique: str) -> None:
    """To fetch, and to list the items of."""
    for answer in (
        api.get(f"/v2/datasets/{unique}"),
        api.get("/dataset-items", params={"datasetName": unique}),
    ):
        assert answer.status_code == 404
        assert answer.json() == {"message": "Dataset not found", "error": "LangfuseNotFoundError"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/l", "Name cannot start with a slash"),
        ("t/", "Name cannot end with a slash"),
        ("a//b", "Name cannot contain consecutive slashes"),
        ("", "Text cannot be empty"),
        ("<i>x</i>", "Text cannot contain HTML tags"),
    ],
)
def test_a_name_that_breaks_a_rule_is_refused(api: httpx.Client, name: str, message: str) -> None:
    """The issues stand inside the message."""
    answer = api.post("/v2/datasets", json={"name": name})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Dataset name not valid. [\n  {\n")
    assert f'"message": "{message}"' in answer.json()["message"]


def test_a_name_is_needed(api: httpx.Client) -> None:
    """A dataset has no other key."""
    answer = api.post("/v2/datasets", json={"description": "x"})
    assert answer.json()["error"][0]["path"] == ["name"]


@pytest.mark.parametrize("name", ["{0} sp ", " {0}", "{0}|b", "{0}/new", "{0}/ünï"])
def test_names_may_have_pipes_and_keep_their_spaces(
    api: httpx.Client, unique: str, name: str
) -> None:
    """Unlike those of prompts."""
    full = name.format(f"langsync-contract-{unique}")
    assert api.post("/v2/datasets", json={"name": full}).json()["name"] == full
    assert api.get(f"/v2/datasets/{quote(full, safe='')}").json()["name"] == full


def test_null_clears_a_schema(upsert: Make) -> None:
    """Leaving it out keeps it."""
    upsert(inputSchema=SCHEMA, expectedOutputSchema={"type": "object"})
    assert upsert()["inputSchema"] == SCHEMA
    cleared = upsert(inputSchema=None)
    assert (cleared["inputSchema"], cleared["expectedOutputSchema"]) == (None, {"type": "object"})


@pytest.mark.parametrize("field", ["inputSchema", "expectedOutputSchema"])
@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"type": "object", "required": ["q"]},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"},
    ],
)
def test_a_schema_that_is_none_is_refused(
    api: httpx.Client, dataset: str, field: str, schema: dict[str, Any]
) -> None:
    """For its form, for a required property it does not have, for another draft."""
    answer = api.post("/v2/datasets", json={"name": dataset, field: schema})
    assert answer.status_code == 400
    (issue,) = answer.json()["error"]
    assert (issue["path"], issue["message"]) == ([field], "Must be a valid JSON Schema")


def test_formats_are_not_enforced(upsert: Make, put: Make, item_id: Callable[[str], str]) -> None:
    """A text of any form passes."""
    upsert(inputSchema={"type": "string", "format": "email"})
    assert put(item_id("i"), input="not an address")["input"] == "not an address"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"input": {"x": 1}}, "Input validation failed: must have required property 'q'"),
        ({"input": {"q": ""}, "expectedOutput": "s"}, "Expected output validation failed: must be"),
        ({"input": {"q": ""}}, "Expected output validation failed: must be object"),
    ],
)
def test_items_must_satisfy_the_schemas(
    api: httpx.Client, dataset: str, upsert: Make, fields: dict[str, Any], message: str
) -> None:
    """An output that is missing does not."""
    upsert(inputSchema=SCHEMA, expectedOutputSchema={"type": "object"})
    answer = api.post("/dataset-items", json={"datasetName": dataset, **fields})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"Dataset item validation failed: {message}")


def test_existing_items_must_satisfy_a_new_schema(
    api: httpx.Client, dataset: str, put: Make, item_id: Callable[[str], str]
) -> None:
    """The refusal lists those that do not."""
    item = item_id("i")
    put(item, input={"x": 1})
    answer = api.post("/v2/datasets", json={"name": dataset, "inputSchema": SCHEMA})
    assert answer.status_code == 400
    assert answer.json()["message"] == (
        "Schema validation failed for 1 item(s). Details: "
        f'[{{"datasetItemId":"{item}","field":"input","errors":[{{"path":"/",'
        '"message":"must have required property \'q\'","keyword":"required"}]}]'
    )
