"""Calls GitHub's REST API, of github.com or of an Enterprise Server."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from langsync.client.receiving import ENCODINGS, receive_blocking
from langsync.client.schemas import OBJECT, AnswerSchema
from langsync.errors import LangsyncError
from langsync.github.answers import USER

ATTEMPTS = 3
"""The maximum number of attempts of a request for which GitHub is too busy."""

MAX_BYTES = 64 * 2**20
"""The maximum size of a decompressed response: a page of 100 comments of 64 KiB has 26 MB."""

DEADLINE = 300.0
"""The maximum seconds for a whole response."""

_BUSY = frozenset({429, 500, 502, 503, 504})


class GithubError(LangsyncError):
    """A call of GitHub's API failed."""


class GithubApi:
    """Calls GitHub's REST API; used as a context manager.

    Args:
        url: The base URL, such as ``https://api.github.com``.
        token: The token, which is sent to that host only.
        pause: Seconds before a second attempt; doubled for the third.
    """

    def __init__(self, url: str, token: str, *, pause: float = 1.0) -> None:
        self._pause = pause
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
                "Accept-Encoding": ", ".join(ENCODINGS),
                "X-GitHub-Api-Version": "2022-11-28",
                "User-Agent": "langsync",
            },
            timeout=30,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        schema: AnswerSchema = OBJECT,
    ) -> Any:  # noqa: ANN401 - JSON
        """Sends one request.

        Args:
            method: The HTTP method.
            path: The path below the base.
            body: The JSON body.
            schema: The schema of the response.

        Raises:
            GithubError: It failed; the message has GitHub's reason and what may help.
        """
        return _decoded(self._send(method, path, body), schema)

    def iter_rows(
        self, path: str, schema: AnswerSchema, /, **params: str
    ) -> Iterator[dict[str, Any]]:
        """Yields the rows of all pages of a list, up to the first empty one.

        Args:
            path: The path below the base.
            schema: The schema of a page.
            params: The query.

        Raises:
            GithubError: It cannot be read.
        """
        url: httpx.URL | str | None = httpx.URL(path, params={**params, "per_page": "100"})
        seen_urls = set[str]()
        while url:
            if str(url) in seen_urls:
                raise GithubError(f"GitHub's list at {path} leads back to itself")
            seen_urls.add(str(url))
            response = self._send("GET", str(url))
            rows = _decoded(response, schema)
            yield from rows
            next_url = response.links.get("next", {}).get("url")
            url = self._checked_link(next_url) if next_url and rows else None

    def login(self) -> str | None:
        """Returns the login of the token; None for that of an app, which must not ask."""
        try:
            return str(self.call("GET", "/user", schema=USER)["login"])
        except GithubError:
            return None

    def _checked_link(self, url: str) -> str:
        """Returns a link of a response, if the token may be sent to its host."""
        try:
            link = httpx.URL(url)
        except (httpx.InvalidURL, UnicodeError):
            raise GithubError("GitHub's answer leads to something that is no URL") from None
        base = self._http.base_url
        if (link.scheme, link.netloc) != (base.scheme, base.netloc):
            raise GithubError(f"GitHub's answer leads to another host, {link.host}")
        return url

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                request = self._http.build_request(method, path, json=body)
                response = receive_blocking(self._http, request, MAX_BYTES, DEADLINE)
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:  # of a redirect
                if attempt == ATTEMPTS or method == "POST":  # it may have been handled
                    raise GithubError(f"GitHub did not answer: {error}") from None
            else:
                if response.status_code not in _BUSY or attempt == ATTEMPTS:
                    break
            time.sleep(self._pause * 2 ** (attempt - 1))
        if response.status_code >= 300:
            raise GithubError(_error_message(method, response))
        return response


def _decoded(response: httpx.Response, schema: AnswerSchema) -> Any:  # noqa: ANN401 - JSON
    """Returns the JSON of a response.

    Raises:
        GithubError: It is no JSON, or does not match the schema.
    """
    path = response.request.url.path
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        raise GithubError(f"GitHub's answer to {path} is no JSON: {error.msg}") from None
    if mismatch := schema.mismatch(body):
        raise GithubError(f"GitHub's answer to {path} is not as expected: {mismatch}")
    return body


def _error_message(method: str, response: httpx.Response) -> str:
    try:
        reason = str(orjson.loads(response.content)["message"])
    except (ValueError, KeyError, TypeError):
        reason = response.reason_phrase
    path = response.request.url.path
    message = f"GitHub answered {response.status_code} to {method} {path}: {reason}"
    if response.status_code in (401, 403, 404) and method != "GET":
        message += (
            " (the job needs 'permissions: pull-requests: write', for issues 'issues: write'; "
            "pull requests from forks never have that)"
        )
    return message
