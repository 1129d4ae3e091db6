"""Reads responses and lists with `call`."""

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
    """Reads responses, each of which is checked against a schema."""

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
        """Sends a request; see `langsync.client.Client.call`."""

    async def get(
        self, path: str, schema: AnswerSchema = OBJECT, /, **params: str | int | list[str]
    ) -> Json:
        """Reads one response.

        Args:
            path: Path below ``/api/public``, percent-encoded.
            schema: The schema of the response.
            params: The query.

        Raises:
            ApiError: See `langsync.errors`; `NotFoundError` for a 404 of the API,
                `UnexpectedAnswerError` for a response that does not match the schema.
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
        """Reads all pages of a list, concurrently after the first.

        The list is read again if it shifted meanwhile: its length changed, or a row was repeated.
        The third reading is final.

        Args:
            path: Path of the list.
            schema: The schema of a page.
            first: The response for its first page, if it was read already.
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
        """Reads a list page by page, up to the first empty one; it may shift meanwhile.

        Args:
            path: Path of the list.
            schema: The schema of a page.
            first: The response for its first page.
            ahead: The number of pages that are requested at once; 0 for the default.
            params: The query, without ``page`` and ``limit``.
        """
        get = self._page(path, schema, params)
        return in_order(get, first, ahead or 2 * self.options.concurrency)

    def _page(
        self, path: str, schema: AnswerSchema, params: Mapping[str, str | int]
    ) -> Callable[[int], Coroutine[Any, Any, Json]]:
        """Returns a function that requests a page of a list by its number."""
        return lambda number: self.get(path, schema, **params, limit=PAGE, page=number)
