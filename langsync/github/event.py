"""The event that triggered a workflow."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """The repository, the pull request and the run of a workflow.

    Args:
        repository: As ``owner/name``; empty outside of a workflow.
        api_url: The base of the REST API.
        server_url: The base of the pages.
        pull_request: The number of the pull request; None if there is none.
        sha: The commit for links to files: that of the pull request, or the pushed one.
        run_url: The page of this run; empty outside of a workflow.
    """

    repository: str = ""
    api_url: str = "https://api.github.com"
    server_url: str = "https://github.com"
    pull_request: int | None = None
    sha: str = ""
    run_url: str = ""

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Event:
        """Reads the event from the variables that GitHub sets, and the file that they name.

        Args:
            variables: The environment variables of the process.
        """
        payload = _payload(variables.get("GITHUB_EVENT_PATH", ""))
        pull = payload.get("pull_request") or {}
        repository = variables.get("GITHUB_REPOSITORY", "")
        server = variables.get("GITHUB_SERVER_URL") or "https://github.com"
        run = variables.get("GITHUB_RUN_ID", "")
        return cls(
            repository,
            variables.get("GITHUB_API_URL") or "https://api.github.com",
            server,
            _number(payload, variables.get("GITHUB_REF", "")),
            str((pull.get("head") or {}).get("sha") or variables.get("GITHUB_SHA", "")),
            f"{server}/{repository}/actions/runs/{run}" if repository and run else "",
        )


def _payload(path: str) -> dict[str, Any]:
    try:
        payload = json.loads(Path(path).read_bytes()) if path else {}
    except (OSError, ValueError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _number(payload: Mapping[str, Any], ref: str) -> int | None:
    """Returns the number of the pull request, from the event or from ``refs/pull/7/merge``."""
    issue = payload.get("issue") or {}
    pull_request = payload.get("pull_request") or (issue if issue.get("pull_request") else {})
    number = pull_request.get("number")
    if isinstance(number, int):
        return number
    match = re.fullmatch(r"refs/pull/(\d+)/\w+", ref)
    return int(match[1]) if match else None
