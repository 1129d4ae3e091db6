"""Reads an answer up to a size, however it is compressed."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import httpx

MAX_BYTES = 512 * 2**20
"""Bytes of an answer, decompressed, that are read; the rest is refused.

The largest legal answer is a page of 100 dataset items of 4.5 MB each, the limit of one (observed
on Langfuse 4.16.0): 450 MB. What is larger is no answer of Langfuse's, and would fill the memory.
"""

ENCODINGS = ("gzip", "deflate")
"""Compressions that are asked for: one of 64 KB, as they are read, expands to 66 MB at most."""

_OF_THE_WIRE = {b"content-encoding", b"content-length", b"transfer-encoding"}
_TARGETS = "langsync.redirects"


class OversizedAnswerError(httpx.DecodingError):
    """An answer holds more than is read of one."""


class UnknownEncodingError(httpx.DecodingError):
    """An answer is compressed in a way that was not asked for."""


async def receive(
    http: httpx.AsyncClient, request: httpx.Request, limit: int, deadline: float
) -> httpx.Response:
    """Send a request and read its answer.

    Args:
        http: The connections.
        request: What is sent.
        limit: Bytes of the answer, decompressed, at most.
        deadline: Seconds for all of it, however steadily it comes.

    Returns:
        The answer, its body read and decompressed.

    Raises:
        httpx.HTTPError: Nothing answered, or nothing that can be read.
        OversizedAnswerError: There is more than the limit.
        UnknownEncodingError: It is compressed in another way, or more than once.
    """
    began = time.perf_counter()
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
    return _whole(response, body, began)


def receive_blocking(
    http: httpx.Client, request: httpx.Request, limit: int, deadline: float
) -> httpx.Response:
    """What `receive` does, without asyncio; redirects are in the answer's head."""
    began = time.perf_counter()
    response = http.send(request, stream=True)
    chunks, size = [], 0
    try:
        _check_head(response, limit)
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                raise OversizedAnswerError(_too_large(limit))
            if time.perf_counter() - began > deadline:
                message = f"its answer was not complete after {deadline:g} seconds"
                raise httpx.ReadTimeout(message, request=request)
    finally:
        response.close()
    return _whole(response, b"".join(chunks), began)


def _whole(response: httpx.Response, body: bytes, began: float) -> httpx.Response:
    headers = [pair for pair in response.headers.raw if pair[0].lower() not in _OF_THE_WIRE]
    headers += [(b"Location", target) for target in response.extensions.get(_TARGETS, ())]
    whole = httpx.Response(response.status_code, headers=headers, content=body)
    whole.request = response.request
    whole.elapsed = timedelta(seconds=time.perf_counter() - began)
    return whole


async def set_redirects_aside(response: httpx.Response) -> None:
    """Keep httpx from following a redirect in its head; used as a hook.

    Where redirects are not followed, it builds the next request all the same, and an odd
    ``Location`` ends that in an `httpx.InvalidURL` or a `UnicodeError`.
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
    if [one for one in encodings if one not in (*ENCODINGS, "identity", "")] or len(encodings) > 1:
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
