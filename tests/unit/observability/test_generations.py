"""Servers of v4 and of v3 give the same, as far as their APIs allow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from langsync.cli import run
from langsync.local import Fault, LocalServer
from langsync.local.observations import put_observations
from langsync.local.sample import observations, scores
from tests.unit.observability.conftest import SAMPLE, Run

MADE = list(observations(SAMPLE))
ROOTS = [one for one in MADE if one.parent_id is None]
Rows = list[dict[str, Any]]


@pytest.fixture
def both(
    there: Path, servers: dict[str, LocalServer], capfd: pytest.CaptureFixture[str]
) -> Callable[..., dict[str, Rows]]:
    """Runs a command against both servers and gives the JSON of each."""

    def call(*words: str) -> dict[str, Rows]:
        found = {}
        for name, server in servers.items():
            code = run([*words, "--format", "json", "--host", server.url])
            out, err = capfd.readouterr()
            assert code == 0, err
            found[name] = json.loads(out)
        return found

    return call


@pytest.fixture
def alone(there: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A server of v4 of its own, without a sample."""
    with LocalServer() as server:
        monkeypatch.setenv("LANGFUSE_BASE_URL", server.url)
        yield server


def test_scores_have_one_shape(both: Callable[..., dict[str, Rows]]) -> None:
    """Texts, booleans and what they are on, whichever server has them."""
    found = both("scores", "list", "--all")
    assert found["v4"] == found["v3"]
    assert [list(row) for row in found["v4"]] == [list(row) for row in found["v3"]]
    made = {one.id: one for one in scores(SAMPLE)}
    for row in found["v3"]:
        one = made[row["id"]]
        assert row["value"] == (one.string_value or one.value)
        assert isinstance(row["value"], bool) == (one.data_type == "BOOLEAN")


def test_the_table_of_scores_says_what_they_are_on(langsync: Run) -> None:
    """Kind and id."""
    first = max(scores(SAMPLE), key=lambda one: (one.timestamp, one.id))
    kind = "observation" if first.observation_id else "trace"
    head, line = langsync("scores", "list", "-n", "1").splitlines()
    assert " on " in head
    assert f"{kind} {first.observation_id or first.trace_id}" in line


@pytest.mark.parametrize("what", ["traces", "observations", "scores", "sessions"])
def test_several_environments_may_be_named(both: Callable[..., dict[str, Rows]], what: str) -> None:
    """Rows of any of them; every list takes them in its own way."""
    words = (what, "list", "--all", "--environment", "production", "--environment", "staging")
    found = both(*words)
    assert {row["id"] for row in found["v4"]} == {row["id"] for row in found["v3"]} != set()
    if what != "sessions":
        assert {row["environment"] for row in found["v4"]} == {"production", "staging"}


def test_observations_of_a_session(
    langsync: Run, server: LocalServer, servers: dict[str, LocalServer]
) -> None:
    """Servers of v3 have no such filter and would give all: refused there."""
    words = ("observations", "list", "--session", "session-3", "--all", "--format", "json")
    if server is servers["v3"]:
        said = langsync(*words, code=1)
        assert "cannot choose observations by sessionId" in said
        assert "langsync traces list --session" in said
        return
    wanted = {one.id for one in MADE if one.fields["sessionId"] == "session-3"}
    assert {row["id"] for row in json.loads(langsync(*words))} == wanted


@pytest.mark.parametrize(
    "words",
    [
        ("observations", "list", "--type", "generaton"),
        ("observations", "list", "--level", "WARN"),
        ("scores", "list", "--source", "human"),
        ("export", "observations", "x.jsonl", "--where", "type=generaton"),
    ],
)
def test_values_that_there_are_not_are_told(langsync: Run, words: tuple[str, ...]) -> None:
    """With those that there are, instead of nothing found."""
    assert "there are " in langsync(*words, code=1)


def test_values_may_be_written_small(both: Callable[..., dict[str, Rows]]) -> None:
    """On both servers."""
    found = both("scores", "list", "--source", "eval", "--all")
    wanted = sum(one.source == "EVAL" for one in scores(SAMPLE))
    assert (len(found["v4"]), len(found["v3"])) == (wanted, wanted)


def test_a_limit_of_sessions_counts_sessions(langsync: Run) -> None:
    """And what a session is does not depend on it, nor on the time that is asked for."""
    words = ("sessions", "list", "--format", "json")
    every = json.loads(langsync(*words, "--all"))
    assert json.loads(langsync(*words, "-n", "3")) == every[:3]
    assert json.loads(langsync(*words, "-n", "150")) == every
    for row in every:
        own = [one for one in ROOTS if one.fields["sessionId"] == row["id"]]
        assert row["createdAt"] == min(one.start_time for one in own)
        assert row.get("traces", len(own)) == len(own)
    assert json.loads(langsync(*words, "--all", "--to", "2026-01-01T01:00")) == [
        row for row in every if row["createdAt"] < "2026-01-01T01:00"
    ]


def test_a_session_that_reaches_into_the_time_is_whole(
    langsync: Run, server: LocalServer, servers: dict[str, LocalServer]
) -> None:
    """On v4, where those count that have a trace in it."""
    if server is servers["v3"]:
        return
    last = max(ROOTS, key=lambda one: one.start_time)
    words = ("sessions", "list", "--from", last.start_time, "--format", "json")
    (row,) = json.loads(langsync(*words))
    own = [one for one in ROOTS if one.fields["sessionId"] == last.fields["sessionId"]]
    assert row["id"] == last.fields["sessionId"]
    assert row["traces"] == len(own)
    assert row["createdAt"] == min(one.start_time for one in own)


def test_a_trace_with_several_roots_is_one(
    alone: LocalServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """The newest speaks for it, whatever the limit."""
    first, second = ROOTS[:2]
    later = replace(first, id="later", start_time="2026-01-01T00:00:59.900Z")
    made = [first, later, second]
    put_observations(alone.app.store, alone.projects[0].id, made)
    for limit, count in (("1", 1), ("2", 2), ("3", 2)):
        assert run(["traces", "list", "-n", limit, "--format", "json"]) == 0
        rows = json.loads(capfd.readouterr().out)
        assert [row["id"] for row in rows] == [second.trace_id, first.trace_id][:count]
    assert rows[1]["rootId"] == "later"


def test_a_trace_is_shown_as_json_with_what_it_says(both: Callable[..., Any]) -> None:
    """Name, user, session and tags, and its scores in the one shape."""
    root = ROOTS[3]
    for trace in both("traces", "show", root.trace_id).values():
        assert trace["id"] == root.trace_id
        assert trace["timestamp"] == root.start_time
        assert trace["name"] == "support-chat"
        assert (trace["userId"], trace["sessionId"]) == (
            root.fields["userId"],
            root.fields["sessionId"],
        )
        assert trace["tags"] == ["support"]
        assert {one["id"] for one in trace["observations"]} == {
            one.id for one in MADE if one.trace_id == root.trace_id
        }
        assert all(one["subject"]["kind"] for one in trace["scores"])


def test_a_trace_of_v3_without_observations_is_shown(
    there: Path, servers: dict[str, LocalServer], capfd: pytest.CaptureFixture[str]
) -> None:
    """It is more than its observations there."""
    server, root = servers["v3"], ROOTS[3]
    nothing = {"data": [], "meta": {"page": 1, "limit": 1, "totalItems": 0, "totalPages": 0}}
    server.faults.add(Fault("GET", "/public/observations", status=200, body=nothing))
    try:
        assert run(["traces", "show", root.trace_id, "--host", server.url]) == 0
    finally:
        server.faults.clear()
    assert capfd.readouterr().out.startswith(f"trace {root.trace_id}  support-chat")


def test_metrics_notice_a_server_that_became_another(
    langsync: Run,
    server: LocalServer,
    servers: dict[str, LocalServer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the lists do."""
    words = ("metrics", "--from", "2026-01-01", "--format", "json")
    before = json.loads(langsync(*words))
    other = servers["v3" if server is servers["v4"] else "v4"]
    monkeypatch.setattr(server.app, "behavior", other.app.behavior)
    assert json.loads(langsync(*words)) == before


def test_a_page_of_a_proxy_says_nothing_of_the_server(langsync: Run, server: LocalServer) -> None:
    """It is an error, and the next command finds out."""
    page = "<html>please log in</html>"
    server.faults.add(Fault("GET", "/v2/observations", status=200, body=page))
    assert "expected" in langsync("scores", "list", code=1)
    server.app.requests.clear()
    langsync("scores", "list")
    assert any("/v2/observations?limit=1" in one.path for one in server.requests)


def test_which_server_it_is_is_said_with_verbose(
    there: Path, servers: dict[str, LocalServer], capfd: pytest.CaptureFixture[str]
) -> None:
    """On stderr, for lists and metrics."""
    for name, server in servers.items():
        for words in (["scores", "list"], ["metrics"], ["traces", "show", ROOTS[0].trace_id]):
            assert run([*words, "--verbose", "--host", server.url]) == 0
            assert f"endpoints of {name}" in capfd.readouterr().err


def test_a_list_that_never_ends_is_given_up(
    alone: LocalServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its cursor stays the same."""
    row = {"id": "s", "name": "x", "timestamp": "2026-01-31T12:00:00.000Z", "subject": None}
    page = {"data": [row], "meta": {"cursor": "same"}}
    alone.faults.add(Fault("GET", "/v3/scores", status=200, body=page, times=None))
    assert run(["scores", "list", "--all"]) == 1
    assert "the list has no end" in capfd.readouterr().err
