"""Observations, scores and metrics answer with the fields, and the refusals, of a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.local import LocalServer, Sample

RECORDED = [
    json.loads(line)
    for line in Path(__file__).with_name("observability.jsonl").read_text("utf-8").splitlines()
]
NOT_SERVED = ("/comments", "/models", "/annotation-queues", "/llm-connections")
SERVED = [one for one in RECORDED if one["request"]["path"] not in NOT_SERVED]


@pytest.fixture(scope="module")
def sample() -> Iterator[httpx.Client]:
    with LocalServer(sample=Sample(300, 60)) as server:
        project = server.projects[0]
        with httpx.Client(
            base_url=f"{server.url}/api/public", auth=(project.public_key, project.secret_key)
        ) as client:
            yield client


def shape(body: dict[str, Any]) -> object:
    """The names of an answer's fields, in their order; a list's fields are those of its first."""
    rows, meta = body.get("data") or [], body.get("meta", {})
    return [list(body), list(rows[0]) if rows else None, list(meta)]


@pytest.mark.parametrize("one", SERVED, ids=lambda one: f"{one['step']}-{one['request']['path']}")
def test_an_answer_has_the_shape_of_the_recorded_one(
    sample: httpx.Client, one: dict[str, Any]
) -> None:
    """Ids and times differ; names of fields, their order, statuses and refusals do not."""
    request, expected = one["request"], one["response"]
    answer = sample.request(
        request["method"], request["path"], params=request.get("params"), json=request.get("json")
    )
    assert answer.status_code == expected["status"], answer.text
    if expected["status"] >= 400:
        assert answer.json() == expected["body"]
    elif one["step"] in (1, 2, 4, 8, 9, 11) and "cursor" not in expected["body"]["meta"]:
        found = answer.json()
        found["meta"].pop("cursor", None)
        assert shape(found) == shape(expected["body"])
    else:
        assert shape(answer.json()) == shape(expected["body"])
