"""States whose resources are on disk, held against those in memory."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langsync.errors import LangsyncError
from langsync.model import Address, Json, Resource, Source, State
from langsync.model.spool import _Tables, _tables
from langsync.model.state import BATCH
from tests.unit.strategies import JSON, STORABLE, TEXTS

KIND = "dataset_item"

ODD = ["d/a'b", 'd/"; DROP', "d/%", "d/_", "d/*", "d/[a]", "d/?", "ü/ß", "d/😀", "d/A", "d/a"]
"""Names that mean something to SQL, to LIKE or to GLOB, and pairs that only case tells apart."""

PARTS = st.text(st.sampled_from("aA/%_*?['\"\\ü😀 "), max_size=5)

ADDRESSES = st.builds(
    Address,
    st.sampled_from([KIND, "kind'%"]),
    st.one_of(st.sampled_from(ODD), PARTS.filter(bool), STORABLE.filter(bool)),
)

SOURCES = st.none() | st.builds(
    Source,
    TEXTS,
    st.integers(0, 9),
    st.integers(0, 9),
    st.lists(st.one_of(TEXTS, st.integers(0, 9)), max_size=3).map(tuple),
)

RESOURCES = st.builds(
    Resource,
    ADDRESSES,
    st.dictionaries(TEXTS, JSON, max_size=3),
    SOURCES,
    st.lists(ADDRESSES, max_size=2).map(tuple),
    st.lists(TEXTS, max_size=2).map(tuple),
    digest=st.sampled_from([b"", b"\0", b"one", b"two"]),
)

MANY = st.lists(RESOURCES, max_size=8)


def on_disk(resources: Iterable[Resource]) -> tuple[State, list[Resource]]:
    """A state of resources with digests, and those whose address was taken."""
    state = State()
    return state, state.extend(resources)


def in_memory_of(resources: Iterable[Resource]) -> Iterator[Resource]:
    """The same resources, without their digests."""
    return (replace(one, digest=None) for one in resources)


def in_memory(resources: Iterable[Resource]) -> tuple[State, list[Resource]]:
    """The same without."""
    state = State()
    return state, state.extend(in_memory_of(resources))


def seen(resources: Iterable[Resource]) -> list[Any]:
    """All that a resource holds, but for its digest, which only one of the two has."""
    return [
        (one.address, repr(dict(one.content)), one.source, one.needs, one.files)
        for one in resources
    ]


def same(disk: State, memory: State) -> None:
    """Hold that nobody who asks can tell one from the other."""
    assert list(disk) == list(memory)
    assert seen(disk.values()) == seen(memory.values())
    assert (len(disk), bool(disk), disk.counts()) == (len(memory), bool(memory), memory.counts())
    for address in memory:
        assert seen([disk[address]]) == seen([memory[address]])
    for kind in (KIND, "kind'%", "none"):
        assert disk.groups(kind) == memory.groups(kind)
        for name in {"", "d", "/", *memory.groups(kind)}:
            assert seen(disk.group(kind, name)) == seen(memory.group(kind, name))
        assert list(disk.addresses(kind)) == list(memory.addresses(kind))
        assert len(disk.of_kind(kind)) == len(memory.of_kind(kind))
        empty = {one.address for one in disk.of_kind(kind) if not one.digest}
        assert [one.address for one in disk.undigested(kind)] == [
            one.address for one in disk.of_kind(kind) if one.address in empty
        ]
        assert seen(disk.of_kind(kind)) == seen(memory.of_kind(kind))
        for one in memory.values():
            assert (one in disk.of_kind(kind)) is (one in memory.of_kind(kind))


@given(MANY)
def test_a_state_on_disk_is_a_state(resources: list[Resource]) -> None:
    """Order, contents, places, needs and files; the second of two with one address is refused."""
    disk, taken = on_disk(resources)
    memory, expected = in_memory(resources)
    same(disk, memory)
    assert seen(taken) == seen(expected)
    for address in ("", "\0", "\ud800", "a\udcff"):
        assert disk.get(Address(KIND, address)) is None or Address(KIND, address) in memory


@given(MANY, st.lists(st.sampled_from([*ODD, "*", "d/*", "*a*", "[!d]*", "kind'%/*"])))
def test_a_selection_on_disk_is_the_one_in_memory(
    resources: list[Resource], patterns: list[str]
) -> None:
    """In the order of the whole, with what it needs."""
    disk, memory = on_disk(resources)[0], in_memory(resources)[0]
    globs = [one if one.startswith("kind") else f"{KIND}/{one}" for one in patterns]
    same(disk.select(globs), memory.select(globs))


@given(MANY, st.sets(ADDRESSES, max_size=4), st.data())
def test_a_part_on_disk_is_the_one_in_memory(
    resources: list[Resource], others: set[Address], data: st.DataObject
) -> None:
    """Whatever addresses are asked for, in whatever order."""
    disk, memory = on_disk(resources)[0], in_memory(resources)[0]
    some = data.draw(st.lists(st.sampled_from([*memory, Address(KIND, "x")])))
    for chosen in (some, {*others, *some}):
        same(disk.only(chosen), memory.only(chosen))


@given(MANY, MANY, MANY)
def test_a_union_on_disk_is_the_one_in_memory(
    one: list[Resource], other: list[Resource], more: list[Resource]
) -> None:
    """More can be added to a part of it; what it was made of stays as it is."""
    first = on_disk(one)[0]
    second = on_disk(resource for resource in other if resource.address not in first)[0]
    third = State([Resource(Address("prompt", "p"), {})])
    pairs = [(state, in_memory(state.values())[0]) for state in (third, first, second)]
    disk, memory = (State.union(states) for states in zip(*pairs, strict=True))
    same(disk, memory)
    part, plain = disk.only(set(disk)), memory.only(set(memory))
    assert seen(part.extend(more)) == seen(plain.extend(in_memory_of(more)))
    same(part, plain)
    for left, right in pairs:
        same(left, right)


@given(MANY, MANY)
def test_what_another_state_lacks_is_the_same_on_disk(
    one: list[Resource], other: list[Resource]
) -> None:
    """Also where only one of the two is on disk."""
    disk, memory = on_disk(one)[0], in_memory(one)[0]
    for there in (on_disk(other)[0], in_memory(other)[0]):
        expected = [address for address in memory if address not in there]
        for left in (disk, memory):
            found = [*left.missing_from(there, KIND), *left.missing_from(there, "kind'%")]
            assert sorted(found) == sorted(expected)


@given(MANY, MANY)
def test_only_equal_digests_leave_no_doubt(one: list[Resource], other: list[Resource]) -> None:
    """An empty one equals none, and what is in memory is always looked at."""
    disk, there = on_disk(one)[0], on_disk(other)[0]
    expected = [
        address
        for address, mine in disk.items()
        if not (mine.digest and address in there and there[address].digest == mine.digest)
    ]
    assert list(disk.diff_candidates(there)) == expected
    assert list(disk.diff_candidates(in_memory(other)[0])) == list(disk)
    memory = in_memory(one)[0]
    assert list(memory.diff_candidates(there)) == list(memory)


@given(st.lists(RESOURCES, min_size=1, max_size=5))
def test_digests_survive(resources: list[Resource]) -> None:
    """None is empty that was not."""
    disk, taken = on_disk(resources)
    kept = [one for one in resources if not any(one is other for other in taken)]
    assert [one.digest for one in disk.values()] == [one.digest for one in kept]


@settings(max_examples=10)
@given(st.lists(st.integers(0, 2 * BATCH), max_size=6))
def test_a_second_one_is_found_in_its_batch_and_in_later_ones(again: list[int]) -> None:
    """Those that are taken come back, in their order; the first one stays."""
    numbers = [*range(2 * BATCH + 1), *again]
    resources = [
        Resource(Address(KIND, f"d/{number}"), {"at": at}, digest=b"")
        for at, number in enumerate(numbers)
    ]
    state, taken = on_disk(resources)
    assert [one.content["at"] for one in taken] == list(range(2 * BATCH + 1, len(numbers)))
    assert [one.content["at"] for one in state.values()] == list(range(2 * BATCH + 1))


@pytest.mark.parametrize("depth", [100, 254, 255, 300, 800])
def test_contents_can_be_deep(depth: int) -> None:
    """Deeper than the fast writer goes, too."""
    value: Json = "ü\u0007"
    for _ in range(depth):
        value = [value]
    state = State([Resource(Address(KIND, "d/a"), {"input": value}, digest=b"")])
    assert state[Address(KIND, "d/a")].content == {"input": value}


def tables() -> set[str]:
    """The tables that there are."""
    gc.collect()
    query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    return {name for (name,) in _tables().database.execute(query)}


def some(count: int = 3) -> State:
    """A state on disk."""
    return State(Resource(Address(KIND, f"d/{at}"), {}, digest=b"x") for at in range(count))


def test_what_is_on_disk_goes_with_its_state() -> None:
    """The parts and unions of it, too."""
    _tables().tidy()
    before = tables()
    state = some()
    made = [state.only([Address(KIND, "d/1")]), State.union([state, some()])]
    assert len(tables() - before) == 4 - 1
    del state, made
    assert tables() == before


READERS: list[Callable[[State], Iterator[object]]] = [
    iter,
    lambda state: iter(state.values()),
    lambda state: iter(state.of_kind(KIND)),
    lambda state: state.addresses(KIND),
    lambda state: state.diff_candidates(State()),
    lambda state: state.missing_from(some(), KIND),
]


@pytest.mark.parametrize("reader", READERS)
def test_who_still_reads_can_read_on(reader: Callable[[State], Iterator[object]]) -> None:
    """After everybody else has forgotten the state; and then its table goes."""
    _tables().tidy()
    before = tables()
    expected = list(reader(some()))
    open_ = reader(some())
    found = [next(open_, None)]
    gc.collect()
    others = [some(), some()]
    others.clear()
    found += open_
    assert [one for one in found if one is not None] == expected
    del open_
    some()
    assert tables() == before


def test_what_cannot_go_while_somebody_reads_another_table_goes_later() -> None:
    """SQLite removes no table while any is read."""
    _tables().tidy()
    before = tables()
    state = some()
    open_ = iter(state)
    next(open_)
    for _ in range(5):
        some()
    assert len(list(open_)) == 2
    del open_
    some()
    assert len(tables() - before) == 1
    del state
    assert tables() == before


def test_a_full_disk_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's own words would be a traceback; the process can go on to say more."""
    tables = _Tables()
    monkeypatch.setattr("langsync.model.spool._tables", lambda: tables)
    tables.database.execute("PRAGMA max_page_count=20")
    many = [Resource(Address(KIND, f"d/{n}"), {"x": "y" * 1000}, digest=b"d") for n in range(500)]
    with pytest.raises(LangsyncError, match=r"disk is full.*SQLITE_TMPDIR"):
        State(many)
