"""Each value of each answer takes another form: the command tells it, or gives a true result.

Some of the cases run in any case, chosen by a seed; with LANGSYNC_ALL_SHAPES set, all of them.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.answers.conftest import Scene
from tests.answers.server import Case, cases

SOME = 4
"""Cases of each command that run in any case."""

KEPT = {
    "plan": ["plan"],
    "plan as JSON": ["plan", "--format", "json"],
    "drift": ["drift"],
    "list": ["list", "--remote"],
    "show": ["show", "chat"],
    "show a version": ["show", "chat", "--label", "production"],
    "diff": ["diff", "greeting", "1", "2"],
    "plan of prompts": ["plan", "--target", "prompt/*"],
    "export prompts": ["export", "prompts", "out.jsonl"],
    "export datasets": ["export", "datasets", "out.csv"],
    "api": ["api", "GET", "/v2/prompts", "--all"],
    "api operation": ["api", "datasetItems_list", "--datasetName", "qa", "--all"],
    "doctor": ["doctor"],
    "projects": ["projects"],
    "keys": ["keys", "list"],
    "delete a key": ["keys", "delete", "pk-lf-none", "--yes"],
}
"""Commands that change neither files nor the project."""

CHANGING = {"apply": ["apply", "--yes", "--overwrite-drift"], "pull": ["pull", "--all", "--yes"]}
"""Commands that do."""

OBSERVED = {
    "traces": ["traces", "list", "--limit", "5"],
    "observations": ["observations", "list", "--full", "--all"],
    "scores": ["scores", "list", "--all"],
    "sessions": ["sessions", "list", "--all"],
    "metrics": ["metrics"],
    "export traces": ["export", "traces", "out.jsonl"],
    "export observations": ["export", "observations", "out.csv"],
    "export scores": ["export", "scores", "out.jsonl"],
    "export sessions": ["export", "sessions", "out.jsonl"],
}
"""Commands that read what applications sent."""


def chosen(scene: Scene, words: list[str], seed: str) -> tuple[list[Case], int]:
    """The cases of a command, and how many requests it takes where nothing is changed."""
    scene.fill()
    ended = scene.run(*words)
    assert ended.code in (0, 2) or words[:2] == ["keys", "delete"], ended.err
    answers, count = dict(scene.server.changing.seen), scene.server.changing.count
    assert answers
    all_cases = [case for path, body in answers.items() for case in cases(path, body)]
    if "LANGSYNC_ALL_SHAPES" in os.environ:
        return all_cases, count
    return random.Random(seed).sample(all_cases, min(SOME, len(all_cases))), count


def hold(scene: Scene, words: list[str], seed: str, *, refill: bool) -> None:
    """Run a command on each case."""
    found, count = chosen(scene, words, seed)
    for case in found:
        scene.fill() if refill else scene.clean()
        scene.server.changing.begin(case.path, case.change)
        try:
            scene.run(*words)
        except BaseException as error:
            error.add_note(f"{' '.join(words)}: {case}")
            raise
        assert scene.server.changing.count <= 4 * count + 40, f"{words}: {case}"


@pytest.mark.parametrize("name", KEPT)
def test_what_only_reads(scene: Scene, name: str) -> None:
    """Plans, lists, versions, exports, calls, checks."""
    hold(scene, KEPT[name], name, refill=False)


@pytest.mark.parametrize("name", CHANGING)
def test_what_writes(scene: Scene, name: str) -> None:
    """To Langfuse, or into files."""
    hold(scene, CHANGING[name], name, refill=True)


@pytest.mark.parametrize("name", OBSERVED)
def test_what_applications_sent(scene: Scene, name: str) -> None:
    """On a server of v4."""
    hold(scene, OBSERVED[name], name, refill=False)


@pytest.mark.parametrize("name", OBSERVED)
def test_what_applications_sent_to_an_old_server(old_scene: Scene, name: str) -> None:
    """On a server of v3."""
    hold(old_scene, OBSERVED[name], name, refill=False)


def test_a_plan_of_a_wrong_answer_says_where_it_is_wrong(scene: Scene, repo: Path) -> None:
    """The path, the place and what was expected there."""
    scene.fill()
    scene.server.changing.begin("/v2/prompts", Case("", ("data", 1, "name"), None).change)
    ended = scene.run("plan")
    assert ended.code == 1
    assert "does not answer /v2/prompts as Langfuse does" in ended.err
    assert "data[1].name is null where a text was expected" in ended.err
    assert (repo / "prompts/chat.yaml").exists()
