"""What goes along with each request, and that it shows nowhere else."""

from __future__ import annotations

import asyncio
import base64
import json
import traceback
from dataclasses import replace

import httpx
import pytest

from langsync.client import Client, Options
from langsync.config import Connection, Environment, connect
from langsync.errors import ApiError, LangsyncError
from langsync.local import LocalServer
from langsync.model import Request
from tests.unit.calls import FAST, run

SECRET = Connection(
    "http://langfuse.example", "pk-lf-1", "hunter2", {"X-Token": "hunter3", "User-Agent": "mine"}
)


def sent(connection: Connection, options: Options = FAST) -> httpx.Request:
    """The request that a server gets."""
    caught: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        caught.append(request)
        return httpx.Response(200, json={"id": "1"})

    async def work() -> None:
        async with Client(connection, options, httpx.MockTransport(handle)) as client:
            await client.send(Request("POST", "/x", {"a": "é"}))

    asyncio.run(work())
    (request,) = caught
    return request


def test_each_request_says_who_asks() -> None:
    """The keys by Basic auth, the version of langsync."""
    plain = replace(SECRET, headers={})
    request = sent(plain, Options(version="1.2.3"))
    assert request.headers["User-Agent"] == "langsync/1.2.3"
    scheme, _, token = request.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(token)) == ("Basic", b"pk-lf-1:hunter2")
    assert request.headers["Accept"] == "application/json"


def test_a_body_is_json_in_utf_8() -> None:
    """With its type; the address is the API's."""
    request = sent(SECRET)
    assert request.headers["Content-Type"] == "application/json"
    assert request.content == '{"a":"é"}'.encode()
    assert str(request.url) == "http://langfuse.example/api/public/x"


def test_further_headers_go_along() -> None:
    """They win over langsync's own, but never over the keys."""
    request = sent(replace(SECRET, headers={**SECRET.headers, "Authorization": "Bearer x"}))
    assert (request.headers["X-Token"], request.headers["User-Agent"]) == ("hunter3", "mine")
    assert request.headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"message": "no"}),
        httpx.Response(500, text="<h1>"),
        httpx.Response(302, headers={"Location": "https://other.example"}, text="x"),
        httpx.Response(200, html="<h1>"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout(""),
    ],
)
def test_no_secret_is_in_what_is_told(answer: httpx.Response | Exception) -> None:
    """Neither in the message nor in the whole traceback."""

    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def work() -> None:
        transport = httpx.MockTransport(handle)
        async with Client(SECRET, replace(FAST, attempts=1), transport) as client:
            assert "hunter" not in repr(client)
            await client.get("/projects")

    with pytest.raises(ApiError) as caught:
        asyncio.run(work())
    assert "hunter" not in "".join(traceback.format_exception(caught.value))


def ask(host: str, headers: dict[str, str]) -> None:
    """Ask a host, as variables and options tell it."""
    variables = {
        "LANGFUSE_PUBLIC_KEY": "pk",
        "LANGFUSE_SECRET_KEY": "sk",
        "LANGFUSE_ADDITIONAL_HEADERS": json.dumps(headers),
    }
    run(connect(Environment(), variables, host), lambda client: client.get("/health"))


@pytest.mark.parametrize("value", ["hunter3\nmore", " hunter3", "hünter3"])
def test_a_header_that_cannot_be_sent_is_told_without_its_value(
    server: LocalServer, value: str
) -> None:
    """It is a secret even if it is wrong."""
    with pytest.raises(LangsyncError) as caught:
        ask(server.url, {"X-Token": value})
    assert "nter3" not in str(caught.value)


@pytest.mark.parametrize("host", ["http://a\tb", "http://xn--a"])
def test_a_host_that_cannot_be_asked_is_told(host: str) -> None:
    """Like any other that is not there."""
    with pytest.raises(LangsyncError):
        ask(host, {})
