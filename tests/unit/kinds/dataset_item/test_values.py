"""An item's values as the server stores them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from langsync.formats.values import equal, flaws
from langsync.kinds.dataset_item.values import item_address, stored
from langsync.local import LocalServer
from tests.unit.strategies import SCALARS, STORABLE, TEXTS, json_of

NESTED = json_of(st.one_of(SCALARS, STORABLE), STORABLE).filter(
    lambda value: not list(flaws(value))
)
"""Values that Langfuse can store."""

VALUES = st.one_of(
    NESTED,
    NESTED.map(json.dumps),
    NESTED.map(json.dumps).map(json.dumps),
    st.sampled_from(
        ["\x07", "\x075", "\x07[1]", '"\\u0007"', " 5 ", "5\n", "[", "\x7f{}", "\ufeff5"]
    ),
)
"""Those, and texts that are JSON, once and twice over."""


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("", None),
        ("5", 5),
        ("true", True),
        ("null", None),
        ('{"a": 1}', {"a": 1}),
        ("1e5", 100000),
        ('"5"', 5),
        ('"\\"5\\""', 5),
        ('""', None),
        (" 5 ", 5),
        ("0123", "0123"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("plain", "plain"),
        ("[1", "[1"),
        ("'5'", "'5'"),
        ("a\x07b", "ab"),
        ("a\0b", "ab"),
        ("\x075", 5),
        ("tab\tnew\nline\r", "tab\tnew\nline\r"),
        (1.0, 1),
        (False, False),
        (0, 0),
        ([], []),
        ({}, {}),
        ({"f": 1.0, "ctl": "a\x07b"}, {"f": 1, "ctl": "ab"}),
        ({"a": "5", "b": [""], "c": None}, {"a": "5", "b": [""], "c": None}),
        ('{"a": "5"}', {"a": "5"}),
    ],
)
def test_what_is_kept_of_a_value(value: object, kept: object) -> None:
    """Recorded: item-json-fidelity."""
    assert json.dumps(stored(value)) == json.dumps(kept)


@given(VALUES)
def test_what_is_kept_is_kept_the_next_time(value: object) -> None:
    """Every upsert goes through the same."""
    once = stored(value)
    assert json.dumps(stored(once)) == json.dumps(once)


@pytest.fixture(scope="module")
def api(running_server: LocalServer) -> Iterator[httpx.Client]:
    """The embedded server with one dataset."""
    running_server.reset()
    project = running_server.projects[0]
    keys = (project.public_key, project.secret_key)
    with httpx.Client(base_url=f"{running_server.url}/api/public", auth=keys) as client:
        client.post("/v2/datasets", json={"name": "d"}).raise_for_status()
        yield client


@settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])
@given(VALUES)
def test_what_is_kept_is_what_the_server_keeps(api: httpx.Client, value: Any) -> None:  # noqa: ANN401 - any JSON
    """In the end: sent once more, nothing changes."""
    sent = stored(value)
    body = {"datasetName": "d", "id": "i", "input": "" if sent is None else sent}
    api.delete("/dataset-items/i")
    for _ in range(2):
        api.post("/dataset-items", json=body).raise_for_status()
        assert equal(stored(api.get("/dataset-items/i").json()["input"]), sent)


def test_an_item_is_addressed_by_its_dataset_and_id() -> None:
    """The last slash stands between the two."""
    assert str(item_address("a/b", "c")) == "dataset_item/a/b/c"
    assert str(item_address("a", "b/c%d")) == "dataset_item/a/b%2Fc%25d"


@given(TEXTS, TEXTS)
def test_no_two_items_have_one_address(dataset: str, item: str) -> None:
    """Dataset and id can be read off it again."""
    before, _, after = item_address(dataset, item).name.rpartition("/")
    assert (before, after.replace("%2F", "/").replace("%25", "%")) == (dataset, item)
