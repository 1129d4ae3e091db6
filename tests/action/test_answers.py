"""An answer of GitHub's that is not as expected is told, and ends nothing in a traceback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from langsync.github.api import GithubApi, GithubError
from langsync.github.threads import Sticky, keep_comment, keep_issue

STICKY = Sticky("plan", "production", "langsync.yaml")


@contextmanager
def answering(body: bytes, link: str = "") -> Iterator[str]:
    """A server that gives one answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Link", link)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PATCH = do_GET  # noqa: N815 - the names of http.server

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b"null",
        b"5",
        b"{}",
        b"[null]",
        b"[{}]",
        b'[{"id": 1, "number": 1, "title": "t", "html_url": null}]',
        b'[{"id": "1", "number": "1", "title": "t", "html_url": "u"}]',
        b'[{"id": 1, "number": 1, "title": null, "html_url": "u", "body": 5}]',
        b"[" * 2000,
    ],
)
def test_an_answer_of_another_form_is_told(body: bytes) -> None:
    """With the path that was asked."""
    with answering(body) as url, GithubApi(url, "token", pause=0) as api:
        with pytest.raises(GithubError, match="GitHub's answer to /repos/a/b/issues"):
            keep_comment(api, "a/b", 1, STICKY, "text")
        with pytest.raises(GithubError, match="GitHub's answer to /repos/a/b/issues"):
            keep_issue(api, "a/b", STICKY, "title", "text")


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("<http://[::1>; rel=next", "no URL"),
        ("<https://other.example/x>; rel=next", "another host"),
        ("<http://127.0.0.1:1/x>; rel=next", "another host"),
        ("</repos/a/b/issues?page=2>; rel=next", "another host"),
    ],
)
def test_a_link_that_leads_elsewhere_is_told(link: str, words: str) -> None:
    """The token goes nowhere else."""
    body = b'[{"id": 1, "number": 1, "title": "t", "html_url": "u"}]'
    with (
        answering(body, link) as url,
        GithubApi(url, "token", pause=0) as api,
        pytest.raises(GithubError, match=words),
    ):
        keep_issue(api, "a/b", STICKY, "title", "text")
