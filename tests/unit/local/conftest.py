"""One embedded server for all tests of a worker, emptied before each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from langsync.local import LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def shared_server() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


@pytest.fixture
def server(shared_server: LocalServer) -> LocalServer:
    shared_server.reset()
    return shared_server


@pytest.fixture
def api(server: LocalServer) -> Iterator[httpx.Client]:
    project = server.projects[0]
    with httpx.Client(
        base_url=f"{server.url}/api/public", auth=(project.public_key, project.secret_key)
    ) as client:
        yield client
