"""Edits of rows: one row says something else, every other byte stays."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from langsync.formats.items import Row, read_rows
from langsync.kinds.dataset_item.pulling.rows import (
    edited_csv,
    edited_item,
    edited_json_lines,
    named,
    with_column,
)
from langsync.kinds.dataset_item.rows import TEXTS
from langsync.model import Json
from langsync.source.files import open_regular
from tests.conftest import Cli, write
from tests.unit.strategies import JSON

ANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
"""What one or another reader takes for the end of a line."""

NUMBERS = ["1.10", "5e10", "007", "-0.0", "12345678901234567890"]
CELLS = st.one_of(
    st.text(st.sampled_from(f'a1.0eé,"[] \ufeff{BREAKS}'), max_size=6),
    st.sampled_from([*NUMBERS, "null", "true", '{"a": 1.0}', '"5"', ""]),
    JSON.map(json.dumps),
)
IDS = st.one_of(
    st.sampled_from([*NUMBERS, "null"]), st.text(st.characters(codec="utf-8"), min_size=1)
)


def rows(folder: Path, name: str, text: str) -> list[Row]:
    """Rows as langsync reads them."""
    path = folder / name
    path.write_bytes(text.encode())
    found = list(read_rows(partial(open_regular, path), name, texts=TEXTS))
    assert all(isinstance(one, Row) for one in found), found
    return [one for one in found if isinstance(one, Row)]


def saying(row: dict[str, Json], new: dict[str, Json]) -> dict[str, Json]:
    """A row once it was edited."""
    return {**row, **new}


def cells(text: str) -> dict[tuple[int, int], str]:
    """The cells of a CSV file by row and column, as texts."""
    found = csv.reader(io.StringIO(text, newline=""), strict=True)
    return {(y, x): cell for y, row in enumerate(found) for x, cell in enumerate(row)}


@st.composite
def csv_files(draw: st.DrawFn) -> str:
    """A CSV file with rows, its cells quoted here and there."""
    header = draw(st.permutations(["id", "input", "metadata"]))[: draw(st.integers(1, 3))]
    text = draw(st.sampled_from(["", "\ufeff"]))
    for number in range(draw(st.integers(2, 5))):
        line = [draw(CELLS) for _ in header] if number else header
        text += ",".join(
            '"{}"'.format(cell.replace('"', '""'))
            if set(cell) & {*',"\r\n'} or len(line) == 1 or draw(st.booleans())
            else cell
            for cell in line
        ) + draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
    return text.rstrip("\r\n") if draw(st.booleans()) else text


@st.composite
def json_lines(draw: st.DrawFn) -> str:
    """A file of JSON Lines, close and loose, with empty lines."""
    text = draw(st.sampled_from(["", "\ufeff"]))
    for _ in range(draw(st.integers(1, 4))):
        values = st.one_of(JSON.map(json.dumps), st.sampled_from(["1.10", "1e2", '"\u2028"']))
        comma, colon = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " : ")]))
        members = draw(st.dictionaries(st.text(st.characters(codec="utf-8")), values, max_size=3))
        written = (f"{json.dumps(key)}{colon}{value}" for key, value in members.items())
        text += f"{draw(st.sampled_from(['', ' ']))}{{{comma.join(written)}}}"
        text += draw(st.sampled_from(["\n", "\r\n", "\n\n", " \n"]))
    return text.rstrip("\r\n") if draw(st.booleans()) else text


@ANY
@given(text=csv_files(), value=JSON, name=IDS, data=st.data())
def test_one_row_of_csv_changes(
    tmp_path: Path, text: str, value: Json, name: str, data: st.DataObject
) -> None:
    """Whatever the file holds: its lines are those that are read, every other cell stays."""
    before = rows(tmp_path, "a.csv", text)
    index = data.draw(st.integers(0, len(before) - 1))
    column = data.draw(st.sampled_from([*before[index].fields]))
    new = {column: name if column in TEXTS else value}
    after = edited_csv(text, {before[index].line: partial(saying, new=new)})
    expected = [one.fields for one in before]
    expected[index] = {**expected[index], **new}
    assert [one.fields for one in rows(tmp_path, "a.csv", after)] == expected
    old, found = cells(text), cells(after)
    assert old.keys() == found.keys()
    assert sum(old[at] != found[at] for at in old) <= 1


@ANY
@given(text=csv_files(), data=st.data())
def test_one_row_of_csv_goes(tmp_path: Path, text: str, data: st.DataObject) -> None:
    """The others stay."""
    before = rows(tmp_path, "a.csv", text)
    gone = data.draw(st.sampled_from(before))
    after = rows(tmp_path, "a.csv", edited_csv(text, {gone.line: lambda _: None}))
    assert [one.fields for one in after] == [one.fields for one in before if one is not gone]


@ANY
@given(text=csv_files(), name=IDS, data=st.data())
def test_one_row_of_csv_gets_an_id(
    tmp_path: Path, text: str, name: str, data: st.DataObject
) -> None:
    """In a column that is made where there is none; a row that has an id keeps it."""
    before = rows(tmp_path, "a.csv", text)
    index = data.draw(st.integers(0, len(before) - 1))
    edits = {before[index].line: partial(named, id=name)}
    found = rows(tmp_path, "a.csv", edited_csv(with_column(text, "id"), edits))
    expected = [{"id": None, **one.fields} for one in before]
    expected[index]["id"] = expected[index]["id"] or name
    assert [one.fields for one in found] == expected


@ANY
@given(text=json_lines(), value=JSON, data=st.data())
def test_one_row_of_json_changes(
    tmp_path: Path, text: str, value: Json, data: st.DataObject
) -> None:
    """Whatever the file holds: every other line stays, and so do the row's other values."""
    before = rows(tmp_path, "a.jsonl", text)
    index = data.draw(st.integers(0, len(before) - 1))
    key = data.draw(st.sampled_from([*before[index].fields, "id"]))
    edits = {before[index].line: partial(saying, new={key: value})}
    after = edited_json_lines(text, edits)
    expected = [one.fields for one in before]
    expected[index] = {**expected[index], key: value}
    assert [one.fields for one in rows(tmp_path, "a.jsonl", after)] == expected
    pairs = zip(text.split("\n"), after.split("\n"), strict=True)
    assert sum(old != new for old, new in pairs) <= 1


@pytest.mark.parametrize(
    ("edited", "text", "expected"),
    [
        (
            edited_csv,
            'id,"input",metadata\n"1.10","5e10",old\n',
            'id,"input",metadata\n"1.10","5e10",new\n',
        ),
        (
            edited_csv,
            '\ufeff"id",metadata\r\n5e10,"a ""b"""\r',
            '\ufeff"id",metadata\r\n5e10,new\r',
        ),
        (edited_csv, "metadata\n1", "metadata\nnew"),
        (
            edited_json_lines,
            '\n{ "input" :1.10 ,"metadata": 2 } \r\n',
            '\n{"input" :1.10, "metadata": "new"} \r\n',
        ),
    ],
)
def test_what_stays_is_not_written_anew(
    edited: Callable[..., str], text: str, expected: str
) -> None:
    """Neither as a number, nor with other quotes, spaces or line ends."""
    assert edited(text, {2: partial(saying, new={"metadata": "new"})}) == expected
    assert edited(text, {2: lambda row: row}) == text


def test_a_cell_can_be_emptied(tmp_path: Path) -> None:
    """Also the only one of its row, which is no empty line then."""
    edits = {2: partial(saying, new={"input": None})}
    assert rows(tmp_path, "a.csv", edited_csv("input\n1\n2\n", edits))[0].fields == {"input": None}


def test_an_empty_id_is_filled() -> None:
    """It gives none; what is written is not empty."""
    assert named({"input": 1, "id": ""}, "a") == {"input": 1, "id": "a"}
    remote = {"id": "a", "input": 2}
    assert edited_item({"id": "", "input": 1}, remote, ["input"]) == remote


def test_rows_are_added_to_csv() -> None:
    """After the last line, ended as the others are."""
    text = edited_csv("id,input\r\na,1", {}, [{"id": "5", "input": "5"}, {"input": "b,c"}])
    assert text == 'id,input\r\na,1\r\n5,"""5"""\r\n,"b,c"\r\n'


def test_a_file_that_two_datasets_read_is_edited_once(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """The second time its lines would be others: that is left for the next pull, and said."""
    files = {
        "langsync.yaml": "version: 1\n",
        "datasets/one.yaml": "key: input\nitems_from: [rows.jsonl]\n",
        "datasets/two.yaml": "key: input\nitems_from: [rows.jsonl]\n",
        "datasets/rows.jsonl": '{"input": "x"}\n{"input": "y"}\n{"input": "z"}\n',
    }
    write(repo, files)
    assert cli("apply", "--yes").code == 0
    for dataset, text in (("one", "x"), ("two", "y")):
        rows = raw.get("/dataset-items", params={"datasetName": dataset}).json()["data"]
        [gone] = [row["id"] for row in rows if row["input"] == text]
        raw.delete(f"/dataset-items/{gone}").raise_for_status()
    ended = cli("pull", "--yes", "--prune")
    assert ended.code == 0
    assert (repo / "datasets/rows.jsonl").read_text() == '{"input": "y"}\n{"input": "z"}\n'
    assert "another dataset reads it too, and was edited: pull again" in ended.err
