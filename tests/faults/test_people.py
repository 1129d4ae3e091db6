"""Somebody else writes while an apply runs: another apply, or a person."""

from __future__ import annotations

import random

import pytest

from tests.faults import editing, pairs
from tests.faults.editing import EDITS, NOT_YET, Meeting
from tests.faults.pairs import Pair
from tests.faults.scene import World

pytestmark = pytest.mark.timeout(900)  # a seed starts four processes


@pytest.mark.parametrize("seed", range(6))
def test_two_applies_end_as_if_one_came_after_the_other(scene: World, seed: int) -> None:
    """Of one commit or of two: nothing is there twice, and the newer commit can be applied."""
    verdict = pairs.attempt(scene, Pair.of(seed))
    assert not verdict.problems, str(verdict)


@pytest.mark.parametrize("seed", range(24))
def test_an_edit_during_an_apply_is_not_overwritten_in_silence(scene: World, seed: int) -> None:
    """It stays, or the apply says that it is gone."""
    verdict = editing.attempt(scene, random.Random(seed).choice([*editing.meetings(scene)]))
    assert not verdict.problems, str(verdict)


def test_an_edit_after_an_apply_stays(scene: World) -> None:
    """The rule that the others are held by sees an edit."""
    last = 1000
    verdict = editing.attempt(scene, Meeting("second", "item", last))
    assert not verdict.problems
    edit = EDITS["item"]
    assert not edit.is_kept(verdict.run.after.at(edit.address))  # it never came to be
    scene.act(*edit.people)
    assert edit.is_kept(scene.state().at(edit.address))
    assert EDITS.keys() >= NOT_YET
