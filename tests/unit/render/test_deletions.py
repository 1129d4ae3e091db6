"""What would be deleted is never folded: each address stands in every output."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from langsync.github.threads import COMMENT_CHARACTERS
from langsync.model import Action, Address, Change, Plan
from langsync.render import html, markdown, text
from langsync.render import json as json_form
from langsync.render.fit import Budget
from tests.unit.render.conftest import Open
from tests.unit.render.plans import PROJECT, change, shown

NEEDS = (Address("dataset", "big"),)
ITEMS = [
    replace(
        change(f"dataset_item/big/i{number:03}", {"input": "x"}, action=Action.DELETE), needs=NEEDS
    )
    for number in range(300)
]
PROMPTS = [
    change(f"prompt/p{number:03}", {"type": "text", "labels": {}}, action=Action.DELETE)
    for number in range(300)
]
REPLACED = [
    change(f"prompt/r{number:03}", {"prompt": "x"}, {"prompt": "y"}, action=Action.REPLACE)
    for number in range(20)
]
UPDATED = [
    change(f"prompt/u{number:03}", {"prompt": "x\n" * 99}, {"prompt": "y"}) for number in range(300)
]
PLAN = Plan(PROJECT, changes=(*UPDATED, *REPLACED, *PROMPTS, *ITEMS), warnings=("w" * 500,) * 50)
GONE: list[Change] = [*REPLACED, *PROMPTS, *ITEMS]


def test_as_text() -> None:
    """A few of them whole, the others on a line each; what is only changed is folded."""
    lines = shown(text.plan(PLAN)).splitlines()
    for one in GONE:
        sign = "±" if one.action is Action.REPLACE else "-"
        assert f"{sign} {one.address}  {one.action}" in lines
    assert "  … and 294 more prompts to update (--full shows all)" in lines


@pytest.mark.parametrize("budget", [Budget(), Budget(COMMENT_CHARACTERS)])
def test_as_markdown(budget: Budget) -> None:
    """Each has its row, before anything else gets the room of a comment."""
    found = markdown.plan(PLAN, budget=budget)
    assert budget.holds(found)
    for one in GONE:
        assert f"| `{one.address}` | {one.action} |" in found or f"[`{one.address}`]" in found


def test_what_no_comment_can_hold_is_counted() -> None:
    """It is said how many are missing, and where they are."""
    found = markdown.plan(PLAN, budget=Budget(9000))
    assert "deletions" in found.split("To fit here, left out: ", 1)[1].split("\n")[0]


def test_as_json() -> None:
    """All changes are there."""
    addresses = {one["address"] for one in json.loads(json_form.plan(PLAN))["changes"]}
    assert addresses >= {str(one.address) for one in GONE}


def test_as_a_page(show: Open) -> None:
    """They are in view as it opens: no details to open, no button for more."""
    page = show(html.plan(PLAN))
    names = set(page.locator("#changes > details > summary .name").all_text_contents())
    assert names >= {str(one.address) for one in (*REPLACED, *PROMPTS)}
    rows = page.locator("#changes > details[open] table.items tbody tr th button")
    assert rows.all_text_contents() == [one.address.name.rpartition("/")[2] for one in ITEMS]
