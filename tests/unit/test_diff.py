"""Two states to changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.diff import basis, diff, differences, dotted
from langsync.formats.values import canonical, equal
from langsync.kinds.base import View
from langsync.kinds.dataset_item.dataset_spec import DatasetSpec, DatasetState
from langsync.kinds.dataset_item.spec import ItemSpec
from langsync.kinds.dataset_item.state import ItemState
from langsync.kinds.dataset_item.values import item_address
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.kinds.prompt.state import PromptState, PromptVersion
from langsync.model import Action, Address, FieldDifference, Json, Resource, State, fields_of
from tests.unit.strategies import JSON, STORABLE, TEXTS

NAMES = st.sampled_from(["a", "b", "a/b"])
OBJECTS = st.dictionaries(TEXTS, JSON, max_size=4)


@st.composite
def declared(draw: st.DrawFn) -> State:
    """What files may declare: prompts with labels or as drafts, datasets with items."""
    resources = [_prompt(name, draw) for name in draw(st.sets(NAMES))]
    for name in draw(st.sets(NAMES)):
        resources.append(Resource(Address("dataset", name), DatasetSpec(**draw(DATASETS))))
        ids = draw(st.sets(st.sampled_from(["1", "2"])))
        resources += [_item(name, f"{name}-{number}", draw) for number in ids]
    return State(resources)


DATASETS = st.fixed_dictionaries(
    {}, optional={"description": TEXTS, "metadata": JSON.filter(lambda value: value is not None)}
)


def _prompt(name: str, draw: st.DrawFn) -> Resource:
    labels = draw(st.none() | st.lists(st.sampled_from(["x", "y"]), unique=True))
    text, config = draw(STORABLE), canonical(draw(JSON))
    variant = PromptVariant(text, config, tuple(labels or ()), is_draft=labels is None)
    tags = draw(st.one_of(st.none(), st.lists(STORABLE, unique=True, max_size=3)))
    content = PromptSpec("text", (variant,), None if tags is None else tuple(tags))
    return Resource(Address("prompt", name), content)


def _item(dataset: str, name: str, draw: st.DrawFn) -> Resource:
    given, expected, metadata = (canonical(draw(JSON)) for _ in range(3))
    status = draw(st.sampled_from(["active", "archived"]))
    content = ItemSpec(given, expected, metadata, status, id=name)
    return Resource(item_address(dataset, name), content, needs=(Address("dataset", dataset),))


def mirrored(desired: State) -> State:
    """What Langfuse holds once everything is as declared."""
    return State(_mirror(resource) for resource in desired.values())


def _mirror(resource: Resource) -> Resource:
    if isinstance(resource.content, PromptSpec):
        return Resource(resource.address, _mirrored(resource.content))
    fields = fields_of(resource.content)
    if resource.address.kind == "dataset":
        return Resource(resource.address, DatasetState(**fields))
    sources = {"source_trace_id": "t", "source_observation_id": None}
    dataset = resource.needs[0].name
    return Resource(resource.address, ItemState(**{**sources, **fields, "dataset": dataset}))


def _mirrored(desired: PromptSpec) -> PromptState:
    (variant,) = desired.variants
    version = PromptVersion("v1", variant.prompt, variant.config, created_at="then")
    labels = dict.fromkeys(variant.labels, 1)
    return PromptState("text", desired.tags or (), 1, labels, variant.labels, {1: version})


@given(declared())
def test_a_state_does_not_differ_from_itself(desired: State) -> None:
    """Whatever is declared."""
    found = diff(View(desired, mirrored(desired)))
    assert (found.changes, found.refusals, found.unchanged) == ((), (), len(desired))


@given(declared())
def test_what_is_not_there_is_created(desired: State) -> None:
    """But for prompts that this environment deploys nowhere."""
    found = diff(View(desired, State()))
    nowhere = [one for one in desired.of_kind("prompt") if not one.content.deployed]
    assert {change.action for change in found.changes} <= {Action.CREATE}
    assert found.unchanged == len(nowhere)
    assert len(found.changes) == len(desired) - len(nowhere)
    assert {change.basis for change in found.changes} <= {""}


@given(declared(), declared())
def test_each_address_is_changed_or_unchanged(desired: State, other: State) -> None:
    """Once, in the order of what is declared, with at least one request."""
    found = diff(View(desired, mirrored(other)))
    changed = [change.address for change in found.changes]
    assert changed == [address for address in desired if address in changed]
    assert found.unchanged + len(changed) == len(desired)
    assert all(change.requests or change.closing for change in found.changes)
    assert all(bool(change.basis) is (change.address in other) for change in found.changes)


def declared_item(value: Json) -> Resource[ItemSpec]:
    """An item as a file has it."""
    needs = (Address("dataset", "d"),)
    return Resource(item_address("d", "i"), ItemSpec(value, id="i"), needs=needs)


def fetched_item(value: Json) -> Resource[ItemState]:
    """An item as Langfuse has it."""
    return Resource(item_address("d", "i"), ItemState("i", "d", value))


def test_a_change_has_all_that_a_plan_shows() -> None:
    """What it was, what it will be, what differs, what it needs and is based on."""
    want, there = declared_item(1), fetched_item(2)
    (change,) = diff(View(State([want]), State([there]))).changes
    assert (change.address, change.action) == (want.address, Action.UPDATE)
    assert change.before is not None
    assert (change.before["input"], change.after) == (2, fields_of(want.content))
    assert change.differences == (FieldDifference("input", 2, 1),)
    assert change.needs == want.needs
    assert change.basis == basis(want, there) != ""


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": None}, {"a": ""}, [("a", None, "")]),
        ({"a": 1}, {}, [("a", 1, None)]),
        ({}, {"a": {"b": 1}}, [("a", None, {"b": 1})]),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 3}]}}, [("a.b[1].c", 2, 3)]),
        ({"a": ["x", "y"]}, {"a": ["x"]}, [("a[1]", "y", None)]),
        ({"a": ["y"]}, {"a": ["x", "y"]}, [("a[0]", None, "x")]),
        ({"a": "x\ny"}, {"a": "x\nz"}, [("a", "x\ny", "x\nz")]),
        ({"__a": 1}, {"__a": 2}, [("__a", 1, 2)]),
        ({"a b": {"": 1}}, {"a b": {"": 2}}, [('["a b"][""]', 1, 2)]),
        ({"b": 1, "a": 1}, {"b": 2, "a": 2}, [("a", 1, 2), ("b", 1, 2)]),
    ],
)
def test_fields_that_differ_are_found_with_their_paths(
    before: dict[str, Json], after: dict[str, Json], found: list[tuple[str, Json, Json]]
) -> None:
    """In the order of their paths; what is missing on one side is nothing there."""
    assert differences(before, after) == tuple(FieldDifference(*one) for one in found)


def test_nothing_differs_where_one_side_is_missing_whole() -> None:
    """Then the other side is shown whole."""
    assert differences(None, {"a": 1}) == differences({"a": 1}, None) == ()


@pytest.mark.parametrize(("before", "after"), [([False], [0]), ([1, 2, 3], [True, 2, 3])])
def test_one_is_not_true_inside_a_list(before: list[Json], after: list[Json]) -> None:
    """The change is made, so that it has to be shown."""
    assert [one for one in differences({"a": before}, {"a": after}) if one.after is not None]


@given(OBJECTS, OBJECTS)
def test_there_are_differences_if_two_objects_differ(before: Any, after: Any) -> None:  # noqa: ANN401 - any JSON
    """And none if they do not."""
    assert (differences(before, after) == ()) is equal(before, after)
    assert differences(before, before) == ()


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ([], ""),
        (["config"], "config"),
        (["config", "tools", 0, "a b"], 'config.tools[0]["a b"]'),
        (["a-b", "_c", "é"], "a-b._c.é"),
        (["1"], '["1"]'),
        (["a.b", ""], '["a.b"][""]'),
    ],
)
def test_a_path_can_be_read(steps: list[str | int], text: str) -> None:
    """Keys that are no plain words stand in quotes."""
    assert dotted(steps) == text
