"""A list of a server that goes round in circles has an end."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from langsync.client import Client
from langsync.config import Connection
from langsync.errors import ApiError
from langsync.observability.reading import ListQuery
from langsync.observability.sources import SOURCES


def rows(*answers: dict[str, Any]) -> list[dict[str, Any]]:
    """What is read of scores, the last answer given again and again."""
    waiting = [answers[0], *answers]  # the first is asked for to know the server

    def answer(_request: httpx.Request) -> httpx.Response:
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return httpx.Response(200, json=found)

    async def read() -> list[dict[str, Any]]:
        connection = Connection("http://localhost", "pk", "sk")
        async with Client(connection, transport=httpx.MockTransport(answer)) as client:
            return await ListQuery(SOURCES["scores"]).fetch_rows(client)

    return asyncio.run(read())


def test_a_cursor_that_comes_again_is_an_error() -> None:
    """Whether at once or later."""
    row = {"id": "a", "name": "helpful", "timestamp": "2026-01-31T12:00:00.000Z"}
    again = {"data": [row], "meta": {"cursor": "c"}}
    with pytest.raises(ApiError, match="the same cursor again"):
        rows(again)
    with pytest.raises(ApiError, match="the same cursor again"):
        rows(again, {"data": [row], "meta": {"cursor": "d"}}, again)
    assert rows(again, {"data": [row], "meta": {}}) == [row, row]


def test_the_same_page_under_new_cursors_is_an_error() -> None:
    """So is one without rows."""
    for found in ([{"id": "a", "name": "x", "timestamp": "2026-01-31T12:00:00.000Z"}], []):
        answers = [{"data": found, "meta": {"cursor": str(number)}} for number in range(9)]
        with pytest.raises(ApiError, match="the same page again and again"):
            rows(*answers)
