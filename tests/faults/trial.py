"""One seed: a story, a command and faults chosen by it, tried and judged."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults import invariants
from tests.faults.invariants import Run
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

    trial: Trial
    run: Run
    problems: list[str]

    def __str__(self) -> str:
        lines = [f"{self.trial}", *(f"- {one}" for one in self.problems), "requests:"]
        lines += [f"  {one}" for one in self.run.exchanges[:200]]
        lines += ["stderr:", self.run.ended.err[-3000:], "stdout:", self.run.ended.out[-6000:]]
        return "\n".join(lines)


def attempt(world: World, trial: Trial) -> Verdict:
    """Try what a seed stands for.

    Args:
        world: The server and the proxy.
        trial: What to try.
    """
    reference = world.reference(trial.story, trial.command)
    place = world.begin(trial.story, cache=trial.cache)
    files = place.files()
    world.proxy.reset(trial.schedule)
    words = (*COMMANDS[trial.command], "--concurrency", str(trial.concurrency))
    ended = place.run(words, speed=SPEED)
    world.proxy.deliver_late()
    exchanges = world.proxy.exchanges
    world.proxy.reset()
    run = Run(
        trial.command,
        ended,
        exchanges,
        reference.before,
        world.state(),
        place.files(),
        files,
        reference,
        trial.schedule.is_transparent,
    )
    problems = invariants.broken(run)
    problems += finish(place, run)
    shutil.rmtree(place.folder)
    return Verdict(trial, run, problems)


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
    plan = place.run(COMMANDS["plan"])
    return invariants.converged(run, again, plan, place.world.state())
