"""Later pulls edit files: what Langfuse has otherwise, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Cli, write
from tests.unit.pull.remote import agrees, put_dataset, put_prompt, tree

CONFIG = "version: 1\n"
TWO = """version: 1
default_environment: staging
environments:
  staging: {labels: [staging], vars: {shop: Highmoor}}
  production: {labels: [production], vars: {shop: Highmoor}}
"""


def deployed(cli: Cli, repo: Path, files: dict[str, str], *words: str) -> dict[str, str]:
    """Files that are in Langfuse as they are."""
    write(repo, {"langsync.yaml": CONFIG, **files})
    ended = cli("apply", "--yes", *words)
    assert ended.code == 0, ended.err
    return tree(repo)


def pulled(cli: Cli, repo: Path, *words: str) -> dict[str, str]:
    """The files once they were pulled, and another pull and a plan found nothing."""
    ended = cli("pull", "--yes", *words)
    assert ended.code == 0, ended.err
    environment = words[words.index("--env") :][:2] if "--env" in words else ()
    agrees(cli, *environment)
    return tree(repo)


SUPPORT = """\
# who answers
name: support   # its name
config:
  model: gpt-4o   # the cheap one
  stop: ["a", 'b']
labels: [production]
prompt: |
    Hello {{name}},
    how are you?

tags: &tags
- support
"""


def test_what_did_not_change_stays_byte_for_byte(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Comments, order, quotes, indentation; the text and a number are new."""
    files = {"prompts/a.yaml": SUPPORT}
    before = deployed(cli, repo, files)
    config = {"model": "gpt-4o", "stop": ["a", "b"], "temperature": 0.5}
    put_prompt(raw, "support", "Hello {{name}}!\nhow are you?\n\n", config=config)
    after = pulled(cli, repo)
    expected = (
        before["prompts/a.yaml"]
        .replace("Hello {{name}},", "Hello {{name}}!")
        .replace("prompt: |\n", "prompt: |+\n")
        .replace("'b']\n", "'b']\n  temperature: 0.5\n")
    )
    assert after == {**before, "prompts/a.yaml": expected}


def test_nothing_is_written_where_nothing_differs(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """However oddly it is written."""
    before = deployed(cli, repo, {"prompts/a.yaml": SUPPORT})
    assert raw.get("/v2/prompts/support").json()["tags"] == ["support"]
    ended = cli("pull", "--yes")
    assert (ended.code, tree(repo)) == (0, before)
    assert "Nothing to pull" in ended.out


def test_a_chat_is_edited_message_by_message(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """A message of a file of its own is edited there, with its line ends."""
    before = deployed(
        cli,
        repo,
        {
            "prompts/c.yaml": "prompt:\n- system: {file: s.md}  # long\n- user: '{{q}}'\n",
            "prompts/s.md": "One\r\ntwo\r\n",
        },
    )
    messages = [
        {"role": "system", "content": "One\nthree"},
        {"role": "user", "content": "{{q}}"},
        {"role": "assistant", "content": "Sure: yes"},
    ]
    put_prompt(raw, "c", messages)
    assert pulled(cli, repo) == {
        **before,
        "prompts/c.yaml": "prompt:\n- system: {file: s.md}  # long\n- user: '{{q}}'\n"
        '- assistant: "Sure: yes"\n',
        "prompts/s.md": "One\r\nthree\r\n",
    }


def test_a_file_that_others_name_stays(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """The changed text stands in the prompt's own file then."""
    before = deployed(
        cli,
        repo,
        {
            "prompts/a.yaml": "prompt: {file: s.md}\n",
            "prompts/b.yaml": "prompt: {file: s.md}\n",
            "prompts/s.md": "Same\n",
        },
    )
    put_prompt(raw, "a", "Other")
    assert pulled(cli, repo) == {**before, "prompts/a.yaml": "prompt: Other\n"}


def test_a_template_that_says_the_same_stays_one(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Next to it a text of Langfuse that looks like a template is escaped."""
    text = "template: true\nprompt:\n- system: Of ${vars.shop}\n- user: '{{q}}'\n"
    before = deployed(cli, repo, {"langsync.yaml": TWO, "prompts/a.yaml": text})
    messages = [
        {"role": "system", "content": "Of Highmoor"},
        {"role": "user", "content": "now ${vars.shop}"},
    ]
    put_prompt(raw, "a", messages, labels=["staging"])
    after = pulled(cli, repo)
    assert after["prompts/a.yaml"].startswith(
        "template: true\nprompt:\n- system: Of ${vars.shop}\n"
    )
    assert "now $${vars.shop}" in after["prompts/a.yaml"]
    assert before["langsync.yaml"] == after["langsync.yaml"]


def test_one_environment_is_pulled_and_others_keep_theirs(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """What is for all stays for them; what this one has is an override."""
    files = {"langsync.yaml": TWO, "prompts/a.yaml": "config: {t: 1}  # hot\nprompt: Hello\n"}
    deployed(cli, repo, files)
    assert cli("apply", "--yes", "--env", "production").code == 0
    put_prompt(raw, "a", "Hi", labels=["staging"], config={"t": 1})
    after = pulled(cli, repo, "--env", "staging")
    assert after["prompts/a.yaml"] == (
        "config: {t: 1}  # hot\nprompt: Hello\noverrides:\n  staging: {prompt: Hi}\n"
    )
    agrees(cli, "--env", "production")
    put_prompt(raw, "a", "Hey", labels=["staging"], config={"t": 1})
    after = pulled(cli, repo, "--env", "staging")
    assert "staging: {prompt: Hey}" in after["prompts/a.yaml"]
    agrees(cli, "--env", "production")


def test_labels_that_part_become_variants(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """And one variant again once they meet."""
    before = deployed(cli, repo, {"prompts/a.yaml": "labels: [production, beta]\nprompt: One\n"})
    put_prompt(raw, "a", "Two", labels=["beta"])
    after = pulled(cli, repo)
    assert after["prompts/a.yaml"] == (
        "variants:\n"
        "  - labels: [production]\n"
        "    prompt: One\n"
        "  - labels: [beta]\n"
        "    prompt: Two\n"
    )  # fmt: skip
    raw.patch("/v2/prompts/a/versions/1", json={"newLabels": ["beta"]}).raise_for_status()
    last = pulled(cli, repo)
    assert last != before


def test_a_config_that_is_gone_leaves_the_file(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """With its line; one that says that it is empty stays."""
    deployed(
        cli,
        repo,
        {
            "prompts/a.yaml": "config: {model: m}  # why\nprompt: One\n",
            "prompts/b.yaml": "config: {}  # none\nprompt: One\n",
        },
    )
    put_prompt(raw, "a", "Two")
    put_prompt(raw, "b", "Two")
    after = pulled(cli, repo)
    assert after["prompts/a.yaml"] == "prompt: Two\n"
    assert after["prompts/b.yaml"] == "config: {}  # none\nprompt: Two\n"


def test_tags_are_those_of_langfuse(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """In the order of the file, where it manages them."""
    deployed(
        cli,
        repo,
        {"prompts/a.yaml": "tags: [x, y]\nprompt: One\n", "prompts/b.yaml": "prompt: One\n"},
    )
    put_prompt(raw, "a", "One", tags=["new", "y"])
    put_prompt(raw, "b", "One", tags=["new"])
    after = pulled(cli, repo)
    assert after["prompts/a.yaml"] == "tags: [y, new]\nprompt: One\n"
    assert after["prompts/b.yaml"] == "prompt: One\n"


DATASET = """\
# of support
description: Questions
input_schema: {file: schema.json}
items:
- id: one
  input: {q: What?}   # hm
  expected_output: yes
- {id: two, input: {q: Who?}}
"""
ROWS = '{"id":"r1","input":{"q":"A"}}\n\n{"id": "r2", "input": {"q": "B"}}\n'
TABLE = 'id,input,expected_output,status\r\nc1,"{""q"": ""a, b""}",old,\r\nc2,"{""q"": 1}",,\r\n'


def test_datasets_and_items_are_edited_where_they_stand(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """In the document, in JSON Lines, in CSV, and the schema in its file."""
    before = deployed(
        cli,
        repo,
        {
            "datasets/d.yaml": f"{DATASET}items_from: [rows.jsonl, table.csv]\n",
            "datasets/schema.json": '{"type": "object"}\n',
            "datasets/rows.jsonl": ROWS,
            "datasets/table.csv": TABLE,
        },
    )
    schema = {"type": "object", "properties": {"q": {}}}
    changed: list[dict[str, Any]] = [
        {"id": "one", "input": {"q": "What?"}, "expectedOutput": "no"},
        {"id": "two", "input": {"q": "Who?"}, "status": "ARCHIVED"},
        {"id": "r1", "input": {"q": "ä"}, "metadata": {"m": 1}},
        {"id": "c1", "input": {"q": "a, b"}, "expectedOutput": 'a "new"\none'},
    ]
    put_dataset(raw, "d", *changed, description="Answers", inputSchema=schema)
    after = pulled(cli, repo)
    document = before["datasets/d.yaml"]
    for old, new in (
        ("description: Questions", "description: Answers"),
        ("expected_output: yes", 'expected_output: "no"'),
        ("{id: two, input: {q: Who?}}", "{id: two, input: {q: Who?}, status: archived}"),
    ):
        document = document.replace(old, new)
    assert after["datasets/d.yaml"] == document
    assert after["datasets/rows.jsonl"] == ROWS.replace(
        '{"id":"r1","input":{"q":"A"}}', '{"id":"r1","input":{"q":"ä"},"metadata":{"m":1}}'
    )
    assert after["datasets/table.csv"] == TABLE.replace("old,\r\n", '"a ""new""\none",\r\n')
    assert after["datasets/schema.json"] == (
        '{\n  "type": "object",\n  "properties": {\n    "q": {}\n  }\n}\n'
    )


def test_a_row_is_edited_whatever_the_others_hold(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Characters that end a line elsewhere end none in CSV, and an id is a text."""
    table = 'id,input,expected_output\np1,"foo\u2028bar",x\n1.10,b\x0cz,5e10\n5e10,"qux",z\n'
    files = {"datasets/d.yaml": "items_from: [a.csv]\n", "datasets/a.csv": table}
    before = deployed(cli, repo, files)
    put_dataset(raw, "d", {"id": "5e10", "input": "qux", "expectedOutput": "new"})
    assert pulled(cli, repo) == {
        **before,
        "datasets/a.csv": table.replace('"qux",z', '"qux",new'),
    }


def test_items_that_no_file_declares_come_when_they_are_asked_for(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """At the end of the rows, or of the list."""
    before = deployed(
        cli,
        repo,
        {
            "datasets/d.yaml": "items_from: [rows.jsonl]\n",
            "datasets/rows.jsonl": ROWS.removesuffix("\n"),
            "datasets/e.yaml": "items:\n  - {id: e1, input: 1}\n",
        },
    )
    put_dataset(raw, "d", {"id": "r3", "input": {"q": "C"}})
    put_dataset(raw, "e", {"id": "e2", "input": 2})
    assert pulled(cli, repo) == before
    assert "dataset/d: 1 item in no file (pull dataset/d)" in cli("pull", "--check").err
    after = pulled(cli, repo, "dataset/*")
    assert after["datasets/rows.jsonl"] == f'{ROWS}{{"id":"r3","input":{{"q":"C"}}}}\n'
    assert after["datasets/e.yaml"] == (
        'items:\n  - {id: e1, input: 1}\n  - id: "e2"\n    input: 2\n'
    )


def test_what_left_langfuse_stays_unless_told(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """--prune takes it out of the files."""
    before = deployed(
        cli,
        repo,
        {
            "prompts/a.yaml": "prompt: {file: a.md}\n",
            "prompts/a.md": "One\n",
            "prompts/b.yaml": "prompt: Two\n",
            "datasets/d.yaml": "items: [{id: one, input: 1}, {id: two, input: 2}]\n",
        },
    )
    raw.delete("/v2/prompts/a").raise_for_status()
    raw.delete("/dataset-items/one").raise_for_status()
    ended = cli("pull", "--yes")
    assert (ended.code, tree(repo)) == (0, before)
    assert "prompt/a is not in Langfuse: its file stays" in ended.err
    assert "dataset/d: 1 item not in Langfuse stay" in ended.err
    after = pulled(cli, repo, "--prune")
    assert after == {
        "langsync.yaml": CONFIG,
        "prompts/b.yaml": "prompt: Two\n",
        "datasets/d.yaml": "items: [{id: two, input: 2}]\n",
    }


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {
                "datasets/d.yaml": "items_from: [{file: r.jsonl, input: q}]\nkey: input\n",
                "datasets/r.jsonl": '{"q": "a"}\n',
            },
            "its rows have another shape",
        ),
        (
            {
                "datasets/d.yaml": "items_from: [t.csv]\n",
                "datasets/t.csv": "id,input\ni,a\n",
            },
            "its file has no column expected_output",
        ),
    ],
)
def test_what_cannot_be_edited_is_left_alone_and_said(
    repo: Path, cli: Cli, raw: httpx.Client, files: dict[str, str], words: str
) -> None:
    """With exit 0: the others were pulled. It is a difference to --check."""
    before = deployed(cli, repo, {**files, "prompts/p.yaml": "prompt: One\n"})
    (item,) = raw.get("/dataset-items", params={"datasetName": "d"}).json()["data"]
    put_dataset(raw, "d", {"id": item["id"], "input": "a", "expectedOutput": "b"})
    put_prompt(raw, "p", "Two")
    ended = cli("pull", "--yes")
    assert ended.code == 0
    assert words in ended.err
    assert "1 to edit, 1 resource left alone, see the warnings." in ended.out
    assert tree(repo) == {**before, "prompts/p.yaml": "prompt: Two\n"}
    ended = cli("pull", "--check")
    assert ended.code == 2
    assert (
        ended.out == "No file to write: 1 resource differs and is left alone, see the warnings.\n"
    )
    ended = cli("pull", "--yes", "--format", "json")
    found = json.loads(ended.out)
    assert (ended.code, found["files"], found["left_alone"]) == (0, [], 1)
    assert words in found["warnings"][0]
    ended = cli("pull", "--check", "--format", "markdown")
    assert "### langsync pull: No file to write: 1 resource differs" in ended.out


def test_items_left_alone_are_counted_with_the_way_out(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """By hand, or by what overwrites what Langfuse has."""
    rows = "".join(f'{{"k": "{one}", "q": "a"}}\n' for one in "xyz")
    entry = "{file: r.jsonl, input: q, id: k}"
    files = {"datasets/d.yaml": f"items_from: [{entry}]\n", "datasets/r.jsonl": rows}
    deployed(cli, repo, files)
    put_dataset(raw, "d", *({"id": one, "input": "b"} for one in "xyz"))
    ended = cli("pull", "dataset/d", "--check")
    assert (ended.code, "3 resources differ and are left alone" in ended.out) == (2, True)
    assert "edit it by hand, or" in ended.err
    assert "'langsync apply --overwrite-drift'" in ended.err
    assert cli("apply", "--yes", "--overwrite-drift").code == 0
    assert cli("pull", "--check").out == "Nothing to pull: the files are what Langfuse has.\n"


def test_items_alone_are_not_pulled(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """It is said what to pull instead, not that nothing differs."""
    deployed(cli, repo, {"datasets/a/d.yaml": "items: [{id: one, input: a}]\n"})
    put_dataset(raw, "a/d", {"id": "one", "input": "b"})
    ended = cli("pull", "dataset_item/a/d/one", "--check")
    assert ended.code == 1
    assert "an item comes with its dataset: 'langsync pull dataset/a/d'" in ended.err
    ended = cli("pull", "dataset_item/none/*", "--check")
    assert "an item comes with its dataset: 'langsync pull dataset/NAME'" in ended.err
    assert cli("pull", "dataset/a/d", "--check").code == 2
