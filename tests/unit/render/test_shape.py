"""What every rendering shares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.formats.values import equal
from langsync.model import Action, Plan
from langsync.render.shape import (
    counted,
    escape_control,
    groups,
    headline,
    line_differences,
    value_text,
    value_texts,
    where,
)
from tests.unit.render.plans import EMPTY, PLAN, PROJECT, change
from tests.unit.strategies import JSON, TEXTS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 😀 \n\t{{x}}", "plain é 😀 \n\t{{x}}"),
        ("\x1b[2J\x1b]0;title\x07", "\\u001b[2J\\u001b]0;title\\u0007"),
        ("over\rwritten", "over\\u000dwritten"),
        ("back\b\b", "back\\u0008\\u0008"),
        ("\x00\x7f\x9b", "\\u0000\\u007f\\u009b"),
        ("a\u202egnp.exe", "a\\u202egnp.exe"),
        ("\u2066x\u2069\u200e\u200f\u061c", "\\u2066x\\u2069\\u200e\\u200f\\u061c"),
        ("\ufeffx\u2028y\u2029", "\\ufeffx\\u2028y\\u2029"),
    ],
)
def test_what_moves_a_cursor_or_turns_a_direction_is_spelt_out(text: str, shown: str) -> None:
    """Prompts are written by many; a plan must show what they are."""
    assert escape_control(text) == shown


@given(TEXTS)
def test_what_is_harmless_stays_so(text: str) -> None:
    """Doing it twice does nothing more; every line stays a line."""
    once = escape_control(text)
    assert escape_control(once) == once
    assert once.count("\n") == text.count("\n")
    assert not any(ord(letter) < 32 and letter not in "\n\t" for letter in once)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x\ny", "x\ny"),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ({"b": 1, "a": [None]}, '{"a":[null],"b":1}'),
        (["x" * 80], f'[\n  "{"x" * 80}"\n]'),
    ],
)
def test_a_value_is_a_text(value: object, text: str) -> None:
    """A text as it is, the rest as JSON, on several lines where it is long."""
    assert value_text(value) == text


@given(JSON, JSON)
def test_two_values_that_differ_can_be_told_apart(before: object, after: object) -> None:
    """Also ``1`` and ``"1"``."""
    old, new = value_texts(before, after)
    assert old != new or equal(before, after)


def test_a_text_beside_another_type_stands_in_quotes() -> None:
    """Only where they would look alike."""
    assert value_texts("1", 1) == ('"1"', "1")
    assert value_texts(None, "null") == ("null", '"null"')
    assert value_texts("a", 1) == ("a", "1")


def lines(before: str, after: str) -> list[str]:
    return [sign + line for sign, line in line_differences(before, after)]


def test_lines_that_differ_come_with_a_few_around_them() -> None:
    """Two before and after; a mark where some are left out."""
    old = "\n".join("abcdefghijklmno")
    new = old.replace("c", "C").replace("m", "M")
    assert lines(old, new) == [
        " a", " b", "-c", "+C", " d", " e", "@", " k", " l", "-m", "+M", " n", " o",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("a", "a", []),
        ("a", "b", ["-a", "+b"]),
        ("a", "a\n", [" a", "+"]),
        ("", "a", ["-", "+a"]),
        ("a\nb", "b", ["-a", " b"]),
    ],
)
def test_lines_are_taken_away_and_put_there(before: str, after: str, found: list[str]) -> None:
    """A final newline is a difference too."""
    assert lines(before, after) == found


@given(st.lists(st.sampled_from("ab")), st.lists(st.sampled_from("ab")))
def test_lines_that_differ_lead_from_one_text_to_the_other(old: list[str], new: list[str]) -> None:
    """The signs count what there is more or less of."""
    found = lines("\n".join(old), "\n".join(new))
    added = sum(one.startswith("+") for one in found)
    removed = sum(one.startswith("-") for one in found)
    assert added - removed == max(1, len(new)) - max(1, len(old))


def test_long_runs_are_cut() -> None:
    """Each run of one kind and action; one more than the limit is shown rather than counted."""
    runs = [
        ("prompt", Action.CREATE, 5),
        ("prompt", Action.UPDATE, 3),
        ("dataset", Action.UPDATE, 4),
    ]
    changes = tuple(
        change(f"{kind}/{action}{number}", action=action)
        for kind, action, count in runs
        for number in range(count)
    )
    found = [(len(shown), len(more)) for shown, more in groups(changes, 3)]
    assert found == [(3, 2), (3, 0), (4, 0)]
    assert [len(shown) for shown, _ in groups(changes, 0)] == [5, 3, 4]


def test_the_headline_counts() -> None:
    """Actions that there are, the rest, the requests."""
    assert headline(PLAN) == "1 to create, 1 to update, 1 to replace, 3 unchanged: 3 requests."
    assert headline(EMPTY) == "Nothing differs: 4 resources as declared."
    assert headline(Plan(PROJECT, changes=(change(),))).endswith(": 1 request.")


def test_where_names_project_host_and_environment() -> None:
    """The environment where it has a name."""
    assert where(PLAN) == "my-app at https://langfuse.example, environment staging"
    assert where(EMPTY) == "my-app at https://langfuse.example"


@pytest.mark.parametrize(
    ("number", "kind", "text"),
    [(1, "dataset_item", "1 dataset item"), (2, "prompt", "2 prompts"), (0, "x", "0 xs")],
)
def test_things_are_counted_in_words(number: int, kind: str, text: str) -> None:
    """One of them has no s."""
    assert counted(number, kind) == text
