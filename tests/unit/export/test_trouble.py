"""Exports through trouble that passes, by a clock that nobody waits for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.export import Job
from langsync.local import Fault, Sample
from langsync.local.app import LocalApp
from langsync.local.rate_limits import RateLimit
from langsync.local.server import create_app
from tests.unit.export.conftest import KEYS, InProcess, exported

SAMPLE = Sample(500, 120)
LISTS = ("observations", "traces", "scores", "sessions", "prompts", "datasets")
FAULTS = {
    "429": Fault("GET", times=3, status=429, headers={"Retry-After": "40"}),
    "500": Fault("GET", times=2, status=500),
    "503": Fault("GET", times=3, status=503),
    "cut before": Fault("GET", times=3, drop="before"),
    "cut after": Fault("GET", times=3, drop="after"),
    "cut within": Fault("GET", times=3, drop="within"),
}
PATHS = {"prompts": "prompts", "datasets": "dataset", "scores": "scores", "sessions": ""}


def project(*, new: bool) -> LocalApp:
    """A server with something of everything."""
    app = create_app(sample=SAMPLE, events_only=new)

    async def fill() -> None:
        network, url = InProcess(app), "http://localhost/api/public"
        async with httpx.AsyncClient(transport=network, base_url=url, auth=KEYS) as api:
            for number in range(120):
                body: dict[str, Any] = {"name": f"p{number % 60:02d}", "prompt": f"{number}"}
                (await api.post("/v2/prompts", json=body)).raise_for_status()
            for name in ("a", "b"):
                await api.post("/v2/datasets", json={"name": name})
                for number in range(220):
                    body = {"datasetName": name, "id": f"{name}{number}", "input": number}
                    (await api.post("/dataset-items", json=body)).raise_for_status()

    asyncio.run(fill())
    return app


@pytest.fixture(scope="module", params=["v4", "v3"])
def app(request: pytest.FixtureRequest) -> LocalApp:
    return project(new=request.param == "v4")


@pytest.mark.parametrize("source", LISTS)
def test_trouble_that_passes_is_waited_for(app: LocalApp, source: str, tmp_path: Path) -> None:
    """Whatever happens to some requests of whatever list, all rows arrive, each once."""
    app.faults.clear()
    wanted = exported(app, Job(source), tmp_path / "good.jsonl")
    assert wanted.rows
    assert wanted.said.counted in (None, len(wanted.rows))
    for name, fault in FAULTS.items():
        app.faults.clear()
        for skip in (0, 2):  # the first request is for the project
            path = PATHS.get(source, "observations|traces")
            app.faults.add(replace(fault, path=path, skip=skip))
        found = exported(app, Job(source), tmp_path / f"{name}.jsonl")
        assert found.rows == wanted.rows, name
        assert found.seconds >= (40 if name == "429" else 0.1), name
        assert len(found.asked) > len(wanted.asked), name


def test_a_rate_limit_is_kept(tmp_path: Path) -> None:
    """That of the smallest plan: what is refused comes after the minute."""
    app = create_app(sample=SAMPLE, rate_limit=RateLimit(4, 60))
    found = exported(app, Job("observations"), tmp_path / "a.jsonl")
    assert found.said.rows == found.said.counted == SAMPLE.observations


def test_trouble_that_stays_ends_it_and_keeps_what_was_read(tmp_path: Path) -> None:
    """A later run asks for the rest alone."""
    app, job, target = create_app(sample=SAMPLE), Job("observations"), tmp_path / "a.jsonl"
    whole = exported(app, job, tmp_path / "whole.jsonl")
    app.faults.add(Fault("GET", "v2/observations", times=None, skip=6, status=403))
    with pytest.raises(Exception, match="fault"):
        exported(app, job, target)
    assert not target.exists()
    app.faults.clear()
    rest = exported(app, job, target)
    assert rest.rows == whole.rows
    assert rest.said.kept > 0
    assert len(rest.asked) < len(whole.asked)
