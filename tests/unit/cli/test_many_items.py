"""A few edits in a dataset of many pages."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Cli, RecordingServer, write

COUNT = 250


def rows(edited: set[int]) -> str:
    """A file of items, some of them edited."""
    items = [
        {"id": f"i{number}", "input": {"q": number, "edited": number in edited}}
        for number in range(COUNT)
    ]
    return "".join(f"{json.dumps(item)}\n" for item in items)


def of_items(langfuse: RecordingServer) -> list[str]:
    """The methods of the requests for items since the last look."""
    found = [one.method for one in langfuse.received if one.path.startswith("/dataset-items")]
    langfuse.received.clear()
    return found


def test_a_few_edits_are_as_many_changes_and_writes(
    repo: Path, cli: Cli, langfuse: RecordingServer
) -> None:
    """A request for each hundred items, those changes shown, and one write for each."""
    files = {
        "langsync.yaml": "version: 1\n",
        "datasets/d.yaml": "items_from: [rows.jsonl]\n",
        "datasets/rows.jsonl": rows(set()),
    }
    write(repo, files)
    assert cli("apply", "--yes").code == 0
    of_items(langfuse)
    edited = {0, 99, 100, 150, 249}
    write(repo, {"datasets/rows.jsonl": rows(edited)})
    plan = cli("plan")
    assert "5 to update" in plan.out
    assert plan.out.count("~ dataset_item/d/i") == 5
    assert of_items(langfuse) == ["GET"] * 3
    assert cli("apply", "--yes").out == "5 applied.\n"
    assert of_items(langfuse).count("POST") == 5
    assert cli("plan", "--detailed-exitcode").code == 0
