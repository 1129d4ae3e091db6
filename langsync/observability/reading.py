"""Reads lists of observations, traces, scores and sessions, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from langsync.client import Client
from langsync.client.paging import Repetition
from langsync.errors import ApiError, ConfigError
from langsync.observability.generation import UNKNOWN, became_another, by_generation, is_new
from langsync.observability.sources import CHOICES, REPEATABLE, Listing, Source
from langsync.observability.times import Period, written

Row = dict[str, Any]

CUT: Final = 200
"""Characters after which v4 cuts values of metadata, unless they are named."""


_WAYS = {
    ("observations", "sessionId"): (
        "; 'langsync traces list --session ID' lists the session's traces, and --trace takes one"
    )
}
"""What to do instead, where a server lacks a filter."""


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

    Raises:
        ConfigError: A filter has a value that there is not.
    """

    source: Source
    filters: Mapping[str, str | list[str]] = field(default_factory=dict)
    period: Period = field(default_factory=Period)
    everything: bool = False
    totals: set[int] = field(default_factory=set)
    long: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.filters = {name: _checked(name, value) for name, value in self.filters.items()}

    async def pages(self, client: Client) -> AsyncIterator[list[Row]]:
        """Read it page by page, newest first; pages follow each other.

        Args:
            client: Who asks.

        Raises:
            ConfigError: The server has no such filter.
            ApiError: Langfuse said no.
        """
        new, begun = await is_new(client), False
        try:
            async for page in self.pages_of(client, new=new):
                begun = True
                yield page
        except UNKNOWN as error:
            if begun or not await became_another(client, error, new=new):
                raise
            async for page in self.pages_of(client, new=not new):
                yield page

    async def rows(self, client: Client, *, limit: int | None = None) -> list[Row]:
        """All rows, or the newest."""
        return await by_generation(client, lambda new: self.rows_of(client, new=new, limit=limit))

    async def rows_of(self, client: Client, *, new: bool, limit: int | None = None) -> list[Row]:
        """All rows, or the newest, of a server of which it is known whether it is new."""
        found: list[Row] = []
        async for page in self.pages_of(client, new=new, length=limit):
            found += page
            if limit is not None and len(found) >= limit:
                break
        return found[:limit]

    def listing(self, *, new: bool) -> Listing:
        """Where a server has it.

        Args:
            new: Whether the server has the endpoints of v4.

        Raises:
            ConfigError: The server has no such filter.
        """
        listing = self.source.new if new else self.source.old
        for name, value in self.filters.items():
            if name not in listing.filters:
                server, known = "v4" if new else "v3", ", ".join(listing.filters)
                raise ConfigError(
                    f"servers of {server} cannot choose {self.source.name} by {name}: they can by "
                    f"{known}{_WAYS.get((self.source.name, name), '')}"
                )
            if not (isinstance(value, str) or listing.by_commas or name == REPEATABLE):
                raise ConfigError(f"{self.source.name} can be chosen by one {name} only")
        return listing

    def params(self, listing: Listing) -> dict[str, Any]:
        """The query for its first page, but for the length of a page."""
        more = listing.all_fields if self.everything else {}
        params: dict[str, Any] = {**listing.always, **more}
        unsaid = self._unsaid(listing)
        for name, value in self.filters.items():
            if name not in unsaid:
                joined = listing.by_commas and not isinstance(value, str)
                params[name] = ",".join(value) if joined else value
        if self.period.start:
            params[listing.start] = written(self.period.start)
        if self.period.end:
            params[listing.end] = written(self.period.end)
        return params

    def _unsaid(self, listing: Listing) -> Mapping[str, str | list[str]]:
        """Filters that the API would take for others: a comma in a value parts it in two."""
        if not listing.by_commas:
            return {}
        return {name: value for name, value in self.filters.items() if "," in "".join(value)}

    async def pages_of(
        self, client: Client, *, new: bool, length: int | None = None
    ) -> AsyncIterator[list[Row]]:
        """The pages of a server of which it is known whether it is new.

        Args:
            client: Who asks.
            new: Whether it has the endpoints of v4.
            length: Rows of a page at most; None for as many as there can be.

        Raises:
            ConfigError: The server has no such filter.
            ApiError: Langfuse said no.
        """
        listing = self.listing(new=new)
        params, number, unsaid = self.params(listing), 1, self._unsaid(listing)
        wanted = length if length and not unsaid else listing.largest
        params["limit"] = min(wanted, listing.largest)
        seen, repetition = set[str](), Repetition()
        while True:
            if not listing.by_cursor:
                params["page"] = number
            answer = await self._uncut(client, listing, params)
            rows: list[Row] = answer["data"]
            ids = [row["id"] for row in rows]
            number += 1
            meta = answer.get("meta") or {}
            del answer
            last = not rows  # who takes them may empty the list
            if unsaid:
                rows = [row for row in rows if _fits(row, unsaid)]
            if not listing.by_cursor:
                self.totals.add(meta.get("totalItems", 0))
            if rows:
                yield rows
            del rows
            if listing.by_cursor:
                if not (cursor := meta.get("cursor")):
                    return
                if cursor in seen:
                    raise ApiError("the server gives the same cursor again: the list has no end")
                params["cursor"] = cursor
                seen.add(cursor)
            elif last or number > meta.get("totalPages", 0):
                return
            repetition.check(ids)

    async def _uncut(self, client: Client, listing: Listing, params: Row) -> Any:  # noqa: ANN401
        """A page, once more where values of its metadata were cut, with those keys named."""
        uncuts = self.everything and listing.by_cursor and "fields" in listing.all_fields
        while True:
            named = frozenset(self.long)  # others may learn of more while this is answered
            if named:
                params["expandMetadata"] = ",".join(sorted(named))
            answer = await client.get(listing.path, listing.schema, **params)
            cut = _cut_keys(answer["data"]) - named if uncuts else set()
            if not cut:
                return answer
            self.long |= cut


def _checked(name: str, value: str | list[str]) -> str | list[str]:
    """A filter as Langfuse writes it.

    Raises:
        ConfigError: It has a value that there is not, or none: that would choose everything.
    """
    if not (value.strip() if isinstance(value, str) else all(one.strip() for one in value)):
        raise ConfigError(f"{name} is empty, which would choose everything: give it a value")
    if (choices := CHOICES.get(name)) is None:
        return value
    if isinstance(value, list):
        return [str(_checked(name, one)) for one in value]
    if value.upper() not in choices:
        raise ConfigError(f"there is no {name} {value!r}: there are {', '.join(choices)}")
    return value.upper()


def _fits(row: Row, filters: Mapping[str, str | list[str]]) -> bool:
    """Whether a score of v4 has what filters ask for, itself or in what it is on."""
    subject = row.get("subject") or {}
    known = {**row, **subject, f"{subject.get('kind')}Id": subject.get("id")}
    return all(
        known.get(name) in ([value] if isinstance(value, str) else value)
        for name, value in filters.items()
    )


def _cut_keys(rows: list[Row]) -> set[str]:
    """Keys with values as long as the longest uncut one; a comma in a key cannot be written."""
    return {
        key
        for row in rows
        for key, value in _metadata(row).items()
        if isinstance(value, str) and len(value) >= CUT and "," not in key
    }


def _metadata(row: Row) -> Row:
    """The metadata of a row, where it is an object, as it may be any JSON."""
    metadata = row.get("metadata")
    return metadata if isinstance(metadata, dict) else {}
