"""A request that would do more than it says does not leave the client."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

import pytest

from langsync.client import Client
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
@pytest.mark.parametrize(
    "path", ["/v2/prompts/p", "/v2/./prompts/p", "/%762/prompts/p/", "/v2/prompts%2Fp"]
)
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


@pytest.mark.parametrize(
    "path",
    [
        "/projects/p/apiKeys/..",
        "/projects/p/apiKeys/.",
        "/projects/p/apiKeys/",
        "/projects/p/apiKeys//k",
        "/projects/p/apiKeys/%20",
        "/projects/p/apiKeys/.%09.",
        "/projects/p/apiKeys/..%20",
        "/projects/p/apiKeys/%2e%2E",
        "/projects/p/apiKeys/.%2e",
        "/projects/p/apiKeys/%252e%252e",
        "/projects/p/apiKeys/..\\..",
        "/projects/p#/apiKeys/k",
        "/projects/p/apiKeys/..?page=1",
    ],
)
def test_no_path_leads_elsewhere(server: LocalServer, connection: Connection, path: str) -> None:
    """Langfuse, a proxy, or httpx itself would resolve it to the project, and delete that."""

    async def call(client: Client) -> None:
        for method in ("GET", "DELETE", "PATCH"):
            with pytest.raises(UnsafeRequestError, match="leads to another path"):
                await client.call(method, path)

    run(connection, call)
    assert server.requests == []


@pytest.mark.parametrize("name", ["a..b", "..a", "...", "a%2F..%2Fb", "%5C", "a%20b", "%25"])
def test_names_with_dots_in_them_are_names(
    server: LocalServer, connection: Connection, name: str
) -> None:
    """They reach the endpoint that they name, as they were sent."""
    with pytest.raises(NotFoundError):
        run(connection, lambda client: client.get(f"/v2/prompts/{name}"))
    assert [one.path for one in server.requests] == [f"/api/public/v2/prompts/{name}"]
