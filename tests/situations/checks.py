"""Holds a situation to what is expected of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from langfuse import Langfuse

from langsync import kinds
from langsync.config import choose_environment, read_config
from langsync.formats.values import equal
from langsync.kinds.prompt.spec import PromptSpec
from langsync.load import load
from tests.conftest import Received
from tests.situations.scene import Json, Scene
from tests.situations.situation import Expected, Situation

_TOUCHED = re.compile(r"\(([0-9a-f]{12})\)")
_STAMP = re.compile(r"\[langsync ([0-9a-f]{12})")


def hold(situation: Situation, scene: Scene, sdk: Langfuse) -> None:
    """Go through a situation: drift, plan, apply, then plan again."""
    scene.options = situation.options
    for step in situation.steps:
        step(scene)
    scene.langfuse.received.clear()
    drifted = scene.run("drift")
    plan = planned(scene, situation)
    assert changes_of(plan, scene) == list(situation.plan)
    assert drifted.code == situation.drift, drifted.out
    warnings = "\n".join(plan["warnings"])
    assert situation.warns in warnings
    assert not scene.langfuse.writes
    _apply(situation, scene, plan)
    assert_empty(scene, *situation.planning)
    deployed(scene, sdk, situation)


def planned(scene: Scene, situation: Situation) -> dict[str, Any]:
    """The plan, which is the same whether the cache answers or not."""
    ended = scene.run("plan", "--format", "json", *situation.planning)
    assert ended.code == 0, ended.err
    without = scene.run("plan", "--format", "json", "--no-cache", *situation.planning)
    plan: dict[str, Any] = json.loads(ended.out)
    assert _without_basis(plan) == _without_basis(json.loads(without.out))
    return plan


def _without_basis(plan: dict[str, Any]) -> dict[str, Any]:
    """A plan but for what `test_cache.py` is about."""
    changes = [{**change, "basis": ""} for change in plan["changes"]]
    return {
        **plan,
        "changes": [
            {**one, "before": None} if one["action"] == "delete" else one for one in changes
        ],
    }


def assert_empty(scene: Scene, *options: str) -> None:
    """Hold that nothing is left to do."""
    ended = scene.run("plan", "--format", "json", *options)
    plan = json.loads(ended.out)
    assert (plan["changes"], plan["refusals"]) == ([], [])


def changes_of(plan: dict[str, Any], scene: Scene) -> list[Expected]:
    """The changes of a plan, commits called by their names."""
    return [
        Expected(
            change["action"],
            change["origin"],
            tuple(
                _named(Received(one["method"], one["path"], one["body"]), scene)
                for one in (*change["requests"], *change["closing"])
            ),
            change["address"],
        )
        for change in plan["changes"]
    ]


def _named(request: Received, scene: Scene) -> Received:
    """A request, the hash in its commit message replaced by ``HEAD`` or the commit's subject."""
    if not isinstance(request.body, dict) or "commitMessage" not in request.body:
        return request
    message = request.body["commitMessage"]
    found = _STAMP.search(message)
    if found is not None:
        head = scene.repo.git("rev-parse", "HEAD")[:12]
        name = "HEAD" if found[1] == head else scene.subjects[found[1]]
        message = message.replace(found[1], name)
    for hash in _TOUCHED.findall(message):  # noqa: A001 - what it is
        message = message.replace(hash, scene.subjects[hash])
    return Received(request.method, request.path, {**request.body, "commitMessage": message})


def _apply(situation: Situation, scene: Scene, plan: dict[str, Any]) -> None:
    """Apply refuses without each of the options, and sends with all of them what was planned."""
    words = ("apply", "--yes", *situation.planning)
    for missing in situation.needs:
        given = [option for option in situation.needs if option != missing]
        refused = scene.run(*words, *given)
        assert refused.code == 3, refused.err
        assert missing in refused.err
        assert not scene.langfuse.writes
    done = scene.run(*words, *situation.needs)
    assert done.code == 0, done.err
    lists = ((*one["requests"], *one["closing"]) for one in plan["changes"])
    expected = [[one["method"], one["path"], one["body"]] for each in lists for one in each]
    sent = [[one.method, one.path, one.body] for one in scene.langfuse.writes]
    assert _sorted(sent) == _sorted(expected)
    scene.langfuse.received.clear()


def _sorted(requests: Iterable[list[Any]]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in requests)


def deployed(scene: Scene, sdk: Langfuse, situation: Situation) -> None:
    """An application that asks for a declared label gets the declared content."""
    words = dict(zip(situation.options[::2], situation.options[1::2], strict=True))
    config = read_config(Path("langsync.yaml"), kinds.folders())
    environment = choose_environment(config, words.get("--env"), {})
    target = words.get("--target")
    declared = load(config, environment).state.select([target] if target else [])
    for prompt in declared.of_kind("prompt"):
        content: PromptSpec = prompt.content
        for variant in content.variants:
            for label in variant.placements:
                got = sdk.get_prompt(
                    prompt.address.name,
                    label=label or "latest",
                    type=content.type,
                    cache_ttl_seconds=0,
                    max_retries=0,
                )
                assert equal(_plain(got.prompt), variant.prompt)
                assert equal(got.config, variant.config)
        if content.tags is not None:
            assert set(got.tags) == set(content.tags)


def _plain(prompt: Json) -> Json:
    """What the SDK returns, in the form of the files."""
    if isinstance(prompt, str):
        return prompt
    return [{key: one[key] for key in ("role", "content")} for one in prompt]
