"""What scripts and agents rely on: JSON, exit codes, no questions, the guides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from langsync.github import GithubError
from langsync.local import Fault
from langsync.render.json import error as json_error
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


@pytest.mark.parametrize(
    "words",
    [
        "api GET /v2/prompts",
        "api health_health",
        "traces list",
        "traces show t",
        "observations list",
        "scores list",
        "scores create s 1 --trace t",
        "sessions list",
        "metrics",
        "projects",
        "keys list",
        "keys create",
        "keys delete k --yes",
        "export scores scores.jsonl",
        "dataset from-observations seen.jsonl",
        "list --remote",
        "show a",
        "diff a v1 v2",
        "plan",
        "drift",
        "pull",
        "promote a --from staging --to production",
    ],
)
def test_what_langfuse_refuses(
    repo: Path, cli: Cli, langfuse: RecordingServer, process: pytest.MonkeyPatch, words: str
) -> None:
    """As one object on the only line of stderr, and nothing on stdout."""
    environments = "environments: {staging: {labels: [staging]}, production: {}}\n"
    text = f"version: 1\ndefault_environment: staging\n{environments}"
    write(repo, {"langsync.yaml": text, "prompts/a.yaml": "prompt: a\n"})
    for name in ("LANGFUSE_SECRET_KEY", "LANGFUSE_ORG_PUBLIC_KEY", "LANGFUSE_ORG_SECRET_KEY"):
        process.setenv(name, "sk-wrong")
    if "health" in words:  # it takes any keys
        langfuse.faults.add(Fault("GET", "health", status=401))
    ended = cli(*words.split(), "--format", "json")
    found = error_of(ended.err)
    assert (ended.code, ended.out, found["kind"]) == (1, "", "unauthorized")
    assert len(ended.err.splitlines()) == 1
    assert "sk-wrong" not in ended.err


def test_what_is_unexpected(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error as any other for scripts, a traceback for people."""

    def fail() -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("langsync.cli.docs._guides", fail)
    ended = cli("docs", "--format", "json")
    found = error_of(ended.err)
    assert (ended.code, ended.out, found["kind"], found["exit_code"]) == (1, "", "unexpected", 1)
    assert found["message"].startswith("ZeroDivisionError: division by zero")
    assert len(ended.err.splitlines()) == 1
    with pytest.raises(ZeroDivisionError):
        cli("docs")


def test_an_interruption(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the exit code that it has."""

    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("langsync.cli.docs._guides", stop)
    ended = cli("docs", "--format", "json")
    found = error_of(ended.err)
    assert (ended.code, found["kind"], found["exit_code"]) == (130, "interrupted", 130)


def test_an_error_that_is_no_other(repo: Path, cli: Cli) -> None:
    """Is called error, as the docs say; a class that they do not name is told by what it is."""
    assert error_of(cli("init", "--format", "json").err)["kind"] == "error"
    assert list(repo.iterdir()) == []
    assert error_of(json_error(GithubError("no")))["kind"] == "error"


def test_several_files_are_one_result(repo: Path, cli: Cli) -> None:
    """One value on stdout, however many langsync.yaml were checked."""
    for name in ("one", "two"):
        write(repo, {f"{name}/langsync.yaml": "version: 1\n", f"{name}/prompts/a.yaml": "a: 1\n"})
    write(repo, {"two/prompts/a.yaml": "prompt: a\n"})
    ended = cli("validate", "one/prompts/a.yaml", "two/langsync.yaml", "--format", "json")
    found = json.loads(ended.out)
    assert (ended.code, found["resources"]) == (1, 1)
    assert {one["file"] for one in found["errors"]} == {"one/prompts/a.yaml"}
    assert error_of(ended.err)["kind"] == "invalid_files"


def test_a_run_for_github_that_fails(repo: Path, cli: Cli, process: pytest.MonkeyPatch) -> None:
    """The outputs alone on stdout; commands of the runner on stderr, and the error last."""
    process.setenv("GITHUB_ACTIONS", "true")
    process.setenv("INPUT_COMMAND", "validate")
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/a.yaml": "nonsense: 1\n"})
    ended = cli("github", "run", "--format", "json")
    found = json.loads(ended.out)
    assert (ended.code, found["exit_code"], found["outputs"]["exit-code"]) == (1, 1, "1")
    assert error_of(ended.err)["kind"] == "invalid_files"
    assert "::error file=prompts/a.yaml" in ended.err
    process.setenv("INPUT_ARGS", "--nonsense")
    assert "--nonsense" in error_of(cli("github", "run", "--format", "json").err)["message"]


def test_the_label_is_edited_and_told(repo: Path, cli: Cli) -> None:
    """Promote in the files gives their names."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/a.yaml": "prompt: a\nlabels: [x]\n"})
    words = ("promote", "a", "--from", "x", "--to", "y", "--write", "--format", "json")
    assert json.loads(cli(*words).out)["changed"] == ["prompts/a.yaml"]
    assert json.loads(cli(*words).out)["changed"] == []


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
