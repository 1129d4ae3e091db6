"""Plans and reports for a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given

from langsync.model import Action, Address, Change, Outcome, Permission, Plan, Report, Result
from langsync.render import text
from tests.unit.render.plans import EMPTY, PLAN, PROJECT, REPORT, change, shown
from tests.unit.strategies import STORABLE


def test_a_plan_says_all_there_is_to_say() -> None:
    """Each change with its reason and its differences, what is left alone, what is in the way."""
    assert shown(text.plan(PLAN)).splitlines() == [
        "Plan for my-app at https://langfuse.example, environment staging",
        "",
        "+ prompt/greeting  create",
        "    production → v1 (new)",
        "    prompt:",
        "      Hello",
        "      there",
        "",
        "~ prompt/support  update",
        "    production v1 → v2 (new)",
        "    prompt:",
        "        one",
        "      - two",
        "      + 2",
        "        three",
        "    config.temperature: 0.2 → 0.5",
        "",
        "± prompt/kind  replace",
        "    type text → chat: Langfuse cannot change a prompt's type",
        "    prompt: x → user: x",
        "    type: text → chat",
        "",
        "In Langfuse and in no file, left alone: 2 prompts: old, older",
        "In Langfuse and in no file, left alone: 1 dataset",
        "Warning: this server is old",
        "Needs --allow-replace: prompt/kind: it deletes all versions",
        "1 to create, 1 to update, 1 to replace, 3 unchanged: 3 requests.",
    ]


def test_what_is_allowed_is_not_in_the_way() -> None:
    """Nobody has to be told of it."""
    assert "Needs" not in shown(text.plan(PLAN, allowed=[Permission.ALLOW_REPLACE]))


def test_a_plan_that_is_empty_says_so() -> None:
    """In one line, after where it looked."""
    assert shown(text.plan(EMPTY)).splitlines() == [
        "Plan for my-app at https://langfuse.example",
        "",
        "Nothing differs: 4 resources as declared.",
    ]


def test_a_report_tells_failures_and_counts() -> None:
    """What was applied is only counted."""
    assert shown(text.report(REPORT)).splitlines() == [
        "failed dataset/d: too large | <b>",
        "skipped dataset_item/d/i: because of dataset/d",
        "Applied in part: 1 applied, 1 failed, 1 skipped.",
    ]
    assert shown(text.report(Report(PROJECT, "", ()))) == "Nothing to do.\n"


LONG = "\n".join(f"line {number}" for number in range(20))


@pytest.mark.parametrize(("full", "count", "more"), [(False, 6, 14), (True, 20, 0)])
def test_a_long_new_text_is_folded(full: bool, count: int, more: int) -> None:  # noqa: FBT001 - a column
    """Unless all of it is asked for."""
    made = Plan(PROJECT, changes=(change("prompt/a", None, {"prompt": LONG}),))
    found = shown(text.plan(made, full=full)).splitlines()
    assert sum("      line " in line for line in found) == count
    assert (f"      … and {more} more lines" in found) is bool(more)


def test_a_difference_of_many_lines_is_folded() -> None:
    """The first lines that go and come are shown, the others counted; --full shows all of them."""
    changed = change("prompt/a", {"prompt": "old\n" * 10_000}, {"prompt": "new\n" * 700})
    made = Plan(PROJECT, changes=(changed,))
    lines = shown(text.plan(made)).splitlines()
    assert [lines.count(f"      {sign}") for sign in ("- old", "+ new")] == [500, 500]
    assert "      - … and 9,500 more lines (--full shows all)" in lines
    assert "      + … and 200 more lines (--full shows all)" in lines
    assert shown(text.plan(made, full=True)).count("      - old\n") == 10_000


@pytest.mark.parametrize(("full", "count"), [(False, 6), (True, 20)])
def test_a_long_run_of_changes_is_folded(full: bool, count: int) -> None:  # noqa: FBT001 - a column
    """And counted; the headline counts all of them."""
    changes = tuple(
        change(f"dataset_item/d/{number}", None, {"input": 1}, action=Action.CREATE)
        for number in range(20)
    )
    found = shown(text.plan(Plan(PROJECT, changes=changes), full=full)).splitlines()
    assert sum(line.startswith("+ ") for line in found) == count
    words = "  … and 14 more dataset items to create (--full shows all)"
    assert (words in found) is not full
    assert found[-1].startswith("20 to create")


def test_messages_are_shown_by_role() -> None:
    """Further lines are set in; a placeholder stands in brackets."""
    prompt = [
        {"role": "system", "content": "one\ntwo"},
        {"type": "placeholder", "name": "history"},
        {"role": "user", "content": "{{q}}"},
    ]
    made = Plan(PROJECT, changes=(change("prompt/a", None, {"prompt": prompt}),))
    assert shown(text.plan(made)).splitlines()[3:8] == [
        "    prompt:",
        "      system: one",
        "        two",
        "      [history]",
        "      user: {{q}}",
    ]


def test_many_failures_of_one_cause_are_folded() -> None:
    """And counted, cause by cause."""
    causes = ["busy"] * 9 + ["full"]
    results = tuple(
        Result(Address("prompt", str(number)), Action.CREATE, Outcome.FAILED, cause)
        for number, cause in enumerate(causes)
    )
    found = shown(text.report(Report(PROJECT, "", results))).splitlines()
    assert found[:6] == [f"failed prompt/{number}: busy" for number in range(6)]
    assert found[6:] == ["failed prompt/9: full", "… and 3 more: busy", "10 failed."]


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ({"a": 1}, {"a": "1"}, '    a: 1 → "1"'),
        ({"a": None}, {"a": 5}, "    a: 5"),
        ({"a": 5}, {"a": None}, "    a: 5 → null"),
        ({"a": ""}, {"a": "x"}, "    a:  → x"),
        ({"labels": {"x": 1}, "a": 1}, {"labels": {"x": 2}, "a": 2}, "    a: 1 → 2"),
    ],
)
def test_a_short_difference_is_one_line(
    before: dict[str, object], after: dict[str, object], line: str
) -> None:
    """Labels are told by the reasons."""
    made = Plan(PROJECT, changes=(change("prompt/a", before, after),))
    assert shown(text.plan(made)).splitlines()[3:-2] == [line]


EVIL = "\x1b[2J\x1b]8;;http://evil\x07[bold red]x[/]\u202e\rz"


@pytest.mark.parametrize("made", [
    change(f"prompt/{EVIL}"),
    change("prompt/a", None, {"prompt": EVIL, "config": {EVIL: 1}}),
    change("prompt/a", None, {"prompt": [{"role": EVIL, "content": EVIL}]}),
    change("prompt/a", None, {"prompt": [{"type": "placeholder", "name": EVIL}]}),
    change("prompt/a", {"config": {EVIL: EVIL}}, {"config": {EVIL: f"{EVIL}\n{EVIL}"}}),
    change("prompt/a", {}, {}, EVIL),
])  # fmt: skip
def test_nothing_in_a_plan_reaches_the_terminal_as_it_is(made: Change) -> None:
    """No escape, no markup that means something: names, texts, keys, reasons."""
    found = shown(text.plan(Plan(PROJECT, changes=(made,), warnings=(EVIL,))))
    assert not any(character in found for character in "\x1b\x07\r\u202e")
    assert "[bold red]x[/]" in found


@given(STORABLE, STORABLE)
def test_any_text_can_be_shown(before: str, after: str) -> None:
    """On lines of its own, with nothing that moves the cursor."""
    made = Plan(PROJECT, changes=(change("prompt/a", {"prompt": before}, {"prompt": after}),))
    found = shown(text.plan(made, full=True))
    assert not any(ord(letter) < 32 and letter not in "\n\t" for letter in found)
