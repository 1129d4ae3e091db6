"""Reads lists of observations, traces, scores and sessions, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from langsync.client import Client
from langsync.client.paging import rows_of
from langsync.errors import ApiError, ConfigError, NotFoundError, UnexpectedAnswerError
from langsync.observability.sources import Listing, Source
from langsync.observability.times import Period, written

Row = dict[str, Any]

CUT: Final = 200
"""Characters after which v4 cuts values of metadata, unless they are named."""

_KEY: Final = ("observability", "new")


async def is_new(client: Client) -> bool:
    """Whether the server has the endpoints of v4; asked once for a project, and remembered."""
    known = client.cache.get(*_KEY)
    if isinstance(known, bool):
        return known
    try:
        await client.get("/v2/observations", limit=1)
        found = True
    except (NotFoundError, UnexpectedAnswerError):  # v3 has a page for people there
        found = False
    client.cache.put(found, *_KEY)
    return found


@dataclass(slots=True)
class Reading:
    """One list, as it is asked for.

    Args:
        source: What is read.
        filters: Parameters of the API that choose rows, by name.
        period: Only rows of this time.
        everything: Whether rows have all their fields, values of metadata uncut.
        long: Keys of metadata with values that are cut unless they are named; it grows.
        totals: Gets how many rows there are in all, as each page of a v3 server says.
    """

    source: Source
    filters: Mapping[str, str | list[str]] = field(default_factory=dict)
    period: Period = field(default_factory=Period)
    everything: bool = False
    totals: set[int] = field(default_factory=set)
    long: set[str] = field(default_factory=set)

    async def pages(self, client: Client, *, limit: int | None = None) -> AsyncIterator[list[Row]]:
        """Read it page by page, newest first; pages follow each other.

        Args:
            client: Who asks.
            limit: How many rows are wanted; None for all.

        Raises:
            ConfigError: The server has no such filter.
            ApiError: Langfuse said no.
        """
        new = await is_new(client)
        try:
            async for page in self._pages(client, self._listing(new=new), limit):
                yield page
        except (
            NotFoundError,
            UnexpectedAnswerError,
        ):  # the server is another one than when this was found out
            client.cache.drop(*_KEY)
            if await is_new(client) == new:
                raise
            async for page in self._pages(client, self._listing(new=not new), limit):
                yield page

    async def learn(self, client: Client) -> None:
        """Find out which server it is and which metadata is long, before much is read at once."""
        listing = self._listing(new=await is_new(client))
        if self.everything and listing.by_cursor and listing.all_fields:
            query = {**self.params(listing), "fields": "core,metadata", "limit": listing.largest}
            self.long |= _cut_keys(rows_of(await client.get(listing.path, **query)))

    async def rows(self, client: Client, *, limit: int | None = None) -> list[Row]:
        """All rows, or the newest."""
        found: list[Row] = []
        async for page in self.pages(client, limit=limit):
            found += page
        return found[:limit]

    def _listing(self, *, new: bool) -> Listing:
        listing = self.source.new if new else self.source.old
        for name in self.filters:
            if name not in listing.filters:
                known = ", ".join(listing.filters)
                raise ConfigError(f"{self.source.name} have no filter {name!r}: there are {known}")
        return listing

    def params(self, listing: Listing) -> dict[str, Any]:
        """The query for its first page, but for the length of a page."""
        more = listing.all_fields if self.everything else {}
        params: dict[str, Any] = {**listing.always, **more, **self.filters}
        if self.period.start:
            params[listing.start] = written(self.period.start)
        if self.period.end:
            params[listing.end] = written(self.period.end)
        return params

    async def _pages(
        self, client: Client, listing: Listing, limit: int | None
    ) -> AsyncIterator[list[Row]]:
        params = self.params(listing)
        params["limit"] = listing.largest if limit is None else min(limit, listing.largest)
        read, number = 0, 1
        seen: set[str] = set()
        while limit is None or read < limit:
            if not listing.by_cursor:
                params["page"] = number
            answer = await self._uncut(client, listing, params)
            rows = rows_of(answer)
            read, number = read + len(rows), number + 1
            meta = answer.get("meta") or {}
            del answer
            if rows:
                yield rows
            last = not rows
            del rows
            if listing.by_cursor:
                if not meta.get("cursor"):
                    return
                if meta["cursor"] in seen:
                    raise ApiError("the server gives the same cursor again: the list has no end")
                params["cursor"] = meta["cursor"]
                seen.add(meta["cursor"])
            else:
                self.totals.add(meta.get("totalItems", 0))
                if last or number > meta.get("totalPages", 0):
                    return

    async def _uncut(self, client: Client, listing: Listing, params: Row) -> Any:  # noqa: ANN401
        """A page, once more where values of its metadata were cut, with those keys named."""
        uncuts = self.everything and listing.by_cursor and "fields" in listing.all_fields
        while True:
            named = frozenset(self.long)  # others may learn of more while this is answered
            if named:
                params["expandMetadata"] = ",".join(sorted(named))
            answer = await client.get(listing.path, **params)
            cut = _cut_keys(rows_of(answer)) - named if uncuts else set()
            if not cut:
                return answer
            self.long |= cut


def _cut_keys(rows: list[Row]) -> set[str]:
    """Keys with values as long as the longest uncut one; a comma in a key cannot be written."""
    return {
        key
        for row in rows
        for key, value in (row.get("metadata") or {}).items()
        if isinstance(value, str) and len(value) >= CUT and "," not in key
    }
