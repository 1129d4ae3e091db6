"""A proxy on loopback that goes wrong when it is told to."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.faults import wire
from tests.faults.wire import Answer, Request


@dataclass(slots=True)
class Exchange:
    """A request at the proxy, and what became of it.

    Args:
        number: Its place among all requests, from 1.
        occurrence: How often it came, from 1.
        request: The request.
        fault: The name of the fault that hit it, or nothing.
        answer: What the server answered; None where it has not got the request.
    """

    number: int
    occurrence: int
    request: Request
    fault: str = ""
    answer: Answer | None = None

    def __str__(self) -> str:
        status = "not handled" if self.answer is None else str(self.answer.status)
        fault = f" [{self.fault}]" if self.fault else ""
        return f"{self.number}. {self.request.method} {self.request.target} {status}{fault}"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong with one request.

    Args:
        name: What it is called in the table.
        handled: Whether the server gets the request before the client gets its reply.
        reply: Sends what the client gets; False where the connection is of no use afterwards.
        late: After how many further requests the server gets it all the same; 0 for never.
    """

    name: str
    handled: bool
    reply: Callable[[Connection, Answer | None], bool]
    late: int = 0


@dataclass(frozen=True, slots=True)
class Connection:
    """The client's side of one exchange."""

    socket: socket.socket
    proxy: Proxy

    def send(self, data: bytes) -> None:
        """Send bytes to the client."""
        self.socket.sendall(data)

    def wait_for_client(self) -> None:
        """Wait until the client has had enough, or the proxy is stopped."""
        self.socket.settimeout(0.1)
        while not self.proxy.stopping.is_set():
            try:
                if not self.socket.recv(1):
                    return
            except TimeoutError:
                continue
            except OSError:
                return


Choose = Callable[[Exchange], Fault | None]
Hook = Callable[[Exchange], None]


def _nothing(_: Exchange) -> None:
    return None


@dataclass(slots=True)
class Proxy:
    """Hands requests on to a server, unless a fault is chosen for them.

    Args:
        upstream: The server's URL.
        choose: Chooses the fault that hits a request.
        before: Called before a request is handed on.
        after: Called when it was handled, before the client gets its answer.
    """

    upstream: str
    choose: Choose = _nothing
    before: Hook = _nothing
    after: Hook = _nothing
    exchanges: list[Exchange] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    _late: list[tuple[int, Exchange]] = field(default_factory=list)
    _seen: Counter[tuple[str, str, bytes]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _idle: threading.Condition = field(default_factory=threading.Condition)
    _active: int = 0
    _server: _Server | None = None

    @property
    def url(self) -> str:
        """Where clients find it."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def reset(
        self, choose: Choose = _nothing, before: Hook = _nothing, after: Hook = _nothing
    ) -> None:
        """Forget what was; from now on other faults are chosen."""
        self.choose, self.before, self.after = choose, before, after
        self.exchanges, self._late, self._seen = [], [], Counter()

    def deliver_late(self) -> None:
        """Let the server have all that is still under way."""
        self._deliver(everything=True)

    def settle(self) -> None:
        """Wait until nothing is under way, for which the clients have to be gone."""
        with self._idle:
            self._idle.wait_for(lambda: not self._active)

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def handle(self, request: Request, connection: socket.socket) -> bool:
        """Deal with one request; False where its connection is of no use afterwards."""
        with self._idle:
            self._active += 1
        try:
            return self._handle(request, connection)
        finally:
            with self._idle:
                self._active -= 1
                self._idle.notify_all()

    def _handle(self, request: Request, connection: socket.socket) -> bool:
        with self._lock:
            key = (request.method, request.target, request.body)
            self._seen[key] += 1
            exchange = Exchange(len(self.exchanges) + 1, self._seen[key], request)
            fault = self.choose(exchange)
            exchange.fault = fault.name if fault else ""
            self.exchanges.append(exchange)
        self.before(exchange)
        if fault is None or fault.handled:
            self._forward(exchange)
            self.after(exchange)
        elif fault.late:
            with self._lock:
                self._late.append((exchange.number + fault.late, exchange))
        if fault is not None:
            return fault.reply(Connection(connection, self), exchange.answer)
        assert exchange.answer is not None
        self._deliver()  # before the client goes on, so that its next request comes later
        connection.sendall(exchange.answer.head() + exchange.answer.body)
        return True

    def _forward(self, exchange: Exchange) -> None:
        place = urlsplit(self.upstream)
        assert place.hostname is not None
        assert place.port is not None
        exchange.answer = wire.forward(exchange.request, place.hostname, place.port)

    def _deliver(self, *, everything: bool = False) -> None:
        with self._lock:
            number = len(self.exchanges)
            due = [one for at, one in self._late if everything or at <= number]
            self._late = [] if everything else [one for one in self._late if one[0] > number]
        for exchange in due:
            self._forward(exchange)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 256
    proxy: Proxy


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        connection: socket.socket = self.request
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError), connection.makefile("rb") as stream:
            while (request := wire.read_request(stream)) is not None:
                if not self.server.proxy.handle(request, connection):
                    return
