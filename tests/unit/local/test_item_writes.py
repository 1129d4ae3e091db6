"""Upserts of one item that overlap, and servers that write items in place."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.local import Fault, LocalProject, LocalServer, store

PROJECT = LocalProject()


@pytest.fixture
def dataset(api: httpx.Client) -> str:
    api.post("/v2/datasets", json={"name": "d"}).raise_for_status()
    return "d"


def upsert(api: httpx.Client, **fields: object) -> dict[str, Any]:
    answer = api.post("/dataset-items", json={"datasetName": "d", "id": "i", **fields})
    row: dict[str, Any] = answer.raise_for_status().json()
    return row


def listed(api: httpx.Client) -> tuple[int, list[Any]]:
    answer = api.get("/dataset-items", params={"datasetName": "d"}).raise_for_status().json()
    return answer["meta"]["totalItems"], [row["input"] for row in answer["data"]]


def until_waiting(server: LocalServer, number: int, sent: Future[Any] | None = None) -> None:
    """Wait until so many upserts have read and not written; the last one must not end before."""
    while server.item_writes.waiting < number:
        if sent is not None and sent.done():
            server.item_writes.release()
            pytest.fail(f"the upsert was not held: {sent.exception()}")
        threading.Event().wait(0.001)


def overlapping(server: LocalServer, api: httpx.Client, *inputs: object) -> None:
    """Send upserts of one id so that each has read what is stored before any writes."""
    server.item_writes.hold()
    with ThreadPoolExecutor(len(inputs)) as pool:
        for number, value in enumerate(inputs, 1):
            sent = pool.submit(upsert, api, input=value)
            until_waiting(server, number, sent)
        server.item_writes.release()


@pytest.mark.parametrize("stored", [[], ["before"]])
def test_two_upserts_of_one_id_at_once_leave_two_current_rows(
    server: LocalServer, api: httpx.Client, dataset: str, stored: list[str]
) -> None:
    """Both answer 200; the total counts both, and a page shows the item twice."""
    for value in stored:
        upsert(api, input=value)
    overlapping(server, api, "old", "new")
    assert listed(api) == (2, ["new", "old"])


def test_a_get_may_answer_with_the_stale_row(
    server: LocalServer, api: httpx.Client, dataset: str
) -> None:
    """And an upsert then replaces that one, so that the item stays doubled."""
    overlapping(server, api, "old", "new")
    assert api.get("/dataset-items/i").json()["input"] == "old"
    upsert(api, input="newest")
    assert listed(api) == (2, ["newest", "new"])


def test_a_delete_removes_one_row_of_a_doubled_item(
    server: LocalServer, api: httpx.Client, dataset: str
) -> None:
    """Deleted until it is a 404 and then written anew it is whole again."""
    overlapping(server, api, "old", "new")
    statuses = [api.delete("/dataset-items/i").status_code for _ in range(3)]
    assert (statuses, listed(api)) == ([200, 200, 404], (0, []))
    upsert(api, input="whole")
    assert listed(api) == (1, ["whole"])


def test_upserts_of_different_ids_at_once_are_no_matter(
    server: LocalServer, api: httpx.Client, dataset: str
) -> None:
    """Each has its own row."""
    server.item_writes.hold()
    with ThreadPoolExecutor(2) as pool:
        for number, item in enumerate("ab", 1):
            until_waiting(server, number, pool.submit(upsert, api, id=item, input=item))
        server.item_writes.release()
    assert listed(api)[0] == 2


def test_a_retry_that_comes_while_the_first_request_runs_doubles(
    server: LocalServer, api: httpx.Client, dataset: str
) -> None:
    """The connection is lost as soon as the request is read, as behind an impatient proxy."""
    server.item_writes.hold()
    server.faults.add(Fault("POST", "/dataset-items", drop="early"))
    with pytest.raises(httpx.TransportError):
        upsert(api, input="first")
    until_waiting(server, 1)
    with ThreadPoolExecutor(1) as pool:
        retry = pool.submit(upsert, api, input="retry")
        until_waiting(server, 2, retry)
        server.item_writes.release()
        assert retry.result()["input"] == "retry"
    while listed(api)[0] < 2:
        threading.Event().wait(0.001)
    assert listed(api) == (2, ["retry", "first"])


def test_an_upsert_can_be_slowed_by_a_fault(
    server: LocalServer, api: httpx.Client, dataset: str
) -> None:
    """It writes all the same, and later ones are not slowed."""
    server.faults.add(Fault("POST", "/dataset-items", write_delay=0.01))
    upsert(api, input=1)
    upsert(api, input=2)
    assert listed(api) == (1, [2])


@pytest.fixture(scope="module")
def in_place() -> Iterator[httpx.Client]:
    with (
        LocalServer(items_in_place=True) as server,
        httpx.Client(
            base_url=f"{server.url}/api/public", auth=(PROJECT.public_key, PROJECT.secret_key)
        ) as client,
    ):
        client.post("/v2/datasets", json={"name": "d"}).raise_for_status()
        yield client


def test_a_server_that_writes_in_place_moves_nothing(in_place: httpx.Client) -> None:
    """Neither ``createdAt`` nor the total nor the order changes by an edit; ``updatedAt`` does."""
    first = upsert(in_place, input=1)
    upsert(in_place, id="j", input="other")
    changed = upsert(in_place, input=2)
    while changed["updatedAt"] == first["updatedAt"]:
        changed = upsert(in_place, input=2)
    assert changed["createdAt"] == first["createdAt"]
    assert listed(in_place) == (2, ["other", 2])
    assert in_place.get("/dataset-items/i").json() == changed


def test_a_server_that_writes_in_place_frees_a_deleted_id(in_place: httpx.Client) -> None:
    """No row is left that binds it to its dataset."""
    upsert(in_place, id="k", input=1)
    in_place.delete("/dataset-items/k").raise_for_status()
    in_place.post("/v2/datasets", json={"name": "e"}).raise_for_status()
    assert upsert(in_place, id="k", input=2, datasetName="e")["datasetName"] == "e"


def test_a_database_of_before_keeps_its_items(tmp_path: Path) -> None:
    """Its rows have the times that they had, in the order that they had."""
    file = tmp_path / "old.sqlite"
    with sqlite3.connect(file) as old:
        old.executescript(" ".join(store._SCHEMAS[:2]) + "PRAGMA user_version=2;")
        old.execute(
            "INSERT INTO datasets (id, project, name, created_at, updated_at)"
            " VALUES ('x', 'proj-local', 'd', 't', 't')"
        )
        for number in (1, 2):
            old.execute(
                "INSERT INTO items (project, id, dataset, status, input, valid_from, listed,"
                " deleted) VALUES ('proj-local', ?, 1, 'ACTIVE', '1', ?, 1, 0)",
                (f"i{number}", f"2026-01-01T00:00:0{number}.000Z"),
            )
    old.close()
    with LocalServer(data=file) as server:
        keys = (PROJECT.public_key, PROJECT.secret_key)
        answer = httpx.get(f"{server.url}/api/public/dataset-items", auth=keys).json()
    assert [(row["id"], row["createdAt"]) for row in answer["data"]] == [
        ("i2", "2026-01-01T00:00:02.000Z"),
        ("i1", "2026-01-01T00:00:01.000Z"),
    ]
