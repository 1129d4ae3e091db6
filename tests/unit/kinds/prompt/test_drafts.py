"""A draft beside deployed variants, on a server: after every apply it is the newest version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Cli, RecordingServer
from tests.unit.repository import write

FIRST = {"deployed": "D", "draft": "N", "tags": ["t"]}


def declare(repo: Path, deployed: str, draft: str, tags: list[str]) -> None:
    """A draft that stands before what is deployed, with tags."""
    variants = [{"prompt": draft, "labels": []}, {"prompt": deployed, "labels": ["production"]}]
    text = json.dumps({"tags": tags, "variants": variants})
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": text})


def text_at(raw: httpx.Client, label: str) -> str:
    return str(raw.get("/v2/prompts/p", params={"label": label}).json()["prompt"])


@pytest.mark.parametrize(
    ("edit", "creates"),
    [
        ({}, 0),
        ({"deployed": "E"}, 2),
        ({"draft": "M"}, 1),
        ({"deployed": "E", "draft": "M"}, 2),
        ({"tags": ["u"]}, 1),
        ({"deployed": "E", "tags": ["u"]}, 2),
    ],
)
def test_a_draft_stays_the_newest(
    repo: Path,
    cli: Cli,
    langfuse: RecordingServer,
    raw: httpx.Client,
    edit: dict[str, Any],
    creates: int,
) -> None:
    """Whatever else is edited; the plan afterwards is empty, and each label has its text."""
    declare(repo, **FIRST)  # type: ignore[arg-type]
    assert cli("apply", "--yes").code == 0
    langfuse.received.clear()
    wanted: dict[str, Any] = {**FIRST, **edit}
    declare(repo, **wanted)
    applied = cli("apply", "--yes", "--overwrite-drift")
    assert applied.code == 0, applied.err
    assert [one.method for one in langfuse.writes] == ["POST"] * creates
    assert (text_at(raw, "production"), text_at(raw, "latest")) == (
        wanted["deployed"],
        wanted["draft"],
    )
    assert raw.get("/v2/prompts", params={"name": "p"}).json()["data"][0]["tags"] == wanted["tags"]
    plan = cli("plan", "--format", "json")
    assert json.loads(plan.out)["changes"] == []
