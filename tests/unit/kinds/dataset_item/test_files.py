"""Dataset items as files declare them: in YAML, JSON Lines and CSV."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from langsync.kinds.dataset_item.identity import id_of_input
from langsync.model import Address, Source, fields_of
from tests.unit.repository import problems, resources
from tests.unit.strategies import STORABLE, json_of

ROWS = '{"id": "1", "input": "a"}\n\n{"id": "2", "input": {"q": "5"}, "status": "archived"}\n'

UNIQUE = "ids are unique in the whole project"


def items(folder: Path, text: str, **files: str | bytes) -> list[dict[str, Any]]:
    """The items that one dataset file declares, beside files of rows."""
    rows = {f"datasets/{name.replace('_', '.')}": content for name, content in files.items()}
    found = resources(folder, {"datasets/d.yaml": text, **rows})
    contents = [one.content for one in found.values() if one.address.kind == "dataset_item"]
    return [dict(fields_of(content)) for content in contents]


def violations(folder: Path, text: str, **files: str | bytes) -> list[str]:
    """What is wrong with one dataset file and its files of rows."""
    rows = {f"datasets/{name.replace('_', '.')}": content for name, content in files.items()}
    found = problems(folder, {"datasets/d.yaml": text, **rows})
    return [one.removeprefix("datasets/") for one in found]


def test_an_item_has_all_of_its_values(folder: Path) -> None:
    """Absent ones are null; the ids of its source only where they are managed."""
    text = """
        items:
          - {id: a, input: {q: 1.0}, expected_output: "5", metadata: ""}
          - {id: b, status: archived, source_trace_id: t, source_observation_id: o}
        """
    assert items(folder, text) == [
        {
            "id": "a",
            "input": {"q": 1},
            "expected_output": 5,
            "metadata": None,
            "status": "active",
        },
        {
            "id": "b",
            "input": None,
            "expected_output": None,
            "metadata": None,
            "status": "archived",
            "source_trace_id": "t",
            "source_observation_id": "o",
        },
    ]


def test_an_item_needs_its_dataset_and_knows_its_place(folder: Path) -> None:
    """In the document, or by its line in a file of rows."""
    files = {
        "datasets/x/d.yaml": "name: q/a\nitems: [{id: a}]\nitems_from: [../r/*.jsonl]\n",
        "datasets/r/1.jsonl": ROWS,
    }
    found = resources(folder, files)
    assert list(found) == [
        "dataset/q/a",
        "dataset_item/q/a/a",
        "dataset_item/q/a/1",
        "dataset_item/q/a/2",
    ]
    assert found["dataset_item/q/a/a"].source == Source("datasets/x/d.yaml", 0, 0, ("items", 0))
    assert found["dataset_item/q/a/2"].source == Source("datasets/r/1.jsonl", 3)
    assert found["dataset_item/q/a/a"].needs == (Address("dataset", "q/a"),)


def test_rows_are_items_like_those_in_the_document(folder: Path) -> None:
    """Whatever format they come in."""
    csv = 'id,input,status\n1,a,\n2,"{""q"": ""5""}",archived\n'
    text = "items: [{id: '1', input: a}, {id: '2', input: {q: '5'}, status: archived}]\n"
    expected = items(folder, text)
    assert items(folder, "items_from: [r.jsonl]\n", r_jsonl=ROWS) == expected
    assert items(folder, "items_from: [r.csv]\n", r_csv=csv) == expected


def test_files_of_rows_come_in_the_order_of_their_names(folder: Path) -> None:
    """Those of one pattern; patterns in the order in which they are written."""
    files = {f"datasets/r/{name}.jsonl": f'{{"id": "{name}"}}' for name in ("b", "a", "c/d")}
    text = "items_from: [r/b.jsonl, 'r/[ac]*', 'r/*/*.jsonl']\n"
    found = resources(folder, {"datasets/x.yaml": text.replace("'r/[ac]*'", "r/a*"), **files})
    assert [name.rpartition("/")[2] for name in found] == ["x", "b", "a", "c%2Fd"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("items: [{ids: a}]\n", "d.yaml:1:10: unknown key 'ids': did you mean 'id'?"),
        ("items: [{id: 5}]\n", "d.yaml:1:14: items[0].id must be a string, not the number 5"),
        ("items: [{status: done}]\n", "d.yaml:1:18: items[0].status must be 'active'"),
        ("items: [x]\n", "d.yaml:1:9: items[0] must be a mapping, not a string"),
        ("items: [{id: .}]\n", "d.yaml:1:14: id '.' could never be fetched again"),
        ('items: [{id: "a\\x07"}]\n', "d.yaml:1:14: an id must not have control characters"),
        (f"items: [{{id: {'x' * 256}}}]\n", "d.yaml:1:14: an id has at most 255 characters"),
        (f"items: [{{id: {'😀' * 128}}}]\n", "d.yaml:1:14: an id has at most 255 characters"),
        ('items: [{input: {q: ["\\0"]}}]\n', "d.yaml:1:22: input.q[0]: the text has a NUL"),
        ('items: [{input: {"\\0": 1}}]\n', "the key has a NUL character"),
        ("items: [{metadata: 9007199254740993}]\n", "d.yaml:1:20: metadata: 9007199254740993 is"),
        ('items: [{input: "9007199254740993"}]\n', "Langfuse reads a string that is JSON as what"),
        ('items: [{input: "1e999"}]\n', "Langfuse reads a string that is JSON as what it says"),
        ("items: [{id: a}, {id: a}]\n", "dataset_item/d/a is declared in datasets/d.yaml already"),
        ("items_from: r.jsonl\n", "d.yaml:1:13: items_from must be a list, not a string"),
        ("items_from: [none.jsonl]\n", "d.yaml:1:14: there is no file 'none.jsonl'"),
        ("items_from: ['none*']\n", "d.yaml:1:14: no file matches 'none*'"),
        ("items_from: [/tmp/*.jsonl]\n", "d.yaml:1:14: a pattern is relative to this file"),
        ("items_from: [/tmp/x.jsonl]\n", "d.yaml:1:14: '/tmp/x.jsonl' is outside the repository"),
        ("items_from: [../../*]\n", "outside the repository: only files inside it are read"),
        ("items_from: ['']\n", "d.yaml:1:14: there is no file ''"),
        ("items_from: [d.yaml]\n", "d.yaml: items are read from .jsonl, .ndjson and .csv files"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_with_its_place(folder: Path, text: str, words: str) -> None:
    """In words that say what to do."""
    (folder.parent / "outside.jsonl").write_text("{}")
    assert any(words in one for one in violations(folder, text))


@pytest.mark.parametrize("pattern", ["a**", "**b.jsonl", "***", '"\\0*"', "'['", "'[a'", "*/**x"])
def test_an_odd_pattern_is_a_problem_of_its_place(folder: Path, pattern: str) -> None:
    """No crash."""
    (problem,) = violations(folder, f"items_from: [{pattern}]\n")
    assert problem.startswith("d.yaml:1:14: ")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('{"ids": "a"}', "r.jsonl:2: unknown key 'ids': did you mean 'id'?"),
        ('{"id": 5}', "r.jsonl:2: id must be a valid string"),
        ('{"id": null}', "r.jsonl:2: id must be a valid string"),
        ('{"status": "done"}', "r.jsonl:2: status must be 'active' or 'archived'"),
        ('{"input": "a\\u0000"}', "r.jsonl:2: input: the text has a NUL character"),
        ('{"input": "a\\ud800"}', "r.jsonl:2:13: not a JSON object: "),
        ("[]", "r.jsonl:2: each line holds one JSON object"),
        ('{"id": "first"}', "r.jsonl:2: dataset_item/d/first is declared in datasets/r.jsonl:1"),
    ],
)
def test_what_is_wrong_in_a_row_is_found_with_its_line(folder: Path, row: str, words: str) -> None:
    """The other rows are read."""
    text = f'{{"id": "first"}}\n{row}\n'
    (problem,) = violations(folder, "items_from: [r.jsonl]\n", r_jsonl=text)
    assert problem.startswith(words)


def test_an_item_has_a_largest_size(folder: Path) -> None:
    """The server takes 4.5 MB."""
    sizes = (4_500_000, 4_700_000)
    fine, large = (json.dumps({"id": str(size), "input": "x" * size}) for size in sizes)
    (problem,) = violations(folder, "items_from: [r.jsonl]\n", r_jsonl=f"{fine}\n{large}\n")
    assert problem.startswith("r.jsonl:2: ")
    assert problem.endswith("Langfuse takes at most 4.5 MB for one item")


def test_an_id_is_used_in_one_dataset(folder: Path) -> None:
    """Ids are unique in the whole project (recorded: item-ids 4)."""
    files = {f"datasets/{name}.yaml": "items: [{id: x}]\n" for name in ("a", "b")}
    assert problems(folder, files) == [
        f"datasets/b.yaml:1:9: id 'x' is used in dataset/a already: {UNIQUE}"
    ]


def test_an_item_without_an_id_gets_one(folder: Path) -> None:
    """The same each time, so that a second plan finds it."""
    (item,) = items(folder, "items: [{input: {question: How long can I return an item?}}]\n")
    assert item["id"] == "d-how-long-can-i-return-an-item-9c65ce87e02f53a1"


def test_two_items_of_one_input_need_ids(folder: Path) -> None:
    """They would be the same item."""
    (problem,) = violations(folder, "items: [{input: a}, {input: a, metadata: 1}]\n")
    assert "is declared in datasets/d.yaml already" in problem


def test_an_item_of_a_dataset_with_an_impossible_name_is_no_crash(folder: Path) -> None:
    """The name is the problem."""
    (problem,) = violations(folder, 'name: "\\ud800"\nitems: [{input: a}]\n')
    assert "half of a surrogate pair" in problem


def test_datasets_without_a_name_are_not_each_other(folder: Path) -> None:
    """Each of them is told once to have one."""
    found = violations(folder, "items: [{id: a}]\n---\nitems: [{id: b}]\n")
    assert [one.partition(": ")[2][:15] for one in found] == ["name is missing"] * 2


@given(STORABLE, json_of(STORABLE, STORABLE))
def test_a_derived_id_can_be_used(dataset: str, value: object) -> None:
    """Short, of plain letters, with a digest at its end."""
    assert re.fullmatch(r"([a-z0-9-]{1,101}-)?[0-9a-f]{16}", id_of_input(dataset, value))


@given(json_of(STORABLE, STORABLE), json_of(STORABLE, STORABLE))
def test_a_derived_id_is_that_of_dataset_and_input(one: object, other: object) -> None:
    """Other inputs have others, and so has the same input in another dataset."""
    assert (id_of_input("d", one) == id_of_input("d", other)) is (one == other)
    assert id_of_input("d", one) != id_of_input("D", one)


def test_a_derived_id_does_not_depend_on_the_order_of_keys() -> None:
    """Which Langfuse does not keep."""
    digests = {id_of_input("d", value)[-16:] for value in ({"a": 1, "b": 2}, {"b": 2, "a": 1})}
    assert len(digests) == 1


def test_the_readable_part_of_a_derived_id_does_not_depend_on_the_order_of_keys() -> None:
    """An editor that sorts keys must not make new items."""
    one, other = {"a": "x", "b": "y"}, {"b": "y", "a": "x"}
    assert id_of_input("d", one) == id_of_input("d", other)
