"""A stand-in for GitHub's REST API: comments, issues, paging, permissions, sizes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

Body = dict[str, Any]
Answer = tuple[int, Any, str]
"""The status, the body and the ``Link`` header."""

TOKEN = "ghs_made_up_for_tests"
REPOSITORY = "acme/prompts"
BOT = {"login": "github-actions[bot]", "type": "Bot"}
LIMIT = 65_536


@dataclass
class Thread:
    """An issue or a pull request, and its comments."""

    number: int
    row: dict[str, Any]
    comments: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Github:
    """What is on GitHub, and what it was asked.

    Args:
        token_of: Who the token belongs to; None for an app's, which may not ask.
        writable: Whether the token may write.
        page: Rows on a page at most.
    """

    token_of: dict[str, str] | None = None
    writable: bool = True
    page: int = 100
    threads: dict[int, Thread] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    broken: int = 0
    _comment: int = 1000
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"github": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/v3"

    @property
    def me(self) -> dict[str, str]:
        return self.token_of or BOT

    def pull_request(self, number: int = 7, comments: int = 0) -> Thread:
        """A pull request on which others have commented."""
        thread = Thread(number, {"number": number, "state": "open", "pull_request": {}})
        self.threads[number] = thread
        for index in range(comments):
            self.comment(thread, f"Comment {index}", {"login": "ada", "type": "User"})
        return thread

    def comment(self, thread: Thread, body: str, user: dict[str, str]) -> dict[str, Any]:
        self._comment += 1
        url = f"https://github.example/{REPOSITORY}/pull/{thread.number}#c{self._comment}"
        row = {"id": self._comment, "body": body, "user": user, "html_url": url}
        thread.comments.append(row)
        return row

    def issues(self) -> list[dict[str, Any]]:
        return [one.row for one in self.threads.values() if "pull_request" not in one.row]

    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] != "GET"]

    def answer(self, method: str, path: str, query: dict[str, str], body: Body) -> Answer:
        """The status, the body and the ``Link`` header of an answer."""
        if method != "GET" and not self.writable:
            return 403, {"message": "Resource not accessible by integration"}, ""
        if method != "GET" and len(body.get("body") or "") > LIMIT:
            return 422, {"message": "Body is too long (maximum is 65536 characters)"}, ""
        for pattern, act in self._routes(method):
            if found := re.fullmatch(pattern, path):
                return act(*found.groups(), query=query, body=body)
        return 404, {"message": "Not Found"}, ""

    def _routes(self, method: str) -> list[tuple[str, Callable[..., Answer]]]:
        top = f"/api/v3/repos/{REPOSITORY}"
        routes: dict[str, list[tuple[str, Callable[..., Answer]]]] = {
            "GET": [
                (r"/api/v3/user", self._user),
                (rf"{top}/issues/(\d+)/comments", self._comments),
                (rf"{top}/issues", self._issues),
            ],
            "POST": [
                (rf"{top}/issues/(\d+)/comments", self._add_comment),
                (rf"{top}/issues", self._open),
            ],
            "PATCH": [
                (rf"{top}/issues/comments/(\d+)", self._edit_comment),
                (rf"{top}/issues/(\d+)", self._edit),
            ],
        }
        return routes.get(method, [])

    def _user(self, **_: Any) -> Answer:
        if self.token_of is None:
            return 403, {"message": "Resource not accessible by integration"}, ""
        return 200, self.token_of, ""

    def _paged(self, rows: list[Any], query: dict[str, str], path: str) -> Answer:
        page, size = int(query.get("page", 1)), min(self.page, int(query.get("per_page", 30)))
        more = len(rows) > page * size
        rest = "&".join(f"{k}={v}" for k, v in query.items() if k != "page")
        url = f"{self.url.removesuffix('/api/v3')}{path}?{rest}&page={page + 1}"
        return 200, rows[(page - 1) * size : page * size], f'<{url}>; rel="next"' if more else ""

    def _comments(self, number: str, query: dict[str, str], **_: Any) -> Answer:
        path = f"/api/v3/repos/{REPOSITORY}/issues/{number}/comments"
        return self._paged(self.threads[int(number)].comments, query, path)

    def _issues(self, query: dict[str, str], **_: Any) -> Answer:
        wanted = query.get("labels", "")
        rows = [
            one.row
            for one in self.threads.values()
            if one.row["state"] == query.get("state", "open")
            and (not wanted or wanted in one.row.get("labels", ()))
        ]
        return self._paged(rows, query, f"/api/v3/repos/{REPOSITORY}/issues")

    def _add_comment(self, number: str, body: Body, **_: Any) -> Answer:
        return 201, self.comment(self.threads[int(number)], body["body"], self.me), ""

    def _edit_comment(self, number: str, body: Body, **_: Any) -> Answer:
        for thread in self.threads.values():
            for row in thread.comments:
                if row["id"] == int(number):
                    row["body"] = body["body"]
                    return 200, row, ""
        return 404, {"message": "Not Found"}, ""

    def _open(self, body: Body, **_: Any) -> Answer:
        number = max(self.threads, default=0) + 1
        url = f"https://github.example/{REPOSITORY}/issues/{number}"
        row = {**body, "number": number, "state": "open", "user": self.me, "html_url": url}
        self.threads[number] = Thread(number, row)
        return 201, row, ""

    def _edit(self, number: str, body: Body, **_: Any) -> Answer:
        self.threads[int(number)].row.update(body)
        return 200, self.threads[int(number)].row, ""


class _Handler(BaseHTTPRequestHandler):
    github: ClassVar[Github]

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        self.github.calls.append((self.command, parts.path.removeprefix("/api/v3")))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            answer: Answer = (401, {"message": "Bad credentials"}, "")
        elif self.github.broken:
            self.github.broken -= 1
            answer = (502, {"message": "Server Error"}, "")
        else:
            answer = self.github.answer(self.command, parts.path, query, body)
        status, content, link = answer
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing."""
