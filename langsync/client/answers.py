"""What an answer says, in its status, its headers and its body."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from langsync.client import failures
from langsync.errors import UnexpectedAnswerError
from langsync.model import Json

AGAIN = frozenset({408, 425, 429, 502, 503, 504, *range(520, 528)})
"""Refusals that may be gone the next time; 520 and up are Cloudflare's."""

_RATE_LIMIT = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
"""Headers of a refusal by Langfuse's own rate limit, which is checked before anything is done."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came.

    Args:
        status: The HTTP status.
        body: The JSON it holds; None where it holds none.
        date: The server's time, as in the ``Date`` header.
        seconds: How long it took.
    """

    status: int
    body: Json
    date: str
    seconds: float


def as_it_came(response: httpx.Response) -> Answer:
    """An answer of any status."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = None
    seconds = response.elapsed.total_seconds()
    return Answer(response.status_code, body, response.headers.get("Date", ""), seconds)


def inconclusive(response: httpx.Response) -> str:
    """What an answer to a write is that does not prove what became of it; empty where it does.

    A proxy that lost the connection to Langfuse answers by itself, with a 5xx, a 408, a 425, a
    429 or a page, and Langfuse may have done the work. So may Langfuse where it answers 500: what
    fails after a transaction undoes nothing. A unique constraint that was violated can be the
    doing of a proxy that sent the request twice.
    """
    status = response.status_code
    if status >= 500 or status in (408, 425) or _is_taken(response):
        return str(status)
    if status == 429 and not all(name in response.headers for name in _RATE_LIMIT):
        return "429, which is not Langfuse's rate limit"
    if 300 <= status < 400:
        return f"{status}, a redirect to {response.headers.get('Location', 'nowhere')}"
    if status >= 400 or status == 204:
        return ""
    try:
        orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return f"{status} with {'a body that is not JSON' if response.content else 'no body'}"
    return ""


def has_ended(response: httpx.Response) -> bool:
    """Whether Langfuse itself says that a request failed, so that it no longer runs."""
    return _is_taken(response) or (response.status_code == 500 and _has_message(response))


def _is_taken(response: httpx.Response) -> bool:
    """Whether the write of something else got in the way.

    Two creates of one prompt at the same moment: one may get a 400 that asks for a delay
    (observed on Langfuse 4.16.0).
    """
    return response.status_code == 400 and "unique constraint" in response.text


def _has_message(response: httpx.Response) -> bool:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return False
    return isinstance(body, dict) and isinstance(body.get("message"), str)


def is_object(answer: Json) -> bool:
    """Whether an answer to a POST or PATCH is the object that was written.

    Every one that langsync sends is answered with it, its id included (recorded: all of them).
    """
    return isinstance(answer, dict) and isinstance(answer.get("id"), str)


def with_fields(answer: Json, *names: str) -> dict[str, Any]:
    """An answer that is an object with some fields at least.

    Raises:
        UnexpectedAnswerError: It is not.
    """
    if not isinstance(answer, dict) or not answer.keys() >= set(names):
        raise UnexpectedAnswerError("this answer is no object of Langfuse's: check the host")
    return answer


def worth_repeating(method: str, response: httpx.Response) -> bool:
    """Whether a refusal may be gone the next time; for writes see `inconclusive` first."""
    status = response.status_code
    return status in AGAIN or (status == 500 and method == "GET")


def date(response: httpx.Response) -> tuple[datetime, float] | None:
    """The server's time, and what the local clock said when the answer came."""
    try:
        return parsedate_to_datetime(response.headers["Date"]), time.monotonic()
    except (KeyError, ValueError):
        return None


def retry_after(response: httpx.Response) -> float:
    """Seconds that the server asks to wait; 0 where it does not say."""
    said = response.headers.get("Retry-After", "")
    try:
        seconds = float(said)
    except ValueError:
        try:
            until = parsedate_to_datetime(said)
            seconds = (until - (date(response) or (datetime.now(UTC), 0))[0]).total_seconds()
        except (ValueError, TypeError):  # no date, or one without a zone
            return 0.0
    return seconds if 0 < seconds < math.inf else 0.0


def rate_limit(response: httpx.Response) -> int | None:
    """How many requests the server lets through in a window, as a refusal says it."""
    said = response.headers.get("X-RateLimit-Limit", "")
    return int(said) if said.isascii() and said.isdigit() else None


def decode(response: httpx.Response, host: str) -> Json:
    """The JSON of an answer below 400; None for a write that says nothing.

    Raises:
        UnexpectedAnswerError: It is a redirect, or no JSON.
    """
    if 300 <= response.status_code < 400:
        raise failures.redirected(response, host)
    if not response.content and response.request.method != "GET":
        return None
    try:
        return orjson.loads(response.content)
    except orjson.JSONDecodeError:
        raise failures.not_the_api(response, host) from None
