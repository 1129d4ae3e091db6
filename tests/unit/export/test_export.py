"""Exports from servers of v4 and of v3, through trouble of every kind."""

from __future__ import annotations

import csv
import gzip
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyarrow import parquet

from langsync.cli import run
from langsync.local import Fault, LocalServer, Sample
from langsync.local.observations import Observation, put_observations
from langsync.local.sample import observations, scores
from tests.unit.observability.conftest import SAMPLE, Run

MADE = list(observations(SAMPLE))
IDS = sorted(one.id for one in MADE)
SCORES = sorted(one.id for one in scores(SAMPLE))
TIMES = ("--from", "2026-01-01", "--to", "2026-01-02")


@pytest.fixture(autouse=True)
def _no_faults(server: LocalServer) -> None:
    server.faults.clear()
    server.app.requests.clear()


def rows(name: str) -> list[dict[str, Any]]:
    """What is in a file of JSON Lines."""
    return [json.loads(line) for line in Path(name).read_text("utf-8").splitlines()]


def test_all_observations_newest_first(langsync: Run, there: Path) -> None:
    """Each once, with all its fields; nothing else is left in the folder."""
    found = json.loads(langsync("export", "observations", "all.jsonl", "--format", "json"))
    assert found["rows"] == SAMPLE.observations
    exported = rows("all.jsonl")
    assert sorted(row["id"] for row in exported) == IDS
    times = [row["startTime"] for row in exported]
    assert times == sorted(times, reverse=True)
    wanted = {one.id: one.fields for one in MADE}
    assert all(row["metadata"] == wanted[row["id"]]["metadata"] for row in exported)
    assert sorted(one.name for one in there.iterdir()) == ["all.jsonl", "cache"]


@pytest.mark.parametrize(
    ("what", "key", "wanted"),
    [
        ("scores", "id", SCORES),
        ("traces", "traceId", sorted(one.trace_id for one in MADE if one.parent_id is None)),
    ],
)
def test_other_lists(langsync: Run, what: str, key: str, wanted: list[str]) -> None:
    """Each row once."""
    langsync("export", what, "all.jsonl")
    assert sorted(row.get(key, row["id"]) for row in rows("all.jsonl")) == wanted


def test_every_format_holds_the_same(langsync: Run) -> None:
    """JSON Lines, CSV and Parquet, compressed or not."""
    for name in ("a.jsonl", "a.jsonl.gz", "a.csv", "a.csv.gz", "a.parquet"):
        langsync("export", "observations", name, *TIMES)
    wanted = rows("a.jsonl")
    assert gzip.decompress(Path("a.jsonl.gz").read_bytes()) == Path("a.jsonl").read_bytes()
    assert gzip.decompress(Path("a.csv.gz").read_bytes()) == Path("a.csv").read_bytes()
    with Path("a.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    packed = parquet.read_table("a.parquet").to_pylist()
    assert len(wanted) == len(table) == len(packed)
    for row, cells, values in zip(wanted, table, packed, strict=True):
        for name, value in row.items():
            inside = isinstance(value, (dict, list))
            assert (json.loads(values[name]) if inside else values[name]) == value
            if isinstance(value, str) or value is None:
                assert cells[name] == (value or "")
            else:
                assert json.loads(cells[name]) == value


def test_filters_and_times(langsync: Run) -> None:
    """Only those that are asked for."""
    langsync("export", "observations", "a.jsonl", "--where", "type=GENERATION", *TIMES)
    wanted = [one.id for one in MADE if one.fields["type"] == "GENERATION"]
    assert sorted(row["id"] for row in rows("a.jsonl")) == sorted(wanted)
    langsync("export", "scores", "none.jsonl", "--from", "2020-01-01", "--to", "2020-02-01")
    assert rows("none.jsonl") == []
    assert "cannot choose scores by" in langsync(
        "export", "scores", "b.jsonl", "--where", "colour=red", code=1
    )


def test_shards_make_up_the_whole(langsync: Run) -> None:
    """The last is the newest."""
    langsync("export", "observations", "all.jsonl", *TIMES)
    for number in (1, 2, 3):
        langsync("export", "observations", f"{number}.jsonl", *TIMES, "--shard", f"{number}/3")
    assert rows("3.jsonl") + rows("2.jsonl") + rows("1.jsonl") == rows("all.jsonl")


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", "observations", times=3, skip=2, status=503),
        Fault("GET", "observations", times=2, skip=2, status=500),
        Fault("GET", "observations", times=3, skip=2, drop="before"),
        Fault("GET", "observations", times=3, skip=2, drop="after"),
        Fault("GET", "observations", times=2, skip=3, status=429, headers={"Retry-After": "1"}),
    ],
    ids=["503", "500", "cut before", "cut after", "429"],
)
def test_trouble_that_passes_is_waited_for(
    langsync: Run, server: LocalServer, fault: Fault
) -> None:
    """All rows arrive, each once."""
    server.faults.add(fault)
    langsync("export", "observations", "a.jsonl", *TIMES)
    assert sorted(row["id"] for row in rows("a.jsonl")) == IDS


def test_what_was_read_is_kept(langsync: Run, server: LocalServer, there: Path) -> None:
    """Nothing stands under the name of the file before it is whole; --resume reads the rest."""
    server.faults.add(Fault("GET", "observations", times=None, skip=6, status=403))
    words = ("export", "observations", "a.jsonl", *TIMES)
    err = langsync(*words, "--concurrency", "1", code=1)
    assert "--resume goes on" in err
    assert not (there / "a.jsonl").exists()
    server.faults.clear()
    assert "--resume goes on with it" in langsync(*words, code=1)
    other = ("export", "observations", "a.jsonl", "--where", "type=SPAN", "--resume")
    assert "export of something else" in langsync(*other, code=1)
    found = json.loads(langsync(*words, "--resume", "--format", "json"))
    assert 0 < found["kept"] < found["parts"]
    assert found["rows"] == SAMPLE.observations
    assert sorted(row["id"] for row in rows("a.jsonl")) == IDS
    assert sorted(one.name for one in there.iterdir()) == ["a.jsonl", "cache"]


def test_a_file_that_is_there_is_left_alone(langsync: Run, there: Path) -> None:
    """Unless it is to be replaced."""
    (there / "a.jsonl").write_text("mine", "utf-8")
    assert "--force replaces it" in langsync("export", "scores", "a.jsonl", code=1)
    assert (there / "a.jsonl").read_text("utf-8") == "mine"
    langsync("export", "scores", "a.jsonl", "--force")
    assert sorted(row["id"] for row in rows("a.jsonl")) == SCORES


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("scores", "a.txt"), "ends .jsonl, .csv or .parquet"),
        (("scores", "a.parquet.gz"), "ends .jsonl, .csv or .parquet"),
        (("scores", "nowhere/a.csv"), "there is no folder"),
        (("scores", "a.csv", "--shard", "1"), "write I/N"),
        (("scores", "a.csv", "--where", "name"), "NAME=VALUE"),
        (("prompts", "a.csv", "--since", "7d"), "exported whole"),
    ],
)
def test_mistakes_are_told_before_anything_is_asked(
    langsync: Run, server: LocalServer, words: tuple[str, ...], message: str
) -> None:
    """And no file is made."""
    assert message in langsync("export", *words, code=1)
    assert not server.requests
    assert not list(Path().glob("a*"))


def test_parquet_without_its_extra(langsync: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install is said."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "langsync[parquet]" in langsync("export", "scores", "a.parquet", code=1)


@pytest.mark.parametrize("version", ["v4", "v3"])
def test_rows_that_come_meanwhile_lose_none(
    there: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is put into each slice after its first page: all that were there come once."""
    assert there.is_dir()
    sample = Sample(900)
    made = list(observations(sample))
    with LocalServer(sample=sample, events_only=version == "v4") as server:
        project, seen = server.projects[0].id, list[int]()
        answer = server.app._answer

        async def meanwhile(*words: Any) -> Any:  # noqa: ANN401
            found = await answer(*words)
            if "observations" in words[1]["path"] and len(seen) < 8:
                seen.append(1)
                like = made[-len(seen) * 40]
                new = Observation(
                    f"new-{len(seen)}", like.trace_id, like.start_time, like.fields, like.parent_id
                )
                put_observations(server.app.store, project, [new])
            return found

        monkeypatch.setattr(server.app, "_answer", meanwhile)
        words = ["export", "observations", "a.jsonl", *TIMES, "--host", server.url]
        assert run([*words, "--concurrency", "1"]) == 0
    ids = [row["id"] for row in rows("a.jsonl")]
    assert len(ids) == len(set(ids))
    assert {one.id for one in made} <= set(ids)
    assert seen


@pytest.mark.parametrize("seed", range(3))
def test_a_killed_export_goes_on(there: Path, seed: int) -> None:
    """Killed at any moment; in the end every row is there once."""
    sample = Sample(4000)
    with LocalServer(sample=sample) as server:
        server.faults.add(Fault("GET", "v2/observations", times=None, delay=0.05))
        words = [sys.executable, "-m", "langsync", "export", "observations", "a.jsonl", *TIMES]
        words += ["--host", server.url, "--concurrency", "2"]
        first = subprocess.Popen(words, cwd=there, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while len(server.requests) < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(random.Random(seed).random() * 0.2)
        first.send_signal(signal.SIGKILL if seed else signal.SIGINT)
        assert first.wait(timeout=20) != 0
        assert not (there / "a.jsonl").exists()
        server.faults.clear()
        assert run([*words[3:], "--resume"]) == 0
    ids = [row["id"] for row in rows("a.jsonl")]
    assert sorted(ids) == sorted(one.id for one in observations(sample))


def test_prompts_and_items(there: Path) -> None:
    """All versions as they were written, all active items."""
    assert there.is_dir()
    second = "two @@@langfusePrompt:name=a|version=1@@@"
    with LocalServer() as server:
        keys = (server.projects[0].public_key, server.projects[0].secret_key)
        with httpx.Client(base_url=f"{server.url}/api/public", auth=keys) as api:
            for name in ("a", "b/x"):
                for text in ("one", second if name == "b/x" else "two"):
                    body = {"name": name, "prompt": text, "type": "text"}
                    api.post("/v2/prompts", json=body).raise_for_status()
            for dataset in ("d", "c"):
                api.post("/v2/datasets", json={"name": dataset}).raise_for_status()
                for number in range(130):
                    body = {"datasetName": dataset, "id": f"{dataset}{number}", "input": "x"}
                    api.post("/dataset-items", json=body).raise_for_status()
        assert run(["export", "prompts", "p.jsonl", "--host", server.url]) == 0
        assert run(["export", "datasets", "i.jsonl", "--host", server.url]) == 0
    found = [(row["name"], row["version"], row["prompt"]) for row in rows("p.jsonl")]
    assert found == [("a", 1, "one"), ("a", 2, "two"), ("b/x", 1, "one"), ("b/x", 2, second)]
    items = [row["id"] for row in rows("i.jsonl")]
    assert sorted(items) == sorted(f"{name}{n}" for name in "cd" for n in range(130))
    assert {row["datasetName"] for row in rows("i.jsonl")} == {"c", "d"}
