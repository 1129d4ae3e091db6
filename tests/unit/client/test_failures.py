"""What went wrong on the way, in words that say what to do."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace

import httpx
import pytest

from langsync.client import Client
from langsync.config import REGIONS, Connection
from langsync.errors import (
    ApiError,
    ConnectionFailedError,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    UnauthorizedError,
    UnexpectedAnswerError,
)
from langsync.local import Fault, LocalServer
from langsync.model import Json, Request
from tests.unit.calls import FAST, create, run

ONCE = replace(FAST, attempts=1)
HTML = httpx.Response(200, html="<h1>Sign in</h1>")


def failure(connection: Connection, path: str = "/v2/prompts/a") -> ApiError:
    """The error of asking the embedded server for something."""
    with pytest.raises(ApiError) as caught:
        run(connection, lambda client: client.get(path), ONCE)
    return caught.value


def told(answer: httpx.Response | Exception, host: str = "https://langfuse.example") -> ApiError:
    """The error of asking a server that gives one answer."""

    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def work() -> ApiError:
        transport = httpx.MockTransport(handle)
        async with Client(Connection(host, "pk", "hunter2"), ONCE, transport) as client:
            with pytest.raises(ApiError) as caught:
                await client.get("/projects")
        return caught.value

    return asyncio.run(work())


def test_unknown_keys_are_told_with_what_to_check(connection: Connection) -> None:
    """The host, the server's words, the other regions."""
    error = failure(replace(connection, secret_key="hunter2"))
    assert (type(error), error.status) == (UnauthorizedError, 401)
    assert str(error).startswith(f"{connection.host} does not know these keys: Invalid credentials")
    assert all(f"{region} {url}" in str(error) for region, url in REGIONS.items())


def test_a_region_is_not_told_to_itself() -> None:
    """Only the others."""
    error = told(httpx.Response(401, json={"message": "Invalid credentials."}), REGIONS["EU"])
    assert f"EU {REGIONS['EU']}" not in str(error)
    assert f"US {REGIONS['US']}" in str(error)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (403, {"message": "No access"}, ForbiddenError, "not allowed: No access"),
        (404, {"message": "Gone"}, NotFoundError, "Gone"),
        (429, {"message": "Slow"}, RejectedError, "too many requests: Slow. Try again later or"),
        (409, {"message": "Taken", "error": "Conflict"}, RejectedError, "Taken"),
        (400, "Invalid JSON", RejectedError, "Invalid JSON"),
        (413, "Body exceeded 1mb limit", RejectedError, "too large: Langfuse takes 1 MB, for a"),
        (413, "<h1>Too large</h1>", RejectedError, "too large: Langfuse takes 1 MB, for a"),
        (500, {"message": "Internal"}, RejectedError, "Internal"),
        (500, "<h1>Error</h1>", RejectedError, "answers with a server error (500)"),
        (503, "<h1>Busy</h1>", RejectedError, "answers with a server error (503)"),
        (404, "<h1>Not found</h1>", UnexpectedAnswerError, "answers 404 with"),
        (401, "<h1>Sign in</h1>", UnexpectedAnswerError, "answers 401 with"),
        (403, {"error": "Not on your plan."}, ForbiddenError, "not allowed: Not on your plan."),
        (404, {"error": "no route"}, RejectedError, "no route"),
        (404, {"detail": "Not Found"}, RejectedError, "Not Found"),
        (418, {"detail": "x"}, RejectedError, "x"),
        (418, {"x": "y"}, UnexpectedAnswerError, "answers 418 with application/json where"),
        (418, {"message": ""}, UnexpectedAnswerError, "answers 418 with application/json where"),
        (400, {"message": "Bad", "error": [None, 5, {"path": 1}]}, RejectedError, "Bad: invalid"),
        (400, {"message": "Bad", "error": [{"errors": None, "path": None}]}, RejectedError, "Bad"),
        (418, [1], UnexpectedAnswerError, "where the API's JSON was expected"),
    ],
)
def test_each_refusal_is_an_error_of_its_kind(
    server: LocalServer, connection: Connection, status: int, body: Json, kind: type, words: str
) -> None:
    """In the server's words where it gave any."""
    server.faults.add(Fault(status=status, body=body))
    error = failure(connection)
    assert (type(error), error.status) == (kind, status)
    assert words in str(error)


def test_issues_are_told_with_their_place(connection: Connection) -> None:
    """Those of a union's branches one after the other."""
    request = Request("POST", "/v2/prompts", {"name": "a//b", "prompt": "x", "labels": ["Bad"]})
    with pytest.raises(RejectedError) as caught:
        run(connection, lambda client: client.send(request))
    assert "Invalid request data: " in str(caught.value)
    assert "name: Name cannot contain consecutive slashes" in str(caught.value)
    assert "labels.0: Label must be lowercase" in str(caught.value)


def test_what_the_api_has_not_is_not_found(connection: Connection) -> None:
    """A prompt that is not there, as the API says it."""
    error = failure(connection, "/v2/prompts/none")
    assert (type(error), error.status) == (NotFoundError, 404)
    assert "none" in str(error)


def test_a_page_is_no_answer(connection: Connection) -> None:
    """A host that is not Langfuse's, or something in between."""
    error = failure(connection, "/no/such/path")
    assert type(error) is UnexpectedAnswerError
    assert "answers 404 with an HTML page where the API's JSON was expected" in str(error)
    error = told(HTML)
    assert "https://langfuse.example answers 200 with an HTML page" in str(error)
    assert "LANGFUSE_ADDITIONAL_HEADERS" in str(error)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """It could carry the keys elsewhere; where it leads is told."""
    headers = {"Location": "https://other.example/api"}
    error = told(httpx.Response(status, headers=headers, text="Moved"))
    assert type(error) is UnexpectedAnswerError
    assert "https://langfuse.example redirects to https://other.example/api" in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(308, headers={"Location": "https://other.example"}),
        httpx.Response(200),
        httpx.Response(204),
    ],
)
def test_an_answer_without_a_body_is_none_of_the_api(answer: httpx.Response) -> None:
    """To a read, that is."""
    assert type(told(answer)) is UnexpectedAnswerError


def ask(body: Json, path: str) -> None:
    """Read the project or a list of a server that gives one JSON answer."""

    async def work() -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
        async with Client(Connection("http://x.example", "a", "b"), ONCE, transport) as client:
            await (client.project() if path == "project" else client.pages("/v2/prompts"))

    asyncio.run(work())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("project", []),
        ("project", {"data": [{}]}),
        ("project", 5),
        ("pages", []),
        ("pages", {"ok": True}),
        ("pages", {"data": [], "meta": None}),
        ("pages", {"data": None, "meta": {"totalItems": 0}}),
    ],
)
def test_other_json_is_none_of_the_api(path: str, body: Json) -> None:
    """Some other service answers at that host."""
    with pytest.raises(ApiError):
        ask(body, path)


def test_a_name_that_nobody_knows(server: LocalServer) -> None:
    """The resolver of the tests knows this machine only."""
    error = failure(Connection("http://langfuse.example:1234", "a", "b"))
    assert type(error) is ConnectionFailedError
    assert str(error) == (
        "cannot reach http://langfuse.example:1234: its name is unknown: check the host for typos"
    )


def test_a_port_on_which_nothing_listens() -> None:
    """The embedded server may not have been started."""
    error = failure(Connection("http://127.0.0.1:1", "a", "b"))
    assert "nothing listens there: check host and port; 'langsync serve' starts" in str(error)


def test_a_server_that_takes_too_long(server: LocalServer, connection: Connection) -> None:
    """With the option that helps."""
    server.faults.add(Fault(delay=20))
    with pytest.raises(ConnectionFailedError, match="did not answer in time: raise --timeout"):
        run(connection, lambda client: client.get("/projects"), replace(ONCE, timeout=1))


def test_a_certificate_that_is_not_trusted() -> None:
    """With what to set where a company has its own authority; it is not tried again."""
    cause = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed")
    error.__cause__ = cause
    told_error = told(error)
    assert "its certificate is not trusted" in str(told_error)
    assert "set SSL_CERT_FILE to its certificates" in str(told_error)


def test_https_where_only_http_is_spoken(connection: Connection) -> None:
    """The embedded server has no certificate at all."""
    error = failure(replace(connection, host=connection.host.replace("http:", "https:")))
    assert type(error) is ConnectionFailedError
    assert "certificate" not in str(error)


@pytest.mark.parametrize(
    "error", [httpx.RemoteProtocolError("Server disconnected"), httpx.ReadError("")]
)
def test_a_connection_that_broke(error: httpx.HTTPError) -> None:
    """In its own words, or by its name."""
    assert str(told(error)) == (
        f"cannot reach https://langfuse.example: {str(error) or type(error).__name__}"
    )


def test_keys_of_no_project(server: LocalServer, connection: Connection) -> None:
    """Such as those of an organization."""
    server.faults.add(Fault(status=200, body={"data": []}))
    with pytest.raises(UnexpectedAnswerError, match="make project keys under"):
        run(connection, lambda client: client.project())


def test_a_project_is_told_by_its_keys(server: LocalServer, connection: Connection) -> None:
    """Its id, its name, and where it is."""
    found = run(connection, lambda client: client.project())
    assert (found.id, found.name, found.host) == ("proj-local", "local", server.url)


def test_a_probe_takes_any_answer(server: LocalServer, connection: Connection) -> None:
    """Once, whatever it is; only where nothing answers it is an error."""
    server.faults.add(Fault(status=503, body="<h1>busy</h1>"))
    found = run(connection, lambda client: client.probe("/health"))
    assert (found.status, found.body) == (503, None)
    found = run(connection, lambda client: client.probe("/health"))
    assert (found.status, found.body["status"]) == (200, "OK")
    assert found.seconds > 0
    with pytest.raises(ConnectionFailedError):
        run(Connection("http://127.0.0.1:1", "a", "b"), lambda client: client.probe("/health"))


def test_a_name_goes_into_the_path_whole(server: LocalServer, connection: Connection) -> None:
    """Encoded once, not twice, slashes included."""
    create(connection, {"name": "a/b %2F?", "prompt": "x"})
    path = "/v2/prompts/a%2Fb%20%252F%3F"
    run(connection, lambda client: client.get(path, label="latest"))
    assert server.requests[-1].path == f"/api/public{path}?label=latest"
