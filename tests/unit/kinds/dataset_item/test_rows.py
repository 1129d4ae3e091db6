"""Rows of other shapes, made into items by a mapping."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.kinds.dataset_item.test_files import items, violations
from tests.unit.repository import loaded


def test_a_column_can_have_any_name(folder: Path) -> None:
    """Also one that is no JMESPath."""
    text = "items_from: [{file: r.csv, id: No., input: {q: 'Question (en)'}}]\n"
    (item,) = items(folder, text, r_csv="No.,Question (en)\n7,a\n")
    assert (item["id"], item["input"]) == ("7", {"q": "a"})


@pytest.mark.parametrize("digits", ["12e4", "1e999", "0012", "true"])
def test_an_id_of_a_mapped_column_is_a_text(folder: Path, digits: str) -> None:
    """A hash may look like a number."""
    text = "items_from: [{file: r.csv, id: n, input: q}]\n"
    (item,) = items(folder, text, r_csv=f"n,q\n{digits},a\n")
    assert item["id"] == digits


@pytest.mark.parametrize("expression", ["contains(a, b)", "c[::0]"])
def test_a_function_that_fails_is_a_problem_of_its_row(folder: Path, expression: str) -> None:
    """One problem, which names the expression."""
    text = f"items_from: [{{file: r.jsonl, input: '{expression}'}}]\n"
    (problem,) = violations(folder, text, r_jsonl='{"a": "x", "b": 5, "c": [1]}\n')
    assert problem.startswith(f"r.jsonl:1: {expression}: ")


def test_a_long_number_can_be_a_key(folder: Path) -> None:
    """Also one of more than 64 bits."""
    text = "items_from: [{file: r.jsonl, input: q, key: n}]\n"
    rows = '{"n": 123456789012345678901234, "q": "a"}\n{"n": 5, "q": "b"}\n'
    first, second = items(folder, text, r_jsonl=rows)
    assert first["id"].startswith("d-123456789012345678901234-")
    assert second["id"].startswith("d-5-")


@pytest.mark.parametrize("expression", ["b", "b["])
def test_what_finds_nothing_in_any_file_is_told_once(folder: Path, expression: str) -> None:
    """In the document; a column that one of the files has, if only empty, is found."""
    text = f"items_from: [{{file: 'r*', input: a, metadata: '{expression}'}}]\n"
    rows = {"r1_jsonl": '{"a": 1}\n', "r2_jsonl": '{"a": 2}\n'}
    (problem,) = violations(folder, text, **rows)
    assert problem.startswith("d.yaml:1:")
    assert f"'{expression}' finds nothing in any row" in problem
    found = {**rows, "r3_jsonl": f'{{"a": 3, "{expression}": null}}\n'}
    assert len(items(folder, text, **found)) == 3


def test_a_file_of_many_mistakes_lists_a_hundred(folder: Path) -> None:
    """Of whatever sort they are."""
    text = "key: metadata.k\nitems_from: [r.jsonl]\n"
    found = violations(folder, text, r_jsonl='{"input": 1}\n' * 150)
    assert len(found) == 101
    assert found[-1].startswith("r.jsonl:100: ")
    assert "r.jsonl: 50 more problems in this file" in found


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("id;input", "r.csv:1: semicolons separate the columns: write commas instead"),
        ("id\tinput", "r.csv:1: tabs separate the columns: write commas instead"),
        ("", "r.csv:1: the first line names the columns, but it is empty"),
    ],
)
def test_a_first_line_of_another_form_is_told_once(folder: Path, head: str, words: str) -> None:
    """As some spreadsheets write it."""
    assert violations(folder, "items_from: [r.csv]\n", r_csv=f"{head}\na;1\nb;2\n".encode()) == [
        words
    ]


def test_a_file_that_is_no_gzip_is_told_once(folder: Path) -> None:
    """Its mapping is not blamed for finding nothing."""
    text = "items_from: [{file: r.jsonl.gz, input: a}]\n"
    (problem,) = violations(folder, text, r_jsonl_gz=b"x")
    assert problem.startswith("r.jsonl.gz: not gzip, or cut short")


def test_a_key_of_items_is_told_where_it_is_no_expression(folder: Path) -> None:
    """In the document, before the items."""
    found = violations(folder, "key: 'a['\nitems: [{id: x}]\n")
    assert len(found) == 1
    assert found[0].startswith("d.yaml:1:6: key: 'a[' is no JMESPath")


def test_a_number_that_would_be_written_otherwise_is_kept_as_a_text(folder: Path) -> None:
    """A version is none, and two tickets are not one."""
    text = "items_from: [{file: r.csv, key: ticket, input: {version: v}}]\n"
    first, second = items(folder, text, r_csv="ticket,v\n1.10,3.10\n1.1,2.5\n")
    assert first["input"] == {"version": "3.10"}
    assert second["input"] == {"version": 2.5}
    assert first["id"] != second["id"]


def test_a_file_is_named_as_it_is(folder: Path) -> None:
    """Also one whose name could be a pattern."""
    found = items(folder, "items_from: ['r[1].jsonl']\n", **{"r[1]_jsonl": '{"id": "a"}\n'})
    assert [one["id"] for one in found] == ["a"]


def test_a_file_that_two_entries_read_is_one_problem(folder: Path) -> None:
    """At the second entry, and not one for each row; another mapping may read it again."""
    text = "items_from:\n  - '*.jsonl'\n  - {file: r.jsonl, key: input, input: id}\n  - r.jsonl\n"
    rows = '{"id": "a", "input": 1}\n{"id": "b", "input": 2}\n'
    (problem,) = violations(folder, text, r_jsonl=rows)
    assert problem.startswith("d.yaml:4:5: ")
    assert "r.jsonl is read by an entry above already" in problem


def test_a_row_without_the_input_that_others_have_deserves_a_look(folder: Path) -> None:
    """Once for all of them, with the first place."""
    parts = {
        "datasets/d.yaml": "items_from: [{file: r.jsonl, id: n, input: q}]\n",
        "datasets/r.jsonl": '{"n": "a", "q": 1}\n{"n": "b", "p": 1}\n{"n": "c"}\n',
    }
    (warning,) = loaded(folder, parts).warnings
    assert (warning.code, warning.line) == ("LS603", 2)
    assert "finds no input in this row" in warning.message
    assert warning.message.endswith("(and 1 more)")


def test_a_mapping_that_leaves_out_a_field_of_items_deserves_a_look(folder: Path) -> None:
    """Else archived rows would become active ones; what an expression names is used."""
    rows = "id,question,status,expected_output\na1,x,archived,y\na2,z,active,w\n"
    text = "items_from: [{file: r.csv, key: id, input: question, metadata: '[expected_output]'}]\n"
    parts = {"datasets/d.yaml": text, "datasets/r.csv": rows}
    (warning,) = loaded(folder, parts).warnings
    assert (warning.code, warning.line) == ("LS604", 2)
    assert "write 'status: status' in items_from" in warning.message
    whole = "items_from: [{file: r.csv, key: id, input: '@'}]\n"
    assert not loaded(folder, {**parts, "datasets/d.yaml": whole}).warnings


def test_what_a_key_lacks_is_named(folder: Path) -> None:
    """Of several expressions."""
    text = "key: [input.a, input.b]\nitems_from: [r.jsonl]\n"
    (problem,) = violations(folder, text, r_jsonl='{"input": {"a": 1}}\n')
    assert "its key is missing here (input.b)" in problem
