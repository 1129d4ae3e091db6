"""Rows of CSV files."""

from __future__ import annotations

import csv
import io
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from langsync.errors import Problem
from langsync.formats.items import Row, read_rows
from langsync.source.files import open_regular
from tests.unit.strategies import STORABLE


def rows(folder: Path, content: str | bytes) -> list[Row | Problem]:
    """Write a file and read its rows; the column ``id`` holds texts."""
    path = folder / "a.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_rows(partial(open_regular, path), "a.csv", texts=["id"]))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_the_first_line_names_the_columns(tmp_path: Path, newline: str) -> None:
    """Each further one is a row, with its number."""
    text = newline.join(["id, input ,metadata", "a,x,y", "b,,"])
    assert rows(tmp_path, text) == [
        Row(2, {"id": "a", "input": "x", "metadata": "y"}),
        Row(3, {"id": "b", "input": None, "metadata": None}),
    ]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("5", 5),
        ("1.5", 1.5),
        ("true", True),
        ("null", None),
        ('"{""a"": [1]}"', {"a": [1]}),
        ('"""5"""', "5"),
        ("plain", "plain"),
        ("0123", "0123"),
        ("NaN", "NaN"),
        ("[1", "[1"),
        (" 5 ", 5),
        ('"a\nb"', "a\nb"),
        ("3.10", "3.10"),
        ("1.0", 1.0),
        ("-0", "-0"),
        ("1e5", "1e5"),
        ("1e+16", 1e16),
        ("1e16", "1e16"),
        ("9007199254740993", "9007199254740993"),
        ('"{""a"": 1, ""a"": 2}"', '{"a": 1, "a": 2}'),
        ('"{""a"": 3.10}"', {"a": 3.1}),
    ],
)
def test_a_cell_is_json_where_it_is_json(tmp_path: Path, cell: str, value: object) -> None:
    """Else it is the text that it holds."""
    assert rows(tmp_path, f"id,input\nx,{cell}\n") == [Row(2, {"id": "x", "input": value})]


@pytest.mark.parametrize("cell", ["5", "true", "null", "1e5"])
def test_a_column_of_texts_holds_texts(tmp_path: Path, cell: str) -> None:
    """An id of digits stays the text it is."""
    assert rows(tmp_path, f"id\n{cell}\n") == [Row(2, {"id": cell})]


def test_lines_are_counted_through_quoted_line_breaks(tmp_path: Path) -> None:
    """A row is where it begins, whatever the rows above it hold."""
    text = 'id,input\na,"one\ntwo\r\nthree"\nb,"x"\n\nc,"\n"\nd,y\n'
    found = rows(tmp_path, text)
    assert [(row.line, row.fields["id"]) for row in found if isinstance(row, Row)] == [
        (2, "a"),
        (5, "b"),
        (7, "c"),
        (9, "d"),
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    """Excel puts one there."""
    assert rows(tmp_path, b"\xef\xbb\xbfid,input\na,1\n") == [Row(2, {"id": "a", "input": 1})]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,input,id\na,1,b\n", "a.csv:1: column 'id' is there twice"),
        ("id,,input\na,1,b\n", "a.csv:1: a column of the first line has no name"),
        ("", "a.csv: the first line of a CSV file names its columns; the file is empty"),
    ],
)
def test_the_columns_have_names_of_their_own(tmp_path: Path, text: str, words: str) -> None:
    """Nothing is read where they have not."""
    assert [str(row) for row in rows(tmp_path, text)] == [words]


def test_a_row_has_as_many_cells_as_there_are_columns(tmp_path: Path) -> None:
    """The rest of the file is read all the same."""
    found = rows(tmp_path, "id,input\na\nb,1,2\nc,3\n")
    assert [str(row) for row in found[:2]] == [
        "a.csv:2: 1 cells, but the first line has 2",
        "a.csv:3: 3 cells, but the first line has 2",
    ]
    assert found[2] == Row(4, {"id": "c", "input": 3})


def test_a_quote_that_is_never_closed_ends_the_file(tmp_path: Path) -> None:
    """What stands before it is read; the line is that of the row, not the file's last."""
    first, problem = rows(tmp_path, 'id,input\na,1\nb,"2\nc,3\n')
    assert first == Row(2, {"id": "a", "input": 1})
    assert str(problem).startswith("a.csv:3: not CSV: ")


def test_what_is_no_utf_8_ends_the_file(tmp_path: Path) -> None:
    """Such as a file from an old spreadsheet."""
    found = rows(tmp_path, "id,input\na,ü\n".encode("latin-1"))
    assert str(found[-1]).startswith("a.csv:2: not UTF-8: ")


def test_a_cell_can_be_large(tmp_path: Path) -> None:
    """Python's own limit of 128 kB is below Langfuse's."""
    (row,) = rows(tmp_path, f"id,input\na,{'x' * 1_000_000}\n")
    assert isinstance(row, Row)
    assert len(row.fields["input"]) == 1_000_000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(STORABLE, STORABLE), max_size=4))
def test_texts_that_python_writes_are_read_as_they_were(
    tmp_path: Path, given: list[tuple[str, str]]
) -> None:
    """Quotes, commas and line breaks included; an empty cell is no text."""
    stream = io.StringIO()
    csv.writer(stream).writerows([("id", "more"), *given])
    path = tmp_path / "a.csv"
    path.write_bytes(stream.getvalue().encode())
    found = [
        row.fields
        for row in read_rows(partial(open_regular, path), "a.csv", texts=["id", "more"])
        if isinstance(row, Row)
    ]
    assert found == [{"id": one or None, "more": other or None} for one, other in given]
