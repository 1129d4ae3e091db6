"""An apply that gets a signal at the boundary of a request."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults import invariants
from tests.faults.process import Running
from tests.faults.proxy import Exchange
from tests.faults.scene import STORIES, World
from tests.faults.trial import Scene, Verdict, finish

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
STORIES_OF_CRASHES = ("first", "second", "back")


@dataclass(frozen=True, slots=True)
class Crash:
    """An apply, and when it gets which signal.

    Args:
        story: The name of the story.
        number: The request at whose boundary that is, from 1.
        handled: Whether the server has handled the request by then.
        signal: The signal.
        concurrency: How many requests it sends at once.
    """

    story: str
    number: int
    handled: bool
    signal: signal.Signals
    concurrency: int = 1

    def __str__(self) -> str:
        moment = "after" if self.handled else "before"
        return (
            f"{self.signal.name} {moment} request {self.number} of an apply in the story "
            f"{self.story!r}, {self.concurrency} at once"
        )


def crashes(world: World) -> Iterator[Crash]:
    """Each boundary of each request of each story, with each signal."""
    for story in STORIES_OF_CRASHES:
        for number in range(1, world.reference(STORIES[story], "apply").requests + 1):
            for handled in (False, True):
                for which in SIGNALS:
                    yield Crash(story, number, handled, which, (1, 4)[number % 2])


def attempt(world: World, crash: Crash) -> Verdict:
    """Let an apply crash, apply again, and judge both.

    Args:
        world: The server and the proxy.
        crash: The crash.
    """
    scene = Scene(world, STORIES[crash.story], "apply")
    started: list[Running] = []

    def at_boundary(exchange: Exchange) -> None:
        if exchange.number == crash.number:
            started[0].signal(crash.signal)

    if crash.handled:
        world.proxy.reset(after=at_boundary)
    else:
        world.proxy.reset(before=at_boundary)
    started.append(scene.start("--concurrency", str(crash.concurrency)))
    run = scene.run(started[0].wait(), signal=crash.signal)
    problems = invariants.broken(run) + finish(scene.place, run)
    scene.leave()
    return Verdict(str(crash), run, problems)
