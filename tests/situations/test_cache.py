"""What a plan says does not depend on what the cache knows."""

from __future__ import annotations

import json
from typing import Any

from tests.situations.labels import BOTH, ONCE
from tests.situations.scene import Scene, apply, commit, ui_create, warm


def changes(scene: Scene, *options: str) -> list[dict[str, Any]]:
    """The changes of a plan."""
    ended = scene.run("plan", "--format", "json", *options)
    found: list[dict[str, Any]] = json.loads(ended.out)["changes"]
    return found


def test_a_plan_is_based_on_the_same_with_and_without_cache(scene: Scene) -> None:
    """A saved plan is not stale because one run read more than the other."""
    prompt = {"prompt": "A", **BOTH}
    for step in (commit("one", p=prompt), apply(), ui_create("U", "staging"), warm):
        step(scene)
    [cached], [read] = changes(scene), changes(scene, "--no-cache")
    assert cached["basis"] == read["basis"]


def test_what_is_deleted_is_shown_without_markers(scene: Scene) -> None:
    """It is shown with its labels, the same with and without cache; markers are hidden."""
    rename = {"prompt": "A", "renamed_from": "p"}
    for step in (*ONCE, warm, commit("two", p=None, r=rename), apply(), warm):
        step(scene)
    for options in ((), ("--no-cache",)):
        [change] = changes(scene, "--allow-delete", *options)
        assert change["before"]["labels"] == {"production": 1}
