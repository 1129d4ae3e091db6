"""``langsync fmt --assign-ids``."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import httpx
import pytest

from langsync.formats import yaml
from tests.conftest import Cli, write
from tests.unit.pull.remote import tree

CONFIG = "version: 1\n"


def test_ids_are_written_into_items(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Those that they had: a plan is empty, and an edited input stays the same item."""
    write(
        repo,
        {
            "langsync.yaml": CONFIG,
            "datasets/d.yaml": "items:\n  - input: {q: One}  # first\n  - {id: two, input: 2}\n"
            "items_from: [r.jsonl, t.csv]\n",
            "datasets/r.jsonl": '{"input":{"q":"Three"}}\n\n{"id": "four", "input": 4}\n',
            "datasets/t.csv": 'input,expected_output\r\n"a ""b""\nc",x\r\nd,\r\n',
            "datasets/k.yaml": "key: input\nitems: [{input: Keyed}]\n",
        },
    )
    assert cli("apply", "--yes").code == 0
    ended = cli("fmt", "--assign-ids")
    assert ended.code == 0
    assert cli("plan", "--detailed-exitcode").code == 0
    files = tree(repo)
    first, second = yaml.read(files["datasets/d.yaml"], "")[0]["items"]
    assert (first["id"].startswith("d-one-"), second["id"]) == (True, "two")
    assert "# first" in files["datasets/d.yaml"]
    lines = files["datasets/r.jsonl"].splitlines()
    assert json.loads(lines[0])["id"].startswith("d-three-")
    assert lines[1:] == ["", '{"id": "four", "input": 4}']
    assert files["datasets/t.csv"].startswith("id,input,expected_output\r\nd-a-b-c-")
    assert 'input,expected_output\r\n"a' not in files["datasets/t.csv"]
    assert files["datasets/k.yaml"] == "items: [{input: Keyed}]\nkey: input\n"
    write(repo, {"datasets/d.yaml": files["datasets/d.yaml"].replace("One", "New")})
    plan = json.loads(cli("plan", "--format", "json").out)
    assert [(one["address"], one["action"]) for one in plan["changes"]] == [
        (f"dataset_item/d/{first['id']}", "update")
    ]
    again = cli("fmt", "--assign-ids", "--check")
    assert again.code == 0, again.out
    assert raw.get("/dataset-items").json()["meta"]["totalItems"] == 7


def test_only_the_rows_without_ids_change(repo: Path, cli: Cli) -> None:
    """Each in its own line, whatever the others hold; ids and cells are texts."""
    table = (
        'id,input,expected_output\n1.10,"one\u2028line",5e10\n,two\x0b,1.10\n"5e10","th\x85ree",x\r'
    )
    write(repo, {"langsync.yaml": CONFIG, "datasets/d.yaml": "items_from: [t.csv]\n"})
    write(repo, {"datasets/t.csv": table})
    assert cli("fmt", "--assign-ids").code == 0
    with (repo / "datasets/t.csv").open(encoding="utf-8", newline="") as file:
        id_ = list(csv.reader(file))[2][0]
    assert id_.startswith("d-two-")
    assert tree(repo)["datasets/t.csv"] == table.replace("\n,two", f"\n{id_},two")


def test_only_the_named_files_get_ids(repo: Path, cli: Cli) -> None:
    """With a dataset's file its files of rows; one of those can be named itself."""
    files = {
        "datasets/d.yaml": "items: [{input: 1}]\nitems_from: [d.jsonl]\n",
        "datasets/d.jsonl": '{"input": 2}\n',
        "datasets/e.yaml": "items: [{input: 3}]\nitems_from: [e.jsonl, f.csv]\n",
        "datasets/e.jsonl": '{"input": 4}\n',
        "datasets/f.csv": "input\n5\n",
        "prompts/p.yaml": "prompt: Hi\n",
    }

    def changed(*names: str) -> list[str]:
        write(repo, {"langsync.yaml": CONFIG, **files})
        assert cli("fmt", "--assign-ids", *names).code == 0
        return [name for name, text in tree(repo).items() if files.get(name, CONFIG) != text]

    assert changed("datasets/d.yaml") == ["datasets/d.jsonl", "datasets/d.yaml"]
    assert changed("datasets/f.csv") == ["datasets/f.csv"]
    assert changed("prompts/p.yaml") == []
    assert changed("datasets") == sorted(name for name in files if "datasets" in name)


ROWS = '{"input": "a"}\n'


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {
                "datasets/x.yaml": "items_from: [r.JSONL.GZ]\n",
                "datasets/r.JSONL.GZ": gzip.compress(ROWS.encode()),
            },
            ("r.JSONL.GZ gets no ids: it is compressed",),
        ),
        (
            {
                "datasets/x.yaml": "items_from: [r.jsonl]\n",
                "datasets/y.yaml": "items_from: [r.jsonl]\n",
                "datasets/r.jsonl": ROWS,
            },
            ("r.jsonl gets no ids: its rows are items of dataset/x and dataset/y",),
        ),
        (
            {
                "datasets/x.yaml": "items_from: [r.jsonl]\n",
                "datasets/y.yaml": "items_from: [r.jsonl]\nkey: input\n",
                "datasets/r.jsonl": ROWS,
            },
            ("r.jsonl gets no ids: its rows are items of dataset/x and dataset/y",),
        ),
        (
            {
                "datasets/d.yaml": "items: [{input: 1}]\n"
                "items_from: [d.jsonl, {file: 'r*', input: q}, {file: k.jsonl, key: input}]\n",
                "datasets/r1.jsonl": '{"q": "a"}\n',
                "datasets/r2.csv": "q\na b\n",
                "datasets/k.jsonl": '{"input": "a b c"}\n',
            },
            (
                "r1.jsonl gets no ids: its rows have another shape",
                "r2.csv gets no ids: its rows have another shape",
            ),
        ),
    ],
)
def test_what_can_get_no_ids_is_left_alone_and_said(
    repo: Path, cli: Cli, files: dict[str, str | bytes], words: tuple[str, ...]
) -> None:
    """The others get theirs, and nothing is wrong afterwards."""
    write(
        repo,
        {
            "langsync.yaml": CONFIG,
            "datasets/d.yaml": "items: [{input: 1}]\nitems_from: [d.jsonl]\n",
            "datasets/d.jsonl": '{"input": 2}\n',
            **files,
        },
    )
    ended = cli("fmt", "--assign-ids")
    assert ended.code == 0, ended.err
    assert "changed  datasets/d.yaml\nchanged  datasets/d.jsonl" in ended.out
    warnings = [line for line in ended.err.split("\n") if line.startswith("Warning: ")]
    assert len(warnings) == len(words)
    assert all(text in ended.err for text in words)
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        assert name == "datasets/d.yaml" or (repo / name).read_bytes() == data
    assert cli("validate").code == 0


def test_an_empty_id_is_none(repo: Path, cli: Cli) -> None:
    """It is filled where it stands, in every form."""
    write(
        repo,
        {
            "langsync.yaml": CONFIG,
            "datasets/d.yaml": "items:\n  - {input: 1, id: ''}\nitems_from: [r.jsonl, t.csv]\n",
            "datasets/r.jsonl": '{"input":2,"id":""}\n',
            "datasets/t.csv": "input,id\n3,\n",
        },
    )
    assert cli("fmt", "--assign-ids").code == 0
    files = tree(repo)
    for name, start in (("d.yaml", "id: d-"), ("r.jsonl", '2,"id":"d-'), ("t.csv", "3,d-")):
        assert start in files[f"datasets/{name}"]
    assert "LS601" not in cli("validate").err
