"""What is read of the times of items is checked before anything reckons with them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
import pytest

from langsync.client import Client
from langsync.config import Connection
from langsync.errors import UnexpectedAnswerError
from langsync.fetch import Remote, fetch
from langsync.kinds.base import Scope
from langsync.kinds.dataset_item.dataset_spec import DatasetSpec
from langsync.kinds.dataset_item.spec import ItemSpec
from langsync.kinds.tracking import iso
from langsync.model import Address, Resource, State
from tests.unit.calls import FAST

ROW = {
    "id": "a",
    "datasetName": "d",
    "status": "ACTIVE",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-01T00:00:00.000Z",
}

DATASET = Address("dataset", "d")


def read(row: Mapping[str, Any]) -> Remote:
    """Read a dataset with one item, of which another item is declared that is not there."""

    def answer(request: httpx.Request) -> httpx.Response:
        match request.url.path.removeprefix("/api/public"):
            case "/dataset-items":
                body = {"data": [row], "meta": {"totalItems": 1}}
            case "/v2/datasets":
                body = {"data": [{"name": "d"}], "meta": {"totalItems": 1}}
            case _:
                return httpx.Response(404, json={"message": "not found"})
        return httpx.Response(200, json=body)

    content = ItemSpec(1, id="b")
    missing = Resource(Address("dataset_item", "d/b"), content, needs=(DATASET,))
    desired = State([Resource(DATASET, DatasetSpec()), missing])

    async def work() -> Remote:
        connection = Connection("http://127.0.0.1", "pk", "sk")
        async with Client(connection, FAST, httpx.MockTransport(answer)) as client:
            return await fetch(client, Scope(desired))

    return asyncio.run(work())


def test_times_as_langfuse_writes_them_are_read() -> None:
    """Also of a server that does not say when a row was updated."""
    read({**ROW, "updatedAt": None})
    assert read(ROW).heads["d"].rows == (("a", ROW["createdAt"], ROW["updatedAt"]),)


@pytest.mark.parametrize(
    "fields",
    [
        {"createdAt": "yesterday"},
        {"createdAt": ""},
        {"createdAt": "2026-01-01T00:00:00"},
        {"createdAt": "9999-12-31T23:59:59.999Z"},
        {"createdAt": "0001-01-01T00:00:00.000Z"},
        {"createdAt": None},
        {"updatedAt": ["2026-01-01T00:00:00.000Z"]},
    ],
)
def test_what_is_no_time_of_langfuses_is_an_error_that_says_where(
    fields: Mapping[str, Any],
) -> None:
    """Nothing is added to it, and nothing looks for a row by it."""
    with pytest.raises(UnexpectedAnswerError, match=rf"data\[0\]\.{next(iter(fields))}"):
        read({**ROW, **fields})


def test_a_time_of_another_zone_is_sent_in_utc() -> None:
    """Langfuse reads the times of requests as UTC."""
    assert iso(datetime.fromisoformat("2026-01-01T02:00:00+02:00")) == "2026-01-01T00:00:00.000Z"
