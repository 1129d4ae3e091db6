"""Lists of items that are written while they are read."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from langsync.client.cache import Cache, NoCache
from langsync.client.paging import in_order
from langsync.client.schemas import OBJECT, PAGE_OF_OBJECTS, AnswerSchema
from langsync.kinds.dataset_item import reading
from langsync.model import Json

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def written(seconds: float) -> str:
    """A time as Langfuse writes it."""
    time = BEGIN + timedelta(seconds=seconds)
    return f"{time.isoformat(timespec='milliseconds')[:23]}Z"


@dataclass
class Busy:
    """A server with one dataset, whose items somebody writes before each of its answers.

    Args:
        count: How many items it has.
        knows_versions: Whether it lists items as they were at a time.
        writes: How many of its answers a write comes before.
        write: ``new``: those create items; ``again``: the oldest one is written anew.
    """

    count: int
    knows_versions: bool = True
    writes: float = math.inf
    write: str = "new"
    cache: Cache = field(default_factory=NoCache)
    asked: list[dict[str, Any]] = field(default_factory=list)
    slept: float = 0.0
    rows: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = [(-1.0, f"i{number:04}") for number in range(self.count)]

    @property
    def now(self) -> float:
        """Seconds since the beginning: each answer takes some."""
        return self.slept + len(self.asked) / 1000

    async def sleep(self, seconds: float) -> None:
        self.slept += max(0.0, seconds)

    def server_time(self) -> datetime:
        """Somewhat ahead, as the client knows it."""
        return BEGIN + timedelta(seconds=self.now + 1.5)

    def items_at(self, time: float) -> dict[str, float]:
        """When each item was written, by a time, newest first."""
        newest = {name: at for at, name in self.rows if at <= time}
        return dict(sorted(newest.items(), key=lambda one: (one[1], one[0]), reverse=True))

    def _write(self) -> None:
        oldest = list(self.items_at(self.now))[-1]
        name = f"n{len(self.asked):04}" if self.write == "new" else oldest
        self.rows.append((self.now, name))

    async def get(self, path: str, schema: AnswerSchema = OBJECT, /, **params: Any) -> Json:
        assert path == "/dataset-items"
        self.asked.append(params)
        if len(self.asked) <= self.writes:
            self._write()
        until = self.now
        if self.knows_versions and "version" in params:
            until = (datetime.fromisoformat(params["version"]) - BEGIN).total_seconds()
        found = self.items_at(min(until, self.now))
        begin = (params["page"] - 1) * 100
        page = itertools.islice(found.items(), begin, begin + 100)
        common = {"datasetName": "d", "status": "ACTIVE"}
        data = [{"id": name, "createdAt": written(at), **common} for name, at in page]
        return {"data": data, "meta": {"totalItems": len(found)}}

    async def pages(
        self,
        path: str,
        schema: AnswerSchema = PAGE_OF_OBJECTS,
        /,
        *,
        first: Json = None,
        **params: str | int,
    ) -> list[dict[str, Any]]:
        raise NotImplementedError

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
        async def get(number: int) -> Json:
            return await self.get(path, schema, **params, limit=100, page=number)

        return in_order(get, first, ahead or 4)


def read(server: Busy, monkeypatch: pytest.MonkeyPatch) -> reading._List:
    loop = asyncio.get_running_loop  # all other threads sleep as ever
    monkeypatch.setattr(
        reading, "asyncio", SimpleNamespace(sleep=server.sleep, get_running_loop=loop)
    )
    return asyncio.run(reading._read_list(server, "d", math.inf))


def test_a_list_that_stands_still_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """At one time, the same for all pages, without waiting."""
    server = Busy(450, writes=0)
    found = read(server, monkeypatch)
    assert found.steady
    assert len(found.items) == 450
    assert len(server.asked) == 5
    assert {one["version"] for one in server.asked} == {"2026-01-01T00:00:01.500Z"}
    assert not server.slept


@pytest.mark.parametrize("write", ["new", "again"])
def test_a_list_that_is_written_all_the_time_is_read_as_it_was(
    monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    """At the time of the first reading, once that has passed: every item of then, once."""
    server = Busy(450, write=write)
    found = read(server, monkeypatch)
    assert found.steady
    assert len({one["version"] for one in server.asked}) == 1
    assert 1.5 < server.slept <= 2
    assert len(server.asked) <= 11
    names = {address.name.removeprefix("d/") for address in found.items}
    assert names == set(server.items_at(1.5))
    assert len(names) >= 450


@pytest.mark.parametrize("write", ["new", "again"])
def test_a_server_that_knows_no_versions_is_read_page_by_page(
    monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    """It shows what was written later. What may be missing is said."""
    server = Busy(450, knows_versions=False, write=write)
    found = read(server, monkeypatch)
    assert not found.steady
    assert "version" not in server.asked[-1]
    assert server.asked[-1]["page"] >= 5


@pytest.mark.parametrize("write", ["new", "again"])
def test_an_older_server_that_comes_to_rest_is_read_whole(
    monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    """Nothing is missing then, and nothing is said."""
    server = Busy(450, knows_versions=False, writes=10, write=write)
    found = read(server, monkeypatch)
    assert found.steady
    assert {one.name.removeprefix("d/") for one in found.items} == set(server.items_at(1e9))
