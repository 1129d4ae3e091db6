"""Items as they were at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from langsync.local import LocalServer

NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


class Clock:
    """A time that a test sets, instead of the server's."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> str:
        return self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture
def clock(server: LocalServer, api: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(server.app.store, "now", clock.now)
    api.post("/v2/datasets", json={"name": "d"}).raise_for_status()
    return clock


def upsert(api: httpx.Client, item: str, **fields: object) -> dict[str, Any]:
    answer = api.post("/dataset-items", json={"datasetName": "d", "id": item, **fields})
    result: dict[str, Any] = answer.raise_for_status().json()
    return result


def listed(api: httpx.Client, version: datetime | str | None = None) -> dict[str, Any]:
    params = {"datasetName": "d"}
    if version:
        params["version"] = version if isinstance(version, str) else version.isoformat()
    answer = api.get("/dataset-items", params=params).raise_for_status()
    return {item["id"]: item["input"] for item in answer.json()["data"]}


def test_a_list_at_a_time_shows_what_was_valid_then(api: httpx.Client, clock: Clock) -> None:
    """Values, archived and deleted items, all as of that time."""
    upsert(api, "a", input=1)
    upsert(api, "b", input=1)
    clock.time = NOON + timedelta(seconds=10)
    upsert(api, "a", input=2)
    clock.time = NOON + timedelta(seconds=20)
    upsert(api, "b", status="ARCHIVED")
    clock.time = NOON + timedelta(seconds=30)
    api.delete("/dataset-items/a")
    clock.time = NOON + timedelta(seconds=40)
    upsert(api, "a", input=3)
    seconds = (-1, 0, 9, 10, 20, 30, 40, 100)
    assert [listed(api, NOON + timedelta(seconds=s)) for s in seconds] == [
        {},
        {"b": 1, "a": 1},
        {"b": 1, "a": 1},
        {"a": 2, "b": 1},
        {"a": 2},
        {},
        {"a": 3},
        {"a": 3},
    ]


def test_a_time_in_whole_seconds_ends_before_what_came_later_in_that_second(
    api: httpx.Client, clock: Clock
) -> None:
    """It is taken as given: zero milliseconds."""
    clock.time = NOON + timedelta(milliseconds=1)
    upsert(api, "a", input=1)
    assert listed(api, "2026-01-01T12:00:00Z") == {}
    assert listed(api, "2026-01-01T12:00:00.001Z") == {"a": 1}
    assert listed(api, "2026-01-01T14:00:00.001+02:00") == {"a": 1}


def test_of_several_upserts_in_a_millisecond_the_last_is_seen(
    api: httpx.Client, clock: Clock
) -> None:
    """At that very millisecond too."""
    for value in range(3):
        upsert(api, "a", input=value)
    assert listed(api, NOON) == {"a": 2}
    assert listed(api) == {"a": 2}


def test_items_of_one_millisecond_are_listed_newest_first(api: httpx.Client, clock: Clock) -> None:
    """An upsert moves an item to the front, at a time and now."""
    for item in "abc":
        upsert(api, item, input=1)
    upsert(api, "a", input=2)
    assert [*listed(api)] == [*listed(api, NOON)] == ["a", "c", "b"]


def test_writes_do_not_shift_the_pages_of_a_time(api: httpx.Client, clock: Clock) -> None:
    """So a reader that pages through one time sees each item once."""
    for number in range(5):
        upsert(api, f"i{number}", input=number)
    clock.time = NOON + timedelta(seconds=1)
    seen = []
    for page in (1, 2, 3):
        params = {"datasetName": "d", "version": NOON.isoformat(), "limit": "2", "page": str(page)}
        answer = api.get("/dataset-items", params=params).json()
        seen += [item["id"] for item in answer["data"]]
        assert answer["meta"]["totalItems"] == 5
        upsert(api, f"new{page}", input=1)
        upsert(api, "i0", input=page)
        api.delete("/dataset-items/i1")
    assert seen == ["i4", "i3", "i2", "i1", "i0"]


def test_an_upsert_is_the_items_new_creation(api: httpx.Client, clock: Clock) -> None:
    """``createdAt`` and ``updatedAt`` are its time."""
    assert upsert(api, "a", input=1)["createdAt"] == "2026-01-01T12:00:00.000Z"
    clock.time = NOON + timedelta(milliseconds=1500)
    stored = upsert(api, "a", input=1)
    assert stored["createdAt"] == stored["updatedAt"] == "2026-01-01T12:00:01.500Z"


def test_the_servers_time_never_goes_back(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """History needs rows that follow each other."""
    from langsync.local import store

    times = iter([NOON, NOON - timedelta(hours=1), NOON + timedelta(seconds=1)])

    class FakeDatetime:
        @staticmethod
        def now(_zone: object) -> datetime:
            return next(times)

    fresh = store.LocalStore()
    monkeypatch.setattr(store, "datetime", FakeDatetime)
    told = [fresh.now() for _ in range(3)]
    fresh.close()
    assert told == [
        "2026-01-01T12:00:00.000Z",
        "2026-01-01T12:00:00.000Z",
        "2026-01-01T12:00:01.000Z",
    ]
