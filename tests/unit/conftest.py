"""One embedded server for the tests of a worker, and no variables from outside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from langsync.client import delivery
from langsync.config import Connection
from langsync.local import LocalServer

settings.register_profile("unit", deadline=None)  # a busy machine is no failure
settings.load_profile("unit")


@pytest.fixture(scope="session", autouse=True)
def no_variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Take away what could point langsync elsewhere or change how its output looks."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("LANGFUSE_", "LANGSYNC_", "GITHUB_")) or name == "CI":
                patch.delenv(name)
        for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "SSL_CERT_FILE", "HTTP_PROXY", "ALL_PROXY"):
            patch.delenv(name, raising=False)
        patch.setenv("COLUMNS", "200")
        patch.setenv("LANGSYNC_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_lookups() -> Iterator[None]:
    """Look up a write whose answer was lost as often as ever, without the pauses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "LOOKUP_DELAYS", (0.0,) * len(delivery.LOOKUP_DELAYS))
        yield


@pytest.fixture(scope="session")
def running_server() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


@pytest.fixture
def server(running_server: LocalServer) -> LocalServer:
    """The embedded server, empty."""
    running_server.reset()
    return running_server


@pytest.fixture
def connection(server: LocalServer) -> Connection:
    """The way to the embedded server."""
    project = server.projects[0]
    return Connection(server.url, project.public_key, project.secret_key)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which the test runs, so that files are named relative to it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
