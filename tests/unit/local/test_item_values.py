"""What is stored of an item's values, and what an upsert keeps."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

FIELDS = ("input", "expectedOutput", "metadata")


@pytest.fixture
def items(api: httpx.Client) -> httpx.Client:
    api.post("/v2/datasets", json={"name": "d"}).raise_for_status()
    return api


def upsert(api: httpx.Client, **fields: object) -> dict[str, Any]:
    answer = api.post("/dataset-items", json={"datasetName": "d", "id": "i", **fields})
    assert answer.status_code == 200, answer.text
    stored: dict[str, Any] = api.get("/dataset-items/i").json()
    assert {**answer.json()} == stored
    return stored


@pytest.mark.parametrize("field", FIELDS)
def test_an_empty_text_clears_a_field(items: httpx.Client, field: str) -> None:
    """The only way to clear one without deleting the item; the others keep their values."""
    upsert(items, input=1, expectedOutput=2, metadata=3)
    stored = upsert(items, **{field: ""})
    expected = {"input": 1, "expectedOutput": 2, "metadata": 3, field: None}
    assert {name: stored[name] for name in FIELDS} == expected


@pytest.mark.parametrize("field", FIELDS)
def test_null_keeps_a_field(items: httpx.Client, field: str) -> None:
    """As leaving it out does."""
    upsert(items, input=1, expectedOutput=2, metadata=3)
    assert upsert(items, **{field: None})[field] == {"input": 1, "expectedOutput": 2}.get(field, 3)


def test_a_new_item_without_an_id_needs_an_input(items: httpx.Client) -> None:
    """An empty text is one, stored as null; with an id none is needed."""
    answer = items.post("/dataset-items", json={"datasetName": "d", "metadata": 1})
    assert answer.status_code == 400
    stored = items.post("/dataset-items", json={"datasetName": "d", "id": "j", "metadata": 1})
    assert stored.json()["input"] is None
    assert upsert(items, input="")["input"] is None
    assert upsert(items, metadata={"m": 1})["input"] is None


def test_a_deleted_item_has_no_values_to_keep(items: httpx.Client) -> None:
    """Its id begins anew, active."""
    upsert(items, input=1, metadata=2, status="ARCHIVED", sourceTraceId="t")
    items.delete("/dataset-items/i")
    stored = upsert(items, input=3)
    assert (stored["status"], stored["metadata"], stored["sourceTraceId"]) == ("ACTIVE", None, None)


def test_a_stored_text_that_is_json_is_parsed_by_the_next_upsert(items: httpx.Client) -> None:
    """The whole item is written again, each time one level deeper."""
    assert upsert(items, input='"\\"5\\""')["input"] == '"5"'
    assert upsert(items, metadata=1)["input"] == "5"
    assert upsert(items, metadata=2)["input"] == 5


def test_a_text_of_control_characters_alone_is_null_after_the_next_upsert(
    items: httpx.Client,
) -> None:
    """It is stored as an empty text first."""
    assert upsert(items, input="\x07")["input"] == ""
    assert upsert(items, metadata=1)["input"] is None


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("5", 5),
        ("true", True),
        ("null", None),
        (' {"a": [1, "2"]} ', {"a": [1, "2"]}),
        ("1e5", 100000),
        ("0123", "0123"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("plain", "plain"),
        ({"a": "5", "b": "", "c": ["{}"]}, {"a": "5", "b": "", "c": ["{}"]}),
        ("a\x00b\x07\tc\n\r\x0c\x0b\x7f\x85", "ab\tc\n\r\x0c"),
        ({"k\x07": ["a\x07"]}, {"k\x07": ["a"]}),
        ('"a\\u0007"', "a"),
        (1.0, 1),
        (2**53 + 1, 2**53),
        (12345678901234567890, 12345678901234570000),
        (-0.0, 0),
    ],
)
def test_values_are_stored_as_the_server_stores_them(
    items: httpx.Client, sent: object, stored: object
) -> None:
    """Parsed at the top, cleaned everywhere, numbers as doubles; in all three fields."""
    answer = upsert(items, input=sent, expectedOutput=sent, metadata=sent)
    assert [answer[field] for field in FIELDS] == [stored] * 3
    assert [type(answer[field]) for field in FIELDS] == [type(stored)] * 3


def test_keys_come_back_by_length_then_bytes(items: httpx.Client) -> None:
    """On every level."""
    sent = {"bb": 1, "a": {"é": 1, "z": 2, "aaa": 3}, "aa": [{"c": 1, "b": 2}]}
    stored = upsert(items, input=sent)["input"]
    assert list(stored) == ["a", "aa", "bb"]
    assert list(stored["a"]) == ["z", "é", "aaa"]
    assert list(stored["aa"][0]) == ["b", "c"]


@pytest.mark.parametrize("body", ['{"a\\u0000": 1}', '["\\ud800"]'])
def test_what_the_database_cannot_hold_is_a_500(items: httpx.Client, body: str) -> None:
    """A NUL in a key, a lone surrogate anywhere; nothing is stored."""
    raw = f'{{"datasetName": "d", "id": "i", "input": {body}}}'
    answer = items.post("/dataset-items", content=raw, headers={"Content-Type": "application/json"})
    assert answer.json()["error"] == "unsupported Unicode escape sequence"
    assert answer.status_code == 500
    assert items.get("/dataset-items/i").status_code == 404


def test_the_merged_item_is_what_schemas_check(items: httpx.Client) -> None:
    """A stored output satisfies its schema for an upsert that leaves it out."""
    schema = {"type": "object"}
    upsert(items, input={"q": 1}, expectedOutput={"a": 1})
    items.post("/v2/datasets", json={"name": "d", "expectedOutputSchema": schema})
    assert upsert(items, input={"q": 2})["expectedOutput"] == {"a": 1}
    answer = items.post(
        "/dataset-items", json={"datasetName": "d", "id": "i", "expectedOutput": ""}
    )
    assert answer.json()["message"].endswith("Expected output validation failed: must be object")


def test_schemas_check_values_as_they_are_stored(items: httpx.Client) -> None:
    """A text that holds an object is an object."""
    items.post("/v2/datasets", json={"name": "d", "inputSchema": {"type": "object"}})
    assert upsert(items, input='{"a": 1}')["input"] == {"a": 1}
