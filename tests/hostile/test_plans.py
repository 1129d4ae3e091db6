"""A saved plan is data: whoever changes it, and makes its digest anew, opens nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import orjson
import pytest

from langsync.cli import permissions
from langsync.model import Permission, Plan, PlanOptions, Project
from langsync.saved import SavedPlan, _digest, read
from tests.conftest import Cli, RecordingServer, write

FILES = {"langsync.yaml": "version: 1\n", "prompts/a.yaml": "prompt: Hello\n"}
MADE = ("plan", "--out", "p.json")
Forge = Callable[[dict[str, Any]], object]


def forge(repo: Path, change: Forge) -> None:
    """Change a saved plan, and make its digest anew."""
    data = orjson.loads((repo / "p.json").read_bytes())
    del data["digest"]
    change(data)
    (repo / "p.json").write_bytes(orjson.dumps({**data, "digest": _digest(data)}))


def allow(*options: str) -> Forge:
    return lambda data: data["asked"]["wishes"].update(allowed=list(options))


@pytest.fixture
def drifted(cli: Cli, repo: Path, raw: httpx.Client) -> None:
    """Somebody changed a prompt in Langfuse, and the plan would overwrite it."""
    write(repo, FILES)
    assert cli("apply", "--yes").code == 0
    body = {"name": "a", "prompt": "By hand", "type": "text", "labels": ["production"]}
    raw.post("/v2/prompts", json=body).raise_for_status()
    assert cli(*MADE).code == 0


def deployed(raw: httpx.Client) -> object:
    return raw.get("/v2/prompts/a").json()["prompt"]


@pytest.mark.usefixtures("drifted")
@pytest.mark.parametrize("words", [(), ("--yes",), ("--allow-older",)])
def test_a_plan_that_allows_itself_to_overwrite_is_refused(
    cli: Cli, repo: Path, raw: httpx.Client, words: tuple[str, ...]
) -> None:
    """The option has to be said where the plan is applied."""
    forge(repo, allow("--overwrite-drift"))
    ended = cli("apply", "p.json", *words)
    assert ended.code == 3
    assert "This plan was made with --overwrite-drift" in ended.err
    assert "refused: the saved plan allows --overwrite-drift" in ended.err
    assert deployed(raw) == "By hand"
    assert cli("apply", "p.json", "--overwrite-drift").code == 0
    assert deployed(raw) == "Hello"


@pytest.mark.usefixtures("drifted")
@pytest.mark.parametrize("answer", [True, False])
def test_a_person_is_asked_for_what_a_plan_allows(
    cli: Cli, repo: Path, raw: httpx.Client, process: pytest.MonkeyPatch, *, answer: bool
) -> None:
    """At a terminal; with no, nothing is sent."""
    forge(repo, allow("--overwrite-drift"))
    asked: list[str] = []
    terminal = SimpleNamespace(isatty=lambda: True)
    process.setattr("langsync.cli.sending.sys", SimpleNamespace(stdin=terminal, stderr=terminal))

    def confirm(text: str, **_: object) -> bool:
        asked.append(text)
        return answer

    process.setattr("typer.confirm", confirm)
    assert cli("apply", "p.json").code == (0 if answer else 1)
    assert asked == ["The saved plan allows --overwrite-drift. Allow it?"]
    assert deployed(raw) == ("Hello" if answer else "By hand")


def test_what_a_plan_was_made_with_is_said_again(
    cli: Cli, repo: Path, langfuse: RecordingServer
) -> None:
    """The command that plan names has it; less, or another number, is refused."""
    write(repo, FILES)
    made = cli(*MADE, "--allow-delete", "--allow-prune", "4")
    assert "langsync apply p.json --allow-delete --allow-prune 4" in made.err
    for words, code in (
        ((), 3),
        (("--allow-delete",), 3),
        (("--allow-prune", "4"), 3),
        (("--allow-delete", "--allow-prune", "5"), 1),
        (("--allow-delete", "--allow-prune", "3"), 1),
    ):
        assert cli("apply", "p.json", *words).code == code
    assert langfuse.writes == []
    assert cli("apply", "p.json", "--allow-delete", "--allow-prune", "4").code == 0


def requests_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for change in data["changes"] for one in change["requests"]]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: requests_of(data)[0].update(path="/v2/prompts/kept", method="DELETE"),
        lambda data: requests_of(data)[0]["body"].update(prompt="Forged"),
        lambda data: requests_of(data)[0]["body"].update(labels=["production", "other"]),
        lambda data: data["changes"][0]["requests"].append(requests_of(data)[0]),
        lambda data: data["changes"][0].update(closing=data["changes"][0]["requests"]),
        lambda data: data["changes"][0].update(action="delete"),
        lambda data: data["changes"][0].update(address="prompt/kept"),
        lambda data: data["changes"].append({**data["changes"][0], "address": "prompt/kept"}),
        lambda data: data["changes"].clear(),
        lambda data: data["project"].update(id="proj-other"),
        lambda data: data["project"].update(host="http://evil.example"),
        lambda data: data.update(environment="other"),
    ],
)
def test_what_is_sent_is_planned_now(
    cli: Cli, repo: Path, langfuse: RecordingServer, raw: httpx.Client, change: Forge
) -> None:
    """Nothing of the file reaches Langfuse, and none of its hosts is asked."""
    raw.post("/v2/prompts", json={"name": "kept", "prompt": "x", "type": "text"})
    write(repo, FILES)
    cli(*MADE)
    forge(repo, change)
    count = len(langfuse.writes)
    assert cli("apply", "p.json").code in (1, 3)
    assert len(langfuse.writes) == count


def test_texts_of_a_plan_are_shown_on_one_line(
    cli: Cli, repo: Path, langfuse: RecordingServer
) -> None:
    """Names, options and messages of it, whatever they hold."""
    write(repo, FILES)
    cli(*MADE)
    text = "x\n::error::forged\u2028\x1b[2J"

    def change(data: dict[str, Any]) -> None:
        data["project"].update(name=text, id=text, host=text)
        data["asked"].update(targets=[text])
        data["asked"]["wishes"].update(message=text)

    forge(repo, change)
    ended = cli("apply", "p.json")
    assert ended.code in (1, 3)
    lines = ended.err.splitlines()
    assert [line for line in lines if line.lstrip().startswith("::")] == []
    assert "\x1b" not in ended.err
    assert "--message 'x\\n::error::forged\\u2028\\u001b[2J'" in ended.err
    assert langfuse.writes == []


def test_a_permission_that_there_is_not_makes_no_plan(
    cli: Cli, repo: Path, langfuse: RecordingServer
) -> None:
    """It is not shown either."""
    write(repo, FILES)
    cli(*MADE)
    forge(repo, lambda data: data["asked"]["wishes"].update(allowed=["--allow\x1b[2J"]))
    ended = cli("apply", "p.json")
    assert (ended.code, langfuse.writes) == (1, [])
    assert "this saved plan is damaged: " in ended.err
    assert "\x1b" not in ended.err


def test_all_that_is_allowed_is_looked_at() -> None:
    """Options of one without those of the other."""
    plan = Plan(Project("p", "p", "https://langfuse.example"))
    saved = SavedPlan(
        plan, (), PlanOptions(frozenset({Permission.ALLOW_DELETE, Permission.ALLOW_REPLACE}))
    )
    given = PlanOptions(frozenset({Permission.ALLOW_REPLACE, Permission.OVERWRITE_DRIFT}))
    assert permissions.unconfirmed(saved, given) == ("--allow-delete",)
    assert permissions.unconfirmed(saved, saved.plan_options) == ()
    assert permissions.confirm((), asks=False)


def test_a_digest_is_no_signature(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """It tells a damaged file; a forged one is read as any other."""
    write(repo, FILES)
    cli(*MADE)
    forge(repo, lambda data: data.update(environment="other"))
    assert read((repo / "p.json").read_bytes()).plan.environment == "other"
