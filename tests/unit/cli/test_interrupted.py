"""An apply that is killed at any moment, and one after it."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from langsync.local import Fault
from tests.conftest import Cli, RecordingServer, write
from tests.unit.git import repository

COUNT = 60


def files() -> dict[str, str]:
    rows = (json.dumps({"id": f"i{n}", "input": {"n": n}}) for n in range(COUNT))
    texts = {f"prompts/p{n}.yaml": f"prompt: Text {n}\nlabels: [production]\n" for n in range(10)}
    return {
        "langsync.yaml": "version: 1\n",
        "datasets/d.yaml": "items_from: [d.jsonl]\n",
        "datasets/d.jsonl": "\n".join(rows) + "\n",
        **texts,
    }


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_applying_again_finishes(
    cli: Cli,
    repo: Path,
    langfuse: RecordingServer,
    raw: httpx.Client,
    kind: signal.Signals,
    seed: int,
) -> None:
    """Every item is there once with its value, every prompt has one version, no plan is left."""
    write(repo, files())
    langfuse.faults.add(Fault("POST", delay=0.05))
    wanted = random.Random(f"{kind}-{seed}").randrange(1, COUNT)
    words = [sys.executable, "-m", "langsync", "apply", "--yes", "--concurrency", "4"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        while len(langfuse.writes) < wanted and running.poll() is None:
            time.sleep(0.005)
        running.send_signal(kind)
        out, err = running.communicate()
    assert 0 < len(langfuse.writes) < COUNT + 11
    if kind is signal.SIGINT:
        assert running.returncode == 130, err
        assert b"skipped" in out
        assert b"Finishing what is under way" in err
        assert b"apply again to go on" in err
    langfuse.faults.clear()
    time.sleep(0.1)  # what was under way when the process died
    assert cli("apply", "--yes").code == 0
    pages = [raw.get("/dataset-items", params={"page": n, "limit": 50}).json() for n in (1, 2)]
    items = [row for page in pages for row in page["data"]]
    assert sorted((row["id"], row["input"]["n"]) for row in items) == sorted(
        (f"i{n}", n) for n in range(COUNT)
    )
    for row in raw.get("/v2/prompts").json()["data"]:
        assert row["versions"] == [1]
    plan = json.loads(cli("plan", "--format", "json").out)
    assert plan["changes"] == []


def test_ctrl_c_ends_a_wait_for_a_rate_limit(repo: Path, langfuse: RecordingServer) -> None:
    """What would have to wait is skipped, not failed; nobody waits for minutes."""
    write(repo, files())
    limit = {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "later"}
    headers = {**limit, "Retry-After": "300"}
    langfuse.faults.add(Fault("POST", "dataset-items", status=429, headers=headers, skip=5))
    words = [sys.executable, "-m", "langsync", "apply", "--yes", "--concurrency", "4"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        while b"waiting about 5 min" not in running.stderr.readline():
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate()
    assert running.returncode == 130
    assert b"failed" not in out
    assert b"interrupted" in out


def schema(name: str) -> dict[str, str]:
    """A dataset whose items need one key, and an item that has it."""
    of = {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}
    items = [{"id": f"i{n}", "input": {name: f"{n}"}} for n in range(3)]
    return {"datasets/d.yaml": json.dumps({"input_schema": of, "items": items})}


@pytest.mark.parametrize("skip", range(3))
def test_a_schema_that_was_cleared_and_not_set_again_is_set_by_the_next_apply(
    skip: int, langfuse: RecordingServer, cli: Cli, process: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is no change of a person's, though no commit declared that there is none."""
    repo = repository(tmp_path / "repo")
    process.chdir(repo.folder)
    repo.commit({"langsync.yaml": "version: 1\n", **schema("q")})
    assert cli("apply", "--yes").code == 0
    repo.commit(schema("r"))
    langfuse.faults.add(Fault("POST", "dataset-items", status=400, body="No.", skip=skip))
    ended = cli("apply", "--yes")
    assert ended.code == 1
    assert "fix that and apply again" in ended.out
    langfuse.faults.clear()
    assert cli("drift").code == 0
    ended = cli("apply", "--yes")
    assert (ended.code, ended.err.count("refused")) == (0, 0)
    assert json.loads(cli("plan", "--format", "json").out)["changes"] == []
