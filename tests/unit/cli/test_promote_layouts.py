"""A promotion lasts: it is written into the files whatever their layout, or refused."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.conftest import Cli, RecordingServer
from tests.unit.repository import write

CONFIG = """
version: 1
default_environment: staging
environments:
  local: {host: "http://127.0.0.1:3030", labels: [production, staging], vars: {who: dev}}
  staging: {labels: [staging], vars: {who: tester}}
  production: {labels: [production], vars: {who: customer}}
"""
WRITE = ("promote", "--from", "staging", "--to", "production", "--write")
PROMOTE = ("promote", "--from", "staging", "--to", "production", "--yes")

LAYOUTS: dict[str, tuple[dict[str, str], str, object]] = {
    "the old text in an override": (
        {"p.yaml": "# why\nprompt: New # text\noverrides:\n  production:\n    prompt: Old\n"},
        "New",
        {},
    ),
    "the new text in an override": (
        {"p.yaml": "prompt: Old\noverrides: {staging: {prompt: New}}\n"},
        "New",
        {},
    ),
    "configs in overrides": (
        {
            "p.yaml": "prompt: T\nconfig: {model: b, n: 1}\n"
            "overrides:\n  production: {config: {model: a}}\n"
        },
        "T",
        {"model": "b", "n": 1},
    ),
    "variants by label": (
        {
            "p.yaml": "variants:\n- {prompt: Old, labels: [production]}\n"
            "- {prompt: New, labels: [staging]}\n"
        },
        "New",
        {},
    ),
    "a list of labels": ({"p.yaml": "prompt: New\nlabels: [staging] # yet\n"}, "New", {}),
    "labels and an override": (
        {
            "p.yaml": "prompt: New\nlabels: [staging, production]\n"
            "overrides: {production: {prompt: Old}}\n"
        },
        "New",
        {},
    ),
    "files of their own": (
        {
            "p.yaml": "prompt: {file: p.md}\noverrides:\n"
            "  production:\n    prompt: {file: p.production.md}\n",
            "p.md": "New\n",
            "p.production.md": "Old\n",
        },
        "New",
        {},
    ),
    "messages": (
        {
            "p.yaml": "prompt:\n- system: New\n- user: '{{q}}'\n"
            "overrides:\n  production:\n    prompt: [{system: Old}]\n"
        },
        json.dumps([{"role": "system", "content": "New"}, {"role": "user", "content": "{{q}}"}]),
        {},
    ),
    "a template": (
        {
            "p.yaml": "template: true\nprompt: Hi ${vars.who}\n"
            "overrides: {production: {prompt: 'Bye ${vars.who}'}}\n"
        },
        "Hi customer",
        {},
    ),
    "variants in an override": (
        {
            "p.yaml": "overrides:\n  local: {prompt: L}\n  staging: {prompt: New}\n  production:\n"
            "    variants:\n    - {prompt: Old, labels: [production]}\n"
        },
        "New",
        {},
    ),
}


def declared(repo: Path, files: dict[str, str]) -> None:
    write(repo, {"langsync.yaml": CONFIG, **{f"prompts/{key}": one for key, one in files.items()}})


def deployed(raw: httpx.Client, label: str) -> tuple[str, object]:
    """The text, or the messages as JSON, and the config that a label carries."""
    found = raw.get("/v2/prompts/p", params={"label": label}).raise_for_status().json()
    prompt = found["prompt"]
    if not isinstance(prompt, str):
        prompt = json.dumps([{key: one[key] for key in ("role", "content")} for one in prompt])
    return prompt, found["config"]


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_written_promotion_is_what_apply_deploys(
    name: str, repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """And keeps; staging has what it had, and another promotion finds nothing to write."""
    files, prompt, config = LAYOUTS[name]
    declared(repo, files)
    for environment in ("staging", "production"):
        assert cli("apply", "--yes", "--env", environment).code == 0
    before = deployed(raw, "staging")
    ended = cli(*WRITE, "p")
    assert ended.code == 0, ended.err
    assert "Edited prompts/p" in ended.err
    assert cli("validate").code == 0
    assert cli("fmt", "--check").code in (0, 2)
    for environment in ("staging", "production", "staging"):
        assert cli("apply", "--yes", "--env", environment, "--overwrite-drift").code == 0
    assert deployed(raw, "production") == (prompt, config)
    assert deployed(raw, "staging") == before
    again = cli(*WRITE, "p", "--format", "json")
    assert (again.code, json.loads(again.out)["changed"]) == (0, [])


def test_comments_and_templates_stay(repo: Path, cli: Cli, langfuse: RecordingServer) -> None:
    """Only what differs is edited, values are copied as they are written, nothing is sent."""
    text, template = LAYOUTS["the old text in an override"][0], LAYOUTS["a template"][0]
    declared(repo, {**text, "t.yaml": template["p.yaml"]})
    assert cli(*WRITE, "*").code == 0
    assert (repo / "prompts/p.yaml").read_text() == text["p.yaml"].replace("Old", "New")
    edited = (repo / "prompts/t.yaml").read_text()
    assert 'production: {prompt: "Hi ${vars.who}"}' in edited
    assert not langfuse.received


def test_what_a_later_apply_would_take_back_is_refused(
    repo: Path, cli: Cli, raw: httpx.Client, langfuse: RecordingServer
) -> None:
    """With the command that writes it into the file, which then deploys it for good."""
    declared(repo, LAYOUTS["the old text in an override"][0])
    for environment in ("staging", "production"):
        assert cli("apply", "--yes", "--env", environment).code == 0
    langfuse.received.clear()
    ended = cli(*PROMOTE, "p")
    assert (ended.code, ended.out) == (3, "")
    assert not langfuse.writes
    command = ended.err.split("back: 'langsync ", 1)[1].split("'", 1)[0].split()
    assert cli(*command).code == 0
    assert cli(*PROMOTE, "p").code == 0, "the files say it now"
    assert cli("plan", "--env", "production", "--detailed-exitcode").code == 0
    assert deployed(raw, "production") == ("New", {})


def test_files_that_are_further_on_are_a_warning(
    repo: Path, cli: Cli, langfuse: RecordingServer
) -> None:
    """Where both environments get the same text, the next apply deploys that: forward."""
    declared(repo, {"p.yaml": "prompt: First\n"})
    assert cli("apply", "--yes").code == 0
    declared(repo, {"p.yaml": "prompt: Second\n"})
    ended = cli(*PROMOTE, "p")
    assert ended.code == 0
    assert "the next 'langsync apply --env production' deploys that instead" in ended.err
    assert [one.method for one in langfuse.writes] == ["POST", "PATCH"]


def test_where_the_files_say_the_same_apply_is_named(repo: Path, cli: Cli) -> None:
    """There is nothing to write."""
    declared(repo, {"p.yaml": "prompt: First\n"})
    ended = cli(*WRITE, "p")
    assert ended.code == 0
    assert "'langsync apply --env production --target prompt/p' deploys it" in ended.err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prompt: Old\nlabels: [production]\n", "deploys nothing to label 'staging'"),
        (
            "prompt: New\nlabels: [staging]\noverrides: {production: {labels: [], prompt: Old}}\n",
            "names no label 'production'",
        ),
    ],
)
def test_what_only_a_person_can_write_is_refused(
    text: str, says: str, repo: Path, cli: Cli
) -> None:
    """With the reason, and no file is touched."""
    declared(repo, {"p.yaml": text, "q.yaml": "prompt: New\nlabels: [staging]\n"})
    ended = cli(*WRITE, "p", "q")
    assert (ended.code, says in ended.err) == (1, True), ended.err
    assert (repo / "prompts/p.yaml").read_text() == text
    assert "production" not in (repo / "prompts/q.yaml").read_text()
