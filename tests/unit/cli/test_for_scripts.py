"""What scripts and agents rely on: JSON, exit codes, no questions, the guides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer.main

from langsync.cli import app
from tests.conftest import Cli, RecordingServer, write

TOP = Path(__file__).parents[3]


def error_of(text: str) -> dict[str, Any]:
    """The error on the last line of stderr."""
    data = json.loads(text.splitlines()[-1])
    assert data["format_version"] == 1
    found = data["error"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("words", [["--format", "json"], ["--format=json"]])
def test_what_is_wrong_in_files(repo: Path, cli: Cli, words: list[str]) -> None:
    """Each problem with its place."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/a.yaml": "prompt: a\nnonsense: 1\n"})
    ended = cli("plan", *words, "--host", "http://127.0.0.1:9")
    found = error_of(ended.err)
    assert (ended.code, ended.out, found["kind"]) == (1, "", "invalid_files")
    (problem,) = found["problems"]
    assert (problem["file"], problem["line"]) == ("prompts/a.yaml", 2)
    assert len(ended.err.splitlines()) == 1


def test_a_refusal(repo: Path, cli: Cli, langfuse: RecordingServer) -> None:
    """With its reasons, beside the plan."""
    write(
        repo, {"langsync.yaml": "version: 1\nproject: another\n", "prompts/a.yaml": "prompt: a\n"}
    )
    ended = cli("apply", "--yes", "--format", "json")
    found = error_of(ended.err)
    assert (ended.code, found["kind"], found["exit_code"]) == (3, "refused", 3)
    assert "another" in found["reasons"][0]
    assert langfuse.writes == []


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        (["plan", "--nonsense", "--format", "json"], "error", "--nonsense"),
        (["plan", "--config", "no.yaml", "--format", "json"], "config", "no.yaml"),
    ],
)
def test_a_wrong_command_line(
    repo: Path, cli: Cli, words: list[str], kind: str, message: str
) -> None:
    """An error as any other."""
    assert repo.is_dir()
    ended = cli(*words)
    found = error_of(ended.err)
    assert (ended.code, found["kind"]) == (1, kind)
    assert message in found["message"]


def test_nothing_is_asked(repo: Path, cli: Cli, langfuse: RecordingServer) -> None:
    """Where there is no terminal; the error says what to do."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/a.yaml": "prompt: a\n"})
    ended = cli("apply", "--format", "json")
    assert ended.code == 1
    assert "--yes" in error_of(ended.err)["message"]
    assert langfuse.writes == []


def test_the_guides_come_with_it(cli: Cli) -> None:
    """Each as it is in the repository."""
    names = sorted(path.stem for path in (TOP / "langsync" / "docs").glob("*.md"))
    listed = cli("docs")
    assert [line.split()[0] for line in listed.out.splitlines()] == names
    for name in names:
        assert cli("docs", name).out == (TOP / f"langsync/docs/{name}.md").read_text("utf-8")
    ended = cli("docs", "nothing")
    assert ended.code == 1
    assert "ci, commands, files" in ended.err


def test_guides_as_json(cli: Cli) -> None:
    """All of them, or one."""
    found = json.loads(cli("docs", "--format", "json").out)["guides"]
    assert {one["topic"] for one in found} >= {"commands", "files"}
    (one,) = json.loads(cli("docs", "files", "--format", "json").out)["guides"]
    assert one["text"] == (TOP / "langsync/docs/files.md").read_text("utf-8")


def test_laid_out_files_as_json(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their names, and whether they were written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "langsync.yaml").write_text("version: 1\n", "utf-8")
    (tmp_path / "prompts" / "a.yaml").write_text("prompt:   x\ntype: text\n", "utf-8")
    for words, written in ((("--check",), False), ((), True)):
        found = json.loads(cli("fmt", "--format", "json", *words).out)
        assert found["changed"] == ["prompts/a.yaml"]
        assert found["written"] is written


SPEAKING = {"init", "serve", "demo", "schema", "github run", "github comment"}
"""Commands without a result, or whose only result is a file or JSON."""


def test_every_command_has_json() -> None:
    """But those that make something instead of telling something."""
    group = typer.main.get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        each = {f"{name} {key}": one for key, one in inner.items()} if inner else {name: command}
        for words, one in each.items():
            has = any("--format" in parameter.opts for parameter in one.params)
            assert has or words in SPEAKING, words
