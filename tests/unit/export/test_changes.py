"""Exports of what changes while it is read: what was there all the time is there once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from langsync.errors import LangsyncError
from langsync.export import Job
from langsync.local import Sample
from langsync.local.app import LocalApp
from langsync.local.javascript import iso
from langsync.local.observations import put_observations
from langsync.local.sample import observations, scores
from langsync.local.scores import put_scores
from langsync.local.server import create_app
from tests.unit.export.conftest import KEYS, FakeTime, Hook, InProcess, exported

SAMPLE = Sample(900, 400)
MADE, SCORED = list(observations(SAMPLE)), list(scores(SAMPLE))


def each(app: LocalApp, source: str, *, times: int) -> Hook:
    """Puts a row into a list and deletes another, here and there, after some of its pages."""
    project, left = app.projects[0].id, iter(range(times))
    gone = iter(range(20, 900, 40))

    async def change(request: httpx.Request, _: httpx.AsyncClient) -> None:
        path = request.url.path.removeprefix("/api/public")
        number = None if "projects" in path or "metrics" in path else next(left, None)
        if number is None:
            return
        if source == "scores":
            score = SCORED[-number * 15 - 1]
            put_scores(app.store, project, [replace(score, id=f"new-{number}")])
            app.store.run("DELETE FROM scores WHERE id = ?", (SCORED[next(gone) // 3].id,))
        else:
            one = replace(MADE[-number * 40 - 1], id=f"new-{number}", parent_id=None)
            put_observations(app.store, project, [replace(one, trace_id=f"new-{number}")])
            app.store.run("DELETE FROM observations WHERE id = ?", (MADE[next(gone)].id,))

    return change


@pytest.mark.parametrize("new", [True, False], ids=["v4", "v3"])
@pytest.mark.parametrize("source", ["observations", "traces", "scores", "sessions"])
@pytest.mark.parametrize("at_once", [1, 8])
def test_rows_that_come_and_go_lose_none(
    source: str, at_once: int, tmp_path: Path, *, new: bool
) -> None:
    """Rows that were there before and are there after it, each once, and few others."""
    app = create_app(sample=SAMPLE, events_only=new)
    before = exported(app, Job(source), tmp_path / "before.jsonl").rows
    hook = each(app, source, times=8)
    found = exported(app, Job(source), tmp_path / "a.jsonl", after=hook, at_once=at_once)
    after = exported(app, Job(source), tmp_path / "after.jsonl").rows
    assert source == "sessions" or before != after
    ids = [row["id"] for row in found.rows]
    assert len(ids) == len(set(ids))
    stayed = {row["id"] for row in before} & {row["id"] for row in after}
    assert stayed <= set(ids)
    if found.said.counted is not None:
        assert found.said.counted == len(after)


class Items:
    """A server with a dataset of 450 items, of which some are written as they are read."""

    def __init__(self, *, versions: bool) -> None:
        self.app = create_app(knows_item_versions=versions)
        self.written = 0
        self.ahead = 0.0
        self.app.store.now = self.now  # type: ignore[method-assign]
        asyncio.run(self._fill())

    def now(self) -> str:
        return iso(datetime.now(UTC) + timedelta(seconds=self.ahead))

    async def _fill(self) -> None:
        network = InProcess(self.app)
        url = "http://localhost/api/public"
        async with httpx.AsyncClient(transport=network, base_url=url, auth=KEYS) as api:
            await api.post("/v2/datasets", json={"name": "d"})
            for number in range(450):
                await self.put(api, f"i{number}")

    async def put(self, api: httpx.AsyncClient, item: str) -> None:
        body = {"datasetName": "d", "id": item, "input": self.written}
        (await api.post("/dataset-items", json=body)).raise_for_status()

    def writing(self, times: int) -> Hook:
        """Writes an item again, one that its list has far down, after each of some pages."""

        async def write(request: httpx.Request, api: httpx.AsyncClient) -> None:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, FakeTime)
            self.ahead = loop.ahead
            if request.url.path.endswith("/dataset-items") and self.written < times:
                self.written += 1
                await self.put(api, f"i{self.written}")

        return write


@pytest.mark.parametrize("versions", [True, False])
def test_items_that_are_written_meanwhile_are_not_lost(tmp_path: Path, *, versions: bool) -> None:
    """As they were when it began; an older server is read again until nothing moves."""
    items = Items(versions=versions)
    times = 40 if versions else 8
    found = exported(items.app, Job("datasets"), tmp_path / "a.jsonl", after=items.writing(times))
    assert sorted(row["id"] for row in found.rows) == sorted(f"i{n}" for n in range(450))
    assert items.written >= 5
    assert found.said.counted == 450
    assert versions <= all(row["input"] == 0 for row in found.rows)


def test_a_list_that_never_rests_is_said(tmp_path: Path) -> None:
    """On an older server items can be missing: no file is made as if they were not."""
    items = Items(versions=False)
    with pytest.raises(LangsyncError, match="datasets: d changed while it was read, 3 times"):
        exported(items.app, Job("datasets"), tmp_path / "a.jsonl", after=items.writing(1000))
    assert not (tmp_path / "a.jsonl").exists()


def test_all_pages_of_items_are_of_one_time_that_has_passed(tmp_path: Path) -> None:
    """The same in a run that goes on."""
    items = Items(versions=True)
    times = set[str]()

    async def see(request: httpx.Request, _: httpx.AsyncClient) -> None:
        if version := request.url.params.get("version"):
            times.add(version)
            loop = asyncio.get_running_loop()
            assert isinstance(loop, FakeTime)
            items.ahead = max(items.ahead, loop.ahead)  # no second passed between the runs
            now = datetime.now(UTC) + timedelta(seconds=items.ahead)
            assert datetime.fromisoformat(version) <= now
            if len(times) == 1 and request.url.params.get("page") == "3" and stop:
                raise RuntimeError("stop")

    for stop in (True, False):
        try:
            exported(items.app, Job("datasets"), tmp_path / "a.jsonl", after=see)
        except RuntimeError:
            assert stop
    assert len(times) == 1


@pytest.fixture
def prompts() -> Iterator[LocalApp]:
    """A server with a hundred prompts of two versions each."""
    app = create_app()

    async def fill() -> None:
        url = "http://localhost/api/public"
        async with httpx.AsyncClient(transport=InProcess(app), base_url=url, auth=KEYS) as api:
            for number in range(200):
                body = {"name": f"p{number % 100:02d}", "prompt": f"{number}"}
                (await api.post("/v2/prompts", json=body)).raise_for_status()

    asyncio.run(fill())
    yield app
    app.store.close()


def test_prompts_that_come_and_go_are_no_error(prompts: LocalApp, tmp_path: Path) -> None:
    """Versions and whole prompts that are deleted meanwhile are left out; new ones do no harm."""
    gone = {("p07", 1), ("p90", 1), ("p90", 2)}

    async def change(request: httpx.Request, api: httpx.AsyncClient) -> None:
        if request.url.params.get("name") == "p07" and "GET" in request.method:
            await api.delete("/v2/prompts/p07", params={"version": 1})
            await api.delete("/v2/prompts/p90")
            await api.post("/v2/prompts", json={"name": "p98", "prompt": "third"})
            await api.post("/v2/prompts", json={"name": "a", "prompt": "first in the list"})

    found = exported(prompts, Job("prompts"), tmp_path / "a.jsonl", after=change)
    seen = [(row["name"], row["version"]) for row in found.rows]
    assert len(seen) == len(set(seen))
    wanted = {(f"p{number:02d}", version) for number in range(100) for version in (1, 2)}
    assert wanted - gone <= set(seen)
    assert found.said.counted == 200 - 3 + 2
