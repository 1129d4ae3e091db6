"""promote: what one environment carries is deployed to another one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.local import LocalProject, LocalServer
from tests.conftest import Cli, Ended, Received, RecordingServer
from tests.unit.repository import write

TONE = "@@@langfusePrompt:name=tone|label={}@@@"
FILES = {
    "langsync.yaml": """
        version: 1
        default_environment: staging
        environments:
          staging: {labels: [staging]}
          production: {labels: [production]}
        """,
    "prompts/tone.yaml": "prompt: Be kind.\n",
    "prompts/p.yaml": """
        prompt: "Hello {{name}}."
        config: {model: gpt-4o}
        tags: [support]
        """,
}
PROMOTE = ("promote", "--from", "staging", "--to", "production")


@pytest.fixture
def staged(repo: Path, langfuse: RecordingServer, cli: Cli) -> RecordingServer:
    """Two prompts are deployed to staging."""
    write(repo, FILES)
    assert cli("apply", "--yes").code == 0
    langfuse.received.clear()
    return langfuse


def refused(ended: Ended, code: int, words: str) -> None:
    """Hold how a command ended, and that it says so on stderr alone."""
    assert (ended.code, ended.out) == (code, "")
    assert words in ended.err


def test_in_one_project_the_label_is_moved(staged: RecordingServer, cli: Cli) -> None:
    """One PATCH puts label and marker on the version that staging has; nothing differs then."""
    ended = cli(*PROMOTE, "p", "--yes")
    assert (ended.code, ended.out) == (0, "1 applied.\n")
    labels = {"newLabels": ["production", "langsync.production"]}
    assert staged.writes == [Received("PATCH", "/v2/prompts/p/versions/1", labels)]
    for environment in ("staging", "production"):
        plan = json.loads(cli("plan", "--env", environment, "--format", "json").out)
        assert {one["address"] for one in plan["changes"]} <= {"prompt/tone"}
    staged.received.clear()
    assert cli(*PROMOTE, "p", "--yes").code == 0
    assert not staged.writes


def test_what_staging_has_is_promoted_not_what_the_files_say(
    staged: RecordingServer, repo: Path, cli: Cli
) -> None:
    """The files may be further already."""
    write(repo, {"prompts/p.yaml": "prompt: Later.\n"})
    assert cli(*PROMOTE, "p", "--yes").code == 0
    assert [one.path for one in staged.writes] == ["/v2/prompts/p/versions/1"]


def test_the_version_is_promoted_not_a_newer_one_of_the_same_content(
    staged: RecordingServer, raw: httpx.Client, cli: Cli
) -> None:
    """It was tried under its number, by which traces and evaluations know it."""
    version = raw.get("/v2/prompts/p", params={"version": 1}).json()
    twin = {name: version[name] for name in ("name", "type", "prompt", "config", "tags")}
    raw.post("/v2/prompts", json={**twin, "labels": []}).raise_for_status()
    staged.received.clear()
    assert cli(*PROMOTE, "p", "--yes").code == 0
    assert [one.path for one in staged.writes] == ["/v2/prompts/p/versions/1"]


def test_names_are_globs_and_a_report_can_be_json(staged: RecordingServer, cli: Cli) -> None:
    """With the address and the outcome of each."""
    ended = cli(*PROMOTE, "*", "--yes", "--format", "json")
    found = {one["address"]: one["outcome"] for one in json.loads(ended.out)["results"]}
    assert found == {"prompt/p": "applied", "prompt/tone": "applied"}
    assert len(staged.writes) == 2


def test_references_follow_the_environment(staged: RecordingServer, repo: Path, cli: Cli) -> None:
    """Production is not composed of staging's snippets where the files have its own for it."""
    text = f"A {TONE.format('${environment.label}')} B"
    write(repo, {"prompts/p.yaml": f"prompt: {json.dumps(text)}\n"})
    assert cli("apply", "--yes").code == 0
    staged.received.clear()
    assert cli(*PROMOTE, "*", "--yes").code == 0
    [created] = [one.body for one in staged.writes if one.method == "POST"]
    assert created["prompt"] == f"A {TONE.format('production')} B"
    assert created["labels"] == ["production", "langsync.production"]
    plan = json.loads(cli("plan", "--env", "production", "--format", "json").out)
    assert plan["changes"] == []


@pytest.mark.parametrize("option", [(), ("--format", "json")])
def test_what_somebody_did_in_the_target_is_not_overwritten(
    option: tuple[str, ...], staged: RecordingServer, raw: httpx.Client, cli: Cli
) -> None:
    """Unless told."""
    hacked = {"name": "p", "prompt": "Hacked", "labels": ["production"]}
    raw.post("/v2/prompts", json=hacked).raise_for_status()
    staged.received.clear()
    ended = cli(*PROMOTE, "p", "--yes", *option)
    assert ended.code == 3
    if option:
        [refusal] = json.loads(ended.out)["refusals"]
        assert (refusal["address"], refusal["allow"]) == ("prompt/p", "--overwrite-drift")
    assert "--overwrite-drift" in ended.err
    assert not staged.writes
    assert cli(*PROMOTE, "p", "--yes", "--overwrite-drift").code == 0
    assert [one.method for one in staged.writes] == ["PATCH"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("promote", "x", "--from", "staging", "--to", "production"), "no file declares a prompt"),
        (("promote", "tonne", "--from", "staging", "--to", "production"), "did you mean 'tone'?"),
        (("promote", "p", "--from", "stagin", "--to", "production"), "no environment 'stagin'"),
        (("promote", "p", "--from", "staging", "--to", "staging"), "there is nothing to move"),
        (("promote", "p", "--from", "production", "--to", "staging"), "has no label 'production'"),
        (("promote", "p", "--from", "staging", "--to", "production"), "no terminal to ask on"),
    ],
)
def test_what_cannot_be_done_is_told(
    words: tuple[str, ...], says: str, staged: RecordingServer, cli: Cli
) -> None:
    """And nothing is sent."""
    refused(cli(*words), 1, says)
    assert not staged.writes


@pytest.fixture
def two_projects(repo: Path, process: pytest.MonkeyPatch) -> Iterator[tuple[LocalServer, Any]]:
    """Staging and production are projects of their own; gives production's API too."""
    staging = LocalProject("s", "staging-app", "pk-s", "sk-s")
    production = LocalProject("p", "production-app", "pk-p", "sk-p")
    with LocalServer(projects=[staging, production]) as server:
        lines = ["version: 1", "environments:"]
        for name, project in (("staging", staging), ("production", production)):
            own = f"LANGFUSE_{name.upper()}"
            keys = f"public_key_env: {own}_PK, secret_key_env: {own}_SK"
            lines.append(f"  {name}: {{labels: [{name}], host: '{server.url}', {keys}}}")
            process.setenv(f"{own}_PK", project.public_key)
            process.setenv(f"{own}_SK", project.secret_key)
        write(repo, {**FILES, "langsync.yaml": "\n".join(lines)})
        with httpx.Client(base_url=f"{server.url}/api/public", auth=("pk-p", "sk-p")) as api:
            yield server, api


def test_across_projects_the_same_content_is_created(
    two_projects: tuple[LocalServer, httpx.Client], cli: Cli
) -> None:
    """Text, config and tags; another promotion of the same makes no second version."""
    assert cli("apply", "--env", "staging", "--yes").code == 0
    assert cli(*PROMOTE, "*", "--yes").code == 0
    found = two_projects[1].get("/v2/prompts/p", params={"label": "production"}).json()
    expected = {"prompt": "Hello {{name}}.", "config": {"model": "gpt-4o"}, "tags": ["support"]}
    assert found | expected == found
    again = cli(*PROMOTE, "*", "--yes", "--format", "json")
    assert json.loads(again.out)["results"] == []
    versions = two_projects[1].get("/v2/prompts", params={"name": "p"}).json()["data"][0]
    assert versions["versions"] == [1]
    assert json.loads(cli("plan", "--env", "production", "--format", "json").out)["changes"] == []


WRITTEN = """\
# who greets
prompt: Hello.
labels: [staging]  # not yet in production
"""


def test_write_edits_the_labels_of_the_files(
    langfuse: RecordingServer, repo: Path, cli: Cli
) -> None:
    """Comments stay, and nothing is sent."""
    write(repo, {"langsync.yaml": "version: 1\n"})
    (repo / "prompts").mkdir()
    (repo / "prompts/p.yaml").write_text(WRITTEN)
    ended = cli(*PROMOTE, "p", "--write")
    assert ended.code == 0
    assert "Edited prompts/p.yaml" in ended.err
    expected = WRITTEN.replace("[staging]", "[staging, production]")
    assert (repo / "prompts/p.yaml").read_text() == expected
    assert cli(*PROMOTE, "p", "--write").code == 0
    assert (repo / "prompts/p.yaml").read_text() == expected
    assert not langfuse.received


def test_write_moves_a_label_between_variants(
    langfuse: RecordingServer, repo: Path, cli: Cli
) -> None:
    """A label is in one variant."""
    text = (
        "variants:\n  - prompt: A\n    labels: [production]\n  - prompt: B\n    labels: [staging]\n"
    )
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": text})
    assert cli(*PROMOTE, "p", "--write").code == 0
    assert cli("validate").code == 0
    edited = (repo / "prompts/p.yaml").read_text()
    assert "labels: [staging, production]" in edited
    assert edited.count("production") == 1
    assert not langfuse.received
