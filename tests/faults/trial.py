"""One seed: a story, a command and faults chosen by it, tried and judged."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults import invariants
from tests.faults.invariants import Run
from tests.faults.process import Ended, Running
from tests.faults.scene import COMMANDS, SPEED, STORIES, Place, World
from tests.faults.schedule import Schedule, enabled
from tests.faults.stories import Story


@dataclass(frozen=True, slots=True)
class Trial:
    """What a seed stands for.

    Args:
        seed: The seed.
        story: What was before.
        command: The name of the command.
        schedule: What goes wrong.
        concurrency: How many requests it sends at once.
        cache: Whether it has a cache of what was read before.
    """

    seed: int
    story: Story
    command: str
    schedule: Schedule
    concurrency: int
    cache: bool

    @classmethod
    def of(cls, seed: int, classes: Sequence[str] = (), command: str = "") -> Trial:
        """The trial of a seed.

        Args:
            seed: The seed.
            classes: The faults to choose from; nothing for those that are enabled.
            command: The only command to try; nothing for any.
        """
        rng = random.Random(f"trial {seed}")
        stories = [one for one in STORIES.values() if not command or command in one.commands]
        story = rng.choice([one for one in stories for _ in one.commands])
        chosen = command or rng.choice(story.commands)
        schedule = Schedule.of(seed, list(classes) or enabled())
        return cls(seed, story, chosen, schedule, rng.choice((1, 4, 16)), rng.random() < 0.3)

    @classmethod
    def alone(cls, name: str) -> Trial:
        """An apply of which each write meets one fault once.

        Args:
            name: The fault's class.
        """
        share = 0.1 if "stalled" in name else 1.0  # each takes a whole timeout
        schedule = Schedule(0, (name,), share, 1, "writes")
        return cls(0, STORIES["second"], "apply", schedule, 4, cache=False)

    def __str__(self) -> str:
        cache = ", with a cache" if self.cache else ""
        return (
            f"seed {self.seed}: {self.command} in the story {self.story.name!r}, "
            f"{self.concurrency} at once{cache}; {self.schedule}"
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a trial ended.

    Args:
        trial: The trial.
        run: The disturbed run.
        problems: How it broke the rules.
    """

    trial: str
    run: Run
    problems: list[str]

    def __str__(self) -> str:
        lines = [self.trial, *(f"- {one}" for one in self.problems), "requests:"]
        lines += [f"  {one}" for one in self.run.exchanges[:200]]
        lines += ["stderr:", self.run.ended.err[-3000:], "stdout:", self.run.ended.out[-6000:]]
        return "\n".join(lines)


class Scene:
    """A story at the point where a command is tried, and what the command does there.

    Args:
        world: The server and the proxy.
        story: The story.
        command: The name of the command.
        cache: Whether it has a cache of what was read before.
    """

    def __init__(self, world: World, story: Story, command: str, *, cache: bool = False) -> None:
        self.world = world
        self.command = command
        self.reference = world.reference(story, command)
        self.place = world.begin(story, cache=cache)
        self._files = self.place.files()

    def start(self, *words: str, speed: float = 1.0) -> Running:
        """Start the command, with further words."""
        return self.place.start((*COMMANDS[self.command], *words), speed=speed)

    def run(self, ended: Ended, *, transparent: bool = False, signal: int = 0) -> Run:
        """What the command did; from now on nothing goes wrong any more."""
        proxy = self.world.proxy
        proxy.settle()
        proxy.deliver_late()
        exchanges = proxy.exchanges
        proxy.reset()
        return Run(
            self.command,
            ended,
            exchanges,
            self.reference.before,
            self.world.state(),
            self.place.files(),
            self._files,
            self.reference,
            transparent,
            signal,
        )

    def leave(self) -> None:
        """Remove its folders."""
        shutil.rmtree(self.place.folder)


def attempt(world: World, trial: Trial) -> Verdict:
    """Try what a seed stands for.

    Args:
        world: The server and the proxy.
        trial: What to try.
    """
    scene = Scene(world, trial.story, trial.command, cache=trial.cache)
    world.proxy.reset(trial.schedule)
    words = ("--concurrency", str(trial.concurrency))
    ended = scene.start(*words, speed=SPEED).wait()
    run = scene.run(ended, transparent=trial.schedule.is_transparent)
    problems = invariants.broken(run) + finish(scene.place, run)
    scene.leave()
    return Verdict(str(trial), run, problems)


def finish(place: Place, run: Run) -> list[str]:
    """Run the command again, undisturbed, and give how that does not end as it should."""
    if run.command != "apply":
        if run.ended.code == 1:
            for name in {*run.files} - {*run.files_before}:
                (place.repo / name).unlink()
            again = place.run(COMMANDS[run.command])
            if (again.code, place.files()) != (run.reference.ended.code, run.reference.files):
                return [f"run again, it ended with {again.code}: {again.err.strip()[-600:]}"]
        return []
    again = place.run(COMMANDS["apply"])
    state = place.world.state()
    if again.code or state.differences(run.reference.after) or place.number % 3 == 0:
        return invariants.converged(run, again, place.run(COMMANDS["plan"]), state)
    return []  # the plan of this state is empty: it is looked at every third time
