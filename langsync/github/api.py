"""GitHub's REST API, of github.com or of an Enterprise Server."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from langsync.errors import LangsyncError

ATTEMPTS = 3
"""How often a request is sent that GitHub was too busy for."""

_BUSY = frozenset({429, 500, 502, 503, 504})


class GithubError(LangsyncError):
    """GitHub, or the way to it, said no."""


class Api:
    """Calls GitHub's REST API; used as a context manager.

    Args:
        url: Its base, such as ``https://api.github.com``.
        token: Sent with each request, and to that host only.
        pause: Seconds before a second attempt; doubled for the third.
    """

    def __init__(self, url: str, token: str, *, pause: float = 1.0) -> None:
        self._pause = pause
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": "application/vnd.github+json",
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

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Send one request.

        Args:
            method: The HTTP method.
            path: The path below the base.
            body: Sent as JSON.

        Raises:
            GithubError: It failed, with GitHub's words and what may help.
        """
        return self._send(method, path, body).json()

    def each(self, path: str, **params: str) -> Iterator[dict[str, Any]]:
        """The rows of a list, over all its pages.

        Raises:
            GithubError: It cannot be read.
        """
        url: httpx.URL | str | None = httpx.URL(path, params={**params, "per_page": "100"})
        while url:
            response = self._send("GET", str(url))
            yield from response.json()
            following = response.links.get("next", {}).get("url")
            url = self._own(following) if following else None

    def me(self) -> str | None:
        """The login that the token belongs to; None for that of an app, which may not ask."""
        try:
            return str(self.call("GET", "/user")["login"])
        except GithubError:
            return None

    def _own(self, url: str) -> str:
        """A link of an answer, if it leads to where the token may go."""
        if httpx.URL(url).host != self._http.base_url.host:
            words = f"GitHub's answer leads to another host, {httpx.URL(url).host}"
            raise GithubError(words)
        return url

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = self._http.request(method, path, json=body)
            except httpx.HTTPError as error:
                if attempt == ATTEMPTS or method == "POST":  # it may have been heard
                    raise GithubError(f"GitHub did not answer: {error}") from None
            else:
                if response.status_code not in _BUSY or attempt == ATTEMPTS:
                    break
            time.sleep(self._pause * 2 ** (attempt - 1))
        if response.status_code >= 300:
            raise GithubError(_words(method, response))
        return response


def _words(method: str, response: httpx.Response) -> str:
    try:
        said = str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        said = response.reason_phrase
    path = response.request.url.path
    words = f"GitHub answered {response.status_code} to {method} {path}: {said}"
    if response.status_code in (401, 403, 404) and method != "GET":
        words += (
            " (the job needs 'permissions: pull-requests: write', for issues 'issues: write'; "
            "pull requests from forks never have that)"
        )
    return words
