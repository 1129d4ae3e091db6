"""doctor: each check tells what was found and how to fix it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from langsync.cli.doctor import Health, _clock
from langsync.client.dates import parse_date
from langsync.local import Fault
from tests.conftest import Cli, Ended, RecordingServer
from tests.unit.git import clone, repository
from tests.unit.repository import write

JSON = ("--format", "json")
MINIMAL = {"langsync.yaml": "version: 1\nproject: local\n"}


def checks(ended: Ended) -> dict[str, tuple[str, str]]:
    """Each check's health and detail, of the output as JSON."""
    return {row["name"]: (row["health"], row["detail"]) for row in json.loads(ended.out)["checks"]}


def test_all_is_well(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """Every check passes, and nothing is changed."""
    write(repo, MINIMAL)
    ended = cli("doctor", "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    found = checks(ended)
    assert [*found] == [
        "configuration",
        "Git repository",
        "keys and host",
        "host",
        "clock",
        "keys",
        "project",
        "API generation",
        "names with a slash",
    ]
    assert {health for health, _ in found.values()} == {"ok"}
    assert found["keys"][1] == "project 'local' (id proj-local)"
    assert found["API generation"][1] == "v4"
    assert langfuse.writes == []


def test_text_has_a_mark_for_each_check(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """One line each."""
    write(repo, MINIMAL)
    lines = cli("doctor").out.splitlines()
    assert len(lines) == 9
    assert all(line.startswith("✓ ") for line in lines)


def test_markdown_is_a_table(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """With a row for each check."""
    write(repo, MINIMAL)
    assert cli("doctor", "--format", "markdown").out.startswith("| name | health | detail |\n")


def test_without_a_configuration_the_rest_is_checked(
    cli: Cli, repo: Path, langfuse: RecordingServer
) -> None:
    """It is one failed check, and the exit code 1."""
    ended = cli("doctor", "--format", "json")
    found = checks(ended)
    assert ended.code == 1
    assert found["configuration"][0] == "failed"
    assert "no langsync.yaml" in found["configuration"][1]
    assert found["keys"][0] == "ok"


def test_no_project_in_the_configuration_is_worth_a_word(
    cli: Cli, repo: Path, langfuse: RecordingServer
) -> None:
    """It is a guard."""
    write(repo, {"langsync.yaml": "version: 1\n"})
    ended = cli("doctor", "--format", "json")
    assert ended.code == 0
    assert checks(ended)["project"] == (
        "warning",
        "langsync.yaml names none: add 'project: local' as a guard",
    )


def test_keys_of_another_project_are_told(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """With both names."""
    write(repo, {"langsync.yaml": "version: 1\nproject: other\n"})
    ended = cli("doctor", "--format", "json")
    assert ended.code == 1
    assert checks(ended)["project"][0] == "failed"
    assert "'local'" in checks(ended)["project"][1]


@pytest.mark.parametrize(
    ("name", "value", "check", "words", "last"),
    [
        ("LANGFUSE_BASE_URL", "", "keys and host", "no host: set LANGFUSE_BASE_URL", True),
        ("LANGFUSE_SECRET_KEY", "", "keys and host", "LANGFUSE_SECRET_KEY is not set", True),
        ("LANGFUSE_BASE_URL", "http://127.0.0.1:1", "host", "nothing listens there", True),
        ("LANGFUSE_BASE_URL", "https://x.example", "host", "its name is unknown", True),
        ("LANGFUSE_SECRET_KEY", "wrong", "keys", "does not know these keys", True),
    ],
)
def test_what_is_in_the_way_is_the_last_check(
    cli: Cli,
    repo: Path,
    langfuse: RecordingServer,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    check: str,
    words: str,
    last: bool,  # noqa: FBT001 - a column
) -> None:
    """What comes after needs it."""
    write(repo, MINIMAL)
    monkeypatch.setenv(name, value)
    ended = cli("doctor", "--format", "json")
    found = checks(ended)
    assert ended.code == 1
    assert found[check][0] == "failed"
    assert words in found[check][1]
    assert ([*found][-1] == check) is last


@pytest.mark.parametrize(
    ("fault", "check", "health", "words"),
    [
        (Fault("GET", "health", body="<h1>x</h1>", status=200), "host", "failed", "access proxy"),
        (Fault("GET", "health", status=503), "host", "failed", "does not answer as Langfuse does"),
        (Fault("GET", "traces", status=200, body={}), "API generation", "ok", "v3"),
        (Fault("GET", "traces", status=404, body="x"), "API generation", "warning", "cannot tell"),
        (Fault("GET", "doctor", status=404, body="<h1>"), "names with a slash", "failed", "%2F"),
    ],
)
def test_odd_answers_are_told(
    cli: Cli,
    repo: Path,
    langfuse: RecordingServer,
    fault: Fault,
    check: str,
    health: str,
    words: str,
) -> None:
    """Proxies, older servers."""
    write(repo, MINIMAL)
    langfuse.faults.add(fault)
    ended = cli("doctor", "--format", "json")
    found = checks(ended)[check]
    assert found[0] == health
    assert words in found[1]
    assert ended.code == (1 if health == "failed" else 0)


@pytest.mark.parametrize("path", ["traces", "doctor"])
def test_checks_that_ran_are_shown_whatever_comes_after(
    cli: Cli, repo: Path, langfuse: RecordingServer, path: str
) -> None:
    """A connection that breaks in the middle is a failed check."""
    write(repo, MINIMAL)
    langfuse.faults.add(Fault("GET", path, drop="before"))
    ended = cli("doctor", "--format", "json")
    assert ended.code == 1
    assert checks(ended)["keys"][0] == "ok"


@pytest.mark.parametrize(
    ("ahead", "health", "words"),
    [
        (0, Health.OK, "agree"),
        (29, Health.OK, "agree"),
        (60, Health.WARNING, "behind the server: set its clock"),
        (-3600, Health.WARNING, " s ahead of the server: set its clock"),
    ],
)
def test_clocks_may_differ_a_little(ahead: int, health: Health, words: str) -> None:
    """Seconds by which the server is ahead."""
    now = datetime.now(UTC) + timedelta(seconds=ahead)
    check = _clock(parse_date(format_datetime(now, usegmt=True)))
    assert check.health is health
    assert words in check.detail


@pytest.mark.parametrize("date", ["", "soon", "2026-01-01"])
def test_a_server_that_does_not_tell_its_time(date: str) -> None:
    """Is worth a word, not a crash."""
    assert _clock(parse_date(date)).health is Health.WARNING


def test_no_secret_is_shown(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """Neither key stands anywhere."""
    write(repo, MINIMAL)
    for name in ("text", "json", "markdown"):
        ended = cli("doctor", "--format", name)
        assert "sk-lf-local" not in ended.out + ended.err


def test_git_is_looked_at(cli: Cli, repo: Path, langfuse: RecordingServer, tmp_path: Path) -> None:
    """Each thing that keeps the history from telling is a warning that names what helps."""
    source = repository(tmp_path / "source")
    inner = repository(tmp_path / "inner")
    inner.commit({"x": "x"})
    allow = ("-c", "protocol.file.allow=always")
    source.git(*allow, "submodule", "--quiet", "add", f"file://{inner.folder}", "inner")
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"
    files = {"datasets/d.jsonl": pointer, ".gitattributes": "*.jsonl filter=lfs\n"}
    source.commit({**MINIMAL, **files, "prompts/p.yaml": "prompt: A\n"}, "one")
    found = checks(cli("doctor", "--config", str(source.folder / "langsync.yaml"), *JSON))
    assert found["Git repository"] == ("ok", f"{source.git('rev-parse', 'HEAD')[:12]} one")
    assert found["Git history"][0] == "ok"
    assert found["submodules"] == ("ok", "1 checked out")
    assert found["Git LFS"][0] == "warning"
    assert "git lfs fetch --all" in found["Git LFS"][1]
    source.git("config", "uploadpack.allowFilter", "true")
    shallow = clone(source.folder, tmp_path / "shallow", "--depth=1").folder
    found = checks(cli("doctor", "--config", str(shallow / "langsync.yaml"), *JSON))
    assert found["Git history"][0] == "warning"
    assert "git fetch --unshallow" in found["Git history"][1]
    assert found["submodules"][0] == "warning"
    assert "git submodule update --init" in found["submodules"][1]
    partial = clone(source.folder, tmp_path / "partial", "--filter=blob:none")
    partial.git("sparse-checkout", "set", "--no-cone", "/*", "!/prompts/")
    found = checks(cli("doctor", "--config", str(partial.folder / "langsync.yaml"), *JSON))
    assert "git fetch --refetch --no-filter" in found["Git history"][1]
    assert found["sparse checkout"][0] == "warning"
    assert "prompt/p" in found["sparse checkout"][1]


def test_a_repository_that_git_does_not_trust_is_told(
    cli: Cli, repo: Path, langfuse: RecordingServer, process: pytest.MonkeyPatch
) -> None:
    """With the command that helps; the other checks go on."""
    repository(repo).commit(MINIMAL)
    process.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    ended = cli("doctor", *JSON)
    health, detail = checks(ended)["Git repository"]
    assert (ended.code, health) == (0, "warning")
    assert f"git config --global --add safe.directory {repo}" in detail
