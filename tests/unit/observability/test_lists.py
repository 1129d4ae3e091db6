"""Traces, observations, scores and sessions, from servers of v4 and of v3."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import httpx
import pytest

from langsync.errors import ConfigError
from langsync.local import LocalServer
from langsync.local.sample import observations, scores
from langsync.observability import Period, parse_time
from tests.unit.observability.conftest import SAMPLE, Run

MADE = list(observations(SAMPLE))
SCORES = list(scores(SAMPLE))
END = ("--to", "2026-01-01T01:00")


def test_all_observations_come_once(langsync: Run) -> None:
    """Newest first."""
    rows = json.loads(langsync("observations", "list", "--all", "--format", "json"))
    assert sorted(row["id"] for row in rows) == sorted(one.id for one in MADE)
    times = [row["startTime"] for row in rows]
    assert times == sorted(times, reverse=True)


def test_filters_and_times_choose(langsync: Run) -> None:
    """As the made-up project says."""
    words = ("--type", "GENERATION", "--name", "llm", "--from", "2026-01-01T00:30:00Z")
    rows = json.loads(
        langsync(
            "observations", "list", "--all", "--format", "json", *words, "--to", "2026-01-01T01:00"
        )
    )
    wanted = {
        one.id
        for one in MADE
        if one.fields["name"] == "llm"
        and "2026-01-01T00:30:00.000Z" <= one.start_time < "2026-01-01T01:00:00.000Z"
    }
    assert {row["id"] for row in rows} == wanted
    assert wanted


def test_a_limit_asks_for_no_more(langsync: Run, server: LocalServer) -> None:
    """One request for the rows, whatever there is."""
    langsync("traces", "list")
    server.app.requests.clear()
    rows = json.loads(langsync("traces", "list", "-n", "3", "--format", "json"))
    assert len(rows) == 3
    asked = [one.path for one in server.requests]
    assert len(asked) == 2, asked  # the project, and the list
    assert "limit=3" in asked[1]


def test_which_server_it_is_is_found_out_once(langsync: Run, server: LocalServer) -> None:
    """The first command asks, the next remembers."""
    server.app.requests.clear()
    langsync("scores", "list")
    first = len(server.requests)
    server.app.requests.clear()
    langsync("scores", "list")
    assert (first, len(server.requests)) == (3, 2)


def test_a_server_that_became_another_is_noticed(
    langsync: Run,
    server: LocalServer,
    servers: dict[str, LocalServer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was remembered of it is forgotten."""
    langsync("scores", "list")
    other = servers["v3" if server is servers["v4"] else "v4"]
    monkeypatch.setattr(server.app, "behavior", other.app.behavior)
    rows = json.loads(langsync("scores", "list", "--all", "--format", "json"))
    assert len(rows) == SAMPLE.scores


def test_traces_are_roots(langsync: Run) -> None:
    """By the same names on both servers."""
    rows = json.loads(langsync("traces", "list", "--all", "--format", "json"))
    roots = {one.trace_id: one for one in MADE if one.parent_id is None}
    assert {row["id"] for row in rows} == set(roots)
    for row in rows:
        assert row["timestamp"] == roots[row["id"]].start_time
        assert row["sessionId"] == roots[row["id"]].fields["sessionId"]


def test_a_trace_is_shown_with_what_is_inside(langsync: Run) -> None:
    """Each observation below the one that it is in; its scores after them."""
    inner = next(one for one in MADE if one.fields["name"] == "llm")
    shown = langsync("traces", "show", inner.trace_id)
    lines = shown.splitlines()
    user = inner.fields["userId"]
    assert lines[0].startswith(f"trace {inner.trace_id}  support-chat  ")
    assert f"  {user}  {inner.fields['sessionId']}  #support" in lines[0]
    assert lines[1].startswith("  span support-chat")
    assert any(line.startswith("      generation llm") for line in lines), shown
    mine = [one for one in SCORES if one.trace_id == inner.trace_id]
    assert sum(line.startswith("score ") for line in lines) == len(mine) > 0
    assert any(line.startswith("score quality: 0.") for line in lines), shown
    assert "there is no trace" in langsync("traces", "show", "nothing", code=1)


def test_sessions_are_those_of_traces(langsync: Run) -> None:
    """Each once."""
    rows = json.loads(langsync("sessions", "list", "--all", "--format", "json"))
    wanted = {one.fields["sessionId"] for one in MADE if one.parent_id is None}
    assert sorted(row["id"] for row in rows) == sorted(wanted)


def test_rows_in_each_format(langsync: Run) -> None:
    """The same rows; fields that are named stand in that order."""
    words = ("observations", "list", "-n", "4", "--fields", 'id,metadata."scope.name",type')
    rows = json.loads(langsync(*words, "--format", "json"))
    assert list(rows[0]) == ["id", 'metadata."scope.name"', "type"]
    lines = langsync(*words, "--format", "jsonl").splitlines()
    assert [json.loads(line) for line in lines] == rows
    table = list(csv.DictReader(io.StringIO(langsync(*words, "--format", "csv"))))
    assert table == rows
    query = langsync("observations", "list", "-n", "4", "--query", "[].id", "--format", "json")
    assert json.loads(query) == [row["id"] for row in rows]
    deep = "(" * 1_999
    assert "nested too deeply" in langsync("scores", "list", "--query", deep, code=1)


def test_metadata_comes_whole(langsync: Run) -> None:
    """Servers of v4 cut long values unless they are named."""
    words = (
        "observations",
        "list",
        "--name",
        "support-chat",
        "--all",
        "--full",
        "--format",
        "json",
    )
    rows = json.loads(langsync(*words))
    wanted = {one.id: one.fields["metadata"] for one in MADE}
    assert max(len(row["metadata"]["article"]) for row in rows) > 200
    assert all(row["metadata"] == wanted[row["id"]] for row in rows)


def test_metrics(langsync: Run) -> None:
    """Counted by type."""
    found = langsync("metrics", "count", "--by", "type", "--from", "2026-01-01", "--format", "json")
    counts = {row["type"]: row["count_count"] for row in json.loads(found)}
    assert counts == {
        kind: sum(one.fields["type"] == kind for one in MADE)
        for kind in {one.fields["type"] for one in MADE}
    }


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("7d", "2026-01-24T12:00:00+00:00"),
        ("90m", "2026-01-31T10:30:00+00:00"),
        ("2w", "2026-01-17T12:00:00+00:00"),
        ("2026-01-02", "2026-01-02T00:00:00+00:00"),
        ("2026-01-02T03:04:05+01:00", "2026-01-02T03:04:05+01:00"),
    ],
)
def test_times(text: str, wanted: str) -> None:
    """Ago, a day, a time."""
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert parse_time(text, now).isoformat() == wanted


@pytest.mark.parametrize(
    "words",
    [
        ("soon", None, None),
        ("999999w", None, None),
        (None, "0001-01-01T00:00+14:00", None),
        ("7d", "2026-01-01", None),
        (None, "2026-01-02", "2026-01-01"),
    ],
)
def test_times_that_are_none(words: tuple[str | None, str | None, str | None]) -> None:
    """Refused before anything is asked."""
    with pytest.raises(ConfigError):
        Period.parse(*words)


def test_what_langfuse_holds_is_listed(langsync: Run, server: LocalServer) -> None:
    """Prompts with type, labels and tags, and all else; no file is needed, markers are hidden."""
    keys = (server.projects[0].public_key, server.projects[0].secret_key)
    with httpx.Client(base_url=f"{server.url}/api/public", auth=keys) as api:
        for name in ("held/a", "held/b"):
            labels = ["production", "langsync.production"] if name == "held/a" else []
            body = {"name": name, "prompt": "x", "labels": labels, "tags": ["t"]}
            api.post("/v2/prompts", json=body).raise_for_status()
        api.post("/v2/datasets", json={"name": "held"}).raise_for_status()
        body = {"name": "Held", "dataType": "NUMERIC"}
        api.post("/score-configs", json=body).raise_for_status()
    found = json.loads(langsync("list", "--remote", "--format", "json"))["resources"]
    names = ["prompt/held/a", "prompt/held/b", "dataset/held", "score_config/Held"]
    assert [row["address"] for row in found] == names
    assert found[0]["tags"] == ["t"]
    assert [row["labels"] for row in found] == [["production"], ["latest"], None, None]
    server.app.requests.clear()
    configs = langsync("list", "score_configs", "--remote", "--format", "json")
    assert json.loads(configs)["resources"] == [found[-1]]
    assert not any("prompts" in one.path for one in server.requests)
    words = ("list", "prompts", "held/*", "--remote", "--label", "production", "--format", "json")
    (one,) = json.loads(langsync(*words))["resources"]
    assert one["address"] == "prompt/held/a"
    assert "--changed is about files" in langsync("list", "--remote", "--changed", code=1)


@pytest.mark.parametrize(
    "words",
    [
        ["traces", "list", "--user", ""],
        ["observations", "list", "--name", " "],
        ["scores", "list", "--environment", "a", "--environment", ""],
        ["traces", "show", ""],
        ["export", "scores", "out.jsonl", "--where", "name="],
        ["dataset", "from-observations", "out.jsonl", "--name", ""],
    ],
)
def test_an_empty_filter_is_refused(langsync: Run, words: list[str]) -> None:
    """It would choose everything."""
    assert "is empty, which would choose everything" in langsync(*words, code=1)
