"""The log of requests."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import httpx

from langsync.local import LocalProject, LocalServer, LoggedRequest

KEYS = (LocalProject().public_key, LocalProject().secret_key)

if TYPE_CHECKING:
    import pytest


def test_requests_are_logged_as_they_were_sent(server: LocalServer, api: httpx.Client) -> None:
    """The path keeps its query and its percent-encoding; the status is the answer's."""
    api.get("/health")
    api.get("/v2/prompts/a%2Fb?label=x%20y")
    assert server.requests == [
        LoggedRequest("GET", "/api/public/health", 200),
        LoggedRequest("GET", "/api/public/v2/prompts/a%2Fb?label=x%20y", 404),
    ]


def test_the_log_holds_no_keys_and_is_not_counted(server: LocalServer) -> None:
    """Reading the log twice gives the same answer."""
    httpx.get(f"{server.url}/api/public/health")
    url = f"{server.url}/_langsync/requests"
    expected = {
        "total": 1,
        "requests": [{"method": "GET", "path": "/api/public/health", "status": 200}],
    }
    assert [httpx.get(url, auth=KEYS).json() for _ in range(2)] == [expected] * 2


def test_the_log_can_be_emptied(server: LocalServer) -> None:
    """DELETE answers 204 and starts the count again; other methods are refused."""
    url = f"{server.url}/_langsync/requests"
    httpx.get(f"{server.url}/api/public/health")
    assert httpx.delete(url, auth=KEYS).status_code == 204
    assert httpx.get(url, auth=KEYS).json() == {"total": 0, "requests": []}
    assert httpx.post(url, auth=KEYS).status_code == 405


def test_the_log_is_for_those_who_have_keys(server: LocalServer, api: httpx.Client) -> None:
    """Whatever is asked below ``/_langsync/``; nothing is forgotten."""
    api.get("/health")
    for path in ("requests", "requests/", "anything"):
        url = f"{server.url}/_langsync/{path}"
        for auth in (None, ("pk-lf-local", "wrong")):
            answers = [httpx.request(one, url, auth=auth) for one in ("GET", "DELETE", "POST")]
            assert [answer.status_code for answer in answers] == [401] * 3
    assert len(server.requests) == 1


def test_only_the_last_requests_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The total counts all of them."""
    from langsync.local import requests_log

    monkeypatch.setattr(requests_log, "MAX_REQUESTS", 2)
    log = requests_log.RequestsLog()
    for number in range(5):
        log.add(LoggedRequest("GET", f"/{number}", 200))
    assert [request.path for request in log.requests] == ["/3", "/4"]
    assert log.as_json()["total"] == 5


def test_a_line_is_logged_for_each_request_without_keys(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With ``log=True`` the logger gets method, path, status and time."""
    caplog.set_level(logging.INFO, logger="langsync.local")
    project = LocalProject()
    keys = (project.public_key, project.secret_key)
    with LocalServer(log=True) as server:
        httpx.get(f"{server.url}/api/public/projects?a=b", auth=keys)
    (record,) = caplog.records
    assert record.getMessage().startswith("GET /api/public/projects?a=b 200 ")
    assert record.getMessage().endswith(" ms")
    assert project.secret_key not in caplog.text
    assert project.public_key not in caplog.text
