"""Items that are packed, held against a close look at each of them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from langsync.formats.items import RowBlock, read_blocks
from langsync.kinds.dataset_item import files, packing, reading
from langsync.kinds.dataset_item.values import item_address
from langsync.model import Pack, State
from langsync.source.files import open_regular
from tests.unit.repository import problems, resources
from tests.unit.strategies import SCALARS, STORABLE, json_of

ODD = st.sampled_from(
    ["5", "true", "null ", "nothing", "", "\x07", "\x85", "20°", 1.0, 1.5, 1e300, 0.1 + 0.2, -0.0]
)

VALUES = json_of(st.one_of(SCALARS, STORABLE, ODD), STORABLE)

IDS = st.one_of(
    st.sampled_from(["", ".", "..", "a/b", "a%2Fb", "é", "x\ty", "i" * 128, "😀" * 128, 5, None]),
    st.integers(0, 3).map("case-{}".format),
)

ROWS = st.fixed_dictionaries(
    {},
    optional={
        "id": IDS,
        "input": VALUES,
        "expected_output": VALUES,
        "metadata": VALUES,
        "status": st.sampled_from(["active", "archived", "ACTIVE", [], None]),
        "source_trace_id": st.sampled_from(["", "trace"]),
        "other": VALUES,
    },
)

DATASETS = ["items_from: [rows.jsonl]\n", "items_from: [rows.jsonl]\nkey: input\n"]


def told(folder: Path, dataset: str, rows: str) -> Any:  # noqa: ANN401 - for a comparison
    """All that can be known of the items of a file, or all that is wrong in it."""
    parts = {"datasets/d.yaml": dataset, "datasets/rows.jsonl": rows}
    if found := problems(folder, parts):
        return found
    state = resources(folder, parts)
    return [
        (one.address, repr(one.content), one.source, one.needs, one.files, one.digest)
        for one in state.values()
        if one.address.kind == "dataset_item"
    ]


@given(st.lists(ROWS, max_size=6), st.sampled_from(DATASETS))
@example([{"id": None, "input": [None]}, {"id": "b", "input": 1.0}], DATASETS[1])
@example([{"id": 0, "input": [None]}], DATASETS[1])
def test_packed_items_are_those_of_a_close_look(rows: list[dict[str, Any]], dataset: str) -> None:
    """Address, content, place, digest, and what is wrong."""
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    with TemporaryDirectory() as name:
        packed = told(Path(name), dataset, text)
        with patch.object(files, "is_easy", return_value=False):
            assert packed == told(Path(name), dataset, text)


@pytest.mark.parametrize(
    "odd",
    [
        {"status": "ACTIVE"}, {"status": None}, {"status": []}, {"other": 1},
        {"source_trace_id": "trace"}, {"input": "5"}, {"input": "true"}, {"metadata": ""},
        {"input": {"n": 1.0}}, {"input": {"n": 0.30000000000000004}}, {"input": {"t": "\x07"}},
        {"input": json.loads("[" * 120 + "]" * 120)},
        {"id": "."}, {"id": ".."}, {"id": "a/b"}, {"id": "a%2Fb"}, {"id": "x\ty"},
        {"id": "i" * 256}, {"id": 5}, {"id": 0}, {"id": None}, {"id": []}, {"id": ""},
    ],
)  # fmt: skip
def test_one_odd_item_is_seen_among_plain_ones(folder: Path, odd: dict[str, Any]) -> None:
    """What a close look says of it, for each thing that keeps an item from being packed."""
    rows = [{"id": "a", "input": {"q": 1}}, {"id": "b", "input": {"q": 2}, **odd}]
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    for dataset in (DATASETS[0], "items_from: [rows.jsonl]\nkey: input.q\n"):
        packed = told(folder, dataset, text)
        with patch.object(files, "is_easy", return_value=False):
            assert packed == told(folder, dataset, text)


def remote(row: dict[str, Any], number: int) -> dict[str, Any]:
    """A row of a list, as Langfuse answers."""
    fields = {"input": "input", "expectedOutput": "expected_output", "metadata": "metadata"}
    values = {name: row[field] for name, field in fields.items() if field in row}
    return {"id": f"{number}/x", "datasetName": "d", "status": "ACTIVE", **values}


@given(st.lists(ROWS, max_size=6))
@example([{}, {"input": ""}])
def test_packed_answers_are_those_of_a_close_look(given_rows: list[dict[str, Any]]) -> None:
    """So what was read in one way equals what was read in the other."""
    rows = [remote(row, number) for number, row in enumerate(given_rows)]
    packed = State(reading._resources(rows))
    close = State(reading.as_resource(one, item_address("d", one["id"])) for one in rows)
    assert dict(packed) == dict(close)
    for address, item in packed.items():  # in an order of their own: those with a close look first
        assert repr(item.content) == repr(close[address].content)
        assert item.digest == close[address].digest


def test_an_answer_may_be_nested_deeper_than_json_is_written() -> None:
    """It is kept all the same, and equals none."""
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    rows = [remote({"input": deep}, 0), remote({"input": "a"}, 1)]
    found = State(reading._resources(rows))
    assert found[item_address("d", "0/x")].content.input == deep
    assert found[item_address("d", "0/x")].digest == b""
    assert found[item_address("d", "1/x")].digest


def test_most_items_are_packed(folder: Path) -> None:
    """Else reading many would be slow."""
    row = {"id": "a-{}", "input": {"q": "Wie lange? «20°»"}, "metadata": {"score": 0.25}}
    lines = [orjson.dumps({**row, "id": f"a-{number}"}) for number in range(1000)]
    path = folder / "rows.jsonl"
    path.write_bytes(b"\n".join(lines))
    for block in read_blocks(partial(open_regular, path), "rows.jsonl"):
        assert isinstance(block, RowBlock)
        assert packing.is_easy(block)
        assert all(packing.pack_declared("d", one) for one in block.rows)
    answers = [remote(row, number) for number in range(100)]
    [pack] = reading._resources(answers)
    assert isinstance(pack, Pack)
    assert len(pack.rows) == 100


@pytest.mark.parametrize(
    "line",
    ['{"id":"b","id":"b"}', '{"id":"b","input":{"n":12345678901234567890}}', '["b"]', "{", "", "5"],
)
def test_a_block_is_of_lines_that_lose_nothing(folder: Path, line: str) -> None:
    """Duplicate keys and long numbers are for the exact reader, which tells of them."""
    path = folder / "rows.jsonl"
    path.write_text(f'{{"id": "a"}}\n{line}\n')
    assert not [
        one
        for one in read_blocks(partial(open_regular, path), "rows.jsonl")
        if isinstance(one, RowBlock)
    ]
