"""Why a plan is refused: the many items of a dataset in one sentence, wherever it is told."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from langsync.kinds.folding import folded_refusals
from langsync.model import Address, Permission, Plan, Project, Refusal
from langsync.plan import refusal_reasons
from langsync.render import html, markdown, text
from langsync.render import json as as_json
from tests.unit.render.plans import shown

PROJECT = Project("p1", "my-app", "https://langfuse.example")
DRIFT = Permission.OVERWRITE_DRIFT
PROMPT = Refusal("it was changed", DRIFT, Address("prompt", "p"))


def items(dataset: str, count: int) -> tuple[Refusal, ...]:
    """Items of a dataset that somebody changed."""
    names = [f"{dataset}/i%2F{number}" for number in range(count)]
    return tuple(Refusal("was changed", DRIFT, Address("dataset_item", name)) for name in names)


MANY = Plan(PROJECT, "staging", refusals=(*items("my big", 800), PROMPT, *items("few", 5)))
WORDS = (
    "800 items of dataset/my big were changed in Langfuse (i/0, i/1, i/2, …): bring them into the "
    "files with 'langsync pull 'dataset/my big' --env staging', or overwrite them"
)


def test_many_items_of_a_dataset_are_one_refusal() -> None:
    """Few are told one by one, and so is all else, in the order in which it came."""
    assert folded_refusals(MANY) == [Refusal(WORDS, DRIFT), PROMPT, *items("few", 5)]


def test_items_that_are_refused_for_another_reason_stay_as_they_are() -> None:
    """What was changed in Langfuse is all that is alike for sure."""
    refusals = tuple(
        Refusal("no", None, Address("dataset_item", f"d/{number}")) for number in range(9)
    )
    assert folded_refusals(Plan(PROJECT, refusals=refusals)) == [*refusals]


def test_the_reasons_of_apply_name_the_option_that_lets_them_pass() -> None:
    """Which is gone once it is given."""
    assert refusal_reasons(MANY)[0] == f"{WORDS} with {DRIFT.option}"
    assert len(refusal_reasons(MANY)) == 7
    assert refusal_reasons(MANY, [DRIFT]) == []


@pytest.mark.parametrize("render", [lambda plan: shown(text.plan(plan)), markdown.plan, html.plan])
def test_what_people_read_has_one_line_for_them(render: Callable[[Plan], str]) -> None:
    """Text, Markdown and the page."""
    found = render(MANY)
    assert "800 items of dataset/my big were changed in Langfuse" in found
    assert "my big/i" not in found
    assert "None: " not in found


def test_full_text_and_json_have_each() -> None:
    """Nothing is folded there."""
    assert shown(text.plan(MANY, full=True)).count(f"Needs {DRIFT.option}: dataset_item/") == 805
    assert len(json.loads(as_json.plan(MANY))["refusals"]) == 806
