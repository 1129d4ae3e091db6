"""Changes to a plan and back: order, guards, the saved form."""

from __future__ import annotations

import itertools

import pytest

from langsync.model import (
    Action,
    Address,
    Change,
    Permission,
    Plan,
    Project,
    Refusal,
)
from langsync.plan import moved, plan, refused

PROJECT = Project("p1", "my-app", "https://langfuse.example")
A, B, C, D = (Address("prompt", name) for name in "abcd")


def change(address: Address, *needs: Address, basis: str = "") -> Change:
    """A change that needs others."""
    return Change(address, Action.UPDATE, None, {}, needs=needs, basis=basis)


@pytest.mark.parametrize("order", [*itertools.permutations(range(4))])
def test_what_a_change_needs_comes_before_it(order: tuple[int, ...]) -> None:
    """In whatever order they are found; else by address."""
    changes = [change(A, C), change(B), change(C, D), change(D)]
    made = plan(PROJECT, "", [changes[number] for number in order])
    assert [one.address for one in made.changes] == [B, D, C, A]


def test_needs_that_are_right_already_are_left_out() -> None:
    """Nothing has to wait for them."""
    made = plan(PROJECT, "", [change(A, B, C), change(C)])
    assert [(one.address, one.needs) for one in made.changes] == [(C, ()), (A, (C,))]


REPLACE = Refusal("it deletes", Permission.ALLOW_REPLACE, A)
NEVER = Refusal("it is stale", None, B)


@pytest.mark.parametrize(
    ("refusals", "allowed", "reasons"),
    [
        ((), (), []),
        ((REPLACE,), (), ["prompt/a: it deletes with --allow-replace"]),
        ((REPLACE,), (Permission.ALLOW_REPLACE,), []),
        ((REPLACE,), (Permission.ALLOW_DELETE,), ["prompt/a: it deletes with --allow-replace"]),
        ((NEVER, REPLACE), (Permission.ALLOW_REPLACE,), ["prompt/b: it is stale"]),
        ((NEVER,), tuple(Permission), ["prompt/b: it is stale"]),
    ],
)
def test_a_refusal_holds_unless_its_option_is_given(
    refusals: tuple[Refusal, ...], allowed: tuple[Permission, ...], reasons: list[str]
) -> None:
    """All reasons at once; some have no option."""
    assert refused(Plan(PROJECT, refusals=refusals), allowed) == reasons


@pytest.mark.parametrize(
    ("basis", "now", "verb"),
    [
        ("", {}, ""),
        ("x", {A: "x"}, ""),
        ("x", {A: "y"}, "changed"),
        ("x", {}, "deleted"),
        ("", {A: "x"}, "created"),
        ("", {B: "x"}, ""),
    ],
)
def test_what_has_moved_since_a_plan_was_made(
    basis: str, now: dict[Address, str], verb: str
) -> None:
    """Changed, gone, or there now."""
    movement = f"was {verb} in Langfuse since the plan was made"
    assert moved([change(A, basis=basis)], now) == ({A: movement} if verb else {})
