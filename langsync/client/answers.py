"""What an answer says, in its status, its headers and its body."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import orjson

from langsync.client import failures
from langsync.client.dates import only_date, parse_date
from langsync.client.messages import text_of
from langsync.model import Json

AGAIN = frozenset({408, 425, 429, 502, 503, 504, *range(520, 528)})
"""Refusals that may be gone the next time; 520 and up are Cloudflare's."""

_RATE_LIMIT = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
"""Headers of a refusal by Langfuse's own rate limit, which is checked before anything is done."""

_DELETED = frozenset({"message", "success"})

_DIGITS = 9
"""Digits of a number of requests; Python reads no more than 4,300."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came.

    Args:
        status: The HTTP status.
        body: The JSON it holds; None where it holds none.
        date: The server's time; None where its headers give none.
        seconds: How long it took.
    """

    status: int
    body: Json
    date: datetime | None
    seconds: float


def as_it_came(response: httpx.Response) -> Answer:
    """An answer of any status."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = None
    seconds = response.elapsed.total_seconds()
    date = only_date(response.headers.get_list("Date"))
    return Answer(response.status_code, body, date, seconds)


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
        is_empty = orjson.loads(response.content) is None
    except orjson.JSONDecodeError:
        return f"{status} with {'a body that is not JSON' if response.content else 'no body'}"
    return f"{status} with null" if is_empty else ""


def has_ended(response: httpx.Response) -> bool:
    """Whether Langfuse itself says that a request failed, so that it no longer runs."""
    return _is_taken(response) or (response.status_code == 500 and _has_message(response))


def _is_taken(response: httpx.Response) -> bool:
    """Whether the write of something else got in the way.

    Two creates of one prompt at the same moment: one may get a 400 that asks for a delay
    (observed on Langfuse 4.16.0).
    """
    return response.status_code == 400 and "unique constraint" in text_of(response)


def _has_message(response: httpx.Response) -> bool:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return False
    return isinstance(body, dict) and isinstance(body.get("message"), str)


def is_expected(method: str, answer: Json) -> bool:
    """Whether an answer is what Langfuse says to a write.

    A POST or PATCH is answered with what was written, its id included; a DELETE with a message,
    ``success``, or 204 and nothing (recorded: all of those that langsync sends).
    """
    if method == "DELETE":
        return answer is None or (isinstance(answer, dict) and bool({*answer} & _DELETED))
    return isinstance(answer, dict) and isinstance(answer.get("id"), str)


def worth_repeating(method: str, response: httpx.Response) -> bool:
    """Whether a refusal may be gone the next time; for writes see `inconclusive` first."""
    status = response.status_code
    return status in AGAIN or (status == 500 and method == "GET")


def date(response: httpx.Response) -> tuple[datetime, float] | None:
    """The server's time, and what the local clock said when the answer came."""
    time_ = only_date(response.headers.get_list("Date"))
    return None if time_ is None else (time_, time.monotonic())


def retry_after(response: httpx.Response) -> float:
    """Seconds that the server asks to wait; 0 where it does not say."""
    said = response.headers.get("Retry-After", "")
    try:
        seconds = float(said)
    except ValueError:
        until = parse_date(said)
        if until is None:
            return 0.0
        seconds = (until - (date(response) or (datetime.now(UTC), 0))[0]).total_seconds()
    return seconds if 0 < seconds < math.inf else 0.0


def rate_limit(response: httpx.Response) -> int | None:
    """How many requests the server lets through in a window, as a refusal says it."""
    said = response.headers.get("X-RateLimit-Limit", "")
    is_number = said.isascii() and said.isdigit() and len(said) <= _DIGITS
    return int(said) if is_number else None


def etag(response: httpx.Response) -> str:
    """What the server calls the state of a file; empty where it cannot be sent back to it."""
    name: str = response.headers.get("ETag", "")
    return name if name.isascii() and name.isprintable() else ""


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
    except orjson.JSONDecodeError as error:
        raise failures.not_the_api(response, host, error) from None
