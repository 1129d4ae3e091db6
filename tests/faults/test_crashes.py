"""An apply that is interrupted, terminated or killed at the boundary of any request."""

from __future__ import annotations

import random

import pytest

from tests.faults import crashes
from tests.faults.scene import World

pytestmark = pytest.mark.timeout(900)  # a seed starts four processes


@pytest.mark.parametrize("seed", range(36))
def test_after_a_crash_the_next_apply_finishes(scene: World, seed: int) -> None:
    """No label is lost, nothing is there twice, and an interrupted apply reports the truth."""
    crash = random.Random(seed).choice([*crashes.crashes(scene)])
    verdict = crashes.attempt(scene, crash)
    assert not verdict.problems, str(verdict)
