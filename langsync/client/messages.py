"""The server's own account of why it refused a request, in each of the shapes that Langfuse uses.

Recorded (4.16.0): most endpoints answer ``{"message": str, "error": str | [issue, …]}``; those
under ``/unstable`` ``{"message", "code", "details"?}``, where details are
``{"issues": [issue, …]}`` or name the ``field``; those of organizations and memberships
``{"error": str}``; those of SCIM ``{"detail": str, "status": int}``. Malformed JSON and too large
a body are answered in plain text.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import orjson

from langsync.model import Json

_LONGEST = 300
"""Characters of a plain text that is a message; a longer one is a page."""

_DEEPEST = 5
"""Levels of unions inside unions whose issues are shown."""


def text_of(response: httpx.Response) -> str:
    """The body as text, whatever encoding its headers claim: JSON is UTF-8."""
    return response.content.decode("utf-8", "replace")


def message(response: httpx.Response) -> str | None:
    """Why a request was refused; None where the answer is not Langfuse's.

    Args:
        response: An answer of 400 and above, its body read.
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
    """Whether Langfuse itself says that something does not exist.

    Each recorded 404 of Langfuse has a ``message``. One of another form may be a gateway's that
    does not know the path, and nobody may take that for an absent prompt.
    """
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return False
    named = isinstance(body, dict) and isinstance(body.get("message"), str)
    return response.status_code == 404 and named


def _plain(response: httpx.Response) -> str | None:
    """A short text; what stands for 413 is Langfuse's or a proxy's, and says less than we can."""
    text = text_of(response).strip()
    is_message = text and "<" not in text and len(text) < _LONGEST and text.isprintable()
    return text if is_message and response.status_code != 413 else None


def _details(body: dict[str, Json]) -> Iterator[str]:
    """What a body says beside its message: each issue with its path, or the field."""
    error, details = body.get("error"), body.get("details")
    if isinstance(error, list):
        yield from _all_issues(error)
    elif isinstance(error, str) and " " in error and "message" in body:
        yield error  # a reason, where "ForbiddenError" names a class of the server
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


def _issue(issue: Json, above: tuple[str, ...]) -> Iterator[str]:
    """One issue of Zod's; of a union the issues of its branches, their paths below its own."""
    if not isinstance(issue, dict):
        return
    steps, branches = issue.get("path"), issue.get("errors")
    path = (*above, *map(str, steps if isinstance(steps, list) else ()))
    inner = [
        text
        for branch in (branches if isinstance(branches, list) and len(above) < _DEEPEST else ())
        if isinstance(branch, list)
        for nested in branch
        for text in _issue(nested, path)
    ]
    if inner:
        yield from inner
        return
    where, text = ".".join(path), str(issue.get("message", "invalid"))
    yield f"{where}: {text}" if where else text
