"""Exports that are killed and go on."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from langsync.cli import run
from langsync.local import Fault, LocalServer, Sample
from tests.unit.export.conftest import rows


@pytest.fixture(scope="module")
def large() -> Iterator[dict[str, LocalServer]]:
    sample = Sample(3500, 900)
    with (
        LocalServer(sample=sample) as new,
        LocalServer(sample=sample, events_only=False) as old,
    ):
        yield {"v4": new, "v3": old}


@pytest.mark.parametrize("version", ["v4", "v3"])
@pytest.mark.parametrize("what", ["observations", "scores", "traces", "sessions"])
@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGKILL], ids=["INT", "KILL"])
def test_a_killed_export_goes_on(
    there: Path, large: dict[str, LocalServer], version: str, what: str, way: signal.Signals
) -> None:
    """Killed at any moment; in the end every row is there once, and nothing beside it."""
    server, seed = large[version], f"{version} {what} {way}"
    server.faults.clear()
    assert run(["export", what, "whole.jsonl", "--host", server.url]) == 0
    asked = len(server.requests)
    server.faults.add(Fault("GET", times=None, delay=0.3))
    words = [sys.executable, "-m", "langsync", "export", what, "a.jsonl"]
    words += ["--host", server.url, "--concurrency", "2"]
    first = subprocess.Popen(words, cwd=there, stderr=subprocess.DEVNULL)
    while len(server.requests) < asked + 1 and first.poll() is None:
        time.sleep(0.01)
    time.sleep(0.1 + random.Random(seed).random() * 0.3)
    first.send_signal(way)
    assert first.wait() != 0
    assert not (there / "a.jsonl").exists()
    server.faults.clear()
    assert run([*words[3:], "--resume"]) == 0
    assert rows("a.jsonl") == rows("whole.jsonl")
    assert sorted(one.name for one in there.iterdir()) == ["a.jsonl", "cache", "whole.jsonl"]
