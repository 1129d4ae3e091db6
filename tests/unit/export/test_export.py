"""Exports from servers of v4 and of v3."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import httpx
import pytest

from langsync.cli import run
from langsync.client.cache import DiskCache
from langsync.local import Fault, LocalServer
from langsync.local.sample import observations, scores
from tests.unit.export.conftest import rows
from tests.unit.observability.conftest import SAMPLE, Run

MADE = list(observations(SAMPLE))
IDS = sorted(one.id for one in MADE)
ROOTS = sum(one.parent_id is None for one in MADE)
SCORES = sorted(one.id for one in scores(SAMPLE))
TIMES = ("--from", "2026-01-01", "--to", "2026-01-02")


@pytest.fixture(autouse=True)
def _no_faults(server: LocalServer) -> None:
    server.faults.clear()
    server.app.requests.clear()


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
    assert not list(Path().glob(".b*"))


def test_a_server_that_became_another(langsync: Run, server: LocalServer, there: Path) -> None:
    """What was known of it is found out again, in the middle of an export too."""
    langsync("export", "observations", "a.jsonl")
    with DiskCache(there / "cache") as disk:
        scope = disk.scope(server.url, server.projects[0].id)
        scope.put(not server.app.behavior.events_only, "observability", "new")
    langsync("export", "observations", "b.jsonl")
    assert rows("b.jsonl") == rows("a.jsonl")


def test_sessions_are_those_of_traces(langsync: Run, server: LocalServer) -> None:
    """Each once, where it begins, with the same fields on both kinds of servers."""
    langsync("export", "sessions", "all.jsonl")
    begun: dict[str, str] = {}
    for one in MADE:
        if one.parent_id is None:
            begun.setdefault(one.fields["sessionId"], one.start_time)
    found = rows("all.jsonl")
    assert {row["id"]: row["createdAt"] for row in found} == begun
    assert len(found) == len(begun)
    times = [row["createdAt"] for row in found]
    assert times == sorted(times, reverse=True)
    assert {tuple(row) for row in found} == {("id", "createdAt", "projectId", "environment")}
    words = ("export", "sessions", "one.jsonl", *TIMES, "--shard", "1/2")
    if server.app.behavior.events_only:
        assert "without --shard" in langsync(*words, code=1)
        langsync("export", "sessions", "user.jsonl", "--where", "userId=user-7")
        users = {one.fields["sessionId"] for one in MADE if one.fields["userId"] == "user-7"}
        assert {row["id"] for row in rows("user.jsonl")} == users
    else:
        langsync(*words)


def test_what_langfuse_counts_is_told(langsync: Run, server: LocalServer) -> None:
    """Where it counts the same, where it counts something else, and where it counts nothing."""
    assert "600 rows, as Langfuse counts\n" in langsync("export", "observations", "a.jsonl")
    words = ("export", "observations", "b.jsonl", "--where", "type=GENERATION")
    assert "rows, as Langfuse counts\n" in langsync(*words, "--where", "environment=production")
    for what, wanted in (("scores", len(SCORES)), ("traces", ROOTS)):
        said = json.loads(langsync("export", what, f"{what}.jsonl", "--format", "json"))
        assert said["rows"] == said["counted"] == wanted
    words = ("export", "scores", "c.jsonl", "--where", "source=EVAL")
    assert "rows, as Langfuse counts\n" in langsync(*words)
    said = langsync("export", "scores", "d.jsonl", "--where", f"traceId={MADE[0].trace_id}")
    new = server.app.behavior.events_only
    assert ("which Langfuse does not count" in said) == new
    fault = Fault("GET", "v2/metrics" if new else "limit=1&|limit=1$", times=None, status=403)
    server.faults.add(fault)
    said = langsync("export", "traces", "e.jsonl")
    assert "rows, which Langfuse does not count\n" in said


def test_another_count_is_said_and_not_explained(
    langsync: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Why it differs is not known."""

    async def count(*_: object, **__: object) -> int:
        return 601

    monkeypatch.setattr("langsync.export.running.count_rows", count)
    with LocalServer(sample=SAMPLE) as other:
        assert run(["export", "observations", "a.jsonl", "--host", other.url]) == 0
    out, err = capfd.readouterr()
    assert out == "a.jsonl: 600 rows\n"
    assert "Langfuse counts 601 now, and 600 were exported. Export that time again" in err
    said = json.loads(langsync("export", "observations", "b.jsonl", "--format", "json"))
    assert (said["rows"], said["counted"]) == (600, 601)


@pytest.mark.parametrize("times", [(), ("--from", "2020-01-01")], ids=["all", "from 2020"])
def test_little_data_takes_few_requests(
    langsync: Run, server: LocalServer, times: tuple[str, ...]
) -> None:
    """About as many as it has pages, wherever they lie."""
    new = server.app.behavior.events_only
    for what, count in (("observations", 600), ("scores", 150), ("traces", ROOTS)):
        server.app.requests.clear()
        langsync("export", what, f"{what}.jsonl", *times)
        asked = [one for one in server.requests if "limit=5" in one.path]
        again = "expandMetadata" if new and what != "scores" else "limit"
        pages = sum(again in one.path for one in asked)
        assert len(asked) <= pages + 3  # once more each, before long metadata is known
        assert pages <= 2 * math.ceil(count / 50) + 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("scores", "a.txt"), "ends .jsonl, .csv or .parquet"),
        (("scores", "a.parquet.gz"), "ends .jsonl, .csv or .parquet"),
        (("scores", "nowhere/a.csv"), "there is no folder"),
        (("scores", "a.csv", "--shard", "1"), "write I/N"),
        (("scores", "a.csv", "--since", "12m", "--to", "1m", "--shard", "1/3"), "not 7d"),
        (("scores", "a.csv", "--from", "2026-01-01", "--to", "1m", "--shard", "1/3"), "not 7d"),
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
