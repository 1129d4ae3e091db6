"""Warnings of what Langfuse stores otherwise than it is written: none is missing, none is false."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from langsync.errors import InvalidFilesError
from langsync.formats.values import equal
from langsync.kinds.dataset_item.values import item_address
from langsync.local import LocalServer
from langsync.model import Json
from tests.unit.repository import loaded
from tests.unit.strategies import STORABLE, json_of

EMPTY = "metadata: Langfuse stores an empty text as null: leave it out, or use an object"
JSON_TEXT = "metadata: Langfuse stores a text that is JSON as what it says: use an object"
CONTROL = "metadata: Langfuse drops control characters: write them as escapes of your own"
DIGITS = "metadata: 16 digits of a number are kept: write it with those, or as a text"

TEXTS = st.one_of(
    STORABLE,
    st.text(st.sampled_from('\b\t\n\f\r\x07\x7f\x85\\"bu05,:[]{}-.eE tfn'), max_size=6),
    st.sampled_from(["true", "null", '"x"', "{}", "[1.0]", " 5", "NaN", "1e5", "-0", '"\\u0007"']),
)
NUMBERS = st.one_of(
    st.integers(-(2**53), 2**53),
    st.floats(-1e15, 1e15),
    st.floats(-100, 100).map(lambda number: round(number, 3)),
)
VALUES = json_of(st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS), STORABLE)


def read(folder: Path, value: Json) -> tuple[list[str], Json]:
    """What is said of an item whose metadata are a value, and what of it langsync sends."""
    row = json.dumps({"id": "i", "input": 1, "metadata": value})
    found = loaded(folder, {"datasets/d.yaml": "items_from: [r.jsonl]\n", "datasets/r.jsonl": row})
    said = [str(one) for one in found.warnings]
    assert all(one.startswith("datasets/r.jsonl:1: ") for one in said)
    sends = found.state[item_address("d", "i")].content.metadata
    return [one.removeprefix("datasets/r.jsonl:1: ") for one in said], sends


@pytest.fixture(scope="module")
def api(running_server: LocalServer) -> Iterator[httpx.Client]:
    """The embedded server with one dataset."""
    running_server.reset()
    project = running_server.projects[0]
    keys = (project.public_key, project.secret_key)
    with httpx.Client(base_url=f"{running_server.url}/api/public", auth=keys) as client:
        client.post("/v2/datasets", json={"name": "d"}).raise_for_status()
        yield client


def sent(api: httpx.Client, value: Json) -> Json:
    """What comes back of a value."""
    api.delete("/dataset-items/i")
    body = {"datasetName": "d", "id": "i", "input": 1, "metadata": value}
    api.post("/dataset-items", json=body).raise_for_status()
    return api.get("/dataset-items/i").json()["metadata"]


@settings(max_examples=80, deadline=None, suppress_health_check=[*HealthCheck])
@given(VALUES)
def test_a_value_is_warned_of_where_it_comes_back_otherwise(
    folder: Path,
    api: httpx.Client,
    value: Any,  # noqa: ANN401 - any JSON
) -> None:
    """And only there: nobody is to rewrite what is right."""
    try:
        said, sends = read(folder, value)
    except InvalidFilesError:
        assume(False)  # noqa: FBT003 - it is refused, so it is not sent
    assert len(said) == (0 if equal(sent(api, sends), value) else 1)
    if said != [DIGITS]:  # which langsync takes away itself
        assert bool(said) is not equal(sent(api, value), value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", EMPTY),
        ("5", JSON_TEXT),
        (" 5\n", JSON_TEXT),
        ('"plain"', JSON_TEXT),
        ('{"a": "\\u0007"}', JSON_TEXT),
        ("null", JSON_TEXT),
        ("\x07", CONTROL),
        ("a\x07", CONTROL),
        (["a\x85"], CONTROL),
        (0.1 + 0.2, DIGITS),
        ({"score": [1, 123.45678901234567]}, DIGITS),
        ("plain", None),
        ("0123", None),
        ("NaN", None),
        ("tab\t", None),
        ([""], None),
        (["5"], None),
        ({"k\x07": 1}, None),
        (1.0, None),
        (-0.0, None),
        (0.1, None),
        (2**53, None),
        (None, None),
    ],
)
def test_a_warning_says_how_to_write_it(
    folder: Path, api: httpx.Client, value: Json, said: str | None
) -> None:
    """By what happens to the value."""
    found, sends = read(folder, value)
    assert found == ([said] if said else [])
    assert equal(sent(api, sends), value) is (said is None)


@pytest.mark.parametrize("value", ["5", "", "a\x07", 0.1 + 0.2])
def test_what_is_written_as_advised_comes_back(
    folder: Path, api: httpx.Client, value: Json
) -> None:
    """In an object, with escapes, as a text."""
    if isinstance(value, float):
        better: Json = {"number": repr(value)}
    else:
        better = {"text": value.replace("\x07", "\\x07")}
    assert read(folder, better) == ([], better)
    assert equal(sent(api, better), better)


def test_equal_warnings_are_one_with_their_number(folder: Path) -> None:
    """In all the files of a dataset, with the first place; each field has its own."""
    files = {
        "datasets/d.yaml": "items: [{id: a, input: '5'}]\nitems_from: [r.jsonl, r.csv]\n",
        "datasets/r.jsonl": '{"id": "b", "input": "6"}\n{"id": "c", "metadata": ""}\n',
        "datasets/r.csv": 'id,input\nd,7\ne,"""8"""\n',
    }
    input_ = JSON_TEXT.replace("metadata", "input")
    assert sorted(map(str, loaded(folder, files).warnings)) == [
        f"datasets/d.yaml:1:24: {input_} (and 2 more)",
        f"datasets/r.jsonl:2: {EMPTY}",
    ]
