"""The made-up project, its pages, and what servers of v3 have instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from langsync.local import LocalServer, Sample
from langsync.local.projects import ORGANIZATION_KEYS

SAMPLE = Sample(500, 120)


def _client(server: LocalServer, keys: tuple[str, str] | None = None) -> httpx.Client:
    project = server.projects[0]
    keys = keys or (project.public_key, project.secret_key)
    return httpx.Client(base_url=f"{server.url}/api/public", auth=keys)


@pytest.fixture(scope="module")
def new() -> Iterator[httpx.Client]:
    with LocalServer(sample=SAMPLE) as server, _client(server) as client:
        yield client


@pytest.fixture(scope="module")
def old() -> Iterator[httpx.Client]:
    with LocalServer(sample=SAMPLE, events_only=False) as server, _client(server) as client:
        yield client


def cursor_pages(client: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    """All rows of a list with cursors."""
    rows: list[dict[str, Any]] = []
    while True:
        body = client.get(path, params=params).raise_for_status().json()
        rows += body["data"]
        if "cursor" not in body["meta"]:
            return rows
        params["cursor"] = body["meta"]["cursor"]


def numbered_pages(client: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    """All rows of a list with numbers."""
    rows: list[dict[str, Any]] = []
    for page in range(1, 1000):
        body = client.get(path, params={**params, "page": page, "limit": 50}).json()
        rows += body["data"]
        if page >= body["meta"]["totalPages"]:
            break
    return rows


def test_cursors_lead_through_all_once(new: httpx.Client) -> None:
    """Newest first, whatever the size of a page."""
    found = cursor_pages(new, "/v2/observations", limit=37)
    assert len({one["id"] for one in found}) == len(found) == SAMPLE.observations
    assert [one["startTime"] for one in found] == sorted(
        (one["startTime"] for one in found), reverse=True
    )
    scores = cursor_pages(new, "/v3/scores", limit=7)
    assert len({one["id"] for one in scores}) == len(scores) == SAMPLE.scores


def test_both_servers_have_the_same_project(new: httpx.Client, old: httpx.Client) -> None:
    """Only the endpoints differ."""
    here = {one["id"] for one in cursor_pages(new, "/v2/observations", limit=1000)}
    assert {one["id"] for one in numbered_pages(old, "/observations")} == here
    scores = {one["id"] for one in cursor_pages(new, "/v3/scores")}
    assert {one["id"] for one in numbered_pages(old, "/v2/scores")} == scores


def test_each_refuses_the_endpoints_of_the_other(new: httpx.Client, old: httpx.Client) -> None:
    """A new one says why, an old one has never heard of them."""
    for path in ("/traces", "/observations", "/sessions", "/v2/scores"):
        assert "v4 events_only mode" in new.get(path).json()["message"]
        assert old.get(path).status_code == 200
    for path in ("/v2/observations", "/v3/scores"):
        assert new.get(path).status_code == 200
        assert old.get(path).status_code == 404


@pytest.mark.parametrize(
    ("params", "holds"),
    [
        ({"type": "GENERATION"}, lambda one: one["type"] == "GENERATION"),
        ({"name": "llm"}, lambda one: one["name"] == "llm"),
        ({"isRootObservation": "true"}, lambda one: one["parentObservationId"] is None),
        ({"environment": ["staging", "production"]}, lambda one: one["environment"] != "default"),
        (
            {"fromStartTime": "2026-01-01T01:00:00Z", "toStartTime": "2026-01-01T02:00:00Z"},
            lambda one: one["startTime"].startswith("2026-01-01T01"),
        ),
    ],
)
def test_filters_choose(
    new: httpx.Client, params: dict[str, Any], holds: Callable[[dict[str, Any]], bool]
) -> None:
    """Exactly those of the whole list for which they hold."""
    everything = cursor_pages(new, "/v2/observations", limit=1000)
    wanted = [one["id"] for one in everything if holds(one)]
    found = [one["id"] for one in cursor_pages(new, "/v2/observations", limit=1000, **params)]
    assert 0 < len(found) < len(everything)
    assert found == wanted


def test_metadata_is_cut_unless_it_is_named(new: httpx.Client) -> None:
    """At 200 characters."""
    params: dict[str, Any] = {"fields": "core,metadata", "isRootObservation": "true", "limit": 1}
    (cut,) = new.get("/v2/observations", params=params).json()["data"]
    (full,) = new.get("/v2/observations", params={**params, "expandMetadata": "article"}).json()[
        "data"
    ]
    assert len(cut["metadata"]["article"]) == 200 < len(full["metadata"]["article"])
    assert full["metadata"]["article"].startswith(cut["metadata"]["article"])


def test_traces_and_sessions_of_v3_are_made_of_the_same(old: httpx.Client) -> None:
    """A trace for each root, a session for each of their names."""
    traces = numbered_pages(old, "/traces")
    assert len({one["id"] for one in traces}) == len(traces)
    assert sum(len(one["observations"]) for one in traces) == SAMPLE.observations
    sessions = numbered_pages(old, "/sessions")
    assert {one["id"] for one in sessions} == {one["sessionId"] for one in traces}


def test_a_score_comes_back_and_its_id_writes_over() -> None:
    """On a trace, of each type."""
    with LocalServer() as server, _client(server) as client:
        for value, kind in ((0.5, "NUMERIC"), (1, "BOOLEAN"), ("kind", "CATEGORICAL")):
            body = {"id": "s", "traceId": "t", "name": "n", "value": value, "dataType": kind}
            assert client.post("/scores", json=body).json() == {"id": "s"}
            (found,) = client.get("/v3/scores", params={"fields": "subject"}).json()["data"]
            assert found["dataType"] == kind
            assert found["value"] == (bool(value) if kind == "BOOLEAN" else value)
            assert found["subject"] == {"kind": "trace", "id": "t"}
        wrong = {"traceId": "t", "name": "n", "value": 2, "dataType": "BOOLEAN"}
        assert client.post("/scores", json=wrong).status_code == 400


def test_metrics_count_and_add(new: httpx.Client) -> None:
    """By any dimension, as a count over the list gives."""
    query = """{"view": "observations", "dimensions": [{"field": "type"}],
        "metrics": [{"measure": "count", "aggregation": "count"},
                    {"measure": "totalTokens", "aggregation": "sum"}],
        "fromTimestamp": "2026-01-01T00:00:00Z", "toTimestamp": "2027-01-01T00:00:00Z"}"""
    found = {
        one["type"]: one for one in new.get("/v2/metrics", params={"query": query}).json()["data"]
    }
    rows = cursor_pages(new, "/v2/observations", limit=1000, fields="usage")
    for kind in {one["type"] for one in rows}:
        mine = [one for one in rows if one["type"] == kind]
        assert found[kind]["count_count"] == len(mine)
        tokens = sum(one["totalUsage"] for one in mine)
        assert (found[kind]["sum_totalTokens"] or 0) == tokens


def test_an_organization_makes_keys_that_open_its_project() -> None:
    """The secret is told once; a deleted key opens nothing; each kind of key has its own calls."""
    with LocalServer() as server, _client(server, ORGANIZATION_KEYS) as owner:
        project = server.projects[0].id
        assert owner.get("/projects").status_code == 403
        assert owner.get("/organizations/projects").json()["projects"][0]["id"] == project
        made = owner.post(f"/projects/{project}/apiKeys", json={"note": "ci"}).json()
        (listed,) = owner.get(f"/projects/{project}/apiKeys").json()["apiKeys"]
        assert "secretKey" not in listed
        assert listed["note"] == "ci"
        with _client(server, (made["publicKey"], made["secretKey"])) as client:
            assert client.get("/projects").json()["data"][0]["id"] == project
            assert client.get(f"/projects/{project}/apiKeys").status_code == 403
            owner.delete(f"/projects/{project}/apiKeys/{made['id']}").raise_for_status()
            assert client.get("/projects").status_code == 401
