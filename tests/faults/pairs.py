"""Two applies at once."""

from __future__ import annotations

import random
import shutil
import time
from dataclasses import dataclass

from tests.faults import invariants
from tests.faults.proxy import Exchange
from tests.faults.scene import COMMANDS, STORIES, World
from tests.faults.state import ServerState
from tests.faults.stories import SECOND
from tests.faults.trial import Scene, Verdict
from tests.unit.git import Repository

NEWER = {name: text for name, text in SECOND.items() if text is not None}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two applies that begin at the same moment.

    Args:
        seed: Chooses how their requests mix.
        story: The name of the story.
        newer: Whether the second one has a newer commit; both have the same otherwise.
    """

    seed: int
    story: str
    newer: bool

    @classmethod
    def of(cls, seed: int) -> Pair:
        """The pair of a seed: of the same commit, of different ones, in turn."""
        return cls(seed, "first" if seed % 3 else "second", newer=seed % 3 == 1)

    def __str__(self) -> str:
        commits = "different commits" if self.newer else "the same commit"
        return f"pair {self.seed}: two applies of {commits} in the story {self.story!r}"


def attempt(world: World, pair: Pair) -> Verdict:
    """Let two applies run at once, apply the newer again, and judge.

    Args:
        world: The server and the proxy.
        pair: Which.
    """
    allowed = _expected(world, pair)
    scene = Scene(world, STORIES[pair.story], "apply")
    other = scene.place.folder / "other"
    shutil.copytree(scene.place.repo, other)
    if pair.newer:
        Repository(other, 1).commit(NEWER)
    rng = random.Random(pair.seed)

    def mix(_: Exchange) -> None:
        time.sleep(rng.random() / 50)

    world.proxy.reset(before=mix)
    both = [
        scene.place.start((*COMMANDS["apply"], "--concurrency", "4"), repo=repo)
        for repo in (scene.place.repo, other)
    ]
    first, second = (one.wait() for one in both)
    run = scene.run(first)
    problems = [*invariants.ends(run), *invariants.says_no_traceback(run)]
    problems += [*invariants.loses_no_label(run), *invariants.spares_others(run)]
    problems += [
        f"one of them ended with {ended.code}: {ended.err[-600:]}"
        for ended in (first, second)
        if ended.code not in ((0, 3) if pair.newer else (0,))
    ]
    again = scene.place.start(COMMANDS["apply"], repo=other).wait()
    if again.code:
        problems.append(f"applying again ended with {again.code}: {again.err[-600:]}")
    state = world.state()
    if all(state.differences(one) for one in allowed):
        problems += [f"in the end, {text}" for text in state.differences(allowed[0])]
    scene.leave()
    return Verdict(str(pair), run, problems)


def _expected(world: World, pair: Pair) -> list[ServerState]:
    """What the server may hold in the end: what one after the other leaves, in either order."""
    story = STORIES[pair.story]
    both = [world.reference(story, "apply").after]
    if pair.newer:
        both.clear()
        for applies in (2, 1):
            place = world.begin(story)
            for number in range(2):
                if number:
                    Repository(place.repo, 1).commit(NEWER)
                if number or applies == 2:
                    assert place.run(COMMANDS["apply"]).code == 0
            both.append(world.state())
            shutil.rmtree(place.folder)
    return both
