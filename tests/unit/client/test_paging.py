"""Lists are read whole, also while they shift."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from langsync.client import Client
from langsync.config import Connection
from langsync.errors import UnexpectedAnswerError
from langsync.local import LocalServer
from tests.unit.calls import FAST, run

Page = dict[str, Any]


def pages(answer: Callable[[int, int], Page]) -> tuple[list[Page], list[int]]:
    """Read a list from a server that gives a page by the number of calls before and its own.

    Returns:
        The rows, and the pages in the order in which they were asked for.
    """
    asked: list[int] = []

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.params["limit"] == "100"
        number = int(request.url.params["page"])
        asked.append(number)
        return httpx.Response(200, json=answer(len(asked) - 1, number))

    async def work() -> list[Page]:
        connection = Connection("http://x.example", "a", "b")
        async with Client(connection, FAST, httpx.MockTransport(handle)) as client:
            return await client.pages("/list")

    return asyncio.run(work()), asked


def page(rows: range, number: int, total: int | None = None, key: str = "id") -> Page:
    """One page of a list of rows."""
    part = rows[(number - 1) * 100 : number * 100]
    data = [{key: str(row)} for row in part]
    return {"data": data, "meta": {"totalItems": len(rows) if total is None else total}}


@pytest.mark.parametrize("key", ["id", "name"])
@pytest.mark.parametrize(("count", "calls"), [(0, 1), (1, 1), (100, 1), (101, 2), (250, 3)])
def test_all_pages_are_read_once(count: int, calls: int, key: str) -> None:
    """In the order of the list, the first page first."""
    rows, asked = pages(lambda _, number: page(range(count), number, key=key))
    assert [int(row[key]) for row in rows] == [*range(count)]
    assert asked[0] == 1
    assert sorted(asked) == [*range(1, calls + 1)]


def test_a_list_that_grew_is_read_again() -> None:
    """Its length changed between two pages."""
    rows, asked = pages(lambda call, number: page(range(150 if call == 0 else 151), number))
    assert len(rows) == 151
    assert asked == [1, 2, 1, 2]


def test_a_row_that_moved_to_the_next_page_is_not_there_twice() -> None:
    """Another was put before it and one taken away: the length is the same."""

    def answer(call: int, number: int) -> Page:
        return page(range(150) if call != 1 else range(-1, 149), number)

    rows, asked = pages(answer)
    assert [int(row["id"]) for row in rows] == [*range(150)]
    assert asked == [1, 2, 1, 2]


def test_there_is_an_end_to_it() -> None:
    """A list that never rests is taken as it was read the third time."""
    rows, asked = pages(lambda call, number: page(range(150 + call), number))
    assert len(asked) == 6
    assert rows


def test_a_first_page_that_is_here_is_not_asked_for(
    server: LocalServer, connection: Connection
) -> None:
    """The others are, with the same query."""

    async def work(client: Client) -> list[Page]:
        first = await client.get("/v2/prompts", limit=100, page=1, label="x")
        server.app.requests.clear()
        return await client.pages("/v2/prompts", first=first, label="x")

    assert run(connection, work) == []
    assert server.requests == []


@pytest.mark.parametrize("total", [10**9, 10**18])
def test_a_list_ends_at_its_first_empty_page(total: int) -> None:
    """Whatever it says of its length; few pages are asked for that are not there."""
    rows, asked = pages(lambda _, number: page(range(250), number, total))
    assert [int(row["id"]) for row in rows] == [*range(250)]
    assert len(asked) < 3 * 2 * (FAST.concurrency + 4)


def test_an_empty_list_is_one_page() -> None:
    """Whatever it says of its length."""
    rows, asked = pages(lambda _, number: page(range(0), number, 5000))
    assert rows == []
    assert set(asked) == {1}


def test_a_server_that_knows_no_pages_is_told() -> None:
    """The same comes again and again."""
    with pytest.raises(UnexpectedAnswerError, match="the same page again and again"):
        pages(lambda *_: page(range(100), 1, 10**9))


@pytest.mark.parametrize("total", [-1, 1.5, "250", None, True, 1e30])
def test_a_length_that_is_none_is_told(total: Any) -> None:  # noqa: ANN401  any JSON
    """With what was expected."""
    body = {"data": [], "meta": {"totalItems": total}}
    with pytest.raises(UnexpectedAnswerError, match=r"does not answer /list .*meta\.totalItems"):
        pages(lambda *_: body)


def test_a_list_that_says_too_little_is_told() -> None:
    """There could be more pages than it lets anybody see."""
    with pytest.raises(UnexpectedAnswerError, match="has 100 rows, and says that it has 7"):
        pages(lambda _, number: page(range(250), number, 7))
