"""Who else writes to the items of a dataset while a plan is applied."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from langsync.client.paging import PAGE
from langsync.client.tasks import gather
from langsync.errors import NotFoundError, RejectedError
from langsync.formats.values import equal
from langsync.kinds.dataset_item.answers import ITEM, ITEMS
from langsync.kinds.dataset_item.reading import content_of
from langsync.kinds.dataset_item.state import ItemState
from langsync.kinds.dataset_item.values import item_address, split_name
from langsync.kinds.names import path
from langsync.kinds.services import Api
from langsync.kinds.tracking import ListHead, Read, Tracker, row_key
from langsync.model import Address, Change, Json, Request, Resource, fields_of

if TYPE_CHECKING:
    from langsync.kinds.base import Kind, View

BEFORE_LANGFUSE = "2000-01-01T00:00:00.000Z"
"""A time at which no dataset had an item."""


@dataclass(frozen=True, slots=True)
class _News:
    """What happened to a list since its head was read.

    Args:
        rows: The rows that were written since.
        total: How many rows it has now; None if there is no such dataset any more.
        head: Its head now.
    """

    rows: Sequence[Mapping[str, Any]]
    total: int | None
    head: ListHead


class ItemTracker(Tracker):
    """Follows items by the first page of their dataset's list, and its length.

    The list is newest first and counts active items, so that an unchanged first page and length
    prove that nothing moved. It shows neither archived items nor, on servers that write items in
    place, edits: such items are fetched right before they are written.
    """

    def __init__(self, kind: Kind, api: Api, view: View, read: Read) -> None:
        super().__init__(kind, api, view, read)
        self._heads = dict(view.heads)
        self._written: Counter[str] = Counter()
        self._growth: Counter[str] = Counter()
        self._ours: set[Address] = set()
        self._overwritten: dict[Address, str] = {}
        self._versions_kept: bool | None = None
        self._probing = asyncio.Lock()

    async def touched(self, pending: Collection[Address]) -> Collection[Address]:
        """The pending items that were written, or may have been deleted, since the last look."""
        groups: dict[str, list[Address]] = defaultdict(list)
        for address in pending:
            groups[split_name(address.name)[0]].append(address)
        looked = await gather(self._touched(*group) for group in groups.items())
        return {address for touched in looked for address in touched}

    async def _touched(self, dataset: str, pending: Collection[Address]) -> Collection[Address]:
        if dataset not in self._heads and not self._written[dataset]:
            return ()  # this plan creates it, and it is empty
        before = self._heads.get(dataset, ListHead())
        news = await self._look(dataset)
        if news.total is None:
            return pending
        foreign = {item_address(dataset, row["id"]) for row in news.rows} - self._ours
        created = {
            address for address in foreign if before.complete and address not in self.view.remote
        }
        fewer = news.total < before.total + self._growth[dataset] + len(created)
        self._growth[dataset] = 0
        waiting = set(pending)
        gone = (
            {address for address in pending if address in self.view.remote}
            if fewer
            else set[Address]()
        )
        return (foreign & waiting) | gone

    async def _look(self, dataset: str) -> _News:
        """Read what is new in a list, compare it with what this apply wrote, and keep its head."""
        before = self._heads.get(dataset, ListHead())
        news = await self._news(dataset, before)
        self._heads[dataset] = replace(news.head, complete=before.complete)
        for row in news.rows:
            address = item_address(dataset, row["id"])
            if address in self._ours and (fields := self._differing(address, row)):
                self._overwritten[address] = f"somebody else changed {fields} meanwhile"
        ids = Counter(row["id"] for row in news.rows)
        for id, count in ids.items():  # noqa: A001 - the field's name
            if count > 1 and item_address(dataset, id) in self._ours:
                self._overwritten[item_address(dataset, id)] = (
                    f"it is in the dataset {count} times, since somebody else wrote it at the "
                    "same moment"
                )
        return news

    async def _news(self, dataset: str, before: ListHead) -> _News:
        known, floor = frozenset(before.rows), before.floor
        new: list[Mapping[str, Any]] = []
        seen: dict[tuple[str, str, str], None] = {}
        page = 1
        while True:
            try:
                answer = await self.api.get(
                    "/dataset-items", ITEMS, datasetName=dataset, limit=PAGE, page=page
                )
            except NotFoundError:
                return _News((), None, before)
            rows, total = answer["data"], answer["meta"]["totalItems"]
            keys = [row_key(row) for row in rows]
            if page == 1 and total == before.total and tuple(keys) == before.rows[: len(keys)]:
                return _News((), total, before)
            new += (
                row
                for row, key in zip(rows, keys, strict=True)
                if key not in known and key not in seen and row["createdAt"] >= floor
            )
            seen |= dict.fromkeys(keys)
            past = any(row["createdAt"] < floor for row in rows)
            if past or not rows or page * PAGE >= total:
                return _News(new, total, ListHead(total, tuple(seen)))
            page += 1

    def _differing(self, address: Address, row: Mapping[str, Any]) -> str:
        """The fields of a row that are not as this apply wrote them."""
        desired = self.view.desired.get(address)
        if desired is None:  # it was pruned, and is in the list again
            return "it"
        stored, written = fields_of(content_of(row)), fields_of(desired.content)
        return ", ".join(key for key, value in written.items() if not equal(value, stored[key]))

    async def confirm(self, change: Change, requests: Sequence[Request]) -> str:  # noqa: ARG002
        """An item that no list shows, or whose edits none shows, is as it was read."""
        remote: Resource[ItemState] | None = self.view.remote.get(change.address)
        if remote is None:
            return ""
        item = remote.content
        if item.status == "active" and await self._keeps_versions(item.dataset):
            return ""
        try:
            row = await self.api.get(path("dataset-items", item.id), ITEM)
        except NotFoundError:
            return "it was deleted in Langfuse since it was read"
        read, now = fields_of(item.newest_row), fields_of(content_of(row))
        fields = [key for key, value in read.items() if not equal(value, now[key])]
        return f"{', '.join(fields)} changed in Langfuse since it was read" if fields else ""

    async def _keeps_versions(self, dataset: str) -> bool:
        """Whether each write of an item is a new row, so that the list shows it; asked once.

        If so, the list as of an early time is empty. A server that writes items in place knows no
        such times: it lists the current items, or refuses the request.
        """
        async with self._probing:
            if self._versions_kept is None:
                query = {"datasetName": dataset, "version": BEFORE_LANGFUSE}
                try:
                    answer = await self.api.get("/dataset-items", ITEMS, **query, limit=1, page=1)
                    self._versions_kept = answer["meta"]["totalItems"] == 0
                except RejectedError:
                    self._versions_kept = False
            return self._versions_kept

    def wrote(self, change: Change, request: Request, answer: Json) -> None:  # noqa: ARG002
        """Remember which items are this apply's, and by how many the list has grown."""
        dataset, _ = split_name(change.address.name)
        before, after = (
            side is not None and side.get("status", "active") == "active"
            for side in (change.before, change.after)
        )
        if change.address not in self._ours:  # one change may take several requests
            self._growth[dataset] += after - before
        self._ours.add(change.address)
        self._written[dataset] += 1

    async def overwritten(self, written: Collection[Change]) -> list[str]:
        """Items that somebody else wrote after, or at the same moment as, this apply."""
        datasets = {split_name(change.address.name)[0] for change in written}
        await gather(self._look(dataset) for dataset in sorted(datasets))
        return [
            f"{address}: {difference}" for address, difference in sorted(self._overwritten.items())
        ]
