"""Extracts the server's reason for a refusal from each of the shapes that Langfuse uses.

Recorded (4.16.0): most endpoints answer ``{"message": str, "error": str | [issue, …]}``; those
under ``/unstable`` ``{"message", "code", "details"?}``, where details are
``{"issues": [issue, …]}`` or name the ``field``; those of organizations and memberships
``{"error": str}``; those of SCIM ``{"detail": str, "status": int}``. The responses to
malformed JSON and to too large a body are plain text.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import orjson

from langsync.model import Json

_MAX_LENGTH = 300
"""The maximum number of characters of a plain-text message; a longer text is a page."""

_MAX_DEPTH = 5
"""The maximum depth of nested unions whose issues are shown."""


def text_of(response: httpx.Response) -> str:
    """Returns the body as text, whatever encoding its headers state: JSON is UTF-8."""
    return response.content.decode("utf-8", "replace")


def message(response: httpx.Response) -> str | None:
    """Returns why a request was refused; None if the response is not Langfuse's.

    Args:
        response: A response of 400 and above, with its body read.
    """
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return _plain(response)
    if not isinstance(body, dict):
        return None
    texts = (body.get(key) for key in ("message", "error", "detail"))
    first = next((text for text in texts if isinstance(text, str) and text.strip()), None)
    if first is None:
        return None
    details = list(dict.fromkeys(_details(body)))
    return f"{first.rstrip(':.')}: {'; '.join(details)}" if details else first


def is_not_found(response: httpx.Response) -> bool:
    """Whether Langfuse itself reports that something does not exist.

    Each recorded 404 of Langfuse has a ``message``. A 404 of another shape may come from a gateway
    that does not know the path, and must not be taken for an absent prompt.
    """
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return False
    has_message = isinstance(body, dict) and isinstance(body.get("message"), str)
    return response.status_code == 404 and has_message


def _plain(response: httpx.Response) -> str | None:
    """Returns a short text; not that of a 413, for which there is a better message."""
    text = text_of(response).strip()
    is_message = text and "<" not in text and len(text) < _MAX_LENGTH and text.isprintable()
    return text if is_message and response.status_code != 413 else None


def _details(body: dict[str, Json]) -> Iterator[str]:
    """Yields the details of a body besides its message: each issue with its path, or the field."""
    error, details = body.get("error"), body.get("details")
    if isinstance(error, list):
        yield from _all_issues(error)
    elif isinstance(error, str) and " " in error and "message" in body:
        yield error  # a reason, unlike "ForbiddenError", the name of a class
    if isinstance(details, str):
        yield details
    elif isinstance(details, dict):
        if isinstance(issues := details.get("issues"), list):
            yield from _all_issues(issues)
        if isinstance(field := details.get("field"), str):
            yield field
        if isinstance(allowed := details.get("allowedValues"), list):
            yield f"allowed are {', '.join(map(str, allowed))}"


def _all_issues(issues: list[Json]) -> Iterator[str]:
    for issue in issues:
        yield from _issue(issue, ())


def _issue(issue: Json, parent_path: tuple[str, ...]) -> Iterator[str]:
    """Yields the text of an issue of Zod; for a union those of its branches, with their paths."""
    if not isinstance(issue, dict):
        return
    steps, branches = issue.get("path"), issue.get("errors")
    path = (*parent_path, *map(str, steps if isinstance(steps, list) else ()))
    nested_texts = [
        text
        for branch in (
            branches if isinstance(branches, list) and len(parent_path) < _MAX_DEPTH else ()
        )
        if isinstance(branch, list)
        for nested_issue in branch
        for text in _issue(nested_issue, path)
    ]
    if nested_texts:
        yield from nested_texts
        return
    location, text = ".".join(path), str(issue.get("message", "invalid"))
    yield f"{location}: {text}" if location else text
