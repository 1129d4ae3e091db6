"""Rows of JSON Lines files."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from langsync.errors import Problem
from langsync.formats.items import Row, read_rows
from langsync.source.files import open_regular
from tests.unit.strategies import JSON, TEXTS


def rows(folder: Path, content: str | bytes, name: str = "a.jsonl") -> list[Row | Problem]:
    """Write a file and read its rows."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_rows(partial(open_regular, path), name))


def words(folder: Path, content: str | bytes) -> list[str]:
    """Write a file and give what is wrong with it."""
    return [str(row) for row in rows(folder, content) if isinstance(row, Problem)]


def test_each_line_is_a_row_with_its_number(tmp_path: Path) -> None:
    """Lines that hold nothing are passed over and counted."""
    text = '{"id": "a"}\n\n  \n{"id": "b", "input": {"q": [1, null]}}\r\n{"id": "c"}'
    assert rows(tmp_path, text) == [
        Row(1, {"id": "a"}),
        Row(4, {"id": "b", "input": {"q": [1, None]}}),
        Row(5, {"id": "c"}),
    ]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "A.JSONL"])
def test_the_ending_tells_the_format(tmp_path: Path, name: str) -> None:
    """In any case."""
    assert rows(tmp_path, '{"a": 1}\n', name) == [Row(1, {"a": 1})]


def test_other_endings_are_not_read(tmp_path: Path) -> None:
    """And the ones that are, are named."""
    (problem,) = rows(tmp_path, "a: 1", "a.yaml")
    assert (
        str(problem)
        == "a.yaml: items are read from .jsonl, .ndjson and .csv files, or those with .gz"
    )


def test_a_byte_order_mark_is_no_part_of_the_first_row(tmp_path: Path) -> None:
    """Spreadsheets and Windows editors put one there."""
    assert rows(tmp_path, b'\xef\xbb\xbf{"a": 1}\n') == [Row(1, {"a": 1})]


@pytest.mark.parametrize(
    "line",
    [
        '{"a": 1, "a": 2}',
        '{"x": {"a": 1, "b": 2, "a": 3}}',
        '{"x": [{"a": 1, "a": 2}]}',
        '{"a": 1, "b": "x", "a" : 2}',
    ],
)
def test_a_key_that_is_there_twice_is_a_mistake(tmp_path: Path, line: str) -> None:
    """In the row or inside it."""
    assert words(tmp_path, f'{{"fine": 1}}\n{line}\n') == [
        "a.jsonl:2: not a JSON object: duplicate key 'a'"
    ]


def test_a_key_that_is_there_twice_is_found_however_it_is_spelt(tmp_path: Path) -> None:
    """An escaped letter is that letter."""
    assert words(tmp_path, '{"a": 1, "\\u0061": 2}')


def test_a_key_can_be_there_in_two_objects(tmp_path: Path) -> None:
    """Only one object cannot have it twice."""
    line = '{"x": [{"a": 1}, {"a": 2}], "a": "\\"a\\": 1"}'
    assert rows(tmp_path, line) == [Row(1, json.loads(line))]


@pytest.mark.parametrize("line", ['{"a": NaN}', '{"a": [Infinity]}', '{"a": -Infinity}'])
def test_what_is_no_json_number_is_refused(tmp_path: Path, line: str) -> None:
    """Python would write and read it."""
    (word,) = words(tmp_path, line)
    assert word.startswith("a.jsonl:1")
    assert "not a JSON object" in word


@pytest.mark.parametrize("line", ["[1]", "1", '"x"', "null", "true"])
def test_a_row_is_an_object(tmp_path: Path, line: str) -> None:
    """Any other value has no fields."""
    assert words(tmp_path, line) == ["a.jsonl:1: each line holds one JSON object"]


@pytest.mark.parametrize("line", ['{"a": 1', "{'a': 1}", '{"a": 1,}', '{"a": 1} {"b": 2}', "x"])
def test_what_is_no_json_is_refused_and_the_rest_is_read(tmp_path: Path, line: str) -> None:
    """All mistakes of a file show at once."""
    first, problem, last = rows(tmp_path, f'{{"a": 1}}\n{line}\n{{"b": 2}}\n')
    assert (first, last) == (Row(1, {"a": 1}), Row(3, {"b": 2}))
    assert isinstance(problem, Problem)
    assert (problem.file, problem.line) == ("a.jsonl", 2)
    assert problem.message.startswith("not a JSON object: ")


def test_long_integers_keep_their_digits(tmp_path: Path) -> None:
    """So that they can be refused for what they are."""
    number = 12345678901234567890123
    assert rows(tmp_path, f'{{"a": {number}}}') == [Row(1, {"a": number})]


def test_a_number_too_long_to_print_is_a_problem_of_its_line(tmp_path: Path) -> None:
    """No crash."""
    (word,) = words(tmp_path, f'{{"a": 1{"0" * 5000}}}')
    assert word.startswith("a.jsonl:1")


def test_deep_nesting_is_a_problem_of_its_line(tmp_path: Path) -> None:
    """No crash, however deep."""
    for depth in (2000, 100_000):
        (word,) = words(tmp_path, f'{{"a": {"[" * depth}{"]" * depth}}}')
        assert word.startswith("a.jsonl:1")


def test_what_is_no_utf_8_is_a_problem_of_its_line(tmp_path: Path) -> None:
    """Such as a file from an old Windows editor."""
    (word,) = words(tmp_path, '{"a": 1}\n{"a": "ü"}\n'.encode("latin-1"))
    assert word.startswith("a.jsonl:2")


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    """It ends the reading."""
    assert list(read_rows(partial(open_regular, tmp_path / "a.jsonl"), "a.jsonl")) == [
        Problem("a.jsonl", "cannot be read: No such file or directory")
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(TEXTS, JSON, max_size=4), max_size=4), st.booleans())
def test_what_python_writes_is_read_as_it_was(
    tmp_path: Path,
    given: list[dict[str, object]],
    ascii_only: bool,  # noqa: FBT001 - generated
) -> None:
    """Whatever the keys and values are."""
    lines = [json.dumps(row, ensure_ascii=ascii_only) for row in given]
    found = rows(tmp_path, "\n".join(lines))
    assert json.dumps([row.fields for row in found if isinstance(row, Row)]) == json.dumps(given)
