"""``langsync api`` against the embedded server."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from langsync.api import ApiReference
from langsync.cli import run
from langsync.formats import yaml
from langsync.local import Fault, LocalServer, Sample

FILE = Path(__file__).parents[2] / "contract" / "openapi.yml.gz"

Run = Callable[..., tuple[str, str]]


@cache
def document() -> str:
    """The API reference that a server of Langfuse 4.16.0 gave."""
    return gzip.decompress(FILE.read_bytes()).decode()


@cache
def real() -> ApiReference:
    """What it says."""
    (found,) = yaml.read(document(), FILE.name)
    return ApiReference(found)


@pytest.fixture(scope="module")
def shared() -> Iterator[LocalServer]:
    """A server with observations and scores."""
    with LocalServer(sample=Sample(250, 60)) as server:
        yield server


@pytest.fixture
def server(shared: LocalServer) -> LocalServer:
    """The same, as if nothing was asked so far."""
    shared.faults.clear()
    shared.app.requests.clear()
    return shared


@pytest.fixture
def api(
    server: LocalServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """Runs the command in an empty folder; gives stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk-lf-local")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-lf-local")
    monkeypatch.setenv("LANGSYNC_CACHE", str(tmp_path / "cache"))

    def call(*words: str, code: int = 0) -> tuple[str, str]:
        found = run(["api", *words, "--host", server.url])
        out, err = capfd.readouterr()
        assert found == code, out + err
        return out, err

    return call


@pytest.fixture(scope="module")
def kept(shared: LocalServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with the real reference in it."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANGSYNC_CACHE", str(folder))
        shared.faults.add(Fault("GET", "openapi", status=200, body=document()))
        assert run(["api", "list", "Prompts", "--format", "json", "--host", shared.url]) == 0
    return folder


@pytest.fixture
def real_api(api: Run, kept: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command with the real reference."""
    monkeypatch.setenv("LANGSYNC_CACHE", str(kept))
    return api
