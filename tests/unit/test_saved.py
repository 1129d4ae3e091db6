"""Saved plans: the file, and what an apply of it refuses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langsync.errors import PlanFileError
from langsync.model import (
    Action,
    Address,
    Change,
    FieldDifference,
    Impact,
    Json,
    LabelMove,
    Origin,
    Permission,
    Plan,
    PlanOptions,
    Project,
    Provenance,
    Refusal,
    Request,
    Source,
)
from langsync.saved import SavedPlan, _digest, changed, dump, read
from tests.conftest import Cli, RecordingServer, write
from tests.fuzz.plans import sealed
from tests.unit.git import repository
from tests.unit.strategies import JSON, TEXTS

PROJECT = Project("p1", "my-app", "https://langfuse.example")
A, B = (Address("prompt", name) for name in "ab")

ADDRESSES = st.builds(
    Address, st.sampled_from(["prompt", "dataset", "dataset_item"]), TEXTS.filter(bool)
)
OBJECTS = st.dictionaries(TEXTS, JSON, max_size=3)
REQUESTS = st.builds(
    Request, st.sampled_from(["POST", "PATCH", "DELETE"]), TEXTS, JSON, repeatable=st.booleans()
)
SOURCES = st.builds(
    Source,
    TEXTS,
    st.integers(0, 9),
    st.integers(0, 9),
    st.lists(st.one_of(TEXTS, st.integers(0, 9)), max_size=3).map(tuple),
)


VERSIONS = st.none() | st.integers(1, 9)


def _several(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=2).map(tuple)


CHANGES = st.builds(
    Change,
    ADDRESSES,
    st.sampled_from(Action),
    st.none() | OBJECTS,
    st.none() | OBJECTS,
    _several(st.builds(FieldDifference, TEXTS, JSON, JSON)),
    TEXTS,
    _several(st.builds(LabelMove, st.none() | TEXTS, VERSIONS, VERSIONS, st.booleans())),
    _several(TEXTS),
    _several(TEXTS),
    st.sampled_from(Origin),
    _several(st.builds(Provenance, TEXTS, st.sampled_from(Origin), by=TEXTS, commit=TEXTS)),
    _several(REQUESTS),
    _several(REQUESTS),
    basis=TEXTS,
    source=st.none() | SOURCES,
)
PLANS = st.builds(
    Plan,
    st.builds(Project, TEXTS, TEXTS, TEXTS),
    TEXTS,
    _several(CHANGES),
    st.dictionaries(TEXTS, _several(TEXTS), max_size=2),
    st.dictionaries(TEXTS, st.integers(0, 9), max_size=2),
    st.dictionaries(TEXTS, _several(TEXTS), max_size=2),
    _several(st.builds(Impact, ADDRESSES, _several(TEXTS), _several(ADDRESSES), JSON, JSON)),
    st.integers(0, 9),
    _several(TEXTS),
    _several(
        st.builds(Refusal, TEXTS, st.none() | st.sampled_from(Permission), st.none() | ADDRESSES)
    ),
)


@settings(max_examples=50)
@given(PLANS, st.lists(TEXTS).map(tuple), st.none() | TEXTS, st.integers(0, 9))
def test_a_saved_plan_is_the_plan(
    made: Plan, targets: tuple[str, ...], message: str | None, prune: int
) -> None:
    """Nothing is lost on the way to a file and back; a plan is what it was."""
    allowed = frozenset({Permission.ALLOW_DELETE})
    plan_options = PlanOptions(allowed, message, whole_project=True, allow_prune=prune)
    saved = SavedPlan(made, targets, plan_options)
    assert read(dump(saved).encode()) == saved
    assert changed(made, made) == []


def test_a_plan_that_was_saved_with_sentences_alone_keeps_its_reasons() -> None:
    """Moves of labels were sentences among the reasons once."""
    data = orjson.loads(dump(SavedPlan(GOOD)))
    [change] = data["changes"]
    for key in ("action_reason", "moves", "details"):
        del change[key]
    change["reasons"] = ["renamed from b", "production → v1 (new)"]
    del data["digest"]
    [saved] = read(orjson.dumps({**data, "digest": _digest(data)})).plan.changes
    assert saved.reasons == ("renamed from b", "production → v1 (new)")


def test_what_a_change_waits_for_is_a_part_of_the_plan() -> None:
    """The same requests in another order are another plan."""
    first, second = (Change(address, Action.CREATE, None, {}) for address in (A, B))
    waiting = replace(first, needs=(B,))
    saved, now = (Plan(PROJECT, changes=(change, second)) for change in (waiting, first))
    words = "prompt/a is declared otherwise than when the plan was made"
    assert changed(saved, now) == changed(now, saved) == [words]
    assert changed(saved, saved) == []


def test_a_permission_is_its_option_in_a_file() -> None:
    """As the documentation has it: an empty text where nothing lets a refusal pass."""
    refusals = Refusal("a", Permission.OVERWRITE_DRIFT), Refusal("b")
    plan_options = PlanOptions(frozenset({Permission.ALLOW_DELETE}))
    data = orjson.loads(dump(SavedPlan(Plan(PROJECT, refusals=refusals), (), plan_options)))
    assert [one["allow"] for one in data["refusals"]] == ["--overwrite-drift", ""]
    assert data["asked"]["wishes"]["allowed"] == ["--allow-delete"]


GOOD = Plan(PROJECT, changes=(Change(A, Action.CREATE, None, {"a": 1}, requests=()),))


def test_a_changed_order_is_another_plan() -> None:
    """Nothing else differs, but what was reviewed would be sent after something else."""
    first, second = (Change(one, Action.CREATE, None, {}) for one in (A, B))
    saved = Plan(PROJECT, changes=(first, second))
    now = Plan(PROJECT, changes=(first, replace(second, needs=(A,))))
    for before, after in ((saved, now), (now, saved)):
        assert changed(before, after) == [
            "prompt/b is declared otherwise than when the plan was made"
        ]


def damaged(**fields: Json) -> bytes:
    """A saved plan in which something is not as it should be."""
    data = orjson.loads(dump(SavedPlan(GOOD)))
    for name, value in fields.items():
        if name in data:
            data[name] = value
        else:
            data["changes"][0][name] = value
    del data["digest"]
    return orjson.dumps({**data, "digest": _digest(data)})


DEEP = b'{"format_version": 1, "digest": "", "changes": %b}' % (b"[" * 300 + b"]" * 300)
"""Nested deeper than a digest can be made of."""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "this is no saved plan"),
        (b"{", "this is no saved plan, or a part of one: "),
        (b"\xff", "this is no saved plan"),
        (b"[" * 100_000, "this is no saved plan"),
        (b"[]", "this is no saved plan: it has no format_version"),
        (b"5", "this is no saved plan: it has no format_version"),
        (b"{}", "this is no saved plan: it has no format_version"),
        (damaged(format_version=2), "this plan was saved by another version of langsync"),
        (damaged(format_version="1"), "this plan was saved by another version of langsync"),
        (damaged(project=None), "this saved plan is damaged: "),
        (damaged(changes={}), "this saved plan is damaged: "),
        (damaged(action="explode"), "this saved plan is damaged: "),
        (damaged(address="prompt"), "this saved plan is damaged: "),
        (damaged(requests=[{"method": "GET", "path": "/x"}]), "this saved plan is damaged: "),
        (damaged(requests=[{"path": "/x"}]), "this saved plan is damaged: "),
        (sealed(b'{"format_version": 1}'), "this saved plan is damaged: "),
        (DEEP, "this saved plan is damaged: "),
    ],
)
def test_what_is_no_plan_is_refused(text: bytes, words: str) -> None:
    """With the reason; nothing of it is used."""
    with pytest.raises(PlanFileError) as caught:
        read(text)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize(
    "text",
    [damaged(address=5), damaged(address="nothing/a"), damaged(needs=["prompt/b"])],
)
def test_a_plan_that_could_not_be_applied_is_refused(text: bytes) -> None:
    """An address that is none, a kind that is none, a need that is not in the plan."""
    with pytest.raises(PlanFileError):
        read(text)


def test_a_plan_that_a_tool_has_formatted_is_the_same() -> None:
    """Its keys may be in another order, as ``jq --sort-keys`` writes them."""
    text = json.dumps(json.loads(dump(SavedPlan(GOOD))), sort_keys=True)
    assert read(text.encode()) == SavedPlan(GOOD)


@pytest.mark.parametrize("name", ["project", "summary", "asked"])
def test_a_plan_without_one_of_its_parts_is_damaged(name: str) -> None:
    """Also where its digest is right."""
    data = orjson.loads(dump(SavedPlan(GOOD)))
    del data["digest"], data[name]
    with pytest.raises(PlanFileError, match="this saved plan is damaged: "):
        read(orjson.dumps({**data, "digest": _digest(data)}))


FILES = {
    "langsync.yaml": "version: 1\nenvironments: {staging: {}, production: {}}\n",
    "prompts/a.yaml": "prompt: Hello\nlabels: [live]\n",
    "datasets/d.yaml": "items: [{id: i, input: 1}]\n",
}
PLAN = ("plan", "--env", "staging", "--out", "p.json")


def test_a_saved_plan_is_applied_without_a_question(
    cli: Cli, repo: Path, langfuse: RecordingServer
) -> None:
    """Exactly what it lists, in its environment; then nothing is left to do."""
    write(repo, FILES)
    assert cli(*PLAN).code == 0
    plan = json.loads((repo / "p.json").read_text())
    ended = cli("apply", "p.json")
    assert (ended.code, ended.out) == (0, "3 applied.\n")
    listed = [[one["method"], one["path"]] for each in plan["changes"] for one in each["requests"]]
    assert sorted(one.as_list()[:2] for one in langfuse.writes) == sorted(listed)
    assert json.loads(cli("plan", "--env", "staging", "--format", "json").out)["changes"] == []


def test_a_saved_plan_is_applied_once(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """The second time nothing is as it was."""
    write(repo, FILES)
    cli(*PLAN)
    cli("apply", "p.json")
    count = len(langfuse.writes)
    ended = cli("apply", "p.json")
    assert ended.code == 3
    assert "refused: prompt/a is not to be changed any more" in ended.err
    assert "refused: plan again, and have that reviewed" in ended.err
    assert len(langfuse.writes) == count


Move = Callable[[Path, httpx.Client], object]


def edit(name: str, text: str) -> Move:
    return lambda repo, raw: write(repo, {name: text})


def post(path: str, body: Json) -> Move:
    return lambda repo, raw: raw.post(path, json=body).raise_for_status()


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (edit("prompts/a.yaml", "prompt: Bye\nlabels: [live]\n"), "prompt/a is declared otherwise"),
        (edit("prompts/b.yaml", "prompt: More\n"), "prompt/b would be changed too (create)"),
        (edit("datasets/d.yaml", "items: []\n"), "dataset_item/d/i is not to be changed any more"),
        (
            post("/v2/prompts", {"name": "a", "prompt": "x", "type": "text", "labels": ["live"]}),
            "prompt/a was changed in Langfuse since the plan was made",
        ),
        (
            post("/v2/datasets", {"name": "d"}),
            "dataset/d is not to be changed any more",
        ),
    ],
)
def test_what_moved_is_named(
    cli: Cli, repo: Path, langfuse: RecordingServer, raw: httpx.Client, move: Move, words: str
) -> None:
    """In the files or in Langfuse; nothing is sent."""
    write(repo, FILES)
    cli(*PLAN)
    move(repo, raw)
    count = len(langfuse.writes)
    ended = cli("apply", "p.json")
    assert ended.code == 3
    assert f"refused: {words}" in ended.err
    assert len(langfuse.writes) == count


def test_another_commit_is_named(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """A version says from which commit it was deployed."""
    git = repository(repo)
    git.commit({**FILES, ".gitignore": "p.json\n"})
    cli(*PLAN)
    git.commit({"README.md": "x"})
    ended = cli("apply", "p.json")
    assert ended.code == 3
    assert "prompt/a would be deployed from another commit" in ended.err


def test_another_project_is_named(
    cli: Cli, repo: Path, langfuse: RecordingServer, tmp_path: Path
) -> None:
    """By its id and its host."""
    made = Plan(PROJECT)
    elsewhere = Plan(Project("p2", "other", "https://langfuse.example"))
    (reason,) = changed(made, elsewhere)
    assert "my-app (id p1)" in reason
    assert "other (id p2)" in reason
    write(repo, FILES)
    (repo / "p.json").write_text(dump(SavedPlan(Plan(PROJECT, "staging"))))
    ended = cli("apply", "p.json")
    assert ended.code == 3
    assert "the plan was made for my-app (id p1) at https://langfuse.example" in ended.err


def test_another_environment_is_named() -> None:
    """One project can hold several."""
    (reason,) = changed(Plan(PROJECT, "staging"), Plan(PROJECT, "production"))
    assert "'staging', and this is 'production'" in reason


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("--env", "production"), "--env"),
        (("--target", "prompt/a"), "--target"),
        (("--message", "x"), "--message"),
        (("--allow-prune", "3"), "--allow-prune"),
        (("--allow-delete",), "--allow-delete"),
        (("--impact", "project"), "--impact"),
    ],
)
def test_what_only_a_plan_can_take_up_is_refused(
    cli: Cli, repo: Path, langfuse: RecordingServer, words: tuple[str, ...], option: str
) -> None:
    """It would be another plan."""
    write(repo, FILES)
    cli(*PLAN)
    ended = cli("apply", "p.json", *words)
    assert ended.code == 1
    assert f"error: {option}: say so to langsync plan" in ended.err
    assert langfuse.writes == []


def test_guards_hold_for_a_saved_plan(
    cli: Cli, repo: Path, langfuse: RecordingServer, raw: httpx.Client
) -> None:
    """What was made by hand is overwritten only if that is said."""
    write(repo, FILES)
    cli("apply", "--env", "staging", "--yes")
    body = {"name": "a", "prompt": "By hand", "type": "text", "labels": ["live"]}
    raw.post("/v2/prompts", json=body).raise_for_status()
    cli(*PLAN)
    assert cli("apply", "p.json").code == 3
    assert cli("apply", "p.json", "--overwrite-drift").code == 0


def test_targets_and_message_come_from_the_plan(
    cli: Cli, repo: Path, langfuse: RecordingServer, raw: httpx.Client
) -> None:
    """They need not be said again."""
    write(repo, FILES)
    cli(*PLAN, "--target", "prompt/a", "--message", "By me")
    assert cli("apply", "p.json").out == "1 applied.\n"
    assert raw.get("/v2/prompts/a?label=live").json()["commitMessage"].startswith("By me")


def test_a_file_that_was_changed_is_refused(
    cli: Cli, repo: Path, langfuse: RecordingServer
) -> None:
    """Changed, cut, printed instead of saved, not there; before anything is asked."""
    write(repo, FILES)
    cli(*PLAN)
    text = (repo / "p.json").read_text()
    shutil.copy(repo / "p.json", repo / "q.json")
    langfuse.received.clear()
    cases = {
        text.replace("Hello", "Hullo"): "was changed since it was saved",
        text[: len(text) // 2]: "no saved plan, or a part of one",
        text.replace('"format_version": 1', '"format_version": 0'): "another version of langsync",
    }
    for content, words in cases.items():
        (repo / "p.json").write_text(content)
        ended = cli("apply", "p.json")
        assert ended.code == 1
        assert words in ended.err
        assert ended.err.startswith("error: p.json: ")
    assert "No such file" in cli("apply", "r.json").err
    assert langfuse.received == []
    (repo / "r.json").write_text(cli("plan", "--env", "staging", "--format", "json").out)
    assert "was printed and not saved" in cli("apply", "r.json").err
    assert cli("apply", "q.json").code == 0


def test_a_saved_plan_holds_no_keys(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """It may be kept as an artifact."""
    write(repo, FILES)
    cli(*PLAN)
    text = (repo / "p.json").read_text()
    project = langfuse.projects[0]
    assert project.secret_key not in text
    assert project.public_key not in text
