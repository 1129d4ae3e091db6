"""The modes in which the server behaves like an older one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from langsync.local import LocalProject, LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = LocalProject()


@pytest.fixture(scope="module")
def old() -> Iterator[httpx.Client]:
    with (
        LocalServer(
            knows_resolve=False, knows_item_versions=False, server_version="3.100.0"
        ) as server,
        httpx.Client(
            base_url=f"{server.url}/api/public", auth=(PROJECT.public_key, PROJECT.secret_key)
        ) as client,
    ):
        yield client


def test_a_server_tells_the_version_it_was_given(old: httpx.Client) -> None:
    """Clients decide by it what they can ask for."""
    assert old.get("/health").json() == {"status": "OK", "version": "3.100.0"}


def test_a_server_that_does_not_know_resolve_always_resolves(old: httpx.Client) -> None:
    """Whatever the parameter says, a value that newer servers refuse included."""
    labels = ["production"]
    old.post("/v2/prompts", json={"name": "child", "prompt": "inner", "labels": labels})
    text = "a @@@langfusePrompt:name=child|label=production@@@"
    old.post("/v2/prompts", json={"name": "parent", "prompt": text, "labels": labels})
    for value in ("false", "0"):
        answer = old.get("/v2/prompts/parent", params={"resolve": value})
        assert answer.json()["prompt"] == "a inner"


def test_a_server_that_does_not_know_item_versions_lists_the_current_items(
    old: httpx.Client,
) -> None:
    """``version`` is ignored, without a dataset too."""
    old.post("/v2/datasets", json={"name": "d"})
    old.post("/dataset-items", json={"datasetName": "d", "id": "i", "input": 1})
    params = {"datasetName": "d", "version": "2020-01-01T00:00:00Z"}
    assert [i["id"] for i in old.get("/dataset-items", params=params).json()["data"]] == ["i"]
    assert old.get("/dataset-items", params={"version": "nonsense"}).status_code == 200
