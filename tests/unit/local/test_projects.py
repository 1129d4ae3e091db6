"""Several projects on one server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from langsync.local import LocalProject, LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE = LocalProject("proj-1", "one", "pk-1", "sk-1")
TWO = LocalProject("proj-2", "two", "pk-2", "sk-2")


@pytest.fixture
def clients() -> Iterator[tuple[httpx.Client, httpx.Client]]:
    with LocalServer(projects=[ONE, TWO]) as server:
        base = f"{server.url}/api/public"
        with (
            httpx.Client(base_url=base, auth=("pk-1", "sk-1")) as first,
            httpx.Client(base_url=base, auth=("pk-2", "sk-2")) as second,
        ):
            yield first, second


def test_keys_open_their_own_project(clients: tuple[httpx.Client, httpx.Client]) -> None:
    """``GET /projects`` tells which."""
    told = [client.get("/projects").json()["data"][0] for client in clients]
    assert [(project["id"], project["name"]) for project in told] == [
        ("proj-1", "one"),
        ("proj-2", "two"),
    ]


def test_the_keys_of_two_projects_cannot_be_mixed(
    clients: tuple[httpx.Client, httpx.Client],
) -> None:
    """A public key with another project's secret key is unknown."""
    assert clients[0].get("/projects", auth=("pk-1", "sk-2")).status_code == 401


def test_projects_do_not_see_each_others_data(
    clients: tuple[httpx.Client, httpx.Client],
) -> None:
    """The same names and ids can be used in each."""
    for number, client in enumerate(clients):
        prompt = {"name": "p", "prompt": str(number), "labels": ["production"]}
        assert client.post("/v2/prompts", json=prompt).json()["version"] == 1
        client.post("/v2/datasets", json={"name": "d"}).raise_for_status()
        item = {"datasetName": "d", "id": "i", "input": number}
        client.post("/dataset-items", json=item).raise_for_status()
        config = {"name": f"c{number}", "dataType": "TEXT"}
        client.post("/score-configs", json=config).raise_for_status()
    for number, client in enumerate(clients):
        assert client.get("/v2/prompts/p").json()["prompt"] == str(number)
        assert client.get("/dataset-items/i").json()["input"] == number
        assert client.get("/dataset-items").json()["meta"]["totalItems"] == 1
        assert client.get("/v2/datasets").json()["meta"]["totalItems"] == 1
        assert [c["name"] for c in client.get("/score-configs").json()["data"]] == [f"c{number}"]


def test_deleting_in_one_project_leaves_the_other(
    clients: tuple[httpx.Client, httpx.Client],
) -> None:
    """Even where a prompt has the same name."""
    for client in clients:
        client.post("/v2/prompts", json={"name": "p", "prompt": "x"}).raise_for_status()
    assert clients[0].delete("/v2/prompts/p").status_code == 204
    assert clients[1].get("/v2/prompts").json()["meta"]["totalItems"] == 1


def test_a_secret_key_is_not_shown() -> None:
    """Not in a traceback, nor in a test's failure."""
    assert "sk-1" not in repr(ONE)
