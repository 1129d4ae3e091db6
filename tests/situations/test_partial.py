"""Applies of which a part is left: for drift, or for what somebody changes meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from langsync.client import Client
from langsync.engine import planning, rechecking
from langsync.local import Fault
from langsync.model import Json, Plan, Request
from tests.situations.datasets import IN_ORDER, dataset
from tests.situations.scene import (
    Scene,
    Step,
    apply,
    commit,
    ui_create,
    ui_delete_item,
    ui_item,
    ui_move,
)

REFERS = "See @@@langfusePrompt:name=a|label=production@@@"

DRIFTED: list[Step] = [
    commit("one", a="A1", b=REFERS, c="C1"),
    apply(),
    ui_create("Theirs", "production", name="a"),
    commit("two", a="A2", b=f"{REFERS} again", c="C2"),
]


def go(scene: Scene, steps: list[Step]) -> Scene:
    for step in steps:
        step(scene)
    scene.langfuse.received.clear()
    return scene


def texts(scene: Scene) -> dict[str, str]:
    """What `production` of each prompt is."""
    names = [row["name"] for row in scene.call("GET", "/v2/prompts")["data"]]
    return {
        name: scene.call("GET", f"/v2/prompts/{name}", resolve="false")["prompt"] for name in names
    }


def report_of(scene: Scene, code: int, *options: str) -> dict[str, Any]:
    """Apply; gives the report as JSON."""
    ended = scene.run("apply", "--yes", "--format", "json", *options)
    assert ended.code == code, ended.err
    report: dict[str, Any] = json.loads(ended.out)
    return report


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {one["address"]: one["outcome"] for one in report["results"]}


def test_skip_drift_sends_the_rest(scene: Scene) -> None:
    """What drifted and what depends on it stay as they are; the report has both, exit code 3."""
    go(scene, DRIFTED)
    assert scene.run("apply", "--yes").code == 3
    assert not scene.langfuse.writes
    report = report_of(scene, 3, "--skip-drift")
    assert report["outcome"] == "partial"
    assert outcomes(report) == {"prompt/a": "skipped", "prompt/b": "skipped", "prompt/c": "applied"}
    details = {one["address"]: one["detail"] for one in report["results"]}
    assert details["prompt/b"] == "because of prompt/a"
    assert details["prompt/a"].endswith("changed in Langfuse and in Git: left out by --skip-drift")
    assert texts(scene) == {"a": "Theirs", "b": REFERS, "c": "C2"}


def test_skip_drift_with_nothing_but_drift_sends_nothing(scene: Scene) -> None:
    """Nothing is asked, and the exit code tells that something is left."""
    go(scene, [*DRIFTED, apply_rest])
    ended = scene.run("apply", "--skip-drift", "--format", "json")
    assert (ended.code, json.loads(ended.out)["outcome"]) == (3, "none")
    assert not scene.langfuse.writes


def apply_rest(scene: Scene) -> None:
    assert scene.run("apply", "--yes", "--skip-drift").code == 3


def test_skip_drift_is_said_in_text(scene: Scene) -> None:
    """The last line says that it is a part, and the question is asked with what is left out."""
    go(scene, DRIFTED)
    ended = scene.run("apply", "--yes", "--skip-drift")
    assert ended.out.endswith("Applied in part: 1 applied, 2 skipped.\n")
    assert "prompt/b is left out: because of prompt/a" in ended.err


def test_skip_drift_without_drift_is_an_apply(scene: Scene) -> None:
    """Exit code 0, as there is nothing to leave."""
    go(scene, [commit("one", a="A1")])
    assert report_of(scene, 0, "--skip-drift")["outcome"] == "complete"


def test_skip_drift_of_a_saved_plan(scene: Scene) -> None:
    """A saved plan holds drifted changes as such, so that the option leaves them out later."""
    go(scene, DRIFTED)
    assert scene.run("plan", "--out", "plan.json").code == 0
    assert scene.run("apply", "plan.json").code == 3
    assert scene.run("apply", "plan.json", "--skip-drift").code == 3
    assert texts(scene)["c"] == "C2"


def test_skip_drift_and_overwrite_drift_exclude_each_other(scene: Scene) -> None:
    """One says to leave it, the other to write over it."""
    go(scene, DRIFTED)
    ended = scene.run("apply", "--yes", "--skip-drift", "--overwrite-drift")
    assert ended.code == 1
    assert "give one of them" in ended.err
    assert not scene.langfuse.writes


def after_reading(scene: Scene, step: Step) -> None:
    """Let somebody do something once a plan was made."""

    async def compare_all(*arguments: Any, **options: Any) -> tuple[Plan, Any]:
        compared = await planning.compare_all(*arguments, **options)
        step(scene)
        scene.langfuse.received.clear()
        return compared

    scene.process.setattr("langsync.cli.sending.compare_all", compare_all)


@pytest.mark.parametrize(
    ("begin", "step", "address"),
    [
        (commit("two", p="B"), ui_create("Theirs", "production"), "prompt/p"),
        (commit("two", dataset(("a", 3))), ui_item("a", input=9), "dataset_item/d/a"),
        (commit("two", dataset(("a", 3))), ui_delete_item("a"), "dataset_item/d/a"),
    ],
)
def test_what_moved_before_the_first_write_is_refused(
    scene: Scene, begin: Step, step: Step, address: str
) -> None:
    """Also where nobody was asked: nothing is sent, exit code 3."""
    go(scene, [commit("one", dataset(("a", 1)), p="A"), apply(), begin])
    after_reading(scene, step)
    ended = scene.run("apply", "--yes")
    assert (ended.code, ended.out) == (3, "")
    assert f"refused: {address} was" in ended.err
    assert not scene.langfuse.writes


@pytest.fixture
def after_first_write(scene: Scene) -> Callable[[Step], None]:
    """Lets somebody do something after the first write; each step of the apply is checked."""

    def arrange(step: Step) -> None:
        real, done = Client.send, list[Json]()

        async def send(client: Client, request: Request) -> Json:
            done.append(await real(client, request))
            if len(done) == 1:
                step(scene)
            return done[-1]

        scene.process.setattr(Client, "send", send)
        scene.process.setattr(rechecking, "WRITES", 1)
        scene.process.setattr(rechecking, "SECONDS", -1.0)

    return arrange


def test_what_moved_after_the_first_write_is_left(
    scene: Scene, after_first_write: Callable[[Step], None]
) -> None:
    """Exit code 3, as a guard refused a part; the rest was applied."""
    go(scene, [commit("one", a="A1", b="B1", c="C1"), apply()])
    go(scene, [ui_create("Theirs", name="b"), commit("two", a="A2", b="B2", c="C2")])
    after_first_write(ui_move("production", 2, "b"))
    report = report_of(scene, 3, "--concurrency", "1")
    assert (report["outcome"], report["summary"]) == ("partial", {"applied": 2, "stale": 1})
    assert outcomes(report)["prompt/b"] == "stale"
    assert texts(scene) == {"a": "A2", "b": "Theirs", "c": "C2"}


def test_a_failure_counts_more_than_what_moved(
    scene: Scene, after_first_write: Callable[[Step], None]
) -> None:
    """Exit code 1, whatever else was left."""
    go(scene, [commit("one", a="A1", b="B1"), apply(), commit("two", a="A2", b="B2", c="C")])
    after_first_write(ui_create("Theirs", "production", name="b"))
    scene.langfuse.faults.add(Fault("POST", "/v2/prompts", skip=2, status=400))
    report = report_of(scene, 1, "--concurrency", "1")
    assert report["summary"] == {"applied": 1, "stale": 1, "failed": 1}


def test_a_check_that_fails_sends_nothing_more(
    scene: Scene, after_first_write: Callable[[Step], None]
) -> None:
    """What cannot be told to be as it was is not written."""
    go(scene, [commit("one", a="A1", b="B1"), apply(), commit("two", a="A2", b="B2")])
    fault = Fault("GET", "fromUpdatedAt", times=None, status=403)
    after_first_write(lambda scene: scene.langfuse.faults.add(fault))
    report = report_of(scene, 1, "--concurrency", "1")
    assert outcomes(report) == {"prompt/a": "applied", "prompt/b": "failed"}
    assert "the check for changes in Langfuse failed" in report["results"][1]["detail"]
    assert "the check for what others wrote in the meantime failed" in report["warnings"][0]
    assert len(scene.langfuse.writes) == 1


def test_a_deletion_that_shows_is_taken_up_by_pull(scene: Scene) -> None:
    """The refusal names the command that takes the item out of the files."""
    go(scene, [*IN_ORDER, ui_delete_item("a")])
    ended = scene.run("apply", "--yes")
    assert ended.code == 3
    assert "item was deleted in Langfuse: take it out of the files with" in ended.err
    assert "'langsync pull dataset/d --prune'" in ended.err
    assert scene.run("pull", "dataset/d", "--prune", "--yes").code == 0
    assert scene.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_an_apply_that_did_not_end_is_no_drift(scene: Scene, failing: int) -> None:
    """Whichever item was not written, the next apply creates it without a question."""
    items = dataset(("a", 1), ("b", 2), ("c", 3))
    go(scene, [commit("one", dataset(("z", 0))), apply(), commit("two", items)])
    fault = Fault("POST", "dataset-items", skip=failing, times=None, status=400)
    scene.langfuse.faults.add(fault)
    assert scene.run("apply", "--yes", "--concurrency", "1").code == 1
    scene.langfuse.faults.clear()
    plan = json.loads(scene.run("plan", "--format", "json").out)
    assert [one["origin"] for one in plan["changes"]] == ["git"] * (3 - failing)
    assert scene.run("apply", "--yes").code == 0
