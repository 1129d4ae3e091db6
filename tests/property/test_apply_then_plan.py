"""The property that the whole tool stands on: a plan right after an apply is empty."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from langsync.apply import apply
from langsync.client import Client
from langsync.config import Connection
from langsync.engine.planning import make_plan
from langsync.engine.workspace import open_workspace
from langsync.errors import InvalidFilesError
from langsync.local import LocalServer
from langsync.model import Outcome, Plan, Report
from tests.property.strategies import repositories

OFFENDER = re.compile(r'"datasetItemId":"([^"]*)"')
"""An item that a schema was refused for, in the server's words."""

Repository = dict[str, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


def write(folder: Path, repository: Repository) -> Path:
    """Write a repository as JSON, which is YAML, one file for each resource."""
    config = folder / "langsync.yaml"
    config.write_text("version: 1\n")
    for kind, resources in repository.items():
        (folder / kind).mkdir()
        for number, (name, content) in enumerate(resources.items()):
            text = json.dumps({"name": name, **content})
            (folder / kind / f"{number}.yaml").write_text(text)
    return config


async def apply_and_plan(server: LocalServer, config: Path) -> tuple[Report, Plan]:
    workspace = open_workspace(config, None, None)
    keys = server.projects[0]
    async with Client(Connection(server.url, keys.public_key, keys.secret_key)) as client:
        report = await apply(client, await make_plan(client, workspace))
        return report, await make_plan(client, workspace)


def archived(server: LocalServer) -> set[str]:
    """The ids of all archived items, which no list has."""
    rows = server.app.store.rows(
        "SELECT id FROM items WHERE valid_to IS NULL AND status = 'ARCHIVED'"
    )
    return {row["id"] for row in rows}


def check(server: LocalServer, repository: Repository) -> bool:
    """Apply a repository and hold that nothing differs then; False if `validate` refuses it."""
    with tempfile.TemporaryDirectory() as folder:
        config = write(Path(folder), repository)
        try:
            open_workspace(config, None, None)
        except InvalidFilesError:
            return False
        try:
            report, plan = asyncio.run(apply_and_plan(server, config))
        except InvalidFilesError:
            return False  # what is declared breaks a schema that only the server has
    offenders = {one for result in report.results for one in OFFENDER.findall(result.detail)}
    if offenders and offenders <= archived(server):
        return False  # one that no file declares is in no list, and breaks a schema
    failed = [result for result in report.results if result.outcome is not Outcome.APPLIED]
    assert not failed
    assert not plan.changes
    assert not plan.refusals
    return True


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.timeout(600)  # shrinking a failure takes its time
@given(first=repositories(), second=repositories())
def test_plan_is_empty_after_apply(
    server: LocalServer, first: Repository, second: Repository
) -> None:
    """Whatever is applied, and whatever it is changed to, nothing differs afterwards."""
    server.reset()
    check(server, first)
    check(server, second)
