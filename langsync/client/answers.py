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

LOST = frozenset({408, 502, 504, *range(520, 528)})
"""A proxy gave up on an answer; 520 and up are Cloudflare's."""

_DIGITS = 9
"""Digits of a number of requests; Python reads no more than 4,300."""

AGAIN = LOST | {425, 429, 503}


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


def worth_repeating(method: str, response: httpx.Response) -> bool:
    """Whether a refusal may be gone the next time.

    Two creates of one prompt at the same moment: one may get a 400 that asks for a delay
    (observed on Langfuse 4.16.0). A 500 on a write is an answer about its content.
    """
    status = response.status_code
    if status in AGAIN or (status == 500 and method == "GET"):
        return True
    return status == 400 and "unique constraint" in text_of(response)


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
