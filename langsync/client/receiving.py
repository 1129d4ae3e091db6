"""Reads a response up to a size, however it is compressed."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import httpx

MAX_BYTES = 512 * 2**20
"""The maximum size of a decompressed response in bytes; a larger one is refused.

The largest valid response is a page of 100 dataset items of 4.5 MB each, the limit of one
(observed on Langfuse 4.16.0): 450 MB. A larger one is not Langfuse's, and would fill the memory.
"""

ENCODINGS = ("gzip", "deflate")
"""The accepted compressions: a chunk of 64 KB, as they are read, expands to 66 MB at most."""

_TRANSFER_HEADERS = {b"content-encoding", b"content-length", b"transfer-encoding"}
_TARGETS = "langsync.redirects"


class OversizedAnswerError(httpx.DecodingError):
    """A response is larger than the limit."""


class UnknownEncodingError(httpx.DecodingError):
    """A response is compressed in a way that was not accepted."""


async def receive(
    http: httpx.AsyncClient, request: httpx.Request, limit: int, deadline: float
) -> httpx.Response:
    """Sends a request and reads its response.

    Args:
        http: The HTTP client.
        request: The request.
        limit: The maximum size of the decompressed response in bytes.
        deadline: The maximum number of seconds for the whole response.

    Returns:
        The response, with its body read and decompressed.

    Raises:
        httpx.HTTPError: There was no response, or none that can be read.
        OversizedAnswerError: The response is larger than the limit.
        UnknownEncodingError: It is compressed in another way, or more than once.
    """
    start = time.perf_counter()
    try:
        async with asyncio.timeout(deadline):
            response = await http.send(request, stream=True)
            try:
                body = await _read(response, limit)
            finally:
                await response.aclose()
    except TimeoutError:
        message = f"its answer was not complete after {deadline:g} seconds"
        raise httpx.ReadTimeout(message, request=request) from None
    return _with_body(response, body, start)


def receive_blocking(
    http: httpx.Client, request: httpx.Request, limit: int, deadline: float
) -> httpx.Response:
    """Does the same as `receive` without asyncio; redirects are in the response headers."""
    start = time.perf_counter()
    response = http.send(request, stream=True)
    chunks, size = [], 0
    try:
        _check_head(response, limit)
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                raise OversizedAnswerError(_too_large(limit))
            if time.perf_counter() - start > deadline:
                message = f"its answer was not complete after {deadline:g} seconds"
                raise httpx.ReadTimeout(message, request=request)
    finally:
        response.close()
    return _with_body(response, b"".join(chunks), start)


def _with_body(response: httpx.Response, body: bytes, start: float) -> httpx.Response:
    headers = [
        header for header in response.headers.raw if header[0].lower() not in _TRANSFER_HEADERS
    ]
    headers += [(b"Location", target) for target in response.extensions.get(_TARGETS, ())]
    complete = httpx.Response(response.status_code, headers=headers, content=body)
    complete.request = response.request
    complete.elapsed = timedelta(seconds=time.perf_counter() - start)
    return complete


async def set_redirects_aside(response: httpx.Response) -> None:
    """Hides a redirect from httpx; used as a hook.

    Even if redirects are not followed, httpx builds the next request, and an invalid ``Location``
    makes it raise `httpx.InvalidURL` or `UnicodeError`.
    """
    raw = response.headers.raw
    response.extensions[_TARGETS] = [value for name, value in raw if name.lower() == b"location"]
    if "Location" in response.headers:
        del response.headers["Location"]


def _check_head(response: httpx.Response, limit: int) -> None:
    encodings = [
        encoding.strip().lower()
        for encoding in response.headers.get_list("Content-Encoding", split_commas=True)
    ]
    if len(encodings) > 1 or not {*encodings} <= {*ENCODINGS, "identity", ""}:
        raise UnknownEncodingError(f"its body is encoded as {', '.join(encodings)[:60]}")
    length = response.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and (len(length) > 18 or int(length) > limit):
        raise OversizedAnswerError(_too_large(limit))


async def _read(response: httpx.Response, limit: int) -> bytes:
    _check_head(response, limit)
    chunks, size = [], 0
    async for chunk in response.aiter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise OversizedAnswerError(_too_large(limit))
    return b"".join(chunks)


def _too_large(limit: int) -> str:
    return f"its answer is larger than {limit // 2**20} MiB"
