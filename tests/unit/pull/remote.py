"""What tests put into Langfuse, and what they hold after a pull."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.conftest import Cli


def put_prompt(
    raw: httpx.Client, name: str, prompt: str | list[dict[str, Any]] = "Hello.", **fields: Any
) -> None:
    """Create a version of a prompt, with the label production unless others are given."""
    body = {
        "name": name,
        "prompt": prompt,
        "type": "text" if isinstance(prompt, str) else "chat",
        "labels": ["production"],
        **fields,
    }
    raw.post("/v2/prompts", json=body).raise_for_status()


def put_dataset(raw: httpx.Client, name: str, *items: dict[str, Any], **fields: Any) -> None:
    """Create or change a dataset, and some items of it."""
    answer = raw.post("/v2/datasets", json={"name": name, **fields})
    assert answer.is_success, answer.text
    for item in items:
        raw.post("/dataset-items", json={"datasetName": name, **item}).raise_for_status()


def put_score_config(raw: httpx.Client, name: str, **fields: Any) -> str:
    """Create a score config, numeric unless it is said; gives its id."""
    archived = fields.pop("isArchived", False)
    answer = raw.post("/score-configs", json={"name": name, "dataType": "NUMERIC", **fields})
    assert answer.is_success, answer.text
    if archived:
        patch_score_config(raw, name, isArchived=True)
    return str(answer.json()["id"])


def patch_score_config(raw: httpx.Client, name: str, /, **fields: Any) -> None:
    """Change the newest score config of a name."""
    rows = raw.get("/score-configs").json()["data"]
    found = next(row["id"] for row in rows if row["name"] == name)
    answer = raw.patch(f"/score-configs/{found}", json=fields)
    assert answer.is_success, answer.text


def agrees(cli: Cli, *words: str) -> None:
    """Hold that nothing differs: a plan is empty, and another pull writes nothing."""
    plan = cli("plan", "--detailed-exitcode", *words)
    assert plan.code == 0, plan.out + plan.err
    again = cli("pull", "--check", *words)
    assert again.code == 0, again.out + again.err


def tree(folder: Path) -> dict[str, str]:
    """Every file of a repository but Git's own, with its text."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }
