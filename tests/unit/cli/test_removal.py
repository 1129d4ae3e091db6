"""--allow-delete: old names, and what no file declares where Git is to hold all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.local import Fault
from tests.conftest import Cli, Received, RecordingServer, ask
from tests.unit.repository import write

TONE = "@@@langfusePrompt:name=a/tone|label=production@@@"
ALL = {f"prompts/a/{n}.yaml": f"prompt: '{n}'\n" for n in range(3)}


def settings(share: float = 0.3, *patterns: str) -> dict[str, str]:
    """A langsync.yaml that prunes."""
    prune = {"prompts": list(patterns) or ["a/*"], "max_share": share}
    return {"langsync.yaml": f"version: 1\nprune: {json.dumps(prune)}\n"}


@pytest.fixture
def deployed(repo: Path, langfuse: RecordingServer, cli: Cli) -> RecordingServer:
    """Three prompts of langsync's in a folder, and one of somebody's."""
    write(repo, {**settings(), **ALL})
    assert cli("apply", "--yes").code == 0
    langfuse.received.clear()
    return langfuse


def drop(repo: Path, *names: str) -> None:
    """Take prompts out of the files."""
    for name in names:
        (repo / f"prompts/{name}.yaml").unlink()


def planned(cli: Cli, *words: str) -> dict[str, Any]:
    """A plan."""
    found: dict[str, Any] = json.loads(cli("plan", "--format", "json", *words).out)
    return found


def test_without_the_option_nothing_is_deleted(
    deployed: RecordingServer, repo: Path, cli: Cli
) -> None:
    """What left the files is unmanaged."""
    drop(repo, "a/0")
    plan = planned(cli)
    assert (plan["changes"], plan["unmanaged"]) == ([], {"prompt": ["a/0"]})
    assert cli("apply", "--yes").code == 0
    assert not deployed.writes


def test_what_is_in_scope_and_in_no_file_goes(
    deployed: RecordingServer, repo: Path, raw: httpx.Client, cli: Cli
) -> None:
    """Other prompts stay, and what goes is not called unmanaged."""
    raw.post("/v2/prompts", json={"name": "b/theirs", "prompt": "x"}).raise_for_status()
    deployed.received.clear()
    write(repo, settings(0.5))
    drop(repo, "a/0")
    plan = planned(cli, "--allow-delete")
    assert [(one["address"], one["action"]) for one in plan["changes"]] == [
        ("prompt/a/0", "delete")
    ]
    assert (plan["unmanaged"], plan["unmanaged_count"]) == (
        {"prompt": ["b/theirs"]},
        {"prompt": 1},
    )
    assert cli("apply", "--yes", "--allow-delete").code == 0
    assert deployed.writes == [Received("DELETE", "/v2/prompts/a%2F0", None)]
    assert planned(cli, "--allow-delete")["changes"] == []


def test_too_many_are_refused(deployed: RecordingServer, repo: Path, cli: Cli) -> None:
    """A share that is larger than max_share stops the whole plan, unless so many are allowed."""
    drop(repo, "a/0", "a/1")  # two of three
    ended = cli("apply", "--yes", "--allow-delete", "--allow-prune", "1")
    assert ended.code == 3
    assert "2 of 3 prompts would be deleted, more than max_share (0.3) allows" in ended.err
    assert "--allow-prune 2" in ended.err
    assert not deployed.writes
    assert cli("apply", "--yes", "--allow-delete", "--allow-prune", "2").code == 0
    assert [one.method for one in deployed.writes] == ["DELETE", "DELETE"]


def test_one_of_few_goes(deployed: RecordingServer, repo: Path, cli: Cli) -> None:
    """A share of so few means nothing: one of three is a third."""
    drop(repo, "a/0")
    assert cli("apply", "--yes", "--allow-delete").code == 0
    assert deployed.writes == [Received("DELETE", "/v2/prompts/a%2F0", None)]


def test_what_is_referred_to_stays(deployed: RecordingServer, repo: Path, cli: Cli) -> None:
    """Langfuse would refuse it; so it is refused before anything is sent."""
    user = f"prompt: {json.dumps(f'Hello {TONE}')}\n"
    write(
        repo, {**settings(1), "prompts/a/tone.yaml": "prompt: Be kind.\n", "prompts/u.yaml": user}
    )
    assert cli("apply", "--yes").code == 0
    deployed.received.clear()
    drop(repo, "a/tone")
    ended = cli("apply", "--yes", "--allow-delete")
    assert ended.code == 3
    assert "prompt/a/tone: cannot be deleted: u v1 refers to it" in ended.err
    assert not deployed.writes


def test_what_refers_goes_first(deployed: RecordingServer, repo: Path, cli: Cli) -> None:
    """If both go, the order is the one that Langfuse takes."""
    user = f"prompt: {json.dumps(f'Hello {TONE}')}\n"
    files = {"prompts/a/tone.yaml": "prompt: Be kind.\n", "prompts/a/zz.yaml": user}
    write(repo, {**settings(1), **files})
    assert cli("apply", "--yes").code == 0
    deployed.received.clear()
    drop(repo, "a/tone", "a/zz")
    assert cli("apply", "--yes", "--allow-delete").code == 0
    paths = [one.path for one in deployed.writes]
    assert paths == ["/v2/prompts/a%2Fzz", "/v2/prompts/a%2Ftone"]


def test_a_renamed_prompt_is_created_before_the_old_one_goes(
    deployed: RecordingServer, repo: Path, cli: Cli
) -> None:
    """What refers to the old name by hand keeps it, else it goes last; without prune, too."""
    drop(repo, "a/0")
    new = "prompt: '0'\nrenamed_from: a/0\n"
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/b.yaml": new})
    plan = planned(cli)
    assert [one["action"] for one in plan["changes"]] == ["create"]
    reasons = [reason for one in plan["changes"] for reason in one["reasons"]]
    assert "a/0 stays in Langfuse: --allow-delete deletes it" in reasons
    assert cli("apply", "--yes", "--allow-delete").code == 0
    assert [(one.method, one.path) for one in deployed.writes] == [
        ("POST", "/v2/prompts"),
        ("DELETE", "/v2/prompts/a%2F0"),
    ]
    assert planned(cli, "--allow-delete")["changes"] == []


def test_a_failed_create_keeps_the_old_one(
    deployed: RecordingServer, repo: Path, raw: httpx.Client, cli: Cli
) -> None:
    """What waits for a change that failed is skipped."""
    raw.post("/v2/prompts", json={"name": "b", "prompt": [], "type": "chat"}).raise_for_status()
    raw.request("DELETE", "/v2/prompts/b").raise_for_status()
    drop(repo, "a/0")
    write(repo, {"prompts/b.yaml": "prompt: '0'\nrenamed_from: a/0\n"})
    deployed.received.clear()
    deployed.faults.add(Fault("POST", status=400))
    ended = cli("apply", "--yes", "--allow-delete")
    assert ended.code == 1
    assert not [one for one in deployed.writes if one.method == "DELETE"]
    assert raw.get("/v2/prompts/a%2F0", params={"label": "production"}).status_code == 200


def test_a_target_never_makes_others_undeclared(
    deployed: RecordingServer, repo: Path, raw: httpx.Client, cli: Cli
) -> None:
    """What is read because something in Langfuse refers to it may be declared elsewhere."""
    refers = {n: f"@@@langfusePrompt:name=a/{n}|label=production@@@" for n in (1, 2)}
    user = f"prompt: {json.dumps(refers[1])}\n"
    write(repo, {**settings(1), "prompts/a/0.yaml": user})
    edited = {"name": "a/1", "prompt": refers[2], "labels": ["production"]}
    raw.post("/v2/prompts", json=edited).raise_for_status()
    deployed.received.clear()
    words = ("--target", "prompt/a/0", "--allow-delete")
    addresses = [one["address"] for one in planned(cli, *words)["changes"]]
    assert addresses == ["prompt/a/1", "prompt/a/0"]
    assert cli("apply", "--yes", "--overwrite-drift", *words).code == 0
    assert not [one for one in deployed.writes if one.method == "DELETE"]


@pytest.mark.parametrize("renamed", [True, False])
def test_what_goes_is_read_once_more_after_yes(
    renamed: bool,  # noqa: FBT001 - a parameter of the test
    deployed: RecordingServer,
    repo: Path,
    cli: Cli,
    process: pytest.MonkeyPatch,
) -> None:
    """Also where nothing but deletions is planned."""
    drop(repo, "a/0")
    write(repo, settings(0.5))
    if renamed:
        write(repo, {"prompts/b.yaml": "prompt: '0'\nrenamed_from: a/0\n"})
        assert cli("apply", "--yes").code == 0
        deployed.received.clear()
    ask(process, lambda: True)
    ended = cli("apply", "--allow-delete")
    assert (ended.code, ended.out) == (0, "1 applied.\n")
    assert deployed.writes == [Received("DELETE", "/v2/prompts/a%2F0", None)]
