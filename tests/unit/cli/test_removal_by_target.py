"""What left the files is deleted by its address, without a section for it in langsync.yaml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Cli, Received, RecordingServer
from tests.unit.git import Repository, repository

FILES = {
    "langsync.yaml": "version: 1\n",
    **{f"prompts/{name}.yaml": f"prompt: This is {name}.\n" for name in ("x", "y", "z")},
}
DELETE = ("--allow-delete", "--target")


@pytest.fixture
def repo(process: pytest.MonkeyPatch, tmp_path: Path) -> Repository:
    made = repository(tmp_path / "repo")
    made.commit(FILES, "Three prompts")
    process.chdir(made.folder)
    return made


@pytest.fixture
def deployed(repo: Repository, langfuse: RecordingServer, cli: Cli) -> RecordingServer:
    """Three prompts, and one that left the files since."""
    assert cli("apply", "--yes").code == 0
    repo.commit(subject="Drop x", without="prompts/x.yaml")
    langfuse.received.clear()
    return langfuse


def planned(cli: Cli, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cli("plan", "--format", "json", *words).out)
    return found


def test_the_last_prompt_that_leaves_the_files_is_reported_as_well(
    deployed: RecordingServer, repo: Repository, cli: Cli
) -> None:
    """Nothing is declared of its kind any more; what never was takes no request."""
    repo.commit(subject="Drop y", without="prompts/y.yaml")
    repo.commit(subject="Drop z", without="prompts/z.yaml")
    deployed.app.requests.clear()
    text = "".join(planned(cli)["warnings"])
    assert all(f"prompt/{name}" in text for name in "xyz")
    seen = [one for one in deployed.requests if one.path.startswith("/api/public/v2/")]
    assert [one.path.partition("?")[0] for one in seen] == ["/api/public/v2/prompts"]


def test_the_plan_says_what_left_the_files_and_its_advice_works(
    deployed: RecordingServer, cli: Cli
) -> None:
    """The very command that it names deletes that prompt and nothing else."""
    plan = planned(cli)
    assert plan["changes"] == []
    [warning] = plan["warnings"]
    assert warning.startswith("prompt/x was removed from Git in ")
    assert " Drop x; it is still in Langfuse: " in warning
    command = warning.split("'")[1].split()
    assert command == ["langsync", "apply", "--allow-delete", "--target", "prompt/x"]
    assert cli(*command[1:], "--yes").code == 0
    assert deployed.writes == [Received("DELETE", "/v2/prompts/x", None)]
    assert planned(cli)["warnings"] == []
    assert cli(*command[1:], "--yes").code == 0, "once more does nothing"
    assert len(deployed.writes) == 1


def test_a_deletion_says_which_commit_it_follows(deployed: RecordingServer, cli: Cli) -> None:
    """And a saved plan of it can be applied, where that is allowed again."""
    [change] = planned(cli, *DELETE, "prompt/x")["changes"]
    assert (change["address"], change["action"]) == ("prompt/x", "delete")
    assert change["reasons"][0].endswith(" Drop x")
    assert change["reasons"][0].startswith("removed from Git in ")
    assert cli("plan", *DELETE, "prompt/x", "--out", "plan.json").code == 0
    assert cli("apply", "plan.json").code == 3
    assert cli("apply", "plan.json", "--allow-delete").code == 0
    assert deployed.writes == [Received("DELETE", "/v2/prompts/x", None)]


def test_without_the_option_a_target_that_is_not_declared_is_an_error(
    deployed: RecordingServer, cli: Cli
) -> None:
    """Which names the option."""
    ended = cli("apply", "--yes", "--target", "prompt/x")
    assert (ended.code, "--allow-delete" in ended.err) == (1, True)
    assert not deployed.writes


@pytest.mark.parametrize("target", ["prompt/theirs", "prompt/nothing", "prompt/th*", "datset/x"])
def test_what_nobody_declared_is_not_deleted(
    target: str, deployed: RecordingServer, raw: httpx.Client, cli: Cli
) -> None:
    """Be it named by its address or meant by a glob."""
    body = {"name": "theirs", "prompt": "x", "labels": ["production"]}
    raw.post("/v2/prompts", json=body).raise_for_status()
    deployed.received.clear()
    ended = cli("apply", "--yes", *DELETE, target)
    assert ended.code == 1
    assert f"--target {target!r}" in ended.err
    assert not deployed.writes


def test_what_langsync_deployed_goes_by_its_address_alone(
    deployed: RecordingServer, repo: Repository, cli: Cli
) -> None:
    """Where the commit that declared it is squashed away; a glob does not mean it."""
    repo.git("checkout", "--quiet", "--orphan", "squashed")
    repo.commit(subject="All of it")
    assert cli("apply", "--yes", *DELETE, "prompt/x*").code == 1
    assert not deployed.writes
    assert cli("apply", "--yes", *DELETE, "prompt/x").code == 0
    assert deployed.writes == [Received("DELETE", "/v2/prompts/x", None)]


def test_a_glob_deletes_what_left_the_files_within_the_share(
    deployed: RecordingServer, repo: Repository, raw: httpx.Client, cli: Cli
) -> None:
    """What it means of the declared ones stays; more than one needs --allow-prune."""
    raw.post("/v2/prompts", json={"name": "theirs", "prompt": "x"}).raise_for_status()
    repo.commit(subject="Drop y", without="prompts/y.yaml")
    deployed.received.clear()
    assert cli("apply", "--yes", *DELETE, "prompt/*").code == 3
    assert not deployed.writes
    assert cli("apply", "--yes", *DELETE, "prompt/*", "--allow-prune", "2").code == 0
    assert [one.path for one in deployed.writes] == ["/v2/prompts/x", "/v2/prompts/y"]


def test_several_named_ones_need_no_more_words(
    deployed: RecordingServer, repo: Repository, cli: Cli
) -> None:
    """Who names each of them has looked at them."""
    repo.commit(subject="Drop y", without="prompts/y.yaml")
    words = ("--target", "prompt/y", "--target", "prompt/x")
    assert cli("apply", "--yes", "--allow-delete", *words).code == 0
    assert [one.path for one in deployed.writes] == ["/v2/prompts/x", "/v2/prompts/y"]


def test_what_others_refer_to_is_refused_before_anything_is_sent(
    deployed: RecordingServer, raw: httpx.Client, cli: Cli
) -> None:
    """Whoever that is, declared or not."""
    text = "A @@@langfusePrompt:name=x|label=production@@@"
    raw.post("/v2/prompts", json={"name": "theirs", "prompt": text}).raise_for_status()
    deployed.received.clear()
    ended = cli("apply", "--yes", *DELETE, "prompt/x")
    assert (ended.code, "theirs v1 refers to it" in ended.err) == (3, True)
    assert not deployed.writes


def test_an_old_name_is_not_deleted_before_its_new_one_is_there(
    deployed: RecordingServer, repo: Repository, cli: Cli
) -> None:
    """Its target is the new name's."""
    repo.commit({"prompts/w.yaml": "prompt: This is x.\nrenamed_from: x\n"})
    ended = cli("apply", "--yes", *DELETE, "prompt/x")
    assert ended.code == 1
    assert "'--target prompt/w' takes it along" in ended.err
    assert not deployed.writes
    assert cli("apply", "--yes", *DELETE, "prompt/w").code == 0
    assert [one.method for one in deployed.writes] == ["POST", "DELETE"]
