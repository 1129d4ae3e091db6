"""The host under contract: the embedded server, or the one that the environment names.

With ``LANGSYNC_CONTRACT_HOST``, ``LANGFUSE_PUBLIC_KEY`` and ``LANGFUSE_SECRET_KEY`` set, the same
tests run against any Langfuse. Names are unique to each test, and prompts and items are deleted
afterwards; datasets, which cannot be deleted, and score configs, which are archived, stay.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from langsync.local import LocalServer

Make = Callable[..., dict[str, Any]]
HOST = os.environ.get("LANGSYNC_CONTRACT_HOST", "")


@pytest.fixture(scope="session")
def local_server() -> Iterator[LocalServer | None]:
    if HOST:
        yield None
        return
    with LocalServer() as server:
        yield server


@pytest.fixture
def embedded(local_server: LocalServer | None) -> LocalServer:
    """The embedded server, for what must not or cannot be tried on another."""
    if local_server is None:
        pytest.skip("needs an empty project, which only the embedded server gives")
    local_server.reset()
    return local_server


@pytest.fixture(scope="session")
def keys(local_server: LocalServer | None) -> tuple[str, str]:
    if local_server is None:
        return os.environ["LANGFUSE_PUBLIC_KEY"], os.environ["LANGFUSE_SECRET_KEY"]
    return local_server.projects[0].public_key, local_server.projects[0].secret_key


@pytest.fixture(scope="session")
def host(local_server: LocalServer | None) -> str:
    return local_server.url if local_server else HOST.rstrip("/")


@pytest.fixture(scope="session")
def api(host: str, keys: tuple[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{host}/api/public", auth=keys, timeout=30) as client:
        yield client


@pytest.fixture
def unique() -> str:
    """A text that no other run has."""
    return uuid.uuid4().hex[:12]


@pytest.fixture
def prompt_name(api: httpx.Client, unique: str) -> Iterator[Callable[[str], str]]:
    """Makes a prompt's name unique, and deletes the prompt after the test."""
    names: list[str] = []

    def make(name: str) -> str:
        names.append(f"langsync-contract/{unique}/{name}")
        return names[-1]

    yield make
    for name in reversed(names):  # what refers to a prompt was named after it
        api.delete(f"/v2/prompts/{quote(name.strip(), safe='')}")


@pytest.fixture
def create(api: httpx.Client) -> Make:
    """Creates a version of a prompt."""

    def make(name: str, prompt: object = "x", **fields: object) -> dict[str, Any]:
        answer = api.post("/v2/prompts", json={"name": name, "prompt": prompt, **fields})
        assert answer.status_code == 201, answer.text
        result: dict[str, Any] = answer.json()
        return result

    return make


@pytest.fixture
def fetch(api: httpx.Client) -> Make:
    """Fetches a version of a prompt."""

    def get(name: str, **params: str | int) -> dict[str, Any]:
        answer = api.get(f"/v2/prompts/{quote(name, safe='')}", params=params)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    return get


@pytest.fixture
def dataset(api: httpx.Client, unique: str) -> Iterator[str]:
    """A new dataset, whose items are deleted after the test."""
    name = f"langsync-contract/{unique}"
    api.post("/v2/datasets", json={"name": name}).raise_for_status()
    yield name
    _delete_items(api, name)


def _delete_items(api: httpx.Client, dataset: str) -> None:
    deleted = 1
    while deleted:
        page = api.get("/dataset-items", params={"datasetName": dataset, "limit": 100}).json()
        paths = [f"/dataset-items/{quote(item['id'], safe='')}" for item in page.get("data", ())]
        deleted = sum(api.delete(path).is_success for path in paths)


@pytest.fixture
def item_id(api: httpx.Client, unique: str) -> Iterator[Callable[[str], str]]:
    """Makes an item's id unique, and deletes the item after the test, archived or not."""
    ids: list[str] = []

    def make(name: str) -> str:
        ids.append(f"{unique}-{name}")
        return ids[-1]

    yield make
    for item in ids:
        api.delete(f"/dataset-items/{quote(item, safe='')}")


@pytest.fixture
def put(api: httpx.Client, dataset: str) -> Make:
    """Upserts an item of the dataset."""

    def make(item: str, **fields: object) -> dict[str, Any]:
        answer = api.post("/dataset-items", json={"datasetName": dataset, "id": item, **fields})
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    return make
