"""The data that passes between the stages."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from langsync.model import (
    Action,
    Address,
    Change,
    Outcome,
    Plan,
    Project,
    Report,
    Request,
    Resource,
    Result,
    State,
    digest,
)
from tests.unit.strategies import JSON, TEXTS

PROJECT = Project("p1", "my-app", "https://langfuse.example")
DELETE = Request("DELETE", "/x")


def _resource(text: str, *needs: str) -> Resource:
    return Resource(Address.parse(text), {"x": text}, needs=tuple(map(Address.parse, needs)))


def test_an_address_is_kind_and_name() -> None:
    """Names can have slashes of their own."""
    address = Address.parse("prompt/support/greeting")
    assert (address.kind, address.name) == ("prompt", "support/greeting")
    assert str(address) == "prompt/support/greeting"


@pytest.mark.parametrize("text", ["prompt", "prompt/", "/greeting", "", "/"])
def test_half_an_address_is_none(text: str) -> None:
    """Both sides of the first slash hold something."""
    with pytest.raises(ValueError, match="write kind/name"):
        Address.parse(text)


def test_an_address_is_text_in_json() -> None:
    """It comes back as what it was."""
    adapter = TypeAdapter(list[Address])
    addresses = [Address("prompt", "a/b"), Address("dataset", "c")]
    assert adapter.dump_json(addresses) == b'["prompt/a/b","dataset/c"]'
    assert adapter.validate_json(b'["prompt/a/b","dataset/c"]') == addresses


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("prompt/support/greeting", True),
        ("prompt/support/*", True),
        ("prompt/*", True),
        ("*greeting", True),
        ("prompt/support/Greeting", False),
        ("prompt/support", False),
        ("dataset/*", False),
    ],
)
def test_a_glob_means_whole_addresses_case_and_all(pattern: str, matches: bool) -> None:  # noqa: FBT001 - a column
    """``*`` goes past slashes; case counts on every system."""
    assert Address("prompt", "support/greeting").matches(pattern) is matches


@pytest.mark.parametrize("name", ["a[b]", "a*", "a?b", "[!a]"])
def test_a_name_that_looks_like_a_glob_means_itself(name: str) -> None:
    """So that an address can be copied from a plan."""
    assert Address("prompt", name).matches(f"prompt/{name}")


@given(st.dictionaries(TEXTS, JSON), JSON)
def test_equal_values_have_equal_digests(value: dict[str, object], other: object) -> None:
    """The order of keys does not count; everything else does."""
    again = dict(reversed(value.items()))
    assert digest(value) == digest(again) == digest(json.loads(json.dumps(value)))
    assert digest(value) != digest({**value, "more": [other]})


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False), ("1", 1), (None, ""), ([], {})])
def test_values_that_json_tells_apart_have_digests_of_their_own(one: object, other: object) -> None:
    """Also those that are equal to Python."""
    assert digest({"a": one}) != digest({"a": other})


def test_a_state_holds_each_address_once() -> None:
    """A second one is a mistake of the caller."""
    with pytest.raises(ValueError, match="prompt/a is there twice"):
        State([_resource("prompt/a"), _resource("prompt/a")])


def test_a_state_keeps_its_order_and_knows_its_kinds() -> None:
    """Resources come out as they went in."""
    state = State(map(_resource, ["prompt/b", "dataset/x", "prompt/a"]))
    assert list(map(str, state)) == ["prompt/b", "dataset/x", "prompt/a"]
    assert [str(one.address) for one in state.of_kind("prompt")] == ["prompt/b", "prompt/a"]


def test_a_selection_brings_what_it_needs() -> None:
    """Down the whole chain, circles included, and nothing else."""
    state = State(
        [
            _resource("prompt/a", "prompt/b"),
            _resource("prompt/b", "prompt/c", "prompt/nowhere"),
            _resource("prompt/c", "prompt/a"),
            _resource("prompt/d", "prompt/a"),
        ]
    )
    assert list(map(str, state.select(["prompt/a"]))) == ["prompt/a", "prompt/b", "prompt/c"]
    assert list(state.select(["prompt/none"])) == []
    assert state.select([]) is state


def test_a_summary_counts_actions_and_requests() -> None:
    """Closing requests count too."""
    address = Address("prompt", "a")
    change = Change(address, Action.UPDATE, None, None, requests=(DELETE,), closing=(DELETE,))
    other = Change(Address("prompt", "b"), Action.CREATE, None, None, requests=(DELETE,))
    assert Plan(PROJECT, changes=(change, other), unchanged=7).summary == {
        "create": 1,
        "update": 1,
        "replace": 0,
        "archive": 0,
        "delete": 0,
        "unchanged": 7,
        "requests": 3,
    }


def test_a_report_is_fine_if_all_of_it_was_applied() -> None:
    """One skipped change is enough to say no."""
    applied = Result(Address("prompt", "a"), Action.CREATE, Outcome.APPLIED)
    skipped = Result(Address("prompt", "b"), Action.CREATE, Outcome.SKIPPED, "because")
    assert Report(PROJECT, "", (applied,)).ok
    report = Report(PROJECT, "", (applied, skipped))
    assert not report.ok
    assert (report.count(Outcome.APPLIED), report.count(Outcome.SKIPPED)) == (1, 1)
