"""Bodies, paths and pages: what surrounds the endpoints."""

from __future__ import annotations

import http.client

import httpx
import pytest

from langsync.local import LocalServer
from langsync.local.routing import find_target, parse_query, redirection

KILOBYTE = 1024
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("path", "limit", "told"),
    [
        ("/v2/prompts", KILOBYTE * KILOBYTE, "1mb"),
        ("/v2/datasets", KILOBYTE * KILOBYTE, "1mb"),
        ("/dataset-items", KILOBYTE * KILOBYTE * 9 // 2, "4.5mb"),
    ],
)
def test_a_body_may_be_as_large_as_the_limit_and_no_larger(
    api: httpx.Client, path: str, limit: int, told: str
) -> None:
    """One byte more is a 413 in plain text."""
    largest, larger = (b"{" + b" " * (size - 2) + b"}" for size in (limit, limit + 1))
    assert api.post(path, content=largest, headers=JSON).status_code == 400
    refused = api.post(path, content=larger, headers=JSON)
    assert (refused.status_code, refused.text) == (413, f"Body exceeded {told} limit")
    assert "content-type" not in refused.headers


def test_a_body_sent_in_chunks_is_limited_too(api: httpx.Client) -> None:
    """No length is told in advance."""
    chunks = (b" " * KILOBYTE for _ in range(1025))
    answer = api.post("/v2/prompts", content=chunks, headers=JSON)
    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"{bad", b"[1,]", b"NaN", b'{"a":Infinity}', b"'x'"])
def test_malformed_json_is_refused_in_plain_text(api: httpx.Client, body: bytes) -> None:
    """What Python's reader takes beyond JSON is refused as well."""
    answer = api.post("/v2/prompts", content=body, headers=JSON)
    assert (answer.status_code, answer.text) == (400, "Invalid JSON")


def test_every_answer_has_a_date(api: httpx.Client) -> None:
    """Clients take the server's time from it."""
    assert "date" in api.get("/health").headers
    assert "date" in api.get("/no-such-page").headers


def test_a_name_is_one_segment_of_the_path(api: httpx.Client) -> None:
    """An encoded slash is part of it; a plain one makes another path, an HTML page."""
    api.post("/v2/prompts", json={"name": "a/b", "prompt": "x", "labels": ["production"]})
    assert api.get("/v2/prompts/a%2Fb").json()["name"] == "a/b"
    page = api.get("/v2/prompts/a/b")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_a_prompt_named_two_dots_is_redirected_away(server: LocalServer) -> None:
    """It can be created and not be fetched, the dots encoded or not."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    answers = []
    for dots in ("..", "%2e%2E"):
        connection.request("GET", f"/api/public/v2/prompts/{dots}?label=latest")
        answer = connection.getresponse()
        answer.read()
        answers.append((answer.status, answer.headers["Location"]))
    connection.close()
    assert answers == [(308, "/api/public/v2?label=latest")] * 2


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/api/public/v2/prompts", None),
        ("/api/public/v2/prompts/..%2Fx", None),
        ("/api/public/v2/prompts/", "/api/public/v2/prompts"),
        ("/api/public//health", "/api/public/health"),
        ("/api/public/v2/prompts/.", "/api/public/v2/prompts"),
        ("/", None),
        ("///evil.example/", "/evil.example"),
        ("/.//evil.example", "/evil.example"),
        ("/./\\evil.example", "/evil.example"),
    ],
)
def test_paths_are_redirected_to_their_plain_form(path: str, place: str | None) -> None:
    """Where they are not plain already; never to another server."""
    assert redirection(path) == place


def test_an_empty_name_is_no_endpoint() -> None:
    """Nor is a path of another length."""
    for path in ("/api/public/v2/prompts/", "/api/public/v2/prompts/a/b", "/v2/prompts"):
        assert find_target(path) is None


def test_a_parameter_given_twice_is_a_list(api: httpx.Client) -> None:
    """Which the endpoints refuse."""
    assert parse_query("a=1&b=x%20y&a=2&a=3&c=") == {"a": ["1", "2", "3"], "b": "x y", "c": ""}
    answer = api.get("/v2/prompts?name=a&name=b")
    assert answer.json()["error"][0]["message"] == "Invalid input: expected string, received array"


def test_an_endpoint_that_fails_is_a_500(
    api: httpx.Client, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server goes on."""

    def fail(*_args: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(server.app.store, "count", fail)
        answer = api.get("/v2/datasets")
    assert answer.status_code == 500
    assert answer.json() == {"message": "Internal Server Error", "error": "broken"}
    assert api.get("/v2/datasets").status_code == 200


@pytest.mark.parametrize("path", ["/traces", "/v2/scores", "/datasets/d/runs"])
def test_endpoints_of_langfuse_v3_say_that_they_are_gone(api: httpx.Client, path: str) -> None:
    """A 404 in JSON, unlike that of a page that never was."""
    answer = api.get(path)
    assert answer.status_code == 404
    assert "not available" in answer.json()["message"]


@pytest.mark.parametrize("header", ["Bearer x", "Basic !!!", "Basic cGs6c2s="])
def test_unknown_keys_are_refused(server: LocalServer, header: str) -> None:
    """In whatever form they come."""
    url = f"{server.url}/api/public/projects"
    assert httpx.get(url, headers={"Authorization": header}).status_code == 401
