"""Faults by the seed: what each class does, and some mixtures."""

from __future__ import annotations

import pytest

from tests.faults.scene import World
from tests.faults.schedule import CLASSES, NOT_YET, TRANSPARENT, enabled
from tests.faults.trial import Trial, attempt

pytestmark = pytest.mark.timeout(900)  # a seed starts four processes

SEEDS = 150
"""How many mixtures; ``python -m tests.faults`` runs any number."""


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_goes_wrong_what_is_written_is_right_and_what_is_said_is_true(
    scene: World, seed: int
) -> None:
    """The command ends, reports what happened, and the next one makes all of it true."""
    verdict = attempt(scene, Trial.of(seed))
    assert not verdict.problems, str(verdict)


@pytest.mark.parametrize("name", enabled())
def test_each_fault_alone(scene: World, name: str) -> None:
    """Every write of an apply meets it once."""
    verdict = attempt(scene, Trial.alone(name))
    assert not verdict.problems, str(verdict)
    hit = [one for one in verdict.run.exchanges if one.fault]
    assert hit or not CLASSES[name].writes


def test_a_fault_that_is_not_yet_enabled_is_one() -> None:
    """The list of exceptions names faults, and none of those that a client must not notice."""
    assert NOT_YET.keys() <= CLASSES.keys() - TRANSPARENT.keys()
