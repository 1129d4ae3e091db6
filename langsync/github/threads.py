"""Comments and issues that are kept up to date instead of repeated."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from langsync.github.answers import COMMENTS, ISSUES, WRITTEN
from langsync.github.api import Api

COMMENT_CHARACTERS = 65_536
"""What a comment or an issue may hold (observed: GitHub refuses one more)."""

DRIFT_LABEL = "langsync-drift"


@dataclass(frozen=True, slots=True)
class Sticky:
    """What makes a comment or an issue the one of its subject: a hidden marker.

    Args:
        subject: What it is about: ``plan``, ``drift``.
        environment: The environment.
        config: The ``langsync.yaml``, from the top of the repository.
    """

    subject: str
    environment: str
    config: str

    @property
    def marker(self) -> str:
        """An HTML comment; names are digested, since they could end it."""
        key = sha256(f"{self.environment}\0{self.config}".encode()).hexdigest()[:16]
        return f"<!-- langsync:{self.subject}:{key} -->"

    def mark(self, body: str) -> str:
        """A body with the marker as its first line."""
        return f"{self.marker}\n{body}"

    @property
    def room(self) -> int:
        """Characters that a body may have."""
        return COMMENT_CHARACTERS - len(self.marker) - 1


def keep_comment(
    api: Api, repository: str, number: int, sticky: Sticky, body: str, *, needed: bool = True
) -> str:
    """Write the one comment of a subject on a pull request, or bring it up to date.

    Args:
        api: The API.
        repository: As ``owner/name``.
        number: The pull request.
        sticky: Which comment it is.
        body: Its text, without the marker.
        needed: Whether it is written where there was none.

    Returns:
        Its address; empty if there was none and none was needed.

    Raises:
        GithubError: It could not be written.
    """
    marked = sticky.mark(body)
    old = _own(api, api.each(f"/repos/{repository}/issues/{number}/comments", COMMENTS), sticky)
    if old is None and not needed:
        return ""
    if old is None:
        path = f"/repos/{repository}/issues/{number}/comments"
        return str(api.call("POST", path, {"body": marked}, WRITTEN)["html_url"])
    if old["body"] != marked:
        api.call("PATCH", f"/repos/{repository}/issues/comments/{old['id']}", {"body": marked})
    return str(old["html_url"])


def keep_issue(api: Api, repository: str, sticky: Sticky, title: str, body: str) -> str:
    """Open the one issue of a subject, or bring it up to date.

    Returns:
        Its address.

    Raises:
        GithubError: It could not be written.
    """
    marked = sticky.mark(body)
    if (old := _open_issue(api, repository, sticky)) is None:
        new = {"title": title, "body": marked, "labels": [DRIFT_LABEL]}
        path = f"/repos/{repository}/issues"
        return str(api.call("POST", path, new, WRITTEN)["html_url"])
    if (old["body"], old["title"]) != (marked, title):
        path = f"/repos/{repository}/issues/{old['number']}"
        api.call("PATCH", path, {"body": marked, "title": title})
    return str(old["html_url"])


def close_issue(api: Api, repository: str, sticky: Sticky, reason: str) -> str:
    """Close the issue of a subject, if there is an open one, with a comment that says why.

    Returns:
        Its address; empty if there was none.

    Raises:
        GithubError: It could not be closed.
    """
    if (old := _open_issue(api, repository, sticky)) is None:
        return ""
    path = f"/repos/{repository}/issues/{old['number']}"
    api.call("POST", f"{path}/comments", {"body": reason})
    api.call("PATCH", path, {"state": "closed", "state_reason": "completed"})
    return str(old["html_url"])


def _open_issue(api: Api, repository: str, sticky: Sticky) -> dict[str, Any] | None:
    path = f"/repos/{repository}/issues"
    rows = api.each(path, ISSUES, state="open", labels=DRIFT_LABEL)
    return _own(api, (row for row in rows if "pull_request" not in row), sticky)


def _own(api: Api, rows: Iterable[dict[str, Any]], sticky: Sticky) -> dict[str, Any] | None:
    """The row that has the marker and was written by who the token belongs to.

    Anybody can write a marker. A token of an app may not ask who it is; what it wrote is a bot's.
    """
    begin = re.compile(rf"\s*{re.escape(sticky.marker)}\s")
    found = [row for row in rows if begin.match(row.get("body") or "")]
    if not found:
        return None
    me = api.me()
    for row in found:
        user = row.get("user") or {}
        if user.get("login") == me or (me is None and user.get("type") == "Bot"):
            return dict(row)
    return None
