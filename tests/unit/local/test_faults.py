"""Faults on demand."""

from __future__ import annotations

from types import SimpleNamespace

import httpx
import pytest

from langsync.local import Fault, LocalServer


def _statuses(api: httpx.Client, path: str, times: int) -> list[int]:
    return [api.get(path).status_code for _ in range(times)]


def test_a_fault_answers_instead_of_the_server(server: LocalServer, api: httpx.Client) -> None:
    """Status, headers and body are the fault's; nothing is handled."""
    server.faults.add(
        Fault(
            "POST", "/v2/prompts", status=429, headers={"Retry-After": "7"}, body={"message": "m"}
        )
    )
    answer = api.post("/v2/prompts", json={"name": "p", "prompt": "x"})
    assert (answer.status_code, answer.headers["retry-after"], answer.json()) == (
        429,
        "7",
        {"message": "m"},
    )
    assert api.get("/v2/prompts").json()["data"] == []


def test_a_body_of_text_is_sent_as_it_is(server: LocalServer, api: httpx.Client) -> None:
    """Gateways answer in plain text or HTML."""
    server.faults.add(Fault(status=502, body="<h1>Bad Gateway</h1>"))
    answer = api.get("/health")
    assert (answer.text, answer.headers["content-type"]) == ("<h1>Bad Gateway</h1>", "text/plain")


def test_a_fault_hits_as_often_as_it_says(server: LocalServer, api: httpx.Client) -> None:
    """``skip`` requests go through first, then ``times`` are hit, then none."""
    server.faults.add(Fault("GET", "health", times=2, skip=1, status=503))
    assert _statuses(api, "/health", 5) == [200, 503, 503, 200, 200]


def test_a_fault_without_times_hits_always(server: LocalServer, api: httpx.Client) -> None:
    """Until the faults are cleared."""
    server.faults.add(Fault(times=None, status=500))
    assert _statuses(api, "/health", 3) == [500, 500, 500]
    server.faults.clear()
    assert _statuses(api, "/health", 1) == [200]


def test_a_fault_takes_only_what_it_matches(server: LocalServer, api: httpx.Client) -> None:
    """Method and path are looked at, the query as well."""
    server.faults.add(Fault("GET", r"/v2/prompts\?.*page=2", status=500))
    paths = ["/v2/datasets?page=2", "/v2/prompts?page=1", "/v2/prompts?page=2"]
    assert [api.get(path).status_code for path in paths] == [200, 200, 500]


def test_the_first_of_several_faults_takes_a_request(
    server: LocalServer, api: httpx.Client
) -> None:
    """The next one has its turn when the first is used up."""
    server.faults.add(Fault(status=500))
    server.faults.add(Fault(status=503))
    assert _statuses(api, "/health", 3) == [500, 503, 200]


def test_a_delay_comes_before_the_answer(
    server: LocalServer, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request is handled as usual after it."""
    delays: list[float] = []

    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    monkeypatch.setattr("langsync.local.app.asyncio", SimpleNamespace(sleep=sleep))
    server.faults.add(Fault(delay=0.2))
    assert [api.get("/health").status_code for _ in range(2)] == [200, 200]
    assert delays == [0.2]


@pytest.mark.parametrize(("drop", "created"), [("before", []), ("after", ["p"])])
def test_a_dropped_connection_has_no_answer(
    server: LocalServer, api: httpx.Client, drop: str, created: list[str]
) -> None:
    """Dropped before: nothing happened. Dropped after: it happened, unknown to the client."""
    server.faults.add(Fault("POST", drop="before" if drop == "before" else "after"))
    with pytest.raises(httpx.RemoteProtocolError):
        api.post("/v2/prompts", json={"name": "p", "prompt": "x"})
    assert [prompt["name"] for prompt in api.get("/v2/prompts").json()["data"]] == created
    assert [request.status for request in server.requests] == [0, 200]


def test_an_answer_can_be_cut_within_its_body(server: LocalServer, api: httpx.Client) -> None:
    """It was handled; the client gets the head and half of the body."""
    server.faults.add(Fault("POST", drop="within"))
    with api.stream("POST", "/v2/prompts", json={"name": "p", "prompt": "x"}) as answer:
        assert answer.status_code == 201
        with pytest.raises(httpx.RemoteProtocolError, match="body"):
            answer.read()
    assert [prompt["name"] for prompt in api.get("/v2/prompts").json()["data"]] == ["p"]
    assert [request.status for request in server.requests] == [0, 200]


def test_a_large_upload_can_be_dropped(server: LocalServer, api: httpx.Client) -> None:
    """The client sees a broken connection, and the server goes on."""
    server.faults.add(Fault("POST", drop="before"))
    with pytest.raises(httpx.TransportError):
        api.post("/dataset-items", json={"datasetName": "d", "input": "x" * 4_000_000})
    assert api.get("/health").status_code == 200
