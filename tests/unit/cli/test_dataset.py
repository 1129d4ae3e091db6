"""``langsync dataset diff``, and what plans say of the items of datasets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli, RecordingServer, write
from tests.unit.git import Repository, repository

BEFORE: list[dict[str, Any]] = [
    {"id": "same", "input": 1},
    {"id": "edited", "input": {"q": "a"}, "metadata": {"m": 1}},
    {"id": "also", "input": {"q": "b"}},
    {"id": "old", "input": 2},
    {"id": "back", "input": 3, "status": "archived"},
    {"id": "gone", "input": 4},
]
AFTER: list[dict[str, Any]] = [
    {"id": "new", "input": 5},
    {"id": "same", "input": 1},
    {"id": "edited", "input": {"q": "A", "r": 1}, "metadata": {"m": 2}},
    {"id": "also", "input": {"q": "B"}},
    {"id": "old", "input": 2, "status": "archived"},
    {"id": "back", "input": 3},
]
LINE = "dataset/d: 1 item added, 2 changed (input 2, metadata 1), 1 archived, 1 made active again"


def rows(items: list[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(one)}\n" for one in items)


@pytest.fixture
def edited(repo: Path) -> Path:
    """A committed dataset, and edits that are not committed."""
    git = repository(repo)
    files = {"langsync.yaml": "version: 1\n", "datasets/d.yaml": "items_from: [r.jsonl]\n"}
    write(repo, {**files, "datasets/r.jsonl": rows(BEFORE)})
    git.commit()
    write(repo, {"datasets/r.jsonl": rows(AFTER)})
    return repo


def test_items_are_compared_with_a_commit(edited: Path, cli: Cli) -> None:
    """Offline; the first of each are shown, and all are counted."""
    ended = cli("dataset", "diff", "d", "--detailed-exitcode")
    assert (ended.code, ended.err) == (2, "")
    lines = ended.out.splitlines()
    assert lines[0] == "dataset/d: from HEAD to the files"
    assert f"{LINE}, 1 deleted" in lines
    assert "+ dataset_item/d/new  create" in lines
    assert "    input.q: a → A" in lines
    assert "- dataset_item/d/gone  delete" in lines
    Repository(edited, 1).commit()
    assert cli("dataset", "diff", "d", "--detailed-exitcode").code == 0
    assert "Nothing differs." in cli("dataset", "diff", "d").out
    assert f"{LINE}, 1 deleted" in cli("dataset", "diff", "d", "--git", "HEAD~1").out


def test_as_json_and_markdown(edited: Path, cli: Cli) -> None:
    """With the counts for programs."""
    found = json.loads(cli("dataset", "diff", "d", "--format", "json").out)
    assert found["items"] == {
        "d": {
            "added": 1, "changed": 2, "archived": 1, "restored": 1, "deleted": 1,
            "fields": {"input": 2, "metadata": 1},
        }
    }  # fmt: skip
    assert [one["action"] for one in found["changes"]] == [
        "create", "update", "update", "update", "archive", "delete",
    ]  # fmt: skip
    out = cli("dataset", "diff", "d", "--format", "markdown").out
    assert out.startswith("### dataset/d: from HEAD to the files\n")
    assert "2 changed (input 2, metadata 1)" in out


def test_long_differences_are_folded(edited: Path, cli: Cli) -> None:
    """Unless all are wanted."""
    many = [{"id": f"n{number}", "input": number} for number in range(20)]
    write(edited, {"datasets/r.jsonl": rows([*BEFORE, *many])})
    out = cli("dataset", "diff", "d").out
    assert (out.count("  create"), "… and 14 more dataset items to create" in out) == (6, True)
    assert "dataset/d: 20 items added" in out
    assert cli("dataset", "diff", "d", "--full").out.count("  create") == 20


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["e"], "no file declares dataset/e, and none did at HEAD"),
        (["d", "--git", "nowhere"], "nowhere"),
    ],
)
def test_what_is_nowhere_is_an_error(edited: Path, cli: Cli, words: list[str], error: str) -> None:
    """Which names it."""
    assert edited.is_dir()
    ended = cli("dataset", "diff", *words)
    assert ended.code == 1
    assert error in ended.err


def test_a_plan_counts_the_items_of_each_dataset(
    edited: Path, cli: Cli, langfuse: RecordingServer
) -> None:
    """In every output."""
    write(edited, {"datasets/r.jsonl": rows(BEFORE)})
    assert cli("apply", "--yes").code == 0
    writes = len(langfuse.writes)
    write(edited, {"datasets/r.jsonl": rows(AFTER)})
    assert LINE in cli("plan").out.splitlines()
    assert LINE.replace("_", r"\_") in cli("plan", "--format", "markdown").out
    counts = json.loads(cli("plan", "--format", "json").out)["items"]["d"]
    assert (counts["added"], counts["changed"], counts["fields"]["input"]) == (1, 2, 2)
    assert len(langfuse.writes) == writes


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 10\n"


@pytest.mark.parametrize(
    ("rows", "why"), [("{", ":1:2: not a JSON object"), (POINTER, ": Git LFS keeps its contents")]
)
def test_a_file_that_was_wrong_is_not_compared(edited: Path, cli: Cli, rows: str, why: str) -> None:
    """It would look as if all items were new."""
    git = Repository(edited, 1)
    git.commit({"datasets/r.jsonl": rows, "prompts/p.yaml": "prompt: ["})
    git.commit({"datasets/r.jsonl": '{"id": "a"}\n'}, without="prompts/p.yaml")
    ended = cli("dataset", "diff", "d", "--git", "HEAD~1")
    assert (ended.code, ended.out) == (1, "")
    place = "HEAD~1: HEAD~1:datasets/r.jsonl"
    assert ended.err.startswith(f"error: dataset/d cannot be compared with {place}{why}")


def test_another_file_that_was_wrong_is_named(edited: Path, cli: Cli) -> None:
    """The dataset may have been in it; not where it is known to have been elsewhere."""
    git = Repository(edited, 1)
    git.commit({"datasets/e.yaml": "name: d\nitems: [\n"}, without="datasets/d.yaml")
    git.commit({"datasets/d.yaml": "items_from: [r.jsonl]\n"}, without="datasets/e.yaml")
    ended = cli("dataset", "diff", "d", "--git", "HEAD~1")
    assert ended.code == 0
    assert "not compared, as the file is wrong there: HEAD~1:datasets/e.yaml:" in ended.err
    git.commit({"datasets/e.yaml": "items: [\n"})
    git.commit(without="datasets/e.yaml")
    assert cli("dataset", "diff", "d", "--git", "HEAD~1").err == ""


def test_items_that_git_lfs_keeps_are_not_overwritten_unasked(
    repo: Path, cli: Cli, langfuse: RecordingServer
) -> None:
    """Git has pointers alone, so nobody knows whether what stands in Langfuse was committed."""
    git = repository(repo)
    files = {"langsync.yaml": "version: 1\n", "datasets/d.yaml": "items_from: [r.jsonl]\n"}
    git.commit({**files, "datasets/r.jsonl": POINTER})
    write(repo, {"datasets/r.jsonl": rows(BEFORE)})
    assert cli("apply", "--yes").code == 0
    git.commit({"datasets/r.jsonl": POINTER.replace("10", "11")})
    write(repo, {"datasets/r.jsonl": rows([*BEFORE[:1], AFTER[2], *BEFORE[2:]])})
    assert cli("drift").code == 0
    ended = cli("apply", "--yes")
    assert ended.code == 3
    words = "dataset_item/d/edited: the Git history cannot tell whether somebody changed it in"
    assert f"{words} Langfuse: Git LFS keeps" in " ".join(ended.err.split())
    assert cli("apply", "--yes", "--overwrite-unknown").code == 0
    assert langfuse.writes[-1].body["id"] == "edited"


def test_what_git_lfs_did_not_fetch_says_so_once(edited: Path, cli: Cli) -> None:
    """It is no JSON, but that is not what is wrong."""
    write(edited, {"datasets/r.jsonl": POINTER})
    ended = cli("validate")
    assert ended.code == 1
    assert ended.err.count("r.jsonl") == 1
    assert "run 'git lfs pull'" in ended.err
