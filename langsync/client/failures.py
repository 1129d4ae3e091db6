"""The errors of requests to Langfuse, with messages that say what to do."""

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
    """Whether the server may have received the request before the error."""
    return not isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
    )


def is_final(error: httpx.HTTPError) -> bool:
    """Whether another attempt is useless: an unknown name, an untrusted certificate."""
    return isinstance(error, _FINAL) or _is_tls_error(error) or _is_dns_error(error)


def lost(
    method: str,
    path: str,
    reason: str,
    status: int = 0,
    retry_after: float = 0.0,
    refusal: ApiError | None = None,
) -> AnswerLostError:
    """Returns the error for a write that may have been done.

    Args:
        method: The HTTP method.
        path: Path below ``/api/public``.
        reason: The response that proves nothing, beginning with its status.
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
    """Returns the error for a server that cannot be reached, or whose response cannot be read."""
    if isinstance(error, _REFUSED):
        return UnexpectedAnswerError(f"{host} is not answering as Langfuse does: {error}")
    if _is_tls_error(error) and "CERTIFICATE_VERIFY" not in str(error):
        reason = f"TLS failed ({describe(error)}): check whether it is http:// and not https://"
    elif _is_tls_error(error):
        reason = (
            f"its certificate is not trusted ({describe(error)}). For a company's own authority "
            "set SSL_CERT_FILE to its certificates"
        )
    elif _is_dns_error(error):
        reason = "its name is unknown: check the host for typos"
    elif isinstance(error, httpx.TimeoutException):
        reason = "it did not answer in time: raise --timeout, or check the host"
    elif isinstance(error, httpx.ConnectError):
        reason = (
            "nothing listens there: check host and port; 'langsync serve' starts a local server"
        )
    elif isinstance(error, httpx.DecodingError):
        reason = f"its answer cannot be decompressed ({describe(error)})"
    else:
        reason = describe(error)
    return ConnectionFailedError(f"cannot reach {host}: {reason}")


def _is_tls_error(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError) or "CERTIFICATE_VERIFY" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_dns_error(error: Exception) -> bool:
    text = str(error)
    return any(
        phrase in text
        for phrase in (
            "Name or service not known",
            "nodename nor servname",
            "Temporary failure in name resolution",
            "No address associated",
            "getaddrinfo failed",
        )
    )


def describe(error: Exception) -> str:
    """Returns the message of an error; the name of its type if it has none."""
    return str(error) or type(error).__name__


def from_response(response: httpx.Response, host: str, wait: float = 0.0) -> ApiError:
    """Returns the error for a response of 400 and above.

    Args:
        response: The response.
        host: The host.
        wait: Seconds that it asks to wait; 0 if it does not say.
    """
    status = response.status_code
    text = message(response)
    if text is None:
        if status == 413:
            return RejectedError("too large: Langfuse takes 1 MB, for a dataset item 4.5 MB", 413)
        if status in (500, 502, 503, 504):
            return RejectedError(f"{host} answers with a server error ({status})", status)
        return not_the_api(response, host)
    if status == 401:
        others = ", ".join(f"{region} {url}" for region, url in REGIONS.items() if url != host)
        return UnauthorizedError(
            f"{host} does not know these keys: {text.rstrip('.')}. Check that both keys are of one "
            f"project and of this host (keys of one region are unknown to the others: {others})",
            status,
        )
    if status == 403:
        return ForbiddenError(f"not allowed: {text}", status)  # by the keys, the plan or the setup
    if is_not_found(response):
        return NotFoundError(text, status)
    if status == 429:
        return RejectedError(f"too many requests: {text.rstrip('.')}. {later(wait)}", status)
    return RejectedError(text, status)


def later(wait: float) -> str:
    """Returns what to do about a rate limit that lasts for some seconds; 0 if unknown."""
    time = f"in {math.ceil(wait / 60)} minutes" if wait > 60 else "later"
    return f"Try again {time} or with a lower --concurrency"


def not_the_api(
    response: httpx.Response, host: str, error: orjson.JSONDecodeError | None = None
) -> UnexpectedAnswerError:
    """Returns the error for a response that is a page, or otherwise not Langfuse's.

    Args:
        response: The response.
        host: The host.
        error: Why its body is no JSON; None if it was not parsed.
    """
    content_type = (
        response.headers.get("Content-Type", "").split(";")[0].strip()[:60] or "no content type"
    )
    is_json = content_type.lower().endswith("json")
    description = "an HTML page" if "html" in content_type.lower() else content_type
    detail = f" ({error.msg})" if error is not None and is_json and response.content else ""
    return UnexpectedAnswerError(
        f"{host} answers {response.status_code} with {description}{detail} where the API's JSON "
        "was expected: check that the host is Langfuse's base URL. Behind an access proxy, set its "
        "headers in LANGFUSE_ADDITIONAL_HEADERS",
        response.status_code,
    )


def misshapen(path: str, host: str, mismatch: str, status: int = 200) -> UnexpectedAnswerError:
    """Returns the error for JSON of a shape that an endpoint of Langfuse does not have.

    Args:
        path: The requested path, below ``/api/public``.
        host: The host.
        mismatch: Where the response differs from the expected shape, and what was expected.
        status: Its HTTP status.
    """
    return UnexpectedAnswerError(
        f"{host} does not answer {path} as Langfuse does: {mismatch}. Check that the host is "
        "Langfuse's, and its version; 'langsync doctor' checks the connection",
        status,
    )


def redirected(response: httpx.Response, host: str) -> UnexpectedAnswerError:
    """Returns the error for a redirect, which is not followed: it could send the keys elsewhere."""
    target = response.headers.get("Location", "")[:200] or "elsewhere"
    return UnexpectedAnswerError(
        f"{host} redirects to {target}: set that as the host if it is yours, or check whether a "
        "proxy changes paths",
        response.status_code,
    )
