"""Items without an expected output, in datasets whose schema allows null."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from tests.conftest import Cli
from tests.unit.repository import write


def test_a_new_item_without_an_expected_output_satisfies_a_schema_that_allows_null(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """Left out it would be refused, so that ``""`` is sent, which is stored as null."""
    schema = {"type": ["object", "null"]}
    content = {
        "input_schema": schema,
        "expected_output_schema": schema,
        "items": [{"id": "i", "metadata": {}}],
    }
    write(repo, {"langsync.yaml": "version: 1\n", "datasets/d.yaml": json.dumps(content)})
    ended = cli("apply", "--yes")
    assert ended.code == 0, ended.out + ended.err
    stored = raw.get("/dataset-items/i").json()
    assert (stored["input"], stored["expectedOutput"]) == (None, None)
    assert cli("plan", "--detailed-exitcode").code == 0
