"""How many requests a plan and an apply take."""

from __future__ import annotations

import json
import math
from collections import Counter

import pytest

from tests.conftest import Received
from tests.situations.labels import LIVE
from tests.situations.scene import Scene, apply, commit, revert, ui_create, ui_move, warm

MANY = 250

Counts = dict[str, int]


def kinds_of(requests: list[Received]) -> Counts:
    """How many requests of each kind: the project, a page of the list, a GET of one prompt."""
    return dict(Counter(_kind(one) for one in requests))


def _kind(request: Received) -> str:
    if request.method != "GET":
        return request.method
    if request.path.startswith("/v2/prompts?"):
        return "list"
    return "get" if request.path.startswith("/v2/prompts/") else request.path.strip("/")


def requests_of(scene: Scene, *words: str) -> Counts:
    """What a command sends."""
    scene.langfuse.received.clear()
    assert scene.run(*words).code == 0
    return kinds_of(scene.langfuse.received)


@pytest.fixture
def many(scene: Scene) -> Scene:
    """Prompts enough for three pages, all deployed by hand."""
    commit("all", {f"prompts/{n}.yaml": json.dumps({"prompt": f"{n}"}) for n in range(MANY)})(scene)
    for number in range(MANY):
        ui_create(f"{number}", LIVE, name=f"{number}")(scene)
    return scene


def test_a_plan_of_many_prompts(many: Scene) -> None:
    """Cold: lists, and one GET for each label; warm: lists only; what changed: its GETs again."""
    pages = math.ceil(MANY / 100)
    assert requests_of(many, "plan") == {"projects": 1, "list": pages, "get": MANY}
    assert requests_of(many, "plan") == {"projects": 1, "list": pages}
    assert requests_of(many, "plan", "--no-cache") == {"projects": 1, "list": pages, "get": MANY}
    ui_move("elsewhere", 1, name="7")(many)
    assert requests_of(many, "plan") == {"projects": 1, "list": pages, "get": 1}
    assert requests_of(many, "drift") == {"projects": 1, "list": pages}
    narrowed = requests_of(many, "plan", "--target", "prompt/10")
    assert narrowed == {"projects": 1, "list": 1}


def test_a_rollback_writes_once(scene: Scene) -> None:
    """One PATCH puts the label and its marker back."""
    for step in (commit("one", p="A"), apply(), commit("two", p="B"), apply(), revert()):
        step(scene)
    found = requests_of(scene, "apply", "--yes")
    assert (found["PATCH"], found["projects"]) == (1, 1)
    assert found.keys() == {"PATCH", "projects", "list", "get"}


def test_nothing_to_do_writes_nothing(scene: Scene) -> None:
    """An apply after an apply reads the list, and no more with a warm cache."""
    for step in (commit("one", p="A"), apply(), warm):
        step(scene)
    assert requests_of(scene, "apply", "--yes") == {"projects": 1, "list": 1}
    assert requests_of(scene, "drift") == {"projects": 1, "list": 1}


def test_checks_for_what_moves_cost_few_requests(scene: Scene) -> None:
    """Whatever the number of changes: for prompts a list before the first write and one for each
    label after the last; for items the first page twice, and whether each write makes a row there.
    """
    files = {f"prompts/{n}.yaml": f"prompt: {n}\n" for n in range(5)}
    rows = ", ".join(f"{{id: i{n}, input: {{}}}}" for n in range(5))
    for value in ("1", "2"):
        texts = {name: f"{text.strip()} {value}\n" for name, text in files.items()}
        items = {"datasets/d.yaml": f"items: [{rows.replace('{}', value)}]\n"}
        commit(value, {**texts, **items})(scene)
        scene.langfuse.received.clear()
        assert scene.run("apply", "--yes", "--no-cache").code == 0
    reads = [one.path for one in scene.langfuse.received if one.method == "GET"]
    lists = [path for path in reads if path.startswith("/v2/prompts?")]
    assert ["fromUpdatedAt" in path for path in lists] == [False, True, True]
    assert ["label=production" in path for path in lists] == [False, False, True]
    pages = [path for path in reads if path.startswith("/dataset-items?")]
    assert ["version=2000-01-01" in path for path in pages] == [False, False, True, False]


def test_a_new_text_writes_once(scene: Scene) -> None:
    """One POST carries the text, the label and its marker."""
    for step in (commit("one", p="A"), apply(), commit("two", p="B")):
        step(scene)
    found = requests_of(scene, "apply", "--yes")
    assert {"POST": 1, "projects": 1}.items() <= found.items()
    assert found.keys() == {"POST", "projects", "list", "get"}


def test_a_plan_of_an_edit_with_a_warm_cache(scene: Scene) -> None:
    """What Langfuse holds did not change, so only the list is read again, and the marker once."""
    for step in (commit("one", p="A"), apply(), warm, commit("two", p="B")):
        step(scene)
    first = requests_of(scene, "plan")
    assert first in ({"projects": 1, "list": 1}, {"projects": 1, "list": 1, "get": 1})
    assert requests_of(scene, "plan") == {"projects": 1, "list": 1}
