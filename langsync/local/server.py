"""Runs the embedded server: in the background for tests, in the foreground for the CLI."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self, TypedDict, Unpack

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from langsync.errors import LocalServerError
from langsync.local.access import Access, is_wildcard
from langsync.local.app import TRANSPORT, LocalApp, Receive, Scope, Send
from langsync.local.endpoint import Behavior
from langsync.local.item_writes import ItemWrites
from langsync.local.sample import Sample, fill
from langsync.local.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from langsync.local.faults import Faults
    from langsync.local.projects import LocalProject
    from langsync.local.rate_limits import RateLimit
    from langsync.local.requests_log import LoggedRequest

FILE_NAME: Final = "langsync-local.sqlite"
START_SECONDS: Final = 10.0


def database_file(data: Path) -> Path:
    """Returns the database file of a folder, or the file itself.

    Args:
        data: A folder, which may not exist yet, or a file; a path with a suffix is a file.
    """
    is_file = data.is_file() or (bool(data.suffix) and not data.is_dir())
    return data if is_file else data / FILE_NAME


def create_app(
    *,
    projects: Sequence[LocalProject] = (),
    data: Path | None = None,
    knows_resolve: bool = True,
    knows_item_versions: bool = True,
    events_only: bool = True,
    items_in_place: bool = False,
    item_write_seconds: float = 0.0,
    sample: Sample | None = None,
    rate_limit: RateLimit | None = None,
    server_version: str = "4.16.0",
    allow_hosts: Sequence[str] = (),
    allow_origins: Sequence[str] = (),
    log: bool = False,
) -> LocalApp:
    """Returns the server as an ASGI application.

    Args:
        projects: The projects and their keys; a default one if there are none.
        data: A folder or file for the database; None keeps everything in memory.
        knows_resolve: False for an older server, which always resolves references.
        knows_item_versions: False for an older server, which always lists the current items.
        events_only: False for a server of v3: see `Behavior`.
        items_in_place: True for a server that keeps no versions of items: see `Behavior`.
        item_write_seconds: How long each upsert of an item takes: see `ItemWrites`.
        sample: Sample data for the first project, unless it has observations or scores.
        rate_limit: A limit on requests.
        server_version: The version in the response of ``GET /health``.
        allow_hosts: Values of ``Host`` that are answered, besides loopback: see `Access`.
        allow_origins: Origins of web pages that are answered, besides loopback.
        log: Whether each request is logged by the logger ``langsync.local``.

    Raises:
        ConfigError: A host or an origin is invalid.
        LocalServerError: The database cannot be used.
    """
    access = Access.parse(allow_hosts, allow_origins)
    app = LocalApp(
        LocalStore(database_file(data) if data else None),
        projects=projects,
        behavior=Behavior(
            server_version, knows_resolve, knows_item_versions, events_only, items_in_place
        ),
        rate_limit=rate_limit,
        item_writes=ItemWrites(item_write_seconds),
        access=access,
        log=log,
    )
    if sample is not None:
        fill(app.store, app.projects[0].id, sample)
    return app


class AppOptions(TypedDict, total=False):
    """The options of :func:`create_app`, for functions that pass them on."""

    projects: Sequence[LocalProject]
    data: Path | None
    knows_resolve: bool
    knows_item_versions: bool
    events_only: bool
    items_in_place: bool
    item_write_seconds: float
    sample: Sample | None
    rate_limit: RateLimit | None
    server_version: str
    allow_hosts: Sequence[str]
    allow_origins: Sequence[str]
    log: bool


class LocalServer:
    """The server in a thread of its own; a context manager that starts and stops it.

    Args:
        port: The port to listen on; 0 takes a free one.
        host: The address to listen on, which is an allowed host, too; with ``0.0.0.0`` or ``::``,
            all addresses of the machine, no host is added.
        **options: The options of :func:`create_app`.

    Raises:
        LocalServerError: The database cannot be used; on entering, the port is taken.
    """

    def __init__(
        self, port: int = 0, *, host: str = "127.0.0.1", **options: Unpack[AppOptions]
    ) -> None:
        self.app = create_app(**_with_host(host, options))
        self._address = (host, port)
        self._running: _Running | None = None

    @property
    def url(self) -> str:
        """The base URL of the server, without a trailing slash."""
        if self._running is None:
            raise LocalServerError("The embedded server is not running")
        return _url(self._running.socket)

    @property
    def projects(self) -> tuple[LocalProject, ...]:
        """The projects and their keys."""
        return self.app.projects

    @property
    def faults(self) -> Faults:
        """The faults to inject."""
        return self.app.faults

    @property
    def item_writes(self) -> ItemWrites:
        """How long upserts of items take, so that two of the same id can overlap."""
        return self.app.item_writes

    @property
    def requests(self) -> list[LoggedRequest]:
        """The requests that were answered, oldest first."""
        return self.app.requests.requests

    def reset(self) -> None:
        """Deletes all data, logged requests and faults."""
        self.app.reset()

    def start(self) -> None:
        """Starts the server and returns when it accepts requests."""
        listener = _listen(*self._address)
        server = _Server(_config(self.app))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        self._running = _Running(listener, server, thread)
        thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise LocalServerError("The embedded server did not start")
            time.sleep(0.002)

    def stop(self) -> None:
        """Stops the server and closes its database."""
        if self._running is not None:
            self._running.server.should_exit = True
            self._running.thread.join()
            self._running.socket.close()
            self._running = None
        self.app.store.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.app.store.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def serve(
    port: int,
    *,
    host: str = "127.0.0.1",
    on_start: Callable[[str], None] = lambda _url: None,
    **options: Unpack[AppOptions],
) -> None:
    """Runs the server until the process is interrupted or terminated.

    Args:
        port: The port to listen on; 0 takes a free one.
        host: The address to listen on: see `LocalServer`.
        on_start: Called with the URL as soon as the port is taken.
        **options: The options of :func:`create_app`.

    Raises:
        LocalServerError: The database cannot be used or the port is taken.
    """
    app = create_app(**_with_host(host, options))
    try:
        with _listen(host, port) as listener:
            on_start(_url(listener))
            _Server(_config(app)).run([listener])
    finally:
        app.store.close()


@dataclass(frozen=True, slots=True)
class _Running:
    socket: socket.socket
    server: _Server
    thread: threading.Thread = field(repr=False)


class _Server(uvicorn.Server):
    """Stops on a signal without raising it again, so that the process exits with 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        handlers = [signal.signal(number, self.handle_exit) for number in signals]
        try:
            yield
        finally:
            for number, handler in zip(signals, handlers, strict=True):
                signal.signal(number, handler)


class _Protocol(H11Protocol):
    """Passes the connection to the application, so that a fault can close it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        app = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope[TRANSPORT] = self.transport
            await app(scope, receive, send)

        self.app = with_transport


def _config(app: LocalApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,  # uvicorn's can be seconds late on a busy machine
        timeout_graceful_shutdown=1,
    )


def _with_host(host: str, options: AppOptions) -> AppOptions:
    names = (*options.get("allow_hosts", ()), host)
    return {**options, "allow_hosts": names}


def _url(listener: socket.socket) -> str:
    """Returns the base URL for clients on this machine."""
    host, port = listener.getsockname()[:2]
    if is_wildcard(host):
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    # asyncio disables Nagle's algorithm only for sockets with an explicit protocol; otherwise
    # each response would wait 40 ms for an acknowledgment.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise LocalServerError(
            f"Port {port} of {host} cannot be used: {error.strerror or error}; choose another"
        ) from error
    return listener
