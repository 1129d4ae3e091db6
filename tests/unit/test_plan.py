"""Changes to a plan and back: order, guards, the saved form."""

from __future__ import annotations

import itertools
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langsync.errors import PlanFileError
from langsync.model import (
    Action,
    Address,
    Change,
    FieldDifference,
    Impact,
    Json,
    Origin,
    Plan,
    Project,
    Provenance,
    Refusal,
    Request,
    Source,
)
from langsync.plan import moved, plan, read_plan, refused
from langsync.render import json
from tests.unit.strategies import JSON, TEXTS

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


REPLACE = Refusal("it deletes", "--allow-replace", A)
NEVER = Refusal("it is stale", "", B)


@pytest.mark.parametrize(
    ("refusals", "allowed", "reasons"),
    [
        ((), (), []),
        ((REPLACE,), (), ["prompt/a: it deletes with --allow-replace"]),
        ((REPLACE,), ("--allow-replace",), []),
        ((REPLACE,), ("--yes",), ["prompt/a: it deletes with --allow-replace"]),
        ((NEVER, REPLACE), ("--allow-replace",), ["prompt/b: it is stale"]),
        ((NEVER,), ("",), ["prompt/b: it is stale"]),
    ],
)
def test_a_refusal_holds_unless_its_option_is_given(
    refusals: tuple[Refusal, ...], allowed: tuple[str, ...], reasons: list[str]
) -> None:
    """All reasons at once; some have no option."""
    assert refused(Plan(PROJECT, refusals=refusals), allowed) == reasons


@pytest.mark.parametrize(
    ("basis", "now", "stale"),
    [
        ("", {}, False),
        ("x", {A: "x"}, False),
        ("x", {A: "y"}, True),
        ("x", {}, True),
        ("", {A: "x"}, True),
        ("", {B: "x"}, False),
    ],
)
def test_what_has_moved_since_a_plan_was_made(
    basis: str,
    now: dict[Address, str],
    stale: bool,  # noqa: FBT001 - a column
) -> None:
    """Changed, gone, or there now."""
    made = Plan(PROJECT, changes=(change(A, basis=basis),))
    words = ["prompt/a was changed in Langfuse since the plan was made"]
    assert moved(made, now) == (words if stale else [])


ADDRESSES = st.builds(
    Address, st.sampled_from(["prompt", "dataset", "dataset_item"]), TEXTS.filter(bool)
)
OBJECTS = st.dictionaries(TEXTS, JSON, max_size=3)
REQUESTS = st.builds(
    Request, st.sampled_from(["POST", "PATCH", "DELETE"]), TEXTS, JSON, repeatable=st.booleans()
)
SOURCES = st.builds(
    Source,
    TEXTS,
    st.integers(0, 9),
    st.integers(0, 9),
    st.lists(st.one_of(TEXTS, st.integers(0, 9)), max_size=3).map(tuple),
)


def _several(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=2).map(tuple)


CHANGES = st.builds(
    Change,
    ADDRESSES,
    st.sampled_from(Action),
    st.none() | OBJECTS,
    st.none() | OBJECTS,
    _several(st.builds(FieldDifference, TEXTS, JSON, JSON)),
    _several(TEXTS),
    _several(TEXTS),
    st.sampled_from(Origin),
    _several(st.builds(Provenance, TEXTS, st.sampled_from(Origin), by=TEXTS, commit=TEXTS)),
    _several(REQUESTS),
    _several(REQUESTS),
    basis=TEXTS,
    source=st.none() | SOURCES,
)
PLANS = st.builds(
    Plan,
    st.builds(Project, TEXTS, TEXTS, TEXTS),
    TEXTS,
    _several(CHANGES),
    st.dictionaries(TEXTS, _several(TEXTS), max_size=2),
    st.dictionaries(TEXTS, st.integers(0, 9), max_size=2),
    st.dictionaries(TEXTS, _several(TEXTS), max_size=2),
    _several(st.builds(Impact, ADDRESSES, _several(TEXTS), _several(ADDRESSES), JSON, JSON)),
    st.integers(0, 9),
    _several(TEXTS),
    _several(st.builds(Refusal, TEXTS, TEXTS, st.none() | ADDRESSES)),
)


@settings(max_examples=50)
@given(PLANS)
def test_a_saved_plan_is_the_plan(made: Plan) -> None:
    """Nothing is lost on the way to a file and back."""
    assert read_plan(json.plan(made).encode()) == made


def test_a_saved_plan_needs_what_it_needs() -> None:
    """Addresses of the same plan."""
    made = plan(PROJECT, "", [change(A, B), change(B)])
    assert read_plan(json.plan(made).encode()) == made


GOOD = Plan(PROJECT, changes=(Change(A, Action.CREATE, None, {"a": 1}, requests=()),))


def damaged(**fields: Json) -> bytes:
    """A saved plan in which something is not as it should be."""
    data = orjson.loads(json.plan(GOOD))
    for name, value in fields.items():
        if name in data:
            data[name] = value
        else:
            data["changes"][0][name] = value
    return orjson.dumps(data)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "this is no saved plan: "),
        (b"{", "this is no saved plan: "),
        (b"\xff", "this is no saved plan: "),
        (b"[" * 100_000, "this is no saved plan: "),
        (b"[]", "this is no saved plan: it has no format_version"),
        (b"5", "this is no saved plan: it has no format_version"),
        (b"{}", "this is no saved plan: it has no format_version"),
        (damaged(format_version=2), "this plan was saved by another version of langsync"),
        (damaged(format_version="1"), "this plan was saved by another version of langsync"),
        (damaged(project=None), "this saved plan is damaged: "),
        (damaged(changes={}), "this saved plan is damaged: "),
        (damaged(action="explode"), "this saved plan is damaged: "),
        (damaged(address="prompt"), "this saved plan is damaged: "),
        (damaged(requests=[{"method": "GET", "path": "/x"}]), "this saved plan is damaged: "),
        (damaged(requests=[{"path": "/x"}]), "this saved plan is damaged: "),
    ],
)
def test_what_is_no_plan_is_refused(text: bytes, words: str) -> None:
    """With the reason; nothing of it is used."""
    with pytest.raises(PlanFileError) as caught:
        read_plan(text)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize(
    "text",
    [damaged(address=5), damaged(address="nothing/a"), damaged(needs=["prompt/b"])],
)
def test_a_plan_that_could_not_be_applied_is_refused(text: bytes) -> None:
    """An address that is none, a kind that is none, a need that is not in the plan."""
    with pytest.raises(PlanFileError):
        read_plan(text)
