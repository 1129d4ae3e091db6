"""The GitHub Action: its real steps, against the embedded server and a stand-in for GitHub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.action.github import BOT, REPOSITORY, Github
from tests.action.runner import Ran, Runner
from tests.conftest import RecordingServer, client_of, write

FILES = {
    "langsync.yaml": "version: 1\n",
    "prompts/a.yaml": "prompt: Hello {{name}}, a secret text\nlabels: [production]\n",
    "datasets/d.yaml": "items: [{id: i, input: 1}]\n",
}
PULL = {"pull_request": {"number": 7, "head": {"sha": "f" * 40}}}
ADA = {"login": "ada", "type": "User"}


@pytest.fixture
def github() -> Iterator[Github]:
    with Github() as made:
        made.pull_request(7)
        yield made


@pytest.fixture
def runner(github: Github, langfuse: RecordingServer, repo: Path, tmp_path: Path) -> Runner:
    made = Runner(tmp_path, github, PULL)
    write(made.workspace, FILES)
    return made


@pytest.fixture
def keys(langfuse: RecordingServer) -> dict[str, str]:
    project = langfuse.projects[0]
    return {
        "host": langfuse.url,
        "public_key": project.public_key,
        "secret_key": project.secret_key,
    }


def test_a_plan_of_a_pull_request(
    runner: Runner, github: Github, keys: dict[str, str], langfuse: RecordingServer
) -> None:
    """Outputs, summary, annotations, a comment; nothing is written to Langfuse."""
    ran = runner.run(command="plan", **keys)
    assert ran.code == 0, ran.log
    assert langfuse.writes == []
    outputs = ran.outputs
    assert outputs["has-changes"] == "true"
    assert (outputs["create"], outputs["update"], outputs["delete"]) == ("3", "0", "0")
    assert (outputs["exit-code"], outputs["has-drift"]) == ("0", "false")
    assert Path(outputs["plan-file"]).is_file()
    assert "a secret text" in Path(outputs["report-html"]).read_text("utf-8")
    (comment,) = github.threads[7].comments
    assert outputs["comment-url"] == comment["html_url"]
    assert "a secret text" in comment["body"]
    assert comment["body"].splitlines()[0].startswith("<!-- langsync:plan:")
    assert f"https://github.example/{REPOSITORY}/blob/{'f' * 40}/prompts/a.yaml" in comment["body"]
    assert "### langsync plan" in ran.summary
    assert "::notice file=prompts/a.yaml,title=langsync::prompt/a: create" in ran.log
    assert ran.uploads == []


def test_each_command_has_a_page_of_its_own(runner: Runner, keys: dict[str, str]) -> None:
    """Never that of a step before."""
    assert runner.run(command="plan", **keys).outputs["report-html"]
    assert runner.run(command="validate").outputs["report-html"] == ""
    ran = runner.run(command="apply", artifact="true", **keys)
    assert [Path(name).name for name in ran.uploads] == ["report.html"]
    assert "langsync apply" in Path(ran.outputs["report-html"]).read_text("utf-8")


def test_a_comment_is_kept_up_to_date_and_resolved(
    runner: Runner, github: Github, keys: dict[str, str]
) -> None:
    """One comment whatever happens; without a difference none is begun."""
    runner.run(command="plan", **keys)
    runner.run(command="plan", **keys)
    assert len(github.threads[7].comments) == 1
    assert len(github.writes()) == 1  # the same is not written again
    write(runner.workspace, {"prompts/a.yaml": "prompt: Bye\nlabels: [production]\n"})
    runner.run(command="plan", **keys)
    (comment,) = github.threads[7].comments
    assert "Bye" in comment["body"]
    assert runner.run(command="apply", comment="false", **keys).code == 0
    ran = runner.run(command="plan", **keys)
    (comment,) = github.threads[7].comments
    assert "**Resolved:** nothing differs any more" in comment["body"]
    assert ran.outputs["has-changes"] == "false"
    github.threads[7].comments.clear()
    assert runner.run(command="plan", **keys).outputs["comment-url"] == ""
    assert github.threads[7].comments == []


def test_the_comment_is_found_on_any_page_and_only_ones_own(
    runner: Runner, github: Github, keys: dict[str, str]
) -> None:
    """Anybody can write a marker; who reviews a lot has pages of comments."""
    runner.run(command="plan", **keys)
    (own,) = github.threads[7].comments
    forged = github.comment(github.threads[7], own["body"], ADA)
    github.threads[7].comments.remove(own)
    github.page = 2
    for number in range(5):
        github.comment(github.threads[7], f"Comment {number}", ADA)
    github.threads[7].comments.append(own)
    write(runner.workspace, {"prompts/a.yaml": "prompt: Bye\n"})
    runner.run(command="plan", **keys)
    assert "Bye" in own["body"]
    assert "Bye" not in forged["body"]
    assert len(github.threads[7].comments) == 7


def test_a_token_of_a_person_finds_its_own(
    runner: Runner, github: Github, keys: dict[str, str]
) -> None:
    """Not that of the bot."""
    runner.run(command="plan", **keys)
    github.token_of = {"login": "grace", "type": "User"}
    runner.run(command="plan", **keys)
    assert [one["user"]["login"] for one in github.threads[7].comments] == [BOT["login"], "grace"]


def test_each_environment_has_its_comment(
    runner: Runner, github: Github, keys: dict[str, str]
) -> None:
    """And each langsync.yaml."""
    text = "version: 1\nenvironments: {staging: {}, production: {}}\n"
    write(runner.workspace, {"langsync.yaml": text, "other/langsync.yaml": "version: 1\n"})
    write(runner.workspace, {"other/prompts/b.yaml": "prompt: x\n"})
    for _ in range(2):
        for name in ("staging", "production"):
            assert runner.run(command="plan", environment=name, **keys).code == 0
        ran = runner.run(command="plan", config="other/langsync.yaml", **keys)
        assert ran.code == 0
        assert "::notice file=other/prompts/b.yaml," in ran.log
        runner.run(command="plan", working_directory="other", **keys)  # the same file
    assert len(github.threads[7].comments) == 3


def test_texts_can_be_kept_back(runner: Runner, github: Github, keys: dict[str, str]) -> None:
    """From the comment, the summary and the log; the counts stay."""
    for command in ("plan", "apply", "plan", "drift"):
        ran = runner.run(command=command, comment_detail="summary", **keys)
        assert ran.code == 0, ran.log
        assert "a secret text" not in ran.log + ran.summary
        write(runner.workspace, {f"prompts/{command}.yaml": "prompt: More of a secret text\n"})
    plan, applied = (one["body"] for one in github.threads[7].comments)
    assert "a secret text" not in plan + applied
    assert "1 to create" in plan
    assert "4 applied" in applied


def test_a_host_that_is_given_wins(
    runner: Runner, keys: dict[str, str], langfuse: RecordingServer
) -> None:
    """The files of a pull request name another one, and other variables for the keys."""
    text = (
        "version: 1\nenvironments:\n  x: {host: http://attacker.invalid, "
        "public_key_env: OTHER_LANGFUSE_PUBLIC, secret_key_env: OTHER_LANGFUSE_SECRET}\n"
    )
    write(runner.workspace, {"langsync.yaml": text})
    ran = runner.run(command="plan", environment="x", **keys)
    assert ran.code == 0, ran.log
    assert langfuse.received


def test_secrets_are_masked_and_never_shown(runner: Runner, keys: dict[str, str]) -> None:
    """Masked before anything else is printed."""
    ran = runner.run(command="plan", **keys)
    assert f"::add-mask::{keys['secret_key']}" in ran.log.splitlines()[:2]
    rest = re.sub(r"::add-mask::.*", "", ran.log) + ran.summary + json.dumps(ran.outputs)
    assert keys["secret_key"] not in rest
    assert keys["secret_key"] not in Path(ran.outputs["plan-file"]).read_text()


def test_what_prompts_say_is_no_command(runner: Runner, keys: dict[str, str]) -> None:
    """Commands are switched off while texts are printed, and on again."""
    text = "|\n  ::set-output name=x::y\n  ::error::boo\n"
    write(runner.workspace, {"prompts/a.yaml": f"prompt: {text}"})
    lines = runner.run(command="plan", **keys).log.splitlines()
    begin = next(index for index, line in enumerate(lines) if line.startswith("::stop-commands::"))
    token = lines[begin].removeprefix("::stop-commands::")
    end = lines.index(f"::{token}::")
    said = [index for index, line in enumerate(lines) if "boo" in line or "name=x" in line]
    assert said
    assert all(begin < index < end for index in said)


def test_the_plan_that_was_reviewed_is_applied(
    runner: Runner, keys: dict[str, str], langfuse: RecordingServer
) -> None:
    """That very plan, from its file; a second time it is refused."""
    planned = runner.run(command="plan", plan_file="my plan.json", **keys)
    assert planned.outputs["plan-file"] == str(runner.workspace / "my plan.json")
    ran = runner.run(command="apply", plan_file="my plan.json", **keys)
    assert (ran.code, ran.outputs["create"]) == (0, "3")
    assert "3 applied" in ran.summary
    ran = runner.run(command="apply", plan_file="my plan.json", **keys)
    assert (ran.code, ran.outputs["exit-code"]) == (3, "3")
    assert "plan again, and have that reviewed" in ran.summary
    assert "::error title=langsync::" in ran.log


def test_drift_becomes_an_issue_and_goes(
    runner: Runner, github: Github, keys: dict[str, str], raw: httpx.Client
) -> None:
    """Opened once, brought up to date, closed when the drift is gone."""
    runner.event = {"schedule": "0 6 * * *"}
    runner.run(command="apply", **keys)
    assert runner.run(command="drift", **keys).outputs["has-drift"] == "false"
    assert github.issues() == []
    body = {"name": "a", "prompt": "By hand", "type": "text", "labels": ["production"]}
    raw.post("/v2/prompts", json=body).raise_for_status()
    ran = runner.run(command="drift", **keys)
    assert (ran.code, ran.outputs["has-drift"]) == (0, "true")
    (issue,) = github.issues()
    assert issue["labels"] == ["langsync-drift"]
    assert "By hand" in issue["body"]
    assert ran.outputs["comment-url"] == issue["html_url"]
    ran = runner.run(command="drift", fail_on_drift="true", **keys)
    assert (ran.code, ran.outputs["exit-code"]) == (2, "2")
    assert len(github.issues()) == 1
    runner.run(command="apply", args="--overwrite-drift", **keys)
    runner.run(command="drift", **keys)
    assert [one["state"] for one in github.issues()] == ["closed"]
    raw.post("/v2/prompts", json=body).raise_for_status()
    runner.run(command="drift", **keys)
    assert [one["state"] for one in github.issues()] == ["closed", "open"]


def test_changes_can_fail_a_step(runner: Runner, keys: dict[str, str]) -> None:
    """Where somebody wants a check that is red."""
    assert runner.run(command="plan", fail_on_changes="true", **keys).code == 2
    runner.run(command="apply", **keys)
    assert runner.run(command="plan", fail_on_changes="true", **keys).code == 0


@pytest.mark.parametrize("trouble", ["read only", "no token", "down", "forged token"])
def test_what_github_refuses_changes_nothing(
    runner: Runner, github: Github, keys: dict[str, str], trouble: str
) -> None:
    """A warning says why; the summary is there, the result is that of the plan."""
    given = {"no token": {"github_token": ""}, "forged token": {"github_token": "x"}}
    github.writable = trouble != "read only"
    github.broken = 100 if trouble == "down" else 0
    ran = runner.run(command="plan", **keys, **given.get(trouble, {}))
    assert ran.code == 0, ran.log
    assert "### langsync plan" in ran.summary
    assert ran.outputs["comment-url"] == ""
    assert ran.outputs["has-changes"] == "true"
    (warning,) = (line for line in ran.log.splitlines() if line.startswith("::warning "))
    said = {
        "read only": "the job needs 'permissions: pull-requests: write'",
        "no token": "there is no github-token",
        "down": "GitHub answered 502",
        "forged token": "Bad credentials",
    }
    assert said[trouble] in warning


def test_github_may_fail_once(runner: Runner, github: Github, keys: dict[str, str]) -> None:
    """Reading is done again."""
    github.broken = 1
    assert runner.run(command="plan", **keys).outputs["comment-url"]


def test_wrong_files_are_shown_at_their_lines(
    runner: Runner, github: Github, keys: dict[str, str]
) -> None:
    """With an annotation, in the summary and in the comment; nothing is asked of Langfuse."""
    write(runner.workspace, {"prompts/b.yaml": "prompt: x\npromt: y\n"})
    for command in ("validate", "plan"):
        ran = runner.run(command=command, **({} if command == "validate" else keys))
        assert (ran.code, ran.outputs["exit-code"]) == (1, "1")
        assert "::error file=prompts/b.yaml,line=2,col=1,title=langsync::unknown key" in ran.log
        assert "unknown key" in ran.summary
    (comment,) = github.threads[7].comments
    assert "unknown key" in comment["body"]


def test_validate_needs_no_keys(runner: Runner, github: Github) -> None:
    """So that it works for forks; warnings are annotations."""
    write(runner.workspace, {"prompts/b.yaml": "prompt: Hello {name}\n"})
    ran = runner.run(command="validate")
    assert ran.code == 0
    assert "::warning file=prompts/b.yaml,line=1" in ran.log
    assert github.calls == []


def test_a_large_plan_fits_where_it_goes(
    runner: Runner, github: Github, keys: dict[str, str]
) -> None:
    """The stand-in refuses what GitHub refuses; counts stay true."""
    items = "".join(json.dumps({"id": f"i{n}", "input": "x" * 400}) + "\n" for n in range(500))
    write(runner.workspace, {"datasets/e.yaml": "items_from: [e.jsonl]\n"})
    write(runner.workspace, {"datasets/e.jsonl": items})
    ran = runner.run(command="plan", **keys)
    (comment,) = github.threads[7].comments
    assert len(comment["body"]) <= 65_536
    assert "504 to create" in comment["body"]
    assert len(ran.summary.encode()) <= 1024 * 1024
    assert ran.log.count("::notice ") <= 11


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"command": "destroy"}, "input command: 'destroy' is none of validate, plan"),
        ({"comment_detail": "all"}, "input comment-detail: 'all' is none of full, summary"),
        ({"comment": "maybe"}, "input comment: 'maybe' is neither true nor false"),
        ({"args": "--target 'x"}, "input args: No closing quotation"),
    ],
)
def test_inputs_are_checked(runner: Runner, inputs: dict[str, str], words: str) -> None:
    """Before anything is done."""
    ran = runner.run(**inputs)
    assert ran.code == 1
    assert words in ran.log


def test_the_artifact_is_wanted(runner: Runner, keys: dict[str, str]) -> None:
    """Only then texts leave the job."""
    ran: Ran = runner.run(command="plan", artifact="true", **keys)
    assert ran.outputs["plan-file"] in ran.uploads


def test_a_pull_tells_whether_it_wrote_files(
    runner: Runner, keys: dict[str, str], langfuse: RecordingServer
) -> None:
    """So that a workflow opens a pull request only if there is something in it."""
    assert runner.run(command="apply", comment="false", **keys).code == 0
    ran = runner.run(command="pull", **keys)
    assert (ran.code, ran.outputs["has-changes"]) == (0, "false")
    with client_of(langfuse) as client:
        body = {"name": "a", "type": "text", "prompt": "Edited there", "labels": ["production"]}
        client.post("/v2/prompts", json=body).raise_for_status()
    ran = runner.run(command="pull", **keys)
    assert (ran.code, ran.outputs["has-changes"]) == (0, "true")
    assert "Edited there" in (runner.workspace / "prompts" / "a.yaml").read_text("utf-8")
    assert "### langsync pull: 1 to edit" in ran.summary
    assert "+prompt: Edited there" in ran.summary
