"""What a server that lies can do: nothing without end, nothing outside of the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from langsync.local import Fault
from tests.conftest import Cli, RecordingServer, write

ROW = {"name": "a", "versions": [1], "labels": [], "tags": [], "lastUpdatedAt": "2026-01-01T00:00Z"}
PAGE = {
    "data": [ROW | {"name": f"p{number}", "type": "text"} for number in range(100)],
    "meta": {"page": 1, "limit": 100, "totalItems": 10**12, "totalPages": 10**10},
}
COMMANDS = (["plan"], ["list", "--remote"], ["pull", "--all", "--yes"], ["apply", "--yes"])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_list_without_end_is_not_read_for_ever(
    cli: Cli, repo: Path, langfuse: RecordingServer, command: list[str]
) -> None:
    """The same page again and again is an error, after a few requests."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p1.yaml": "prompt: x\n"})
    langfuse.faults.add(
        Fault("GET", r"/v2/prompts\?", times=None, status=200, body=json.dumps(PAGE))
    )
    ended = cli(*command)
    assert ended.code == 1
    assert "the list has no end" in ended.err or "cannot be fetched" in ended.err
    assert len(langfuse.requests) < 60
    assert not langfuse.writes


@pytest.mark.parametrize("command", [["plan"], ["show", "a"], ["pull", "--yes"]])
def test_a_text_of_ten_megabytes_is_only_a_long_text(
    cli: Cli, repo: Path, langfuse: RecordingServer, command: list[str]
) -> None:
    """More than Langfuse itself takes: it is compared and shown; no file takes it."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/a.yaml": "prompt: x\n"})
    assert cli("apply", "--yes").code == 0
    text = ("x" * 49 + "\n") * 200_000
    body = {"id": "v", "name": "a", "version": 1, "type": "text", "prompt": text, "config": {}}
    body |= {"labels": ["production", "latest"], "tags": [], "commitMessage": None}
    body |= {"createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z"}
    body |= {"projectId": "p", "createdBy": "API", "isActive": None, "resolutionGraph": None}
    langfuse.faults.add(
        Fault("GET", "/v2/prompts/a", times=None, status=200, body=json.dumps(body))
    )
    ended = cli(*command, "--no-cache")
    assert ended.code in (0, 1)
    assert "Traceback" not in ended.err
    assert (repo / "prompts" / "a.yaml").stat().st_size < 3_000_000
