"""Langfuse's API to remote state: all kinds together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from langsync.config import Connection
from langsync.errors import RejectedError
from langsync.fetch import Remote, fetch
from langsync.kinds.base import Scope
from langsync.local import Fault, LocalServer
from langsync.model import State
from tests.unit.calls import create, run, seen
from tests.unit.repository import loaded

FILES = {
    "prompts/p.yaml": "prompt: x\n",
    "datasets/d.yaml": "items: [{id: a, input: 1}, {id: b}, {id: c}]\n",
}


def fill(connection: Connection) -> None:
    """Put declared and undeclared things into Langfuse."""
    create(connection, *({"name": name, "prompt": name} for name in ("p", "q")))
    create(connection, *({"name": name} for name in ("d", "e")), path="/v2/datasets")
    items = [
        ("d", "a", "ACTIVE"),
        ("d", "b", "ARCHIVED"),
        ("d", "z", "ACTIVE"),
        ("e", "y", "ACTIVE"),
    ]
    create(
        connection,
        *(
            {"datasetName": dataset, "id": name, "input": 1, "status": status}
            for dataset, name, status in items
        ),
        path="/dataset-items",
    )


def fetched(connection: Connection, desired: State) -> Remote:
    return run(connection, lambda client: fetch(client, Scope(desired)))


def test_what_is_declared_is_read_and_the_rest_is_counted(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """Archived items are found too; items of other datasets are not looked at.

    Whether the item that is missing was there before is looked up at two times.
    """
    fill(connection)
    server.app.requests.clear()
    remote = fetched(connection, loaded(folder, FILES).state)
    assert {str(address) for address in remote.state} == {
        "prompt/p",
        "dataset/d",
        "dataset_item/d/a",
        "dataset_item/d/b",
        "dataset_item/d/z",
    }
    assert remote.unmanaged == {"prompt": ("q",), "dataset": ("e",), "dataset_item": ("d/z",)}
    assert remote.unmanaged_count == {"prompt": 1, "dataset": 1, "dataset_item": 1}
    requests = sorted(re.sub("version=[^&]*", "version=TIME", one) for one in seen(server))
    assert requests == [
        "GET /dataset-items/b 200",
        "GET /dataset-items/c 404",
        "GET /dataset-items?datasetName=d&limit=100&page=1 200",
        "GET /dataset-items?datasetName=d&version=TIME&limit=100&page=1 200",
        "GET /dataset-items?datasetName=d&version=TIME&limit=100&page=1 200",
        "GET /v2/datasets?limit=100&page=1 200",
        "GET /v2/prompts/p?label=latest&resolve=false 200",
        "GET /v2/prompts?limit=100&page=1 200",
    ]


def test_nothing_is_read_where_nothing_is_declared(
    server: LocalServer, connection: Connection
) -> None:
    """Not even a list."""
    assert fetched(connection, State()) == Remote()
    assert server.requests == []


def test_the_first_thing_that_cannot_be_read_ends_it(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """Half a state would make a wrong plan."""
    server.faults.add(Fault("GET", "dataset-items", times=None, status=400, body="Nonsense"))
    with pytest.raises(RejectedError, match="Nonsense"):
        fetched(connection, loaded(folder, FILES).state)
