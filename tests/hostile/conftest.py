"""A server that nobody trusts, and keys that can be told apart from everything else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

TRAP = "trap.example"
SECRETS = {
    "LANGFUSE_PUBLIC_KEY": "pk-lf-h0stile-public",
    "LANGFUSE_SECRET_KEY": "sk-lf-h0stile-secret",
    "LANGFUSE_ORG_PUBLIC_KEY": "pk-lf-h0stile-org",
    "LANGFUSE_ORG_SECRET_KEY": "sk-lf-h0stile-org",
    "LANGFUSE_ADDITIONAL_HEADERS": '{"X-Access-Token": "h0stile-header"}',
    "AWS_SECRET_ACCESS_KEY": "h0stile-aws",
    "GITHUB_TOKEN": "h0stile-github",
    "GITHUB_LANGFUSE_KEY": "h0stile-github-langfuse",
}
"""Variables of the process, all of whose values hold ``h0stile``."""


class Trap:
    """A server that keeps every byte that it is sent, and refuses with 401."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://{TRAP}:{self.port}"
        self.received: list[bytes] = []
        self.accepted = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            with connection:
                self.received.append(connection.recv(65_536))
                body = b'{"message":"no"}'
                head = f"HTTP/1.1 401 No\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
                type_ = "Content-Type: application/json\r\n\r\n"
                connection.sendall((head + type_).encode() + body)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def trap(process: pytest.MonkeyPatch) -> Iterator[Trap]:
    """A server under a name that is not this machine's, though it resolves to it."""
    server = Trap()
    lookup = socket.getaddrinfo

    def resolve(host: object, port: object, *args: int, **kwargs: int) -> object:
        if host in (TRAP, TRAP.encode()):
            host = "127.0.0.1"
        return lookup(host, port, *args, **kwargs)  # type: ignore[arg-type]

    process.setattr(socket, "getaddrinfo", resolve)
    yield server
    server.close()


@pytest.fixture
def secrets(process: pytest.MonkeyPatch) -> dict[str, str]:
    """The process holds keys, those of others among them."""
    for name, value in SECRETS.items():
        process.setenv(name, value)
    return SECRETS


@pytest.fixture
def user_folder(process: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's configuration folder."""
    folder = tmp_path / "user"
    process.setenv("XDG_CONFIG_HOME", str(folder))
    return folder
