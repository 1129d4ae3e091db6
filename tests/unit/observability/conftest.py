"""A made-up project, on a server of v4 and on one of v3, and the command line pointed at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from langsync.cli import run
from langsync.local import LocalServer, Sample

SAMPLE = Sample(600, 150)

Run = Callable[..., str]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, LocalServer]]:
    with (
        LocalServer(sample=SAMPLE) as new,
        LocalServer(sample=SAMPLE, events_only=False, server_version="3.100.0") as old,
    ):
        yield {"v4": new, "v3": old}


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, with the keys of the embedded server."""
    monkeypatch.chdir(tmp_path)
    for name in ("LANGFUSE_ORG_PUBLIC_KEY", "LANGFUSE_ORG_SECRET_KEY", "LANGFUSE_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk-lf-local")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-lf-local")
    monkeypatch.setenv("LANGSYNC_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture(params=["v4", "v3"])
def server(request: pytest.FixtureRequest, servers: dict[str, LocalServer]) -> LocalServer:
    """Each of the servers."""
    return servers[request.param]


@pytest.fixture
def langsync(there: Path, server: LocalServer, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line against a server and gives what it writes to stdout."""

    def call(*words: str, code: int = 0) -> str:
        found = run([*words, "--host", server.url])
        out, err = capfd.readouterr()
        assert found == code, out + err
        return out if code == 0 else err

    return call
