"""Reads lists of observations, traces, scores and sessions, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from langsync.client import Client
from langsync.client.paging import Repetition
from langsync.errors import ApiError, ConfigError
from langsync.observability.generation import (
    UNKNOWN_ENDPOINT,
    by_generation,
    changed_generation,
    has_v4_endpoints,
)
from langsync.observability.sources import CHOICES, REPEATABLE, ListEndpoint, RecordSource
from langsync.observability.times import Period, format_time

Row = dict[str, Any]

MAX_METADATA_LENGTH: Final = 200
"""Characters after which v4 cuts values of metadata, unless the request names their keys."""


_ALTERNATIVES = {
    ("observations", "sessionId"): (
        "; 'langsync traces list --session ID' lists the session's traces, and --trace takes one"
    )
}
"""What to do instead of a filter that a server lacks."""


@dataclass(slots=True)
class ListQuery:
    """A query of a list of records.

    Args:
        source: The type of the records.
        filters: Parameters of the API that select rows, by name.
        period: Only rows of this period.
        has_all_fields: Whether rows have all their fields, with values of metadata uncut.
        long_keys: Keys of metadata whose values are cut unless named; it is added to.
        totals: Collects the total number of rows that each page of a v3 server states.

    Raises:
        ConfigError: A filter has a value that does not exist.
    """

    source: RecordSource
    filters: Mapping[str, str | list[str]] = field(default_factory=dict)
    period: Period = field(default_factory=Period)
    has_all_fields: bool = False
    totals: set[int] = field(default_factory=set)
    long_keys: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.filters = {name: _checked_filter(name, value) for name, value in self.filters.items()}

    async def iter_pages(self, client: Client) -> AsyncIterator[list[Row]]:
        """Yields the pages, newest rows first, one request after the other.

        Args:
            client: The client.

        Raises:
            ConfigError: The server has no such filter.
            ApiError: Langfuse refused a request.
        """
        is_v4, has_begun = await has_v4_endpoints(client), False
        try:
            async for page in self.iter_pages_of(client, is_v4=is_v4):
                has_begun = True
                yield page
        except UNKNOWN_ENDPOINT as error:
            if has_begun or not await changed_generation(client, error, was_v4=is_v4):
                raise
            async for page in self.iter_pages_of(client, is_v4=not is_v4):
                yield page

    async def fetch_rows(self, client: Client, *, limit: int | None = None) -> list[Row]:
        """Returns all rows, or the newest."""
        return await by_generation(
            client, lambda is_v4: self.fetch_rows_of(client, is_v4=is_v4, limit=limit)
        )

    async def fetch_rows_of(
        self, client: Client, *, is_v4: bool, limit: int | None = None
    ) -> list[Row]:
        """Returns all rows, or the newest, of a server of a known generation."""
        rows: list[Row] = []
        async for page in self.iter_pages_of(client, is_v4=is_v4, page_size=limit):
            rows += page
            if limit is not None and len(rows) >= limit:
                break
        return rows[:limit]

    def endpoint(self, *, is_v4: bool) -> ListEndpoint:
        """Returns the endpoint of a server.

        Args:
            is_v4: Whether the server has the endpoints of v4.

        Raises:
            ConfigError: The server has no such filter.
        """
        endpoint = self.source.v4 if is_v4 else self.source.v3
        for name, value in self.filters.items():
            if name not in endpoint.filters:
                version, supported = "v4" if is_v4 else "v3", ", ".join(endpoint.filters)
                raise ConfigError(
                    f"servers of {version} cannot choose {self.source.name} by {name}: they can by "
                    f"{supported}{_ALTERNATIVES.get((self.source.name, name), '')}"
                )
            if not (isinstance(value, str) or endpoint.is_comma_separated or name == REPEATABLE):
                raise ConfigError(f"{self.source.name} can be chosen by one {name} only")
        return endpoint

    def query_params(self, endpoint: ListEndpoint) -> dict[str, Any]:
        """Returns the query parameters of the first page, without the page size."""
        extra_params = endpoint.all_fields_params if self.has_all_fields else {}
        params: dict[str, Any] = {**endpoint.fixed_params, **extra_params}
        local_filters = self._local_filters(endpoint)
        for name, value in self.filters.items():
            if name not in local_filters:
                joined = endpoint.is_comma_separated and not isinstance(value, str)
                params[name] = ",".join(value) if joined else value
        if self.period.start:
            params[endpoint.start] = format_time(self.period.start)
        if self.period.end:
            params[endpoint.end] = format_time(self.period.end)
        return params

    def _local_filters(self, endpoint: ListEndpoint) -> Mapping[str, str | list[str]]:
        """Returns the filters that are applied here: the API splits a value at its commas."""
        if not endpoint.is_comma_separated:
            return {}
        return {name: value for name, value in self.filters.items() if "," in "".join(value)}

    async def iter_pages_of(
        self, client: Client, *, is_v4: bool, page_size: int | None = None
    ) -> AsyncIterator[list[Row]]:
        """Yields the pages of a server of a known generation.

        Args:
            client: The client.
            is_v4: Whether the server has the endpoints of v4.
            page_size: The maximum number of rows of a page; None for the endpoint's maximum.

        Raises:
            ConfigError: The server has no such filter.
            ApiError: Langfuse refused a request.
        """
        endpoint = self.endpoint(is_v4=is_v4)
        params, local_filters = self.query_params(endpoint), self._local_filters(endpoint)
        limit = page_size if page_size and not local_filters else endpoint.max_page_size
        params["limit"] = min(limit, endpoint.max_page_size)
        number, seen_cursors, repetition = 1, set[str](), Repetition()
        while True:
            if not endpoint.has_cursor:
                params["page"] = number
            response = await self._fetch_uncut_page(client, endpoint, params)
            rows: list[Row] = response["data"]
            ids = [row["id"] for row in rows]
            number += 1
            meta = response.get("meta") or {}
            del response
            is_empty = not rows  # the consumer may empty the list
            if local_filters:
                rows = [row for row in rows if _matches(row, local_filters)]
            if not endpoint.has_cursor:
                self.totals.add(meta.get("totalItems", 0))
            if rows:
                yield rows
            del rows
            if endpoint.has_cursor:
                if not (cursor := meta.get("cursor")):
                    return
                if cursor in seen_cursors:
                    raise ApiError("the server gives the same cursor again: the list has no end")
                params["cursor"] = cursor
                seen_cursors.add(cursor)
            elif is_empty or number > meta.get("totalPages", 0):
                return
            repetition.check(ids)

    async def _fetch_uncut_page(self, client: Client, endpoint: ListEndpoint, params: Row) -> Any:  # noqa: ANN401
        """Returns a page; asks again with the keys of metadata named whose values were cut."""
        names_keys = (
            self.has_all_fields and endpoint.has_cursor and "fields" in endpoint.all_fields_params
        )
        while True:
            named_keys = frozenset(self.long_keys)  # concurrent requests may add to it meanwhile
            if named_keys:
                params["expandMetadata"] = ",".join(sorted(named_keys))
            response = await client.get(endpoint.path, endpoint.schema, **params)
            cut_keys = _cut_keys(response["data"]) - named_keys if names_keys else set()
            if not cut_keys:
                return response
            self.long_keys |= cut_keys


def _checked_filter(name: str, value: str | list[str]) -> str | list[str]:
    """Returns the value of a filter as Langfuse writes it.

    Raises:
        ConfigError: The value does not exist, or is empty, which would select everything.
    """
    if not (value.strip() if isinstance(value, str) else all(item.strip() for item in value)):
        raise ConfigError(f"{name} is empty, which would choose everything: give it a value")
    if (choices := CHOICES.get(name)) is None:
        return value
    if isinstance(value, list):
        return [str(_checked_filter(name, item)) for item in value]
    if value.upper() not in choices:
        raise ConfigError(f"there is no {name} {value!r}: there are {', '.join(choices)}")
    return value.upper()


def _matches(row: Row, filters: Mapping[str, str | list[str]]) -> bool:
    """Whether a score of v4, or its subject, matches filters."""
    subject = row.get("subject") or {}
    fields = {**row, **subject, f"{subject.get('kind')}Id": subject.get("id")}
    return all(
        fields.get(name) in ([value] if isinstance(value, str) else value)
        for name, value in filters.items()
    )


def _cut_keys(rows: list[Row]) -> set[str]:
    """Returns keys of values that may be cut; a key with a comma cannot be named in a request."""
    return {
        key
        for row in rows
        for key, value in _metadata(row).items()
        if isinstance(value, str) and len(value) >= MAX_METADATA_LENGTH and "," not in key
    }


def _metadata(row: Row) -> Row:
    """Returns the metadata of a row if it is an object: it may be any JSON."""
    metadata = row.get("metadata")
    return metadata if isinstance(metadata, dict) else {}
