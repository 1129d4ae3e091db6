"""Completion in a shell: names, addresses, labels and environments of the files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import write
from tests.work import COUNTED

FILES: dict[str, str | bytes] = {
    "langsync.yaml": "version: 1\n"
    "environments: {staging: {labels: [staging, 'x-*']}, live: {labels: [production]}}\n",
    "prompts/support/hello.yaml": "prompt: x\nlabels: [production, beta]  # [no]\n",
    "prompts/support/bye.yaml": "name: 'see you'\nprompt: x\nlabels:\n - prod-a # not\n - prod-b\n",
    "prompts/two.yaml": "name: one\nprompt: x\nlabels: []\n---\nname: two # 2\nprompt: y\n",
    "prompts/.hidden.yaml": "prompt: x\n",
    "datasets/qa.yaml": "items: []\n",
}


def complete(repo: Path, line: str, *, shell: str = "bash", first: str = "") -> list[str]:
    """What a shell is offered for the last word of a line, which may have been begun.

    ``first`` is Python that runs before.
    """
    words = line.split(" ")
    variables = {
        "_LANGSYNC_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
    }
    code = f"{first}\nimport sys; sys.argv[0] = 'langsync'; from langsync.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=repo,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    return [line for line in ended.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("langsync show ", ["one", "see you", "support/hello", "two"]),
        ("langsync diff su", ["support/hello"]),
        ("langsync render t", ["two"]),
        ("langsync promote s", ["see you", "support/hello"]),
        ("langsync list p", ["prompts"]),
        ("langsync list prompts q", ["qa"]),
        ("langsync plan --target d", ["dataset/qa"]),
        ("langsync plan --target prompt/s", ["prompt/see you", "prompt/support/hello"]),
        ("langsync show x --label ", ["beta", "prod-a", "prod-b", "production", "staging"]),
        ("langsync list --label pro", ["prod-a", "prod-b", "production"]),
        ("langsync validate --env ", ["live", "staging"]),
        ("langsync promote x --from st", ["staging"]),
        ("langsync li", ["list"]),
    ],
)
def test_a_word_is_completed(repo: Path, line: str, expected: list[str]) -> None:
    """From the files, whether they name a prompt or its path does."""
    write(repo, FILES)
    assert complete(repo, line) == expected


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"langsync.yaml": "version: 2\n"},
        {"langsync.yaml": "]: ["},
        {"langsync.yaml": "version: 1\n", "prompts/a.yaml": b"\xff\xfe: ["},
    ],
    ids=["none", "wrong", "no YAML", "no text"],
)
def test_nothing_is_raised(repo: Path, files: dict[str, str | bytes]) -> None:
    """What cannot be read completes nothing more, without a word."""
    write(repo, files)
    for line in ("langsync show ", "langsync list --label ", "langsync plan --target "):
        assert {*complete(repo, line)} <= {"a", "prompt/a", "production"}


def test_the_config_that_was_named_counts(repo: Path) -> None:
    """Not the nearest one."""
    write(repo, {"app/langsync.yaml": "version: 1\n", "app/prompts/a.yaml": "prompt: x\n"})
    assert complete(repo, "langsync show --config app/langsync.yaml ") == ["a"]


def test_many_files_take_little_work(repo: Path) -> None:
    """A shell waits: they are looked through, and not read as YAML, which is 20 times the work."""
    write(repo, {"langsync.yaml": "version: 1\n"})
    calls = []
    for _ in range(2):
        complete(repo, "langsync list --label x", first=COUNTED)
        calls.append(int((repo / "calls.txt").read_text()))
        write(repo, {f"prompts/p{n}.yaml": f"prompt: {'x ' * 500}\n" for n in range(500)})
    assert 0 < calls[1] - calls[0] < 100 * 500
