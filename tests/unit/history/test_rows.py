"""Files of rows that mappings name, at commits of long ago."""

from __future__ import annotations

import gzip

import pytest

from langsync.model import Address
from tests.unit.git import Repository
from tests.unit.history.conftest import Open, texts

CONFIG = {"langsync.yaml": "version: 1\n"}


def mapped(file: str) -> str:
    return f"items_from:\n  - {{file: {file!r}, id: ticket, input: Question Text}}\n"


def row(text: str, ticket: str = "i") -> bytes:
    return f"ticket,Question Text\n{ticket},{text}\n".encode()


@pytest.mark.parametrize("name", ["rows/a.csv", "rows/a.csv.gz", "../data/rows/a.csv.gz"])
@pytest.mark.parametrize("by_glob", [True, False])
def test_the_rows_of_a_mapping_are_followed(
    repo: Repository,
    opened: Open,
    name: str,
    by_glob: bool,  # noqa: FBT001 - a column
) -> None:
    """Named or by a pattern, plain or compressed; no YAML file changes."""

    def packed(text: str) -> bytes:
        return gzip.compress(row(text)) if name.endswith(".gz") else row(text)

    path = name.removeprefix("../") if name.startswith("..") else f"datasets/{name}"
    entry = name.replace("a.csv", "*.csv") if by_glob else name
    repo.commit({**CONFIG, "datasets/d.yaml": mapped(entry), path: packed("one")})
    repo.commit({path: packed("two")})
    repo.commit({"README.md": "unrelated"})
    repo.commit({path: packed("three")})
    assert texts(opened(repo.folder), "d/i", "dataset_item") == ["three", "two", "one"]


def test_a_mapping_that_changes_changes_the_items(repo: Repository, opened: Open) -> None:
    """The file of rows stays what it is."""
    rows = {"datasets/a.jsonl": '{"id": "i", "q": "one", "Q": "two"}\n'}
    entry = "items_from: [{{file: a.jsonl, id: id, input: {}}}]\n"
    repo.commit({**CONFIG, "datasets/d.yaml": entry.format("q"), **rows})
    repo.commit({"datasets/d.yaml": entry.format("Q")})
    repo.commit({"datasets/d.yaml": entry.format("nothing")})
    found = texts(opened(repo.folder), "d/i", "dataset_item")
    assert found[1:] == ["two", "one"]


def test_a_file_that_comes_to_match_later_is_seen(repo: Repository, opened: Open) -> None:
    """And one that goes."""
    repo.commit(
        {**CONFIG, "datasets/d.yaml": mapped("rows/*.csv"), "datasets/rows/k.csv": row("k", "k")}
    )
    repo.commit({"datasets/rows/i.csv": row("one")})
    repo.commit(without="datasets/rows/i.csv")
    history = opened(repo.folder)
    assert texts(history, "d/i", "dataset_item") == [None, "one", None]
    assert texts(history, "d/k", "dataset_item") == ["k"]


def test_only_items_that_are_asked_for_are_kept(repo: Repository, opened: Open) -> None:
    """Of any number; another question is answered as well, by walking again."""
    rows = "".join(f'{{"id": "i{number}", "input": 1}}\n' for number in range(1000))
    dataset = "items_from: [r.jsonl]\n"
    repo.commit(
        {"langsync.yaml": "version: 1\n", "datasets/d.yaml": dataset, "datasets/r.jsonl": rows}
    )
    repo.commit({"datasets/r.jsonl": rows.replace('"i7", "input": 1', '"i7", "input": 2')})
    history = opened(repo.folder)
    asked, other = (Address("dataset_item", f"d/{one}") for one in ("i7", "i8"))
    history.prefetch([asked])
    found = [one.resource for one in history.declarations(asked)]
    assert [one and one.content.input for one in found] == [2, 1]
    assert {one for one in history._walk(asked)[1].all_keys() if one.kind == "dataset_item"} == {
        asked
    }
    found = [one.resource for one in history.declarations(other)]
    assert [one and one.content.input for one in found] == [1]
    again = [one.resource for one in history.declarations(asked)]
    assert [one and one.content.input for one in again] == [2, 1]
