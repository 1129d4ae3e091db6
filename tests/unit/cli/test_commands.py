"""validate, plan and apply: exit codes, what goes to stdout, what to stderr."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from langsync.local import Fault
from tests.conftest import Cli, RecordingServer
from tests.unit.repository import write

FILES = {
    "langsync.yaml": "version: 1\n",
    "prompts/a.yaml": "prompt: x\n",
    "datasets/d.yaml": "items: [{id: i, input: 1}]\n",
}
WARNED = {
    "langsync.yaml": "version: 1\nenvironments: {live: {labels: [live]}}\n",
    "prompts/a.yaml": "prompt: x\nlabels: [live, liv]\n",
}
WRONG = {"langsync.yaml": "version: 1\n", "prompts/a.yaml": "promt: x\n"}


def test_what_is_valid_is_counted(cli: Cli, repo: Path) -> None:
    """By kind."""
    write(repo, FILES)
    ended = cli("validate")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "Valid: 1 dataset, 1 dataset item, 1 prompt.\n"


def test_an_empty_repository_is_valid(cli: Cli, repo: Path) -> None:
    """It says that nothing is declared."""
    write(repo, {"langsync.yaml": "version: 1\n"})
    assert cli("validate").out == "Valid: nothing is declared yet.\n"


def test_what_is_wrong_goes_to_stderr(cli: Cli, repo: Path) -> None:
    """Each problem with its place; the exit code is 1."""
    write(repo, WRONG)
    ended = cli("validate")
    assert (ended.code, ended.out) == (1, "")
    assert "prompts/a.yaml:1:1: error: unknown key 'promt': did you mean 'prompt'?" in ended.err


def test_a_warning_is_no_error(cli: Cli, repo: Path) -> None:
    """It goes to stderr and changes no exit code."""
    write(repo, WARNED)
    ended = cli("validate")
    assert (ended.code, ended.out) == (0, "Valid: 1 prompt.\n")
    assert (
        ended.err == "prompts/a.yaml:2:16: warning: no environment lists the label 'liv' [LS304]\n"
    )


@pytest.mark.parametrize("files", [FILES, WRONG, WARNED], ids=["fine", "wrong", "warned"])
def test_findings_as_json_are_all_there_is_on_stdout(
    cli: Cli, repo: Path, files: dict[str, str]
) -> None:
    """Whether something is wrong or not; the exit code stays the same."""
    write(repo, files)
    ended = cli("validate", "--format", "json")
    data = json.loads(ended.out)
    assert ended.code == (1 if files is WRONG else 0)
    assert bool(data["errors"]) is (files is WRONG)
    assert bool(data["warnings"]) is (files is WARNED)


@pytest.mark.parametrize("files", [FILES, WRONG], ids=["fine", "wrong"])
def test_findings_as_markdown(cli: Cli, repo: Path, files: dict[str, str]) -> None:
    """A heading with the counts."""
    write(repo, files)
    out = cli("validate", "--format", "markdown").out
    assert out.startswith("### langsync validate: ")


def test_validate_reads_files_only(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """No request, no keys needed."""
    write(repo, FILES)
    assert cli("validate").code == 0
    assert langfuse.received == []


@pytest.mark.parametrize("command", ["validate", "plan", "apply"])
@pytest.mark.parametrize(
    ("files", "words", "said"),
    [
        ({}, (), "no langsync.yaml in "),
        ({"app/langsync.yaml": "version: 1\n"}, (), "--config app/langsync.yaml"),
        (FILES, ("--config", "none.yaml"), "--config none.yaml: there is no such file"),
        (FILES, ("--env", "prod"), "there is no environment 'prod'"),
        (FILES, ("--target", "prompt/z*"), "--target 'prompt/z*' matches nothing that is declared"),
    ],
)
def test_what_cannot_begin_ends_with_1(
    cli: Cli, repo: Path, command: str, files: dict[str, str], words: tuple[str, ...], said: str
) -> None:
    """Before anything is asked of Langfuse."""
    write(repo, files)
    ended = cli(command, *words)
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [((), 0, 0), (("--detailed-exitcode",), 2, 0)],
)
def test_a_plan_can_tell_by_its_exit_code(
    cli: Cli,
    repo: Path,
    langfuse: RecordingServer,
    words: tuple[str, ...],
    before: int,
    after: int,
) -> None:
    """2 where something differs; nothing differs after an apply."""
    write(repo, FILES)
    assert cli("plan", *words).code == before
    assert cli("apply", "--yes").code == 0
    assert cli("plan", *words).code == after


def test_a_plan_changes_nothing(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """It only reads."""
    write(repo, FILES)
    cli("plan")
    assert langfuse.received
    assert langfuse.writes == []


def test_a_plan_as_json_is_all_there_is_on_stdout(
    cli: Cli, repo: Path, langfuse: RecordingServer
) -> None:
    """Warnings are in it; with --out the same is in a file that only its owner can read."""
    write(repo, WARNED)
    ended = cli("plan", "--format", "json", "--out", "plan.json")
    data = json.loads(ended.out)
    assert data["summary"]["create"] == 1
    assert data["warnings"] == ["prompts/a.yaml:2:16: no environment lists the label 'liv'"]
    saved = json.loads((repo / "plan.json").read_text())
    assert data.pop("items") == {}
    assert {name: saved[name] for name in data} == data
    assert saved.keys() - data.keys() == {"asked", "digest"}
    assert (repo / "plan.json").stat().st_mode & 0o777 == 0o600
    assert ended.err == "Saved the plan to plan.json: langsync apply plan.json\n"


def test_a_plan_in_every_format(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """To stdout, with nothing on stderr."""
    write(repo, FILES)
    for name, first in (
        ("text", "Plan for local at "),
        ("markdown", "### langsync plan: [local]("),
    ):
        ended = cli("plan", "--format", name)
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.startswith(first)


def test_an_apply_tells_what_it_did(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """The plan on stderr, the report on stdout."""
    write(repo, FILES)
    ended = cli("apply", "--yes")
    assert (ended.code, ended.out) == (0, "3 applied.\n")
    assert "+ prompt/a  create" in ended.err
    ended = cli("apply", "--yes")
    assert (ended.code, ended.out) == (0, "Nothing to do.\n")


def test_a_report_as_json_is_all_there_is_on_stdout(
    cli: Cli, repo: Path, langfuse: RecordingServer
) -> None:
    """With a result for each change."""
    write(repo, FILES)
    data = json.loads(cli("apply", "--yes", "--format", "json").out)
    assert data["summary"] == {"applied": 3}
    assert len(data["results"]) == 3


def test_an_apply_in_part_ends_with_1(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """The report is there all the same; the next one does the rest."""
    write(repo, FILES)
    langfuse.faults.add(Fault("POST", "/v2/datasets", status=400, body={"message": "no room"}))
    ended = cli("apply", "--yes")
    assert ended.code == 1
    assert ended.out.splitlines() == [
        "failed dataset/d: no room",
        "skipped dataset_item/d/i: because of dataset/d",
        "Applied in part: 1 applied, 1 failed, 1 skipped.",
    ]
    assert cli("apply", "--yes").out == "2 applied.\n"


def test_a_guard_ends_with_3(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """Nothing is sent, and the reason is told."""
    write(repo, {**FILES, "langsync.yaml": "version: 1\nproject: other\n"})
    for command in ("plan", "apply"):
        ended = cli(command)
        assert (ended.code, ended.out) == (3, "")
        assert "refused: these keys belong to project 'local'" in ended.err
    assert langfuse.writes == []


def test_missing_keys_end_with_1(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """With where to get them."""
    write(repo, FILES)
    os.environ.pop("LANGFUSE_SECRET_KEY")
    ended = cli("plan")
    assert (ended.code, ended.out) == (1, "")
    assert "LANGFUSE_SECRET_KEY is not set" in ended.err


def test_keys_can_come_from_a_file(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """Only from one that is named: a .env is not read unasked."""
    write(repo, {**FILES, ".env": "LANGFUSE_PUBLIC_KEY=wrong\nLANGFUSE_SECRET_KEY=wrong\n"})
    assert cli("plan").code == 0
    ended = cli("plan", "--env-file", ".env")
    assert ended.code == 1
    assert "does not know these keys" in ended.err


def test_the_host_option_wins(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """Over the variables."""
    write(repo, FILES)
    ended = cli("plan", "--host", "http://127.0.0.1:1", "--timeout", "1")
    assert ended.code == 1
    assert "cannot reach http://127.0.0.1:1" in ended.err


def test_ctrl_c_finishes_what_is_under_way(repo: Path, langfuse: RecordingServer) -> None:
    """The rest is skipped and told; the exit code is 130."""
    write(repo, {"langsync.yaml": "version: 1\n"})
    write(repo, {f"prompts/{number:02}.yaml": "prompt: x\n" for number in range(30)})
    langfuse.faults.add(Fault("POST", times=None, delay=0.3))
    words = [sys.executable, "-m", "langsync", "apply", "--yes", "--concurrency", "2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        while not langfuse.writes and run.poll() is None:
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        assert run.stderr is not None
        assert run.stdout is not None
        err = ""
        while "Finishing what is under way" not in err and (line := run.stderr.readline()):
            err += line
        begun = len(langfuse.writes)
        err += run.stderr.read()
        out = run.stdout.read()
    assert run.returncode == 130
    assert "Finishing what is under way" in err
    assert "Traceback" not in err
    done = len(langfuse.writes)
    assert 1 <= done <= min(29, begun + 2), "no more than the two under way"
    assert out.splitlines()[-1] == f"Applied in part: {done} applied, {30 - done} skipped."


def test_a_reader_that_goes_away_is_no_crash(repo: Path, langfuse: RecordingServer) -> None:
    """Such as ``head``."""
    write(repo, {"langsync.yaml": "version: 1\n"})
    text = "\n".join("  line" for _ in range(3000))
    write(repo, {f"prompts/{number}.yaml": f"prompt: |\n{text}\n" for number in range(9)})
    command = f"{sys.executable} -m langsync plan --full | head -1"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert ended.stdout.startswith("Plan for local at ")
    assert "Traceback" not in ended.stderr
    assert "BrokenPipeError" not in ended.stderr
