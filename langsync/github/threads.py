"""Comments and issues that are updated instead of repeated."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from langsync.github.answers import COMMENTS, ISSUES, WRITTEN
from langsync.github.api import GithubApi

COMMENT_CHARACTERS = 65_536
"""The maximum length of a comment or an issue (observed: GitHub refuses one more)."""

DRIFT_LABEL = "langsync-drift"


@dataclass(frozen=True, slots=True)
class Sticky:
    """The identity of a comment or an issue, which is a hidden marker in its body.

    Args:
        subject: The command it is about: ``plan``, ``drift``.
        environment: The environment.
        config: The ``langsync.yaml``, from the top of the repository.
    """

    subject: str
    environment: str
    config: str

    @property
    def marker(self) -> str:
        """The marker, an HTML comment; names are hashed, because they could end it."""
        key = sha256(f"{self.environment}\0{self.config}".encode()).hexdigest()[:16]
        return f"<!-- langsync:{self.subject}:{key} -->"

    def mark(self, body: str) -> str:
        """Returns a body with the marker as its first line."""
        return f"{self.marker}\n{body}"

    @property
    def room(self) -> int:
        """The maximum length of a body without the marker."""
        return COMMENT_CHARACTERS - len(self.marker) - 1


def keep_comment(
    api: GithubApi, repository: str, number: int, sticky: Sticky, body: str, *, needed: bool = True
) -> str:
    """Creates or updates the comment of a subject on a pull request.

    Args:
        api: The API.
        repository: As ``owner/name``.
        number: The pull request.
        sticky: The identity of the comment.
        body: Its text, without the marker.
        needed: Whether it is created if there is none.

    Returns:
        Its URL; empty if there is none and none was needed.

    Raises:
        GithubError: It could not be written.
    """
    marked_body = sticky.mark(body)
    path = f"/repos/{repository}/issues/{number}/comments"
    existing = _find_own(api, api.iter_rows(path, COMMENTS), sticky)
    if existing is None and not needed:
        return ""
    if existing is None:
        return str(api.call("POST", path, {"body": marked_body}, WRITTEN)["html_url"])
    if existing["body"] != marked_body:
        path = f"/repos/{repository}/issues/comments/{existing['id']}"
        api.call("PATCH", path, {"body": marked_body})
    return str(existing["html_url"])


def keep_issue(api: GithubApi, repository: str, sticky: Sticky, title: str, body: str) -> str:
    """Creates or updates the open issue of a subject.

    Returns:
        Its URL.

    Raises:
        GithubError: It could not be written.
    """
    marked_body = sticky.mark(body)
    if (existing := _open_issue(api, repository, sticky)) is None:
        issue = {"title": title, "body": marked_body, "labels": [DRIFT_LABEL]}
        path = f"/repos/{repository}/issues"
        return str(api.call("POST", path, issue, WRITTEN)["html_url"])
    if (existing["body"], existing["title"]) != (marked_body, title):
        path = f"/repos/{repository}/issues/{existing['number']}"
        api.call("PATCH", path, {"body": marked_body, "title": title})
    return str(existing["html_url"])


def close_issue(api: GithubApi, repository: str, sticky: Sticky, reason: str) -> str:
    """Closes the open issue of a subject, if there is one, with a comment that gives the reason.

    Returns:
        Its URL; empty if there was none.

    Raises:
        GithubError: It could not be closed.
    """
    if (existing := _open_issue(api, repository, sticky)) is None:
        return ""
    path = f"/repos/{repository}/issues/{existing['number']}"
    api.call("POST", f"{path}/comments", {"body": reason})
    api.call("PATCH", path, {"state": "closed", "state_reason": "completed"})
    return str(existing["html_url"])


def _open_issue(api: GithubApi, repository: str, sticky: Sticky) -> dict[str, Any] | None:
    path = f"/repos/{repository}/issues"
    rows = api.iter_rows(path, ISSUES, state="open", labels=DRIFT_LABEL)
    return _find_own(api, (row for row in rows if "pull_request" not in row), sticky)


def _find_own(
    api: GithubApi, rows: Iterable[dict[str, Any]], sticky: Sticky
) -> dict[str, Any] | None:
    """Returns the row that has the marker and was written by the user of the token.

    Anybody can write a marker. The token of an app must not ask for its user, which is a bot.
    """
    pattern = re.compile(rf"\s*{re.escape(sticky.marker)}\s")
    marked = [row for row in rows if pattern.match(row.get("body") or "")]
    if not marked:
        return None
    login = api.login()
    for row in marked:
        user = row.get("user") or {}
        if user.get("login") == login or (login is None and user.get("type") == "Bot"):
            return dict(row)
    return None
