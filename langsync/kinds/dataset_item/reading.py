"""Dataset items as Langfuse holds them, read with the fewest requests."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC
from operator import itemgetter
from typing import Any

import orjson

from langsync.client.paging import AHEAD, PAGE, READINGS
from langsync.client.tasks import gather
from langsync.errors import NotFoundError
from langsync.formats.values import canonical, equal
from langsync.kinds.answers import DATASET
from langsync.kinds.base import Fetched, Scope
from langsync.kinds.dataset_item import copies
from langsync.kinds.dataset_item.answers import ITEM, ITEMS
from langsync.kinds.dataset_item.deletions import deleted
from langsync.kinds.dataset_item.state import ItemState
from langsync.kinds.dataset_item.values import (
    KIND,
    digest,
    has_json,
    is_kept,
    item_address,
    item_name,
    split_name,
    stored,
)
from langsync.kinds.names import path
from langsync.kinds.services import Api
from langsync.kinds.tracking import ListHead
from langsync.model import Address, Json, Pack, Resource, State, fields_of

SCHEMA_KEYS = {
    "input_schema": "inputSchema",
    "expected_output_schema": "expectedOutputSchema",
}
"""The schemas of a dataset's file and what the API calls them."""

_CREATED = itemgetter("createdAt")

_NO_EXTRA_ROWS: tuple[Counter[Address], int] = (Counter(), 0)

AT_ONCE = 500
"""Items that are asked for one by one, at once."""


async def fetch(api: Api, scope: Scope) -> Fetched:
    """Read what Langfuse holds of the declared items, and of the declared datasets.

    A list call gives 100 active items of a dataset. Lists hold active items only, so each
    declared id that no list has costs one GET: it may be archived, or in another dataset. Where
    few items of a large dataset are declared, the list is left after its first page. For a
    dataset that does not exist all items are new; a few are looked up, as the dataset may have
    been renamed (recorded: item-archive, item-paging).

    Args:
        api: The client.
        scope: What is declared, and which datasets are read whole.
    """
    desired = scope.desired
    declared = dict.fromkeys((resource.address.name for resource in desired.of_kind("dataset")), 0)
    declared |= desired.groups(KIND)
    lists = await gather(_read(api, scope, *item) for item in declared.items())
    remote = State.union(listing.items for listing in lists)
    absent = {listing.dataset for listing in lists if listing.total is None}
    looked_up = await _look_up(api, desired, remote, absent)
    left = {listing.dataset: listing.total or 0 for listing in lists if not listing.complete}
    others = sorted(address.name for address in remote.missing_from(desired, KIND))
    names = tuple(other for other in others if split_name(other)[0] not in left)
    ours = Counter(
        resource.content.dataset
        for resource in (remote.of_kind(KIND) if left else ())
        if resource.content.status == "active" and resource.address in desired
    )
    unread = sum(max(0, total - ours[dataset]) for dataset, total in left.items())
    notes = tuple(_notes(looked_up, left))
    warnings = tuple(warning for listing in lists for warning in _warnings(listing))
    heads = {listing.dataset: listing.head for listing in lists if listing.total is not None}
    return Fetched(
        remote,
        names,
        len(names) + unread,
        warnings=warnings,
        notes=notes,
        heads=heads,
        deleted=frozenset() if scope.alone else await deleted(api, desired, remote, heads),
    )


def _notes(looked_up: Mapping[str, int], left: Collection[str]) -> Iterator[str]:
    """What was looked up, and why.

    Args:
        looked_up: How many items of each dataset.
        left: The datasets whose list was not read to its end.
    """
    few = sum(count for dataset, count in looked_up.items() if dataset in left)
    missing = sum(looked_up.values()) - few
    if missing == 1:
        yield "1 declared item is in no list of active ones, and was looked up by its id"
    elif missing:
        yield f"{missing:,} declared items are in no list of active ones, and were looked up by id"
    if few:
        subject = "item was" if few == 1 else "items were"
        yield f"{few:,} declared {subject} looked up by id, in place of a long list"


async def _read(api: Api, scope: Scope, dataset: str, count: int) -> _List:
    """Read the list of a dataset, as far as needed."""
    max_pages = count if _keeps(scope, dataset) else math.inf
    listing = await _read_list(api, dataset, max_pages)
    if listing.complete or scope.alone or not await _has_new_schema(api, scope, dataset):
        return listing
    return await _read_list(api, dataset, math.inf)


async def _has_new_schema(api: Api, scope: Scope, dataset: str) -> bool:
    """Whether a schema is declared that Langfuse does not have, so that every item is checked."""
    resource = scope.desired.get(Address("dataset", dataset))
    content = {} if resource is None else fields_of(resource.content)
    new = {key: content[field] for field, key in SCHEMA_KEYS.items() if content.get(field)}
    if not new:
        return False
    row = await api.get(path("v2", "datasets", dataset), DATASET)
    return any(not equal(schema, canonical(row.get(key))) for key, schema in new.items())


def _keeps(scope: Scope, dataset: str) -> bool:
    """Whether items that no file declares are left alone, so that they need not be read."""
    address = Address("dataset", dataset)
    resource = None if scope.alone else scope.desired.get(address)
    return (resource is None or resource.prune == "keep") and not scope.is_whole(address)


def _warnings(read: _List) -> Iterator[str]:
    if not read.steady:
        yield (
            f"items of dataset/{read.dataset} were written all the time while they were read: some "
            "that no file declares may be missing here"
        )
    yield from copies.warnings(read.dataset, read.copies, read.hidden)


async def fetch_all(api: Api, dataset: str) -> Fetched:
    """Read all active items of a dataset."""
    listing = await _read_list(api, dataset, math.inf)
    return Fetched(listing.items, warnings=tuple(_warnings(listing)))


@dataclass(frozen=True, slots=True)
class _List:
    """What was read of the list of a dataset's active items.

    Args:
        dataset: The dataset's name.
        items: The items that were read.
        total: How many there are; None if there is no such dataset.
        complete: Whether all of them were read.
        steady: Whether it stood still while it was read.
        copies: Rows of items that have a newer row: see `copies`.
        hidden: How many rows Langfuse counts and does not list.
    """

    dataset: str
    items: State = field(default_factory=State)
    total: int | None = None
    complete: bool = True
    steady: bool = True
    copies: tuple[Resource[ItemState], ...] = ()
    hidden: int = 0
    head: ListHead = field(default_factory=ListHead)

    @property
    def extra_rows(self) -> tuple[Counter[Address], int]:
        """The rows beyond one of each item: those listed, and how many are only counted."""
        return Counter(row.address for row in self.copies), self.hidden


async def _read_list(api: Api, dataset: str, max_pages: float) -> _List:
    """Read a list, or only its first page if it has more than ``max_pages`` others.

    All pages are those of one time, so that no later write can shift them; that time is the
    server's, and not before what was just written (recorded: item-paging). As it may still lie
    a little ahead, a list that shifted all the same is read again at that time once it has
    passed. An older server does not know such a time, and shifts again or shows rows of a later
    one: then one page is read after the other.

    A row that moves to the next page while pages are read is seen twice, as is an item that has
    two rows. What a second reading shows again is the latter.
    """
    time = api.server_time()
    passes = asyncio.get_running_loop().time() + AHEAD
    until = time.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z" if time else ""
    previous = None
    for reading in range(READINGS):
        at_one_time = bool(until) and reading < READINGS - 1
        if at_one_time and reading:
            await asyncio.sleep(passes - asyncio.get_running_loop().time())
        listing = await _read_once(api, dataset, max_pages, until if at_one_time else "")
        if not listing.complete or (
            listing.steady and listing.extra_rows in (_NO_EXTRA_ROWS, previous)
        ):
            return replace(listing, items=copies.with_copies(listing.items, listing.copies))
        previous = listing.extra_rows if listing.steady else None
    return replace(listing, steady=False, copies=(), hidden=0)


async def _read_once(api: Api, dataset: str, max_pages: float, until: str) -> _List:
    """Read a list at a time, or as it is meanwhile, one page after the other."""
    params: dict[str, str | int] = {"datasetName": dataset}
    if until:
        params["version"] = until
    try:
        first = await api.get("/dataset-items", ITEMS, **params, limit=PAGE, page=1)
    except NotFoundError:
        return _List(dataset)
    total: int = first["meta"]["totalItems"]
    complete = math.ceil(total / PAGE) - 1 <= max_pages
    head = ListHead.of(first["data"], total, complete=complete)
    items = State()
    if not complete:
        taken = items.extend(_resources(first["data"]))
        return _List(dataset, items, total, complete=False, copies=tuple(taken), head=head)
    steady, taken = True, []
    ahead = 0 if until else 1
    pages = api.each_page("/dataset-items", ITEMS, first=first, ahead=ahead, **params)
    async with aclosing(pages):
        async for answer in pages:
            rows = answer["data"]
            newest = max(map(_CREATED, rows), default="")
            later = bool(until) and newest > until
            steady = steady and answer["meta"]["totalItems"] == total and not later
            taken += items.extend(_resources(rows))
    hidden = total - len(items) - len(taken)
    steady = steady and hidden >= 0
    return _List(
        dataset, items, total, steady=steady, copies=tuple(taken), hidden=hidden, head=head
    )


def _resources(rows: Iterable[dict[str, Any]]) -> Iterator[Resource | Pack]:
    """Rows of a list as items: packed together, but for those whose stored values differ."""
    all_values = [_values(row) for row in rows]
    packed = _packed(all_values)
    kept, pack = bool(packed) and is_kept(packed), Pack(KIND, ItemState)
    for row, values in zip(rows, all_values, strict=True):
        if kept and not has_json(values):
            pack.rows.append(_row(row, values))
        else:
            yield as_resource(row, item_address(row["datasetName"], row["id"]))
    yield pack


def _row(row: dict[str, Any], values: list[Json]) -> tuple[str, bytes, bytes, int]:
    content = _fields(row, values)
    mark = digest(values, content["status"])
    return item_name(row["datasetName"], row["id"]), mark, _packed(content), 0


async def _look_up(api: Api, desired: State, remote: State, absent: set[str]) -> Counter[str]:
    """Ask for each declared item that no list has; of an absent dataset for a few of them.

    Returns:
        How many items were asked for of each dataset that exists.
    """
    numbers: Counter[str] = Counter()
    missing: list[Address] = []
    declared = desired.groups(KIND) if absent else Counter[str]()
    for address in desired.missing_from(remote, KIND):
        dataset, _ = split_name(address.name)
        last = declared[dataset] - 1
        if dataset not in absent or numbers[dataset] in (0, last // 2, last):
            missing.append(address)
        numbers[dataset] += 1
    await _get_all(api, missing, remote)
    datasets = (split_name(address.name)[0] for address in missing if address in remote)
    if renamed := absent & set(datasets):
        rest = [
            address
            for address in desired.missing_from(remote, KIND)
            if split_name(address.name)[0] in renamed
        ]
        await _get_all(api, rest, remote)
    return Counter({dataset: count for dataset, count in numbers.items() if dataset not in absent})


async def _get_all(api: Api, addresses: Sequence[Address], remote: State) -> None:
    for begin in range(0, len(addresses), AT_ONCE):
        some = addresses[begin : begin + AT_ONCE]
        rows = await gather(_get(api, split_name(address.name)[1]) for address in some)
        pairs = zip(some, rows, strict=True)
        remote.extend(as_resource(row, address) for address, row in pairs if row is not None)


async def _get(api: Api, id: str) -> dict[str, Any] | None:  # noqa: A002 - the field's name
    try:
        row: dict[str, Any] = await api.get(path("dataset-items", id), ITEM)
    except NotFoundError:
        return None
    return row


def _packed(values: Json) -> bytes:
    try:
        return orjson.dumps(values)
    except TypeError:  # nested deeper than orjson writes
        return b""


def as_resource(row: Mapping[str, Any], address: Address) -> Resource[ItemState]:
    """A fetched item; at an address in a dataset that is not its own it equals none."""
    content = content_of(row)
    own = split_name(address.name)[0] == row["datasetName"]
    values = [content.input, content.expected_output, content.metadata]
    mark = digest(values, content.status)
    return Resource(address, content, digest=mark if own else b"")


def content_of(row: Mapping[str, Any]) -> ItemState:
    """The content of a fetched item: what a row holds, as it is stored."""
    return ItemState(**_fields(row, [stored(value) for value in _values(row)]))


def _values(row: Mapping[str, Any]) -> list[Json]:
    """The `VALUES` of a row."""
    return [row.get("input"), row.get("expectedOutput"), row.get("metadata")]


def _fields(row: Mapping[str, Any], values: list[Json]) -> dict[str, Json]:
    input_, expected, metadata = values
    return {
        "id": row["id"],
        "dataset": row["datasetName"],
        "input": input_,
        "expected_output": expected,
        "metadata": metadata,
        "status": row["status"].lower(),
        "source_trace_id": row.get("sourceTraceId"),
        "source_observation_id": row.get("sourceObservationId"),
    }
