"""The attempts of one request: what each came to, and whether another follows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from langsync.client import answers, failures
from langsync.client.messages import message
from langsync.client.options import Options
from langsync.errors import AnswerLostError, ApiError, NotFoundError, StoppedError

_CONCLUSIVE = frozenset({400, 403, 404, 405, 409, 413, 422})
"""Refusals that hold for an earlier attempt as well, as the request is repeatable."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that did not succeed.

    Args:
        error: What to raise if no other attempt follows.
        again: Whether another attempt may succeed.
        wait: Seconds that the server asks to wait; 0 where it does not say.
        limited: Whether a rate limit refused it.
        response: The answer; None where none came.
    """

    error: ApiError
    again: bool
    wait: float = 0.0
    limited: bool = False
    response: httpx.Response | None = None

    @property
    def absent(self) -> httpx.Response | None:
        """The answer to a DELETE of what is not there; None for any other."""
        response = self.response
        deletes = response is not None and response.request.method == "DELETE"
        return response if deletes and isinstance(self.error, NotFoundError) else None


def from_error(
    request: httpx.Request, path: str, host: str, error: httpx.HTTPError, *, final: bool
) -> Failure:
    """The failure of an attempt that got no answer.

    Args:
        request: What was sent.
        path: Path below ``/api/public``.
        host: Where to.
        error: What went wrong.
        final: Whether there is no use in another attempt, whatever went wrong.
    """
    again = not final and not failures.is_final(error)
    if request.method != "GET" and failures.may_have_arrived(error):
        return Failure(failures.lost(request.method, path, failures.words(error)), again)
    return Failure(failures.connection_failed(host, error), again)


def from_response(response: httpx.Response, path: str, host: str) -> Failure | None:
    """The failure that an answer tells of; None where it is no refusal."""
    method, status = response.request.method, response.status_code
    wait, limited = answers.retry_after(response), status == 429
    if method == "GET" or not (reason := answers.inconclusive(response)):
        if status < 400:
            return None
        error = failures.from_response(response, host, wait)
        again = answers.worth_repeating(method, response)
        return Failure(error, again, wait, limited, response)
    refusal = failures.from_response(response, host, wait) if answers.has_ended(response) else None
    text = message(response) if status >= 400 else None
    reason = f"{reason} ({text.rstrip('.')})" if text else reason
    lost = failures.lost(method, path, reason, status, wait, refusal)
    return Failure(lost, again=True, wait=wait, limited=limited, response=response)


async def repeated(
    attempt: Callable[[int, float], Awaitable[httpx.Response | Failure]],
    rest: Callable[[int, Failure], Awaitable[None]],
    options: Options,
    *,
    repeatable: bool,
) -> httpx.Response:
    """Send a request until it is answered, as long as another attempt may help and does no harm.

    Args:
        attempt: Sends it once, by its number from 1, waiting for a rate limit for some seconds at
            most.
        rest: Waits after an attempt, by its number from 1 and what it came to; `StoppedError` where
            the user stops it.
        options: How often and how long.
        repeatable: Whether it may be sent again after an attempt whose answer was lost.

    Raises:
        AnswerLostError: No answer proves what became of it.
        ApiError: It failed.
    """
    number, patience = 0, options.patience
    pending: ApiError | None = None
    lost: AnswerLostError | None = None
    while True:
        number += 1
        try:
            result = await attempt(number, patience)
        except StoppedError as stopped:
            raise pending or stopped from None
        if isinstance(result, httpx.Response):
            return result
        if number > 1 and result.absent is not None:
            return result.absent
        if isinstance(result.error, AnswerLostError):
            lost = result.error
            if not repeatable:
                raise lost
        over = number >= options.attempts and not (result.limited and result.wait)
        if over or not result.again or result.wait > patience:
            raise _outcome(lost, result.error)
        pending = lost or (pending if result.limited else result.error)
        if not result.limited:
            try:
                await rest(number, result)
            except StoppedError:
                raise pending or result.error from None
        elif result.wait:  # it says when to come back
            number, patience = number - 1, patience - result.wait


def _outcome(lost: AnswerLostError | None, last: ApiError) -> ApiError:
    """What a request came to.

    Args:
        lost: The last attempt that may have been done; None for none.
        last: What the last attempt came to.
    """
    return last if lost is None or last.status in _CONCLUSIVE else lost
