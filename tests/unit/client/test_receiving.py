"""Whatever bytes and headers come, an answer is read, or it is told why not."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest

from langsync.client import Client
from langsync.client.dates import only_date, parse_date
from langsync.client.receiving import OversizedAnswerError, receive, receive_blocking
from langsync.config import Connection
from langsync.errors import ApiError, ConnectionFailedError, UnexpectedAnswerError
from langsync.model import Json
from tests.unit.calls import FAST

ONCE = replace(FAST, attempts=1)
OK = b"HTTP/1.1 200 OK\r\n"
BODY = b'{"a": 1}'
SMALL = replace(ONCE, max_bytes=1000)


def told(
    raw: bytes,
    ask: Callable[[Client], Awaitable[Json]] = lambda client: client.get("/x"),
    options: object = ONCE,
) -> Json:
    """What a client makes of bytes that a server sends, whatever it was asked."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        writer.close()

    async def work() -> Json:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            host = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            async with Client(Connection(host, "pk", "sk"), options) as client:  # type: ignore[arg-type]
                return await ask(client)

    return asyncio.run(work())


def http(body: bytes, *headers: bytes, status: bytes = OK) -> bytes:
    """An answer whose length is told by the end of the connection, unless a header says it."""
    return status + b"".join(header + b"\r\n" for header in headers) + b"\r\n" + body


@pytest.mark.parametrize(
    "raw",
    [
        http(BODY, b"Content-Length: 8"),
        http(BODY),
        http(BODY, status=b"HTTP/1.0 200 OK\r\n"),
        http(gzip.compress(BODY, mtime=0), b"Content-Encoding: gzip"),
        http(zlib.compress(BODY), b"Content-Encoding: deflate"),
        http(BODY, b"Content-Encoding: identity"),
        http(b"8\r\n" + BODY + b"\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
        http(BODY, b"Content-Type: text/plain; charset=zlib_codec"),
        http(BODY, b"Content-Type: \xff\xfe"),
        http(BODY, b"Date: Mon, 01 Jan 2026 00:00:00", b"Date: soon"),
        http(BODY, b"Set-Cookie: \xff=;;;=", b"ETag: \xff", b"Location: http://[::1"),
    ],
)
def test_an_answer_in_any_dress(raw: bytes) -> None:
    """Compressed, in chunks, of an old protocol, with odd headers."""
    assert told(raw) == {"a": 1}


@pytest.mark.parametrize(
    "raw",
    [
        http(BODY, b"Content-Length: 80"),
        http(b"8\r\n" + BODY, b"Transfer-Encoding: chunked"),
        http(b"zz\r\n" + BODY, b"Transfer-Encoding: chunked"),
        http(BODY, b"Content-Encoding: gzip"),
        http(gzip.compress(BODY, mtime=0)[:-12], b"Content-Encoding: deflate"),
        http(BODY, b"Content-Length: 8", b"Content-Length: 9"),
        http(BODY, b"Content-Length: -8"),
        http(BODY, status=b"HTTP/1.1 2x0 OK\r\n"),
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"",
    ],
)
def test_what_is_no_whole_answer(raw: bytes) -> None:
    """Nothing of it counts."""
    with pytest.raises(ConnectionFailedError):
        told(raw)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"NaN",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        b"[" * 5000,
        b"[" * 2000 + b"]" * 2000,
        b'{"a": 1',
        b"<html></html>",
        b"[]",
        b"null",
        b"5",
    ],
)
def test_what_is_no_json_of_langfuse(body: bytes) -> None:
    """Not JSON at all, or not an object."""
    with pytest.raises(UnexpectedAnswerError, match=r"127\.0\.0\.1"):
        told(http(body, b"Content-Type: application/json"))


@pytest.mark.parametrize(
    "target",
    [
        b"http://[::1",
        b"http://xn--a.com/",
        b"javascript:alert(1)",
        b"http:\\\\x",
        b"\xff\xfe",
        b"",
        b"http://other.example:99999999/",
    ],
)
def test_a_redirect_to_anything_is_told(target: bytes) -> None:
    """It is not followed, so that it need not be a URL."""
    raw = http(b"", b"Location: " + target, status=b"HTTP/1.1 302 Found\r\n")
    with pytest.raises(UnexpectedAnswerError, match="redirects to"):
        told(raw)


@pytest.mark.parametrize(
    "raw",
    [
        http(b"[" + b"1," * 1000 + b"1]"),
        http(b"", b"Content-Length: 1001"),
        http(b"", b"Content-Length: " + b"9" * 300),
        http(gzip.compress(b" " * 10_000_000), b"Content-Encoding: gzip"),
        http(zlib.compress(b" " * 10_000_000), b"Content-Encoding: deflate"),
    ],
)
def test_an_answer_that_is_too_large_is_refused(raw: bytes) -> None:
    """By what it says of its length, or as soon as it gets there, decompressed."""
    with pytest.raises(ApiError) as caught:
        told(raw, options=SMALL)
    # a length that is no number of HTTP's is refused before
    assert "larger than" in str(caught.value) or b"9" * 300 in raw


@pytest.mark.parametrize(
    "encoding", [b"br", b"zstd", b"gzip, gzip", b"compress", b"gzip\r\nContent-Encoding: gzip"]
)
def test_a_compression_that_was_not_asked_for_is_refused(encoding: bytes) -> None:
    """It could expand without bounds."""
    with pytest.raises(UnexpectedAnswerError, match="its body is encoded as"):
        told(http(gzip.compress(gzip.compress(BODY, mtime=0)), b"Content-Encoding: " + encoding))


@pytest.mark.parametrize(
    "header",
    [
        b"Retry-After: nan",
        b"Retry-After: inf",
        b"Retry-After: -5",
        b"Retry-After: " + b"9" * 5000,
        b"Retry-After: Mon, 01 Jan 99999999999 00:00:00 GMT",
        b"Retry-After: Mon, 01 Jan 2001 00:00:00",
        b"X-RateLimit-Limit: " + b"9" * 5000,
        b"X-RateLimit-Limit: \xb2",
    ],
)
def test_a_refusal_with_odd_headers_is_told(header: bytes) -> None:
    """As any other."""
    status = b"HTTP/1.1 429 Too Many Requests\r\n"
    with pytest.raises(ApiError, match="too many requests: Slow"):
        told(http(b'{"message": "Slow"}', header, status=status))


def test_the_time_of_a_server() -> None:
    """In UTC where it has no zone; none where headers do not agree or it is out of range."""
    late = "Thu, 01 Jan 2026 00:00:01 GMT"
    assert parse_date(late) == parse_date("Thu, 01 Jan 2026 00:00:01")
    assert parse_date("Thu, 01 Jan 2026 02:00:01 +0200") == parse_date(late)
    odd = ("", "x", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 99999999999 00:00:00 GMT")
    assert [parse_date(text) for text in odd] == [None] * len(odd)
    assert only_date([late, late]) == parse_date(late)
    assert only_date([late, "Thu, 01 Jan 2026 00:00:02 GMT"]) is None
    assert only_date([late, "soon"]) is None
    assert only_date([]) is None


def test_a_server_without_a_time_that_can_be_told() -> None:
    """Nobody takes it for a time."""

    async def ask(client: Client) -> Json:
        await client.get("/x")
        return client.server_time()

    assert told(http(BODY, b"Date: Fri, 31 Dec 9999 23:59:59 GMT"), ask) is None
    assert told(http(BODY, b"Date: Thu, 01 Jan 2026 00:00:00"), ask).tzinfo is not None


@pytest.mark.parametrize("blocking", [False, True])
def test_an_answer_that_trickles_has_a_deadline(blocking: bool) -> None:  # noqa: FBT001
    """However steadily it comes: each part of it is in time."""

    def ask(url: str) -> None:
        with httpx.Client(timeout=60) as client:
            receive_blocking(client, client.build_request("GET", url), 1000, 0.05)

    ended = asyncio.Event()
    handlers: list[asyncio.Task[None] | None] = []

    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.append(asyncio.current_task())
        writer.write(OK + b"\r\n")
        with contextlib.suppress(OSError):
            while not ended.is_set():
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def work() -> None:
        server = await asyncio.start_server(trickle, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            if blocking:
                await asyncio.to_thread(ask, url)
            else:
                async with httpx.AsyncClient(timeout=60) as client:
                    await receive(client, client.build_request("GET", url), 1000, 0.05)
        finally:
            ended.set()
            await asyncio.gather(*filter(None, handlers))
            server.close()
            await server.wait_closed()

    with pytest.raises(httpx.ReadTimeout, match="not complete after"):
        asyncio.run(work())


def test_an_answer_read_blocking_has_a_size() -> None:
    """As GitHub's are read; what it was told stays."""
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"Link": "<x>; rel=next"}, content=b"x" * 1000)
    )
    with httpx.Client(transport=transport) as client:
        request = client.build_request("GET", "http://x")
        response = receive_blocking(client, request, 1000, 60)
        assert (response.content, response.links["next"]["url"]) == (b"x" * 1000, "x")
        with pytest.raises(OversizedAnswerError):
            receive_blocking(client, request, 999, 60)
