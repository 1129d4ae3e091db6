"""Documents that fit where they go."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from langsync.github.threads import COMMENT_CHARACTERS
from langsync.github.workflow import SUMMARY_BYTES
from langsync.model import Action, Change, Drift, Impact, LabelMove, Outcome, Plan, Report, Result
from langsync.render import markdown
from langsync.render.fit import Budget
from langsync.render.links import Links
from tests.unit.render.plans import PROJECT, change

COMMENT = Budget(COMMENT_CHARACTERS)
SUMMARY = Budget(SUMMARY_BYTES, in_bytes=True)

TEXT = "\n".join(f"line {number} says ⚠️ `more` than it has to" for number in range(60))


def prompt(number: int, text: str = TEXT) -> Change:
    moves = (LabelMove("production", None, 2, creates_version=True),)
    return change(f"prompt/p{number}", {"prompt": "x"}, {"prompt": text}, moves=moves)


def item(number: int) -> Change:
    return change(f"dataset_item/d/{number}", None, {"input": number}, action=Action.CREATE)


def plan_of(prompts: int, items: int = 0) -> Plan:
    changes = (*map(prompt, range(prompts)), *map(item, range(items)))
    impacts = (Impact(changes[0].address, ("production",), (), "a", "b", ("odd",)),)
    return Plan(PROJECT, "staging", changes, impacts=impacts, warnings=("w" * 900,) * 3)


PLAN = plan_of(40, 2000)
WHOLE = markdown.plan(PLAN)
HEADLINE = "**2000 to create, 40 to update, 0 unchanged: 2040 requests.**"


def test_what_fits_is_whole() -> None:
    """And says nothing of size."""
    assert markdown.plan(PLAN, budget=Budget(len(WHOLE))) == WHOLE
    assert "To fit here" not in WHOLE


@given(st.integers(1000, len(WHOLE) + 10), st.booleans())
def test_a_plan_fits_any_budget(size: int, in_bytes: bool) -> None:  # noqa: FBT001 - drawn
    """In characters or in bytes; the counts of the headline stay true, and it stays Markdown."""
    budget = Budget(size, in_bytes=in_bytes)
    found = markdown.plan(PLAN, budget=budget)
    assert len(found.encode() if in_bytes else found) <= size
    assert HEADLINE in found
    tokens = MarkdownIt("gfm-like", {"html": True}).parse(found)
    opened = [one.content for one in tokens if one.type == "html_block"]
    assert opened.count("</details>\n") == len(opened) / 2
    assert len([one for one in tokens if one.type == "fence"]) == len(opened) / 2


@pytest.mark.parametrize("size", [0, 1, 10, 100, 400])
def test_the_smallest_budget_is_held(size: int) -> None:
    """Even where not all of the headline fits."""
    assert len(markdown.plan(PLAN, budget=Budget(size))) <= size


@pytest.mark.parametrize("size", [2000, 5000, 20_000, 65_536])
def test_what_is_left_out_is_counted(size: int) -> None:
    """What stands and what does not are all there is."""
    found = markdown.plan(PLAN, budget=Budget(size))
    note = found.split("> To fit here, ")[1].split("\n")[0]
    counts = {what: int(number) for number, what in re.findall(r"(\d+) ([a-z ]+?)s?[,;.]", note)}
    rows = len(re.findall(r"^\| [`[]", found, re.MULTILINE))
    assert rows + counts.get("table row", 0) == 41
    assert found.count("<details>") + counts.get("diff", 0) == 41


def test_the_least_important_goes_first() -> None:
    """Long differences become short ones before any is left out, those of items before prompts."""
    cut = markdown.plan(PLAN, budget=Budget(40_000))
    assert cut.count("<details>") == 41
    assert "more lines" in cut
    small = markdown.plan(PLAN, budget=Budget(9_000))
    assert small.count("<code>prompt/") > 3
    assert "2000 dataset items</code>" not in small
    assert len(re.findall(r"^\| [`[]", small, re.MULTILINE)) == 41
    tiny = markdown.plan(PLAN, budget=Budget(1800))
    assert "<details>" not in tiny
    assert "> - prompt/p0: odd" in tiny


def test_it_says_where_the_whole_is() -> None:
    """In the run, if that is known."""
    links = Links(run="https://forge.example/o/r/actions/runs/7")
    found = markdown.plan(PLAN, links=links, budget=COMMENT)
    assert "All of it is in [the run](<https://forge.example/o/r/actions/runs/7>)." in found
    assert "All of it is in what langsync prints as text." in markdown.plan(PLAN, budget=COMMENT)


def test_a_report_and_drift_fit_as_well() -> None:
    """With thousands of failures, or of drifted prompts."""
    results = tuple(
        Result(one.address, one.action, Outcome.FAILED if n % 2 else Outcome.APPLIED, "ä" * 600)
        for n, one in enumerate(PLAN.changes)
    )
    report = markdown.report(Report(PROJECT, "", results), budget=Budget(9000, in_bytes=True))
    assert "**Applied in part: 1020 applied, 1020 failed.**" in report
    assert len(report.encode()) <= 9000
    drift = markdown.drift(Drift(PROJECT, "", PLAN.changes[:40]), budget=Budget(9000))
    assert "**40 resources were changed" in drift
    assert 8000 < len(drift) <= 9000


def test_the_limits_are_those_of_github() -> None:
    """A comment's are characters, a summary's are bytes."""
    big = plan_of(600)
    assert 60_000 < len(markdown.plan(big, budget=COMMENT)) <= 65_536
    assert 1_000_000 < len(markdown.plan(big, budget=SUMMARY).encode()) <= 1024 * 1024
