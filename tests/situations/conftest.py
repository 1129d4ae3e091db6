"""The scene of a situation, and Langfuse as applications see it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import httpx
import pytest
import typer.main
from langfuse import Langfuse

from tests.conftest import Cli, RecordingServer, Servers
from tests.situations.scene import Scene, quiet_git
from tests.unit.git import repository

pytest.register_assert_rewrite("tests.situations.checks")


@pytest.fixture(scope="session", autouse=True)
def one_command_line() -> Iterator[None]:
    """Builds the parser of the command line once for all runs: that takes half of each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(scope="session")
def sdk(servers: Servers) -> Iterator[Langfuse]:
    """The official SDK."""
    server = servers.get()
    project = server.projects[0]
    client = Langfuse(
        public_key=project.public_key,
        secret_key=project.secret_key,
        base_url=server.url,
        tracing_enabled=False,
    )
    yield client
    client.shutdown()


@pytest.fixture
def scene(
    langfuse: RecordingServer,
    raw: httpx.Client,
    cli: Cli,
    process: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Scene:
    """An empty repository with a minimal ``langsync.yaml``, and an empty Langfuse."""
    quiet_git(process)
    repo = repository(tmp_path / "repo", "--template=")
    (repo.folder / "langsync.yaml").write_text("version: 1\n")
    process.chdir(repo.folder)
    return Scene(repo, langfuse, raw, cli, process)
