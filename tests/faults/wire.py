"""HTTP/1.1 by hand: requests as they came, answers as bytes, so that either can be broken."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a client sent it."""

    method: str
    target: str
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401
        """The JSON of its body; None where it has none."""
        return json.loads(self.body) if self.body else None

    @property
    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.method not in ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as a server sent it."""

    status: int
    headers: Headers
    body: bytes

    def with_header(self, name: str, *values: str) -> Answer:
        """The same with other values of a header; none removes it."""
        kept = [one for one in self.headers if one[0].lower() != name.lower()]
        return replace(self, headers=(*kept, *((name, value) for value in values)))

    def head(self, version: str = "1.1") -> bytes:
        """Its status line and headers."""
        lines = [f"HTTP/{version} {self.status} Answer"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


def answer(status: int, body: str | bytes = "", kind: str = "text/plain", **more: str) -> Answer:
    """An answer that somebody on the way makes up."""
    raw = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in more.items()}
    headers = {"Content-Type": kind, "Content-Length": str(len(raw)), **named}
    return Answer(status, tuple(headers.items()), raw)


def read_request(stream: BinaryIO) -> Request | None:
    """The next request of a connection; None where there is none, or not a whole one."""
    first = stream.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = tuple(_headers(stream))
    length = int(next((v for n, v in headers if n.lower() == "content-length"), "0"))
    body = stream.read(length)
    return Request(first[0], first[1], headers, body) if len(body) == length else None


def forward(request: Request, host: str, port: int) -> Answer:
    """Hand a request on, and read its answer to the end."""
    kept = [one for one in request.headers if one[0].lower() not in ("connection", "expect")]
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in kept]
    with socket.create_connection((host, port)) as upstream:
        head = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")
        upstream.sendall(head + request.body)
        with upstream.makefile("rb") as stream:
            status = int(stream.readline().split()[1])
            headers = tuple(one for one in _headers(stream) if one[0].lower() != "connection")
            return Answer(status, headers, stream.read())


def reset(connection: socket.socket) -> None:
    """Break a connection off: the other side gets ECONNRESET."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _headers(stream: BinaryIO) -> Iterable[tuple[str, str]]:
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        yield name, value.strip()
