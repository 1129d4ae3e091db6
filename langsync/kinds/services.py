"""What kinds ask: of Langfuse, by the client, and of Git."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator
from datetime import datetime
from typing import Any, Protocol

from langsync.client.cache import Cache
from langsync.client.schemas import OBJECT, PAGE_OF_OBJECTS, AnswerSchema
from langsync.model import Address, Commit, Declaration, Json, Resource


class Getter(Protocol):
    """Asks Langfuse for one thing, or knows it; see `langsync.client.Client`."""

    @property
    def cache(self) -> Cache:
        """What was read before; it may know nothing."""

    async def get(self, path: str, schema: AnswerSchema = OBJECT, /, **params: str | int) -> Json:
        """Read one answer; `NotFoundError` where there is none."""


class Api(Getter, Protocol):
    """What a kind needs of the HTTP client; see `langsync.client.Client`."""

    async def pages(
        self,
        path: str,
        schema: AnswerSchema = PAGE_OF_OBJECTS,
        /,
        *,
        first: Json = None,
        **params: str | int,
    ) -> list[dict[str, Any]]:
        """Read all pages of a list."""

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
        """Read a list page by page, some of them ahead."""

    def server_time(self) -> datetime | None:
        """The server's time now, or a little later; None before any answer."""


class Past(Protocol):
    """What Git knows; see `langsync.history.History`."""

    @property
    def known(self) -> bool:
        """Whether there is any commit to look at."""

    @property
    def has_commits(self) -> bool:
        """Whether there are commits, be they read or not."""

    def prefetch(self, addresses: Iterable[Address]) -> None:
        """Say what will be asked for, all of it before the first question."""

    def declarations(self, address: Address) -> Iterator[Declaration]:
        """What commits declare for an address, from HEAD back, neighbors differing."""

    def gap(self, address: Address) -> str:
        """Why commits that `declarations` did not give may declare it; empty where none can."""

    def commit(self, start: str) -> Commit | None:
        """A commit by its hash, or the beginning of that; None if it is not here."""

    def declared(self, address: Address, commit: str) -> Resource | None:
        """What one commit declares, by its hash or the beginning of it; None for nothing."""
