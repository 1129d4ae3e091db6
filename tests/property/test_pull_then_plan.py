"""Whatever Langfuse holds: pulled into an empty folder, nothing is left to plan."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Cli, RecordingServer, write
from tests.property.strategies import ITEMS, JSON, LABELS, MESSAGES, NAMES, SCHEMAS, TEXTS
from tests.unit.pull.remote import tree

BODIES = st.one_of(TEXTS, st.lists(MESSAGES, max_size=3)).map(
    lambda prompt: {"prompt": prompt, "type": "text" if isinstance(prompt, str) else "chat"}
)
PROMPTS = st.builds(
    lambda body, rest: {**body, **rest},
    BODIES,
    st.fixed_dictionaries(
        {},
        optional={
            "config": JSON,
            "tags": st.lists(TEXTS, max_size=2),
            "labels": st.lists(LABELS, max_size=2, unique=True),
            "commitMessage": TEXTS,
        },
    ),
)
CAMEL = {
    "expected_output": "expectedOutput",
    "source_trace_id": "sourceTraceId",
    "input_schema": "inputSchema",
}
DATASETS = st.fixed_dictionaries(
    {}, optional={"description": TEXTS, "metadata": JSON, "inputSchema": SCHEMAS}
)
NUMBERS = st.one_of(st.none(), st.integers(-9, 9), st.floats(-1e9, 1e9))
CATEGORIES = st.lists(TEXTS, min_size=1, max_size=3, unique=True).map(
    lambda names: [{"label": name, "value": value} for value, name in enumerate(names)]
)
SCORE_CONFIGS = st.one_of(
    st.fixed_dictionaries(
        {"dataType": st.just("NUMERIC"), "minValue": NUMBERS, "maxValue": NUMBERS}
    ),
    st.fixed_dictionaries({"dataType": st.just("CATEGORICAL"), "categories": CATEGORIES}),
    st.fixed_dictionaries({"dataType": st.just("BOOLEAN"), "description": TEXTS}),
)
Bodies = list[tuple[str, dict[str, Any]]]


@st.composite
def contents(draw: st.DrawFn) -> Bodies:
    """Requests that fill a project: versions of prompts, datasets with items, score configs."""
    found: Bodies = []
    for name in draw(st.lists(NAMES, max_size=4)):
        found.append(("/v2/prompts", {"name": name, **draw(PROMPTS)}))
    for name in draw(st.lists(NAMES, max_size=2, unique=True)):
        found.append(("/v2/datasets", {"name": name, **draw(DATASETS)}))
        for item in draw(st.lists(ITEMS, max_size=3)):
            fields = {CAMEL.get(key, key): value for key, value in item.items()}
            if "status" in fields:
                fields["status"] = fields["status"].upper()
            found.append(("/dataset-items", {"datasetName": name, **fields}))
    for name in draw(st.lists(NAMES, max_size=2, unique=True)):
        found.append(("/score-configs", {"name": name[:35], **draw(SCORE_CONFIGS)}))
    return found


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@pytest.mark.timeout(600)  # shrinking a failure takes its time
@given(bodies=contents())
def test_nothing_is_left_to_plan_after_a_pull(
    repo: Path, cli: Cli, langfuse: RecordingServer, raw: httpx.Client, bodies: Bodies
) -> None:
    """What the server refuses is not there; everything else comes home."""
    langfuse.reset()
    for path in repo.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    answers = [(path, body, raw.post(path, json=body)) for path, body in bodies]
    taken = {(path, body.get("name", "")) for path, body, answer in answers if answer.is_success}
    write(repo, {"langsync.yaml": "version: 1\n"})
    ended = cli("pull", "--yes")
    assert ended.code == 0, ended.err
    assert len(tree(repo)) >= len(taken - {("/dataset-items", "")}) + 1
    plan = cli("plan", "--detailed-exitcode")
    assert plan.code == 0, plan.out + plan.err
