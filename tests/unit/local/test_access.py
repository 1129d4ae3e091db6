"""Whom the embedded server answers: by the name it is asked by, and the page that asks."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import httpx
import pytest

from langsync.errors import ConfigError
from langsync.local import LocalProject, LocalServer
from langsync.local.access import Access

KEYS = (LocalProject().public_key, LocalProject().secret_key)
BODY = b'{"name": "p", "prompt": "x"}'


@pytest.fixture(scope="module")
def named() -> Iterator[LocalServer]:
    """A server with names and pages beside those of loopback, which listens everywhere."""
    with LocalServer(
        host="0.0.0.0",
        allow_hosts=["host.docker.internal", "192.0.2.7"],
        allow_origins=["https://app.example", "http://app.example:8080"],
    ) as server:
        yield server


def status(server: LocalServer, *headers: tuple[str, str], body: bytes = b"") -> int:
    """The status of a request with exactly these headers, and keys."""
    port = httpx.URL(server.url).port
    connection = http.client.HTTPConnection("127.0.0.1", port)
    method = "POST" if body else "GET"
    connection.putrequest(
        method, "/api/public/v2/prompts", skip_host=True, skip_accept_encoding=True
    )
    connection.putheader("Authorization", httpx.BasicAuth(*KEYS)._auth_header)
    for name, value in headers:
        connection.putheader(name, value.format(port=port))
    if body:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body or None)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:{port}",
        "localhost:{port}",
        "LocalHost.",
        "[::1]:{port}",
        "127.9.9.9",
    ],
)
def test_names_of_loopback_are_answered(server: LocalServer, host: str) -> None:
    """With any port, as of a tunnel."""
    assert status(server, ("Host", host)) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.localhost.example:{port}",
        "host.docker.internal",
        "0.0.0.0:{port}",
        "[::]:{port}",
        "192.168.0.1",
        "127.0.0.1@evil.example",
        "evil.example@127.0.0.1",
        "127.0.0.1/evil.example",
        "127.0.0.1#evil.example",
        "",
    ],
)
def test_other_names_are_not_answered(server: LocalServer, host: str) -> None:
    """A page's own name may resolve to this machine."""
    assert status(server, ("Host", host)) == 403
    assert server.requests[-1].status == 403


@pytest.mark.parametrize("host", ["host.docker.internal:{port}", "192.0.2.7", "127.0.0.1"])
def test_names_that_were_given_are_answered(named: LocalServer, host: str) -> None:
    """As those of containers."""
    assert status(named, ("Host", host)) == 200


@pytest.mark.parametrize("host", ["0.0.0.0:{port}", "[::]", "docker.internal", "192.0.2.8"])
def test_listening_everywhere_adds_no_name(named: LocalServer, host: str) -> None:
    """A browser reaches this machine by 0.0.0.0, too."""
    assert status(named, ("Host", host)) == 403
    assert "0.0.0.0" not in named.url


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://localhost:5173", 200),
        ("http://127.0.0.1", 200),
        ("https://[::1]:8443", 200),
        ("https://app.example", 200),
        ("https://app.example:443", 200),
        ("http://app.example:8080", 200),
        ("http://app.example", 403),
        ("https://app.example:8443", 403),
        ("https://sub.app.example", 403),
        ("https://app.example.evil.example", 403),
        ("http://localhost.evil.example", 403),
        ("http://host.docker.internal", 403),
        ("http://0.0.0.0:5173", 403),
        ("null", 403),
        ("", 403),
        ("file://", 403),
        ("chrome-extension://localhost", 403),
        ("http://localhost, https://evil.example", 403),
    ],
)
def test_pages_are_answered_by_their_origin(named: LocalServer, origin: str, expected: int) -> None:
    """Those of this machine with any port, and those that were given."""
    assert status(named, ("Host", "127.0.0.1"), ("Origin", origin)) == expected


def test_two_origins_are_none(named: LocalServer) -> None:
    """Whichever comes first."""
    both = [("Origin", "http://localhost"), ("Origin", "https://evil.example")]
    assert status(named, ("Host", "127.0.0.1"), *both) == 403


@pytest.mark.parametrize(
    ("site", "expected"), [("cross-site", 403), ("same-origin", 200), ("none", 200)]
)
def test_what_pages_embed_is_not_answered(server: LocalServer, site: str, expected: int) -> None:
    """Images, scripts and links come without an origin."""
    assert status(server, ("Host", "127.0.0.1"), ("Sec-Fetch-Site", site)) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("application/json", 201),
        ("Application/JSON; charset=utf-8", 201),
        ("text/plain", 415),
        ("Text/Plain;charset=UTF-8", 415),
        ("text/plain; application/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
        (None, 415),
    ],
)
def test_a_body_needs_a_type_that_no_page_sends_unasked(
    server: LocalServer, kind: str | None, expected: int
) -> None:
    """Whoever sends it."""
    type_ = [] if kind is None else [("Content-Type", kind)]
    assert status(server, ("Host", "127.0.0.1"), *type_, body=BODY) == expected


def test_a_body_in_chunks_needs_a_type_too(api: httpx.Client) -> None:
    """Its length is not told."""
    assert api.post("/v2/prompts", content=iter([BODY])).status_code == 415
    assert api.get("/v2/prompts").json()["data"] == []


def test_a_page_of_this_machine_may_ask_before_it_sends(server: LocalServer) -> None:
    """The answer to a preflight names what may be sent; that to the request may be read."""
    url = f"{server.url}/api/public/v2/prompts"
    origin = {"Origin": "http://localhost:5173"}
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    allowed = httpx.options(url, headers=origin | asked)
    assert allowed.status_code == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == origin["Origin"]
    assert allowed.headers["Access-Control-Allow-Methods"] == "POST"
    assert allowed.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    answer = httpx.get(url, headers=origin, auth=KEYS)
    assert answer.headers["Access-Control-Allow-Origin"] == origin["Origin"]
    assert answer.headers["Vary"] == "Origin"
    refused = httpx.options(url, headers=asked | {"Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert "Access-Control-Allow-Origin" not in refused.headers
    plain = httpx.get(url, auth=KEYS)
    assert not {name for name in plain.headers if name.startswith("access-control")}


@pytest.mark.parametrize("host", ["http://a", "a/b", "a b", "", "*", "a:80"])
def test_what_is_no_name_of_a_host_is_refused(host: str) -> None:
    """At the start."""
    with pytest.raises(ConfigError, match="is no name of a host"):
        Access.parse([host])


@pytest.mark.parametrize("origin", ["null", "*", "a.example", "https://a.example/path", ""])
def test_what_is_no_origin_is_refused(origin: str) -> None:
    """At the start."""
    with pytest.raises(ConfigError, match="is no origin"):
        Access.parse(origins=[origin])
