"""What is read of datasets and their items, by which requests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from langsync.config import Connection
from langsync.fetch import Remote, fetch
from langsync.kinds.base import Scope
from langsync.local import LocalServer
from langsync.model import Address
from tests.unit.calls import create, run, seen
from tests.unit.repository import loaded

NUMBER = {"type": "number"}


def fill(connection: Connection, dataset: str, count: int, *, status: str = "ACTIVE") -> None:
    """Make a dataset of items 000, 001 and so on."""
    create(connection, {"name": dataset}, path="/v2/datasets")
    bodies = (
        {"datasetName": dataset, "id": f"{n:03}", "input": n, "status": status}
        for n in range(count)
    )
    create(connection, *bodies, path="/dataset-items")


def read(
    server: LocalServer,
    connection: Connection,
    folder: Path,
    *,
    alone: bool = False,
    **datasets: object,
) -> tuple[Remote, list[str]]:
    """Read what these datasets declare; gives that, and the requests for items."""
    files = {f"datasets/{name}.yaml": json.dumps(content) for name, content in datasets.items()}
    desired = loaded(folder, files).state
    server.app.requests.clear()
    remote = run(connection, lambda client: fetch(client, Scope(desired, alone=alone)))
    return remote, [one for one in seen(server) if "dataset-items" in one]


def items(*names: str) -> list[object]:
    return [{"id": name, "input": int(name)} for name in names]


@pytest.mark.parametrize("prune", ["keep", "delete"])
def test_items_of_a_dataset_that_declares_none_are_counted(
    prune: str, server: LocalServer, connection: Connection, folder: Path
) -> None:
    """By one request for as many as a page holds."""
    fill(connection, "d", 2)
    remote, requests = read(server, connection, folder, d={"prune": prune})
    assert remote.unmanaged == {"dataset_item": ("d/000", "d/001")}
    assert remote.unmanaged_count == {"dataset_item": 2}
    assert len(requests) == 1


def test_more_of_them_are_counted_by_their_first_page(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """Their names are not read."""
    fill(connection, "d", 101)
    remote, requests = read(server, connection, folder, d={})
    assert (remote.unmanaged, remote.unmanaged_count) == ({}, {"dataset_item": 101})
    assert len(requests) == 1


@pytest.mark.parametrize("dataset", [{"prune": "delete"}, {"input_schema": NUMBER}])
def test_what_is_read_alone_is_not_read_for_the_others(
    server: LocalServer, connection: Connection, folder: Path, dataset: dict[str, object]
) -> None:
    """Neither to prune them nor to check them."""
    fill(connection, "d", 250)
    declared = {**dataset, "items": items("000")}
    assert len(read(server, connection, folder, d=declared)[1]) == 3 + ("input_schema" in dataset)
    remote, requests = read(server, connection, folder, alone=True, d=declared)
    assert len(requests) == 2
    assert Address("dataset_item", "d/000") in remote.state


def test_a_list_that_is_left_hides_no_other(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """What another dataset has too many of is known, so that it can be pruned."""
    fill(connection, "large", 250)
    create(connection, {"name": "d"}, path="/v2/datasets")
    create(connection, {"datasetName": "d", "id": "x", "input": 1}, path="/dataset-items")
    remote, requests = read(
        server, connection, folder, large={"items": items("200")}, d={"prune": "archive"}
    )
    assert remote.unmanaged == {"dataset_item": ("d/x",)}
    assert remote.unmanaged_count == {"dataset_item": 250}
    assert len(requests) == 2


@pytest.mark.parametrize(
    ("ids", "notes", "count"),
    [
        (["300"], (), 1),
        (["000"], ("1 declared item was looked up by id, in place of a long list",), 2),
        (  # 900 is not there: two requests tell whether it was
            ["000", "900"],
            ("2 declared items were looked up by id, in place of a long list",),
            5,
        ),
    ],
)
def test_a_note_says_why_items_were_looked_up(
    ids: list[str],
    notes: tuple[str, ...],
    count: int,
    server: LocalServer,
    connection: Connection,
    folder: Path,
) -> None:
    """An active one of a list that was left is not called missing."""
    fill(connection, "d", 350)
    remote, requests = read(server, connection, folder, d={"items": items(*ids)})
    assert remote.notes == notes
    assert len(requests) == count


@pytest.mark.parametrize(
    ("schemas", "whole"),
    [
        ({"input_schema": NUMBER}, False),
        ({"input_schema": {"type": "integer"}}, True),
        ({"input_schema": None}, False),
        ({"input_schema": NUMBER, "expected_output_schema": {"type": "null"}}, True),
        ({}, False),
    ],
)
def test_a_long_list_is_read_whole_where_a_schema_is_new(
    schemas: dict[str, object],
    whole: bool,  # noqa: FBT001 - a parameter of the test
    server: LocalServer,
    connection: Connection,
    folder: Path,
) -> None:
    """Each item has to satisfy it, also those that no file declares."""
    fill(connection, "d", 450)
    create(connection, {"name": "d", "inputSchema": NUMBER}, path="/v2/datasets")
    remote, requests = read(server, connection, folder, d={"items": items("449"), **schemas})
    assert len(requests) == (1 + 5 if whole else 1)
    assert remote.state.counts()["dataset_item"] == (450 if whole else 100)
    assert remote.unmanaged_count == {"dataset_item": 449}


@pytest.mark.parametrize("ids", ["012", "908", "890", "0", "90"])
def test_a_renamed_dataset_is_noticed(
    ids: str, server: LocalServer, connection: Connection, folder: Path
) -> None:
    """By its first item, one in the middle, or its last one; then all are looked up."""
    fill(connection, "old", 3)
    remote, _ = read(server, connection, folder, new={"items": items(*(f"00{n}" for n in ids))})
    found = {one.name for one in remote.state if one.kind == "dataset_item"}
    assert found == {f"new/00{n}" for n in ids if n < "3"}


def test_a_new_dataset_costs_few_requests(
    server: LocalServer, connection: Connection, folder: Path
) -> None:
    """However many items it has."""
    declared = items(*(f"{n:03}" for n in range(50)))
    remote, requests = read(server, connection, folder, new={"items": declared})
    assert not remote.state
    assert requests == [
        "GET /dataset-items?datasetName=new&limit=100&page=1 404",
        *(f"GET /dataset-items/{one} 404" for one in ("000", "024", "049")),
    ]
