"""demo and serve, as processes of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import pytest

from langsync.cli import demo
from langsync.errors import LangsyncError
from tests.conftest import Cli


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A process that knows no keys, no Git identity, and has an empty home."""
    kept = ("LANGFUSE_", "LANGSYNC_", "GIT_")
    variables = {name: text for name, text in os.environ.items() if not name.startswith(kept)}
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return {**variables, "HOME": str(tmp_path), "TMPDIR": str(temporary)}


def test_the_examples_are_there() -> None:
    """In the checkout, and in the wheel."""
    assert (demo.examples() / "langsync.yaml").is_file()
    assert (demo.examples() / demo.EDITED).is_file()


def test_the_demo_runs_through(environment: dict[str, str], tmp_path: Path) -> None:
    """Without an account, keys or an identity; it says so, and leaves nothing behind."""
    words = [sys.executable, "-m", "langsync", "demo"]
    ended = subprocess.run(
        words, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "Nothing differs" in ended.stdout
    assert "Traceback" not in ended.stderr
    assert [*(tmp_path / "tmp").iterdir()] == []


@pytest.mark.parametrize("keep", [True, False])
def test_the_demo_keeps_its_repository_only_if_asked(
    cli: Cli,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    keep: bool,  # noqa: FBT001 - a column
) -> None:
    """And says where it is; it is cleaned up after a failure, too."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def fail(tour: demo._Tour) -> None:
        tour.folder.mkdir()
        if not keep:
            raise LangsyncError("the demo stopped")

    monkeypatch.setattr(demo._Tour, "walk", fail)
    ended = cli("demo", *(["--keep"] if keep else []))
    assert ended.code == (0 if keep else 1)
    left = [*tmp_path.glob("*/*")]
    assert [path.name for path in left] == (["support-assistant"] if keep else [])
    assert [str(path) in ended.err for path in left] == ([True] if keep else [])


@pytest.mark.parametrize(
    ("content", "name"),
    [("version: 1\nproject: my-app\n", "my-app"), ("version: 1\n", "local"), ("[", "local")],
)
def test_serve_names_its_project_as_langsync_yaml_does(
    environment: dict[str, str], tmp_path: Path, content: str, name: str
) -> None:
    """So that its guard holds for what is tried there."""
    (tmp_path / "langsync.yaml").write_text(content, "utf-8")
    words = [sys.executable, "-m", "langsync", "serve", "--port", "0"]
    with subprocess.Popen(
        words, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stderr is not None
        (url,) = re.findall(r"http://127\.0\.0\.1:\d+", run.stderr.readline())
        answer = httpx.get(f"{url}/api/public/projects", auth=("pk-lf-local", "sk-lf-local"))
        assert answer.json()["data"][0]["name"] == name
        run.send_signal(signal.SIGINT)
        assert run.wait(20) == 0


def test_serve_answers_until_it_is_stopped(environment: dict[str, str], tmp_path: Path) -> None:
    """It says how to use it; Ctrl-C ends it with 0."""
    words = [sys.executable, "-m", "langsync", "serve", "--port", "0"]
    words += ["--project", "mine:pk-1:sk-1", "--data", str(tmp_path / "data")]
    with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        first, second = run.stderr.readline(), run.stderr.readline()
        (url,) = re.findall(r"http://127\.0\.0\.1:\d+", first)
        assert f"LANGFUSE_BASE_URL={url} LANGFUSE_PUBLIC_KEY=pk-1" in second
        answer = httpx.get(f"{url}/api/public/projects", auth=("pk-1", "sk-1"))
        run.send_signal(signal.SIGINT)
        assert run.wait(20) == 0
    assert answer.json()["data"][0]["name"] == "mine"
    assert (tmp_path / "data").is_dir()


@pytest.mark.parametrize(
    ("words", "mode", "name"),
    [
        (["--live"], "live", "my-app"),
        (["--v3"], "v3", "my-app"),
        (["--project", "mine:pk-1:sk-1"], "v4", "mine"),
    ],
)
def test_serve_says_where_it_is_on_one_line_of_json(
    environment: dict[str, str], tmp_path: Path, words: list[str], mode: str, name: str
) -> None:
    """Once it listens; with its keys."""
    (tmp_path / "langsync.yaml").write_text("version: 1\nproject: my-app\n", "utf-8")
    command = [sys.executable, "-m", "langsync", "serve", "--port", "0", "--format", "json"]
    with subprocess.Popen(
        [*command, *words], env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        found = json.loads(run.stdout.readline())
        (project,) = found["projects"]
        keys = (project["public_key"], project["secret_key"])
        answer = httpx.get(f"{found['url']}/api/public/projects", auth=keys)
        run.send_signal(signal.SIGINT)
        assert (run.wait(20), run.stdout.read()) == (0, "")
    assert (found["mode"], project["name"], answer.json()["data"][0]["name"]) == (mode, name, name)
