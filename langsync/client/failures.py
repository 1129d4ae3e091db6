"""What went wrong on the way to Langfuse, in words that say what to do."""

from __future__ import annotations

import math
import ssl

import httpx
import orjson

from langsync.client.messages import is_not_found, message
from langsync.client.receiving import OversizedAnswerError, UnknownEncodingError
from langsync.config import REGIONS
from langsync.errors import (
    AnswerLostError,
    ApiError,
    ConnectionFailedError,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    UnauthorizedError,
    UnexpectedAnswerError,
)

_REFUSED = (OversizedAnswerError, UnknownEncodingError)
_FINAL = (httpx.UnsupportedProtocol, *_REFUSED)


def may_have_arrived(error: httpx.HTTPError) -> bool:
    """Whether the server may have got the request before this went wrong."""
    return not isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
    )


def is_final(error: httpx.HTTPError) -> bool:
    """Whether trying again is of no use: an unknown name, a certificate that is not trusted."""
    return isinstance(error, _FINAL) or _tls(error) or _dns(error)


def lost(
    method: str,
    path: str,
    reason: str,
    status: int = 0,
    retry_after: float = 0.0,
    refusal: ApiError | None = None,
) -> AnswerLostError:
    """The error for a write that may have been done.

    Args:
        method: The HTTP method.
        path: Path below ``/api/public``.
        reason: What came instead of an answer that proves something, beginning with its status.
        status: Its HTTP status; 0 for none.
        retry_after: Seconds that it asks to wait.
        refusal: See `AnswerLostError`.
    """
    if status:
        text = f"{method} {path} was answered {reason}: it may have been done"
    else:
        text = f"no answer to {method} {path} ({reason}): it may have been done"
    return AnswerLostError(text, status, retry_after=retry_after, refusal=refusal)


def connection_failed(host: str, error: httpx.HTTPError) -> ApiError:
    """The error for a server that cannot be reached, or whose answer cannot be read."""
    if isinstance(error, _REFUSED):
        return UnexpectedAnswerError(f"{host} is not answering as Langfuse does: {error}")
    if _tls(error) and "CERTIFICATE_VERIFY" not in str(error):
        why = f"TLS failed ({words(error)}): check whether it is http:// and not https://"
    elif _tls(error):
        why = (
            f"its certificate is not trusted ({words(error)}). For a company's own authority "
            "set SSL_CERT_FILE to its certificates"
        )
    elif _dns(error):
        why = "its name is unknown: check the host for typos"
    elif isinstance(error, httpx.TimeoutException):
        why = "it did not answer in time: raise --timeout, or check the host"
    elif isinstance(error, httpx.ConnectError):
        why = "nothing listens there: check host and port; 'langsync serve' starts a local server"
    elif isinstance(error, httpx.DecodingError):
        why = f"its answer cannot be decompressed ({words(error)})"
    else:
        why = words(error)
    return ConnectionFailedError(f"cannot reach {host}: {why}")


def _tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError) or "CERTIFICATE_VERIFY" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _dns(error: Exception) -> bool:
    text = str(error)
    return any(
        words in text
        for words in (
            "Name or service not known",
            "nodename nor servname",
            "Temporary failure in name resolution",
            "No address associated",
            "getaddrinfo failed",
        )
    )


def words(error: Exception) -> str:
    """What an error says; the name of its type where it says nothing."""
    return str(error) or type(error).__name__


def from_response(response: httpx.Response, host: str, wait: float = 0.0) -> ApiError:
    """The error for an answer of 400 and above.

    Args:
        response: The answer.
        host: Who gave it.
        wait: Seconds it asks to wait; 0 where it does not say.
    """
    status = response.status_code
    said = message(response)
    if said is None:
        if status == 413:
            return RejectedError("too large: Langfuse takes 1 MB, for a dataset item 4.5 MB", 413)
        if status in (500, 502, 503, 504):
            return RejectedError(f"{host} answers with a server error ({status})", status)
        return not_the_api(response, host)
    if status == 401:
        others = ", ".join(f"{region} {url}" for region, url in REGIONS.items() if url != host)
        return UnauthorizedError(
            f"{host} does not know these keys: {said.rstrip('.')}. Check that both keys are of one "
            f"project and of this host (keys of one region are unknown to the others: {others})",
            status,
        )
    if status == 403:
        return ForbiddenError(f"not allowed: {said}", status)  # by the keys, the plan or the setup
    if is_not_found(response):
        return NotFoundError(said, status)
    if status == 429:
        return RejectedError(f"too many requests: {said.rstrip('.')}. {later(wait)}", status)
    return RejectedError(said, status)


def later(wait: float) -> str:
    """What to do about a rate limit that holds for so many seconds; 0 where nobody knows."""
    when = f"in {math.ceil(wait / 60)} minutes" if wait > 60 else "later"
    return f"Try again {when} or with a lower --concurrency"


def not_the_api(
    response: httpx.Response, host: str, error: orjson.JSONDecodeError | None = None
) -> UnexpectedAnswerError:
    """The error for an answer that is a page, or otherwise not Langfuse's.

    Args:
        response: The answer.
        host: Who gave it.
        error: Why its body is no JSON, where that was read.
    """
    kind = response.headers.get("Content-Type", "").split(";")[0].strip()[:60] or "no content type"
    is_json = kind.lower().endswith("json")
    what = "an HTML page" if "html" in kind.lower() else kind
    why = f" ({error.msg})" if error is not None and is_json and response.content else ""
    return UnexpectedAnswerError(
        f"{host} answers {response.status_code} with {what}{why} where the API's JSON was "
        "expected: check that the host is Langfuse's base URL. Behind an access proxy, set its "
        "headers in LANGFUSE_ADDITIONAL_HEADERS",
        response.status_code,
    )


def misshapen(path: str, host: str, mismatch: str, status: int = 200) -> UnexpectedAnswerError:
    """The error for JSON that is not what an endpoint of Langfuse answers.

    Args:
        path: The path that was asked, below ``/api/public``.
        host: Who answered.
        mismatch: Where the answer is not as expected, and what was expected.
        status: Its HTTP status.
    """
    return UnexpectedAnswerError(
        f"{host} does not answer {path} as Langfuse does: {mismatch}. Check that the host is "
        "Langfuse's, and its version; 'langsync doctor' checks the way to it",
        status,
    )


def redirected(response: httpx.Response, host: str) -> UnexpectedAnswerError:
    """The error for a redirect, which is not followed: it could carry the keys elsewhere."""
    target = response.headers.get("Location", "")[:200] or "elsewhere"
    return UnexpectedAnswerError(
        f"{host} redirects to {target}: set that as the host if it is yours, or check whether a "
        "proxy changes paths",
        response.status_code,
    )
