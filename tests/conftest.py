"""What the tests share: the closed network, a server that remembers bodies, the command line."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from httpx._transports import default

from langsync.cli import run
from langsync.local import LocalApp, LocalServer
from langsync.local.app import Message, Receive, Scope, Send

API = "/api/public"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-cases",
        action="store_true",
        help="Write what tests/cases/ expects from what happens; review every difference.",
    )


@pytest.fixture(scope="session", autouse=True)
def closed_network() -> Iterator[None]:
    """Lets tests reach this machine only; every other name is unknown."""
    if os.environ.get("LANGSYNC_CONTRACT_HOST"):
        yield
        return
    lookup = socket.getaddrinfo

    def local_only(host: object, port: object, *args: int, **kwargs: int) -> object:
        if host in (None, "", "127.0.0.1", "::1", "localhost", b"127.0.0.1", b"localhost"):
            return lookup(host, port, *args, **kwargs)  # type: ignore[arg-type]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", local_only)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_tls_context() -> Iterator[None]:
    """Reads the certificates once for all clients: 40 ms each, and no test needs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(default, "create_ssl_context", cache(httpx.create_ssl_context))
        yield


@dataclass(frozen=True, slots=True)
class Received:
    """A request as the server got it, its path below ``/api/public``."""

    method: str
    path: str
    body: Any

    def as_list(self) -> list[Any]:
        return [self.method, self.path] + ([] if self.body is None else [self.body])


class RecordingApp(LocalApp):
    """The embedded server's application, which remembers what it was sent."""

    def __init__(self, plain: LocalApp) -> None:
        super().__init__(plain.store, behavior=plain.behavior)
        self.received: list[Received] = []

    def reset(self) -> None:
        super().reset()
        self.received.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chunks: list[bytes] = []

        async def listen() -> Message:
            message = await receive()
            chunks.append(message.get("body", b""))
            return message

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._remember(scope, b"".join(chunks))
            await send(message)

        await super().__call__(scope, listen, answer)

    def _remember(self, scope: Scope, body: bytes) -> None:
        path = scope["raw_path"].decode("latin-1").removeprefix(API)
        query = scope["query_string"].decode("latin-1")
        target = f"{path}?{query}" if query else path
        self.received.append(Received(scope["method"], target, json.loads(body or b"null")))


class RecordingServer(LocalServer):
    """The embedded server, which remembers what it was sent."""

    def __init__(self, *, knows_resolve: bool = True) -> None:
        super().__init__(knows_resolve=knows_resolve)
        self.recording = RecordingApp(self.app)
        self.app = self.recording

    @property
    def received(self) -> list[Received]:
        return self.recording.received

    @property
    def writes(self) -> list[Received]:
        return [one for one in self.received if one.method != "GET"]


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of a session, each started once."""

    stack: ExitStack
    running: dict[bool, RecordingServer] = field(default_factory=dict)

    def get(self, *, knows_resolve: bool = True) -> RecordingServer:
        """An empty server; one of an older version where it does not know ``resolve``."""
        if knows_resolve not in self.running:
            server = RecordingServer(knows_resolve=knows_resolve)
            self.running[knows_resolve] = self.stack.enter_context(server)
        self.running[knows_resolve].reset()
        return self.running[knows_resolve]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack)


@pytest.fixture
def langfuse(servers: Servers, process: pytest.MonkeyPatch) -> RecordingServer:
    """An empty server, which the variables of this process name."""
    server = servers.get()
    connect(server, process)
    return server


def connect(server: LocalServer, process: pytest.MonkeyPatch) -> None:
    """Set the variables that applications of Langfuse have."""
    project = server.projects[0]
    process.setenv("LANGFUSE_BASE_URL", server.url)
    process.setenv("LANGFUSE_PUBLIC_KEY", project.public_key)
    process.setenv("LANGFUSE_SECRET_KEY", project.secret_key)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A process that knows no host and no keys, with a home and a cache of its own."""
    for name in os.environ:
        if name.startswith(("LANGFUSE_", "LANGSYNC_", "FORCE_COLOR", "TTY_")) or name == "CI":
            monkeypatch.delenv(name)
    home = str(tmp_path / "home")
    for name in ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, home)
    monkeypatch.setenv("LANGSYNC_CACHE", str(tmp_path / "cache"))
    return monkeypatch


@pytest.fixture
def repo(process: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder, in which commands run."""
    folder = tmp_path / "repo"
    folder.mkdir()
    process.chdir(folder)
    return folder


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def write(repo: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files, texts as UTF-8."""
    for name, content in files.items():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def says(ended: Ended, *expected: str) -> None:
    """Hold that what a command complains of are these lines, and no others.

    Args:
        ended: How the command ended.
        expected: For each line texts that it has in their order, `` … `` between them.
    """
    lines = [one for one in ended.err.splitlines() if not one.lower().endswith("nothing was sent.")]
    left = list(lines)
    for pattern in expected:
        words = re.compile(".*".join(re.escape(text) for text in pattern.split(" … ")))
        found = next((line for line in left if words.search(line)), None)
        assert found is not None, f"no line has {pattern!r}: {ended.err}"
        left.remove(found)
    assert not left
    count = sum(": error: " in line for line in lines)
    if count:
        assert f"{count} error{'' if count == 1 else 's'}; nothing was sent." in ended.err


@dataclass(frozen=True, slots=True)
class Cli:
    """Runs commands in this process."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Ended:
        self.capsys.readouterr()
        code = run(list(words))
        return Ended(code, *self.capsys.readouterr())


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


def ask(process: pytest.MonkeyPatch, answer: Callable[[], bool]) -> None:
    """Put a person before the terminal."""
    terminal = SimpleNamespace(isatty=lambda: True)
    process.setattr("langsync.cli.sending.sys", SimpleNamespace(stdin=terminal, stderr=terminal))
    process.setattr("typer.confirm", lambda *_, **__: answer())


@pytest.fixture
def raw(langfuse: RecordingServer) -> Iterator[httpx.Client]:
    """Langfuse's API as anybody else calls it."""
    with client_of(langfuse) as client:
        yield client


def client_of(server: LocalServer) -> httpx.Client:
    project = server.projects[0]
    keys = (project.public_key, project.secret_key)
    return httpx.Client(base_url=f"{server.url}{API}", auth=keys)
