"""Items that somebody deleted, as far as the record that Langfuse keeps of a dataset shows it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from contextlib import aclosing
from datetime import datetime, timedelta

from langsync.client.paging import PAGE
from langsync.client.tasks import gather
from langsync.errors import RejectedError
from langsync.kinds.dataset_item.answers import ITEMS
from langsync.kinds.dataset_item.values import KIND, item_address, split_name
from langsync.kinds.services import Api, Past
from langsync.kinds.tracking import SLACK, ListHead, iso
from langsync.model import Address, State


async def deleted(
    api: Api, desired: State, remote: State, heads: Mapping[str, ListHead]
) -> frozenset[Address]:
    """Declared items that are missing now, and existed when the newest remaining row was written.

    The list of a dataset can be asked for as it was at a time (recorded: item-paging). Two requests
    for each dataset that lacks a declared item show whether it had more items then; only where it
    had is that list read. Absence alone proves nothing: an apply may have been interrupted, or
    narrowed by targets. An item that had two rows does not count either: langsync deletes it to
    leave one copy. A server that writes items in place keeps no record.

    Args:
        api: The client.
        desired: What is declared.
        remote: All declared items that exist.
        heads: The heads of the lists of datasets that exist, by the dataset's name.
    """
    missing: dict[str, set[Address]] = defaultdict(set)
    if any(head.rows for head in heads.values()):
        for address in desired.missing_from(remote, KIND):
            dataset, _ = split_name(address.name)
            if dataset in heads and heads[dataset].rows:
                missing[dataset].add(address)
    seen = await gather(
        _seen(api, dataset, heads[dataset], items) for dataset, items in missing.items()
    )
    return frozenset().union(*seen)


async def _seen(
    api: Api, dataset: str, head: ListHead, missing: Collection[Address]
) -> set[Address]:
    """Which items were there when the newest row was written, or a little later.

    The earlier time shows what was deleted soon after, the later one what was written last by the
    same apply and is gone. Times of rows are cut to milliseconds.
    """
    newest = datetime.fromisoformat(max(created for _, created, _ in head.rows))
    times = (newest + timedelta(milliseconds=1), newest + SLACK)
    seen = await gather(_gone(api, dataset, head, missing, iso(time)) for time in times)
    return set().union(*seen)


async def _gone(
    api: Api, dataset: str, head: ListHead, missing: Collection[Address], time: str
) -> set[Address]:
    """Which items the list of a dataset had at a time."""
    where = "/dataset-items"
    try:
        first = await api.get(where, ITEMS, datasetName=dataset, version=time, limit=PAGE, page=1)
    except RejectedError:
        return set()
    if first["meta"]["totalItems"] <= head.total:
        return set()
    counts: Counter[Address] = Counter()
    pages = api.each_page(where, ITEMS, first=first, datasetName=dataset, version=time)
    async with aclosing(pages):
        async for answer in pages:
            addresses = (item_address(dataset, row["id"]) for row in answer["data"])
            counts.update(address for address in addresses if address in missing)
    return {address for address, count in counts.items() if count == 1}


def removed_by_git(address: Address, past: Past) -> bool:
    """Whether a commit took an item out that an older one declares: Git may have deleted it."""
    removed = False
    for declaration in past.declarations(address):
        if declaration.resource is None:
            removed = True
        elif removed:
            return True
    return False
