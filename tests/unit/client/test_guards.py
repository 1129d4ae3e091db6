"""A request that would do more than it says does not leave the client."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

import pytest

from langsync.config import Connection
from langsync.errors import NotFoundError, RejectedError, UnsafeRequestError
from langsync.local import LocalServer
from tests.unit.calls import create, run

DELETIONS = [
    "?label=",
    "?label",
    "?version=",
    "?version=0",
    "?version=00",
    "?version=0.0",
    "?version=-0",
    "?version=0x0",
    "?version=%20",
    "?version=+",
    "?labels=production",
    "?Label=production",
    "?label=production&version=",
    "?label=production&label=",
    "?label[]=production",
    "?=production",
    "?page=1",
]


@pytest.mark.parametrize("query", DELETIONS)
@pytest.mark.parametrize("path", ["/v2/prompts/p", "/v2/./prompts/p", "/%762/prompts/p/"])
def test_no_deletion_takes_more_than_it_names(
    server: LocalServer, connection: Connection, path: str, query: str
) -> None:
    """Langfuse would take these for no filter, and delete all versions."""
    create(connection, {"name": "p", "prompt": "x"})
    server.app.requests.clear()
    with pytest.raises(UnsafeRequestError):
        run(connection, lambda client: client.call("DELETE", path + query))
    assert server.requests == []


@pytest.mark.parametrize("query", ["", "?label=production", "?version=1", "?version=2&label=a"])
def test_a_deletion_that_says_what_it_does_is_sent(
    server: LocalServer, connection: Connection, query: str
) -> None:
    """All versions, too, where no filter is given."""
    create(connection, {"name": "p", "prompt": "x", "labels": ["production"]})
    server.app.requests.clear()
    with suppress(RejectedError, NotFoundError):  # whether there is such a version is its own
        run(connection, lambda client: client.call("DELETE", f"/v2/prompts/p{query}"))
    assert len(server.requests) == 1


@pytest.mark.parametrize("params", [{"name": ""}, {"name": " "}, {"environment": ["a", ""]}])
def test_no_empty_filter_leaves_the_client(
    server: LocalServer, connection: Connection, params: dict[str, str | list[str]]
) -> None:
    """It would select everything."""
    with pytest.raises(UnsafeRequestError, match="is empty, and to Langfuse an empty filter is"):
        run(connection, lambda client: client.get("/v2/prompts", **params))
    with pytest.raises(UnsafeRequestError):
        run(connection, lambda client: client.call("GET", f"/v2/prompts?{quote('name')}="))
    assert server.requests == []
