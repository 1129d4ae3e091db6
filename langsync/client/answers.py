"""Interprets responses: their status, their headers and their body."""

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
"""Statuses of temporary refusals; 520 and up are Cloudflare's."""

_RATE_LIMIT = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
"""Headers of a refusal by Langfuse's own rate limit, which is checked before anything is done."""

_DELETED = frozenset({"message", "success"})

_DIGITS = 9
"""Digits of a number of requests; Python reads no more than 4,300."""


@dataclass(frozen=True, slots=True)
class RawResponse:
    """A response of any status.

    Args:
        status: The HTTP status.
        body: The JSON of its body; None if it is no JSON.
        date: The server's time; None if its headers have none.
        seconds: The time that the request took.
    """

    status: int
    body: Json
    date: datetime | None
    seconds: float


def to_raw(response: httpx.Response) -> RawResponse:
    """Returns a response of any status."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = None
    seconds = response.elapsed.total_seconds()
    date = only_date(response.headers.get_list("Date"))
    return RawResponse(response.status_code, body, date, seconds)


def inconclusive(response: httpx.Response) -> str:
    """Returns why a response to a write does not prove whether it was done; empty if it does.

    A proxy that lost the connection to Langfuse responds by itself, with a 5xx, a 408, a 425, a
    429 or a page, and Langfuse may have done the write. So may Langfuse if it responds with 500:
    an error after a transaction does not undo it. A violated unique constraint may be caused by a
    proxy that sent the request twice.
    """
    status = response.status_code
    if status >= 500 or status in (408, 425) or _is_conflict(response):
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
    """Whether Langfuse itself reports that a request failed, so that it no longer runs."""
    return _is_conflict(response) or (response.status_code == 500 and _has_message(response))


def _is_conflict(response: httpx.Response) -> bool:
    """Whether a concurrent write prevented this one.

    Of two simultaneous creates of one prompt, one may get a 400 that asks for a delay
    (observed on Langfuse 4.16.0).
    """
    return response.status_code == 400 and "unique constraint" in text_of(response)


def _has_message(response: httpx.Response) -> bool:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return False
    return isinstance(body, dict) and isinstance(body.get("message"), str)


def is_expected(method: str, body: Json) -> bool:
    """Whether a body is what Langfuse responds to a write.

    The response to a POST or PATCH has what was written, with its id; that to a DELETE a message,
    ``success``, or no body (recorded: all writes that langsync sends).
    """
    if method == "DELETE":
        return body is None or (isinstance(body, dict) and bool({*body} & _DELETED))
    return isinstance(body, dict) and isinstance(body.get("id"), str)


def worth_repeating(method: str, response: httpx.Response) -> bool:
    """Whether a refused request may succeed later; for writes see `inconclusive` first."""
    status = response.status_code
    return status in AGAIN or (status == 500 and method == "GET")


def date(response: httpx.Response) -> tuple[datetime, float] | None:
    """Returns the server's time, and the local clock when the response arrived."""
    server_time = only_date(response.headers.get_list("Date"))
    return None if server_time is None else (server_time, time.monotonic())


def retry_after(response: httpx.Response) -> float:
    """Returns the seconds that the server asks to wait; 0 if it does not say."""
    header = response.headers.get("Retry-After", "")
    try:
        seconds = float(header)
    except ValueError:
        date_ = parse_date(header)
        if date_ is None:
            return 0.0
        seconds = (date_ - (date(response) or (datetime.now(UTC), 0))[0]).total_seconds()
    return seconds if 0 < seconds < math.inf else 0.0


def rate_limit(response: httpx.Response) -> int | None:
    """Returns the number of requests that the server allows in a window, as a refusal says."""
    header = response.headers.get("X-RateLimit-Limit", "")
    is_number = header.isascii() and header.isdigit() and len(header) <= _DIGITS
    return int(header) if is_number else None


def etag(response: httpx.Response) -> str:
    """Returns the ETag of a file; empty if it has none that can be sent back."""
    tag: str = response.headers.get("ETag", "")
    return tag if tag.isascii() and tag.isprintable() else ""


def decode(response: httpx.Response, host: str) -> Json:
    """Returns the JSON of a response below 400; None for a write without a body.

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
