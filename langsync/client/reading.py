"""Reads answers and lists: what a client does with `call`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from typing import Any

from langsync.client import failures
from langsync.client.options import Options
from langsync.client.paging import PAGE, in_order, read_rows
from langsync.client.schemas import OBJECT, PAGE_OF_OBJECTS, AnswerSchema
from langsync.config import Connection
from langsync.model import Json


class Reading(ABC):
    """What a client reads, each answer held against what its reader expects."""

    __slots__ = ()

    connection: Connection
    options: Options

    @abstractmethod
    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int | list[str]] | None = None,
        body: Json = None,
        repeatable: bool = True,
    ) -> Json:
        """Send a request; see `langsync.client.Client.call`."""

    async def get(
        self, path: str, schema: AnswerSchema = OBJECT, /, **params: str | int | list[str]
    ) -> Json:
        """Read one answer.

        Args:
            path: Path below ``/api/public``, percent-encoded.
            schema: What its reader expects of it.
            params: The query.

        Raises:
            ApiError: See `langsync.errors`; `NotFoundError` for a 404 of the API,
                `UnexpectedAnswerError` for an answer that does not fit the schema.
        """
        answer = await self.call("GET", path, params=params)
        if mismatch := schema.mismatch(answer):
            raise failures.misshapen(path, self.connection.host, mismatch)
        return answer

    async def pages(
        self,
        path: str,
        schema: AnswerSchema = PAGE_OF_OBJECTS,
        /,
        *,
        first: Json = None,
        **params: str | int,
    ) -> list[dict[str, Any]]:
        """Read all pages of a list, concurrently after the first.

        It is read again where it shifted meanwhile: its length changed, or a row came twice.
        The third reading counts in any case.

        Args:
            path: Path of the list.
            schema: What is expected of a page.
            first: The answer for its first page, if it is here already.
            params: The query, without ``page`` and ``limit``.

        Returns:
            The rows, in the order of the list.
        """
        get = self._page(path, schema, params)
        return await read_rows(get, first, 2 * self.options.concurrency)

    def each_page(
        self,
        path: str,
        schema: AnswerSchema = PAGE_OF_OBJECTS,
        /,
        *,
        first: Json,
        ahead: int = 0,
        **params: str | int,
    ) -> AsyncGenerator[Json, None]:
        """Read a list page by page, up to the first empty one; it may shift meanwhile.

        Args:
            path: Path of the list.
            schema: What is expected of a page.
            first: The answer for its first page.
            ahead: How many pages are asked for at once; 0 for as many as do good.
            params: The query, without ``page`` and ``limit``.
        """
        get = self._page(path, schema, params)
        return in_order(get, first, ahead or 2 * self.options.concurrency)

    def _page(
        self, path: str, schema: AnswerSchema, params: Mapping[str, str | int]
    ) -> Callable[[int], Coroutine[Any, Any, Json]]:
        """What asks for a page of a list by its number."""
        return lambda number: self.get(path, schema, **params, limit=PAGE, page=number)
