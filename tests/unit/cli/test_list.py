"""``langsync list``: what the files declare, narrowed by name, label, tag, type and change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Cli, RecordingServer, write
from tests.unit.git import Repository

FILES = {
    "langsync.yaml": "version: 1\n"
    "environments: {staging: {labels: [staging]}, live: {labels: [production, 'prod-*']}}\n",
    "prompts/support/hello.yaml": "prompt: x\ntags: [support, en]\nlabels: [production, staging]\n",
    "prompts/support/chat.yaml": "prompt: [{user: x}]\ntags: [support]\nlabels: [prod-a]\n",
    "prompts/draft.yaml": "prompt: {file: draft.md}\nlabels: []\n",
    "prompts/draft.md": "x\n",
    "datasets/qa.yaml": "items: [{id: a/b, input: 1}, {id: b, input: 2}]\n",
    "datasets/none.yaml": "description: nothing\n",
}
ALL = ["prompt/draft", "prompt/support/chat", "prompt/support/hello", "dataset/none", "dataset/qa"]


def listed(cli: Cli, *words: str) -> list[str]:
    """The addresses that are listed."""
    ended = cli("list", "--format", "json", *words)
    assert (ended.code, ended.err) == (0, "")
    return [row["address"] for row in json.loads(ended.out)["resources"]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ALL),
        (("prompts",), ALL[:3]),
        (("datasets",), ALL[3:]),
        (("support/*",), ALL[1:3]),
        (("prompts", "draft", "*/hello"), [ALL[0], ALL[2]]),
        (("dataset/*",), ALL[3:]),
        (("datasets", "support/*"), []),
        (("--label", "production"), [ALL[2]]),
        (("--label", "prod*"), ALL[1:3]),
        (("--label", "prod*", "--env", "staging"), []),
        (("--label", "latest"), [ALL[0]]),
        (("--tag", "en"), [ALL[2]]),
        (("--tag", "e*", "--tag", "support"), ALL[1:3]),
        (("--type", "chat"), [ALL[1]]),
        (("--type", "text", "--tag", "support"), [ALL[2]]),
    ],
)
def test_a_list_is_narrowed(
    cli: Cli, repo: Path, words: tuple[str, ...], expected: list[str]
) -> None:
    """All that is asked for has to hold; of several globs one."""
    write(repo, FILES)
    assert listed(cli, *words) == expected


def test_a_row_says_what_there_is_to_know(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """Labels are those of all environments; nothing is asked of Langfuse."""
    write(repo, FILES)
    rows = json.loads(cli("list", "--format", "json").out)["resources"]
    assert rows[2] == {
        "address": "prompt/support/hello",
        "type": "text",
        "labels": ["staging", "production"],
        "tags": ["support", "en"],
        "items": None,
        "file": "prompts/support/hello.yaml",
    }
    assert (rows[0]["labels"], rows[0]["tags"]) == (["latest"], None)
    assert [row["items"] for row in rows] == [None, None, None, 0, 2]
    assert langfuse.received == []


def test_a_list_as_text_has_one_line_each(cli: Cli, repo: Path) -> None:
    """In columns as far as they are short."""
    write(repo, FILES)
    assert cli("list").out.splitlines() == [
        "prompt/draft          text  draft  prompts/draft.yaml",
        "prompt/support/chat   chat  prod-a  #support  prompts/support/chat.yaml",
        "prompt/support/hello  text  staging, production  #support #en  prompts/support/hello.yaml",
        "dataset/none          0 items  datasets/none.yaml",
        "dataset/qa            2 items  datasets/qa.yaml",
    ]
    assert cli("list", "--type", "chat", "--format", "markdown").out.startswith("| address |")


def test_what_differs_from_head_is_listed(cli: Cli, repo: Path) -> None:
    """Edited files, new ones, and files that others name."""
    git = Repository(repo)
    git.git("init", "--quiet")
    git.commit(FILES)
    assert listed(cli, "--changed") == []
    write(repo, {"prompts/draft.md": "y\n", "datasets/new.yaml": "items: []\n"})
    assert listed(cli, "--changed") == ["prompt/draft", "dataset/new"]
    assert listed(cli, "--changed", "datasets") == ["dataset/new"]


def test_what_differs_is_found_below_the_top(
    cli: Cli, repo: Path, process: pytest.MonkeyPatch
) -> None:
    """Where langsync.yaml is not at the top of the repository."""
    git = Repository(repo)
    git.git("init", "--quiet")
    git.commit({f"app/{name}": text for name, text in FILES.items()})
    process.chdir(repo / "app" / "prompts")
    write(repo, {"app/prompts/draft.yaml": "prompt: {file: draft.md}\nlabels: [staging]\n"})
    assert listed(cli, "--changed") == ["prompt/draft"]


def test_without_git_nothing_tells_what_differs(cli: Cli, repo: Path) -> None:
    """An error says so."""
    write(repo, FILES)
    ended = cli("list", "--changed")
    assert (ended.code, ended.out) == (1, "")
    assert "--changed: there is no Git repository" in ended.err


def test_files_that_are_wrong_are_told(cli: Cli, repo: Path) -> None:
    """As validate does."""
    write(repo, {**FILES, "prompts/bad.yaml": "promt: x\n"})
    ended = cli("list")
    assert (ended.code, ended.out) == (1, "")
    assert "prompts/bad.yaml:1:1: error: unknown key 'promt'" in ended.err
