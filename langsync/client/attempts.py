"""The attempts of one request: their results, and whether another follows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from langsync.client import answers, failures
from langsync.client.messages import message
from langsync.client.options import Options
from langsync.errors import AnswerLostError, ApiError, NotFoundError, StoppedError

_CONCLUSIVE = frozenset({400, 403, 404, 405, 409, 413, 422})
"""Statuses of refusals that apply to an earlier attempt as well, as the request is repeatable."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that did not succeed.

    Args:
        error: The error to raise if no other attempt follows.
        is_retryable: Whether another attempt may succeed.
        wait: Seconds that the server asks to wait; 0 if it does not say.
        is_rate_limited: Whether a rate limit refused it.
        response: The response; None if there was none.
    """

    error: ApiError
    is_retryable: bool
    wait: float = 0.0
    is_rate_limited: bool = False
    response: httpx.Response | None = None

    @property
    def absent(self) -> httpx.Response | None:
        """The response to a DELETE of something that does not exist; None for any other."""
        response = self.response
        is_delete = response is not None and response.request.method == "DELETE"
        return response if is_delete and isinstance(self.error, NotFoundError) else None


def from_error(
    request: httpx.Request, path: str, host: str, error: httpx.HTTPError, *, is_final: bool
) -> Failure:
    """Returns the failure of an attempt without a response.

    Args:
        request: The request.
        path: Path below ``/api/public``.
        host: The host.
        error: The error.
        is_final: Whether another attempt is useless, whatever the error is.
    """
    is_retryable = not is_final and not failures.is_final(error)
    if request.method != "GET" and failures.may_have_arrived(error):
        return Failure(failures.lost(request.method, path, failures.describe(error)), is_retryable)
    return Failure(failures.connection_failed(host, error), is_retryable)


def from_response(response: httpx.Response, path: str, host: str) -> Failure | None:
    """Returns the failure that a response reports; None if it reports none."""
    method, status = response.request.method, response.status_code
    wait, is_rate_limited = answers.retry_after(response), status == 429
    if method == "GET" or not (reason := answers.inconclusive(response)):
        if status < 400:
            return None
        error = failures.from_response(response, host, wait)
        is_retryable = answers.worth_repeating(method, response)
        return Failure(error, is_retryable, wait, is_rate_limited, response)
    refusal = failures.from_response(response, host, wait) if answers.has_ended(response) else None
    text = message(response) if status >= 400 else None
    reason = f"{reason} ({text.rstrip('.')})" if text else reason
    lost_error = failures.lost(method, path, reason, status, wait, refusal)
    return Failure(
        lost_error, is_retryable=True, wait=wait, is_rate_limited=is_rate_limited, response=response
    )


async def send_repeatedly(
    attempt: Callable[[int, float], Awaitable[httpx.Response | Failure]],
    pause: Callable[[int, Failure], Awaitable[None]],
    options: Options,
    *,
    repeatable: bool,
) -> httpx.Response:
    """Sends a request, again as long as another attempt may succeed and is safe.

    Args:
        attempt: Sends it once; takes the number of the attempt, from 1, and the maximum number of
            seconds to wait for a rate limit.
        pause: Waits after a failed attempt; takes its number and failure; raises `StoppedError` if
            the user stops it.
        options: The number of attempts, and how long to wait.
        repeatable: Whether it may be sent again after an attempt whose response was lost.

    Raises:
        AnswerLostError: No response proves whether it was done.
        ApiError: It failed.
    """
    number, remaining_patience = 0, options.patience
    last_error: ApiError | None = None
    lost_error: AnswerLostError | None = None
    while True:
        number += 1
        try:
            result = await attempt(number, remaining_patience)
        except StoppedError as stop:
            raise last_error or stop from None
        if isinstance(result, httpx.Response):
            return result
        if number > 1 and result.absent is not None:
            return result.absent
        if isinstance(result.error, AnswerLostError):
            lost_error = result.error
            if not repeatable:
                raise lost_error
        is_last = number >= options.attempts and not (result.is_rate_limited and result.wait)
        if is_last or not result.is_retryable or result.wait > remaining_patience:
            raise _outcome(lost_error, result.error)
        last_error = lost_error or (last_error if result.is_rate_limited else result.error)
        if not result.is_rate_limited:
            try:
                await pause(number, result)
            except StoppedError:
                raise last_error or result.error from None
        elif result.wait:  # the server says when to try again
            number, remaining_patience = number - 1, remaining_patience - result.wait


def _outcome(lost_error: AnswerLostError | None, last_error: ApiError) -> ApiError:
    """Returns the error of a request.

    Args:
        lost_error: The error of the last attempt that may have been done; None for none.
        last_error: The error of the last attempt.
    """
    return last_error if lost_error is None or last_error.status in _CONCLUSIVE else lost_error
