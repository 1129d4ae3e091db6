"""A project with some of everything, files that differ from it, and the command line."""

from __future__ import annotations

import gc
import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.kinds.dataset_item import reading
from langsync.local.projects import ORGANIZATION_KEYS
from tests.answers.server import API, ChangingServer
from tests.conftest import Cli, Ended, connect, write

FILES = {
    "langsync.yaml": "version: 1\nenvironments: {production: {labels: [production]}}\n",
    "prompts/greeting.yaml": "tags: [a]\nprompt: Hello {{name}}, how are you?\n",
    "prompts/chat.yaml": """\
config: {model: x}
prompt:
  - system: '@@@langfusePrompt:name=greeting|label=production@@@'
  - placeholder: history
  - user: '{{question}}'
""",
    "prompts/fresh.yaml": "prompt: New\n",
    "datasets/qa.yaml": """\
description: Questions
input_schema: {type: object, required: [q], properties: {q: {type: integer}}}
items:
  - {id: one, input: {q: 1}, expected_output: yes}
  - {id: three, input: {q: 3}}
""",
    "score_configs/tone.yaml": "data_type: categorical\ncategories: {good: 1, bad: 0}\n",
    "score_configs/length.yaml": "data_type: numeric\nmin_value: 0\nmax_value: 5\n",
}
"""Each differs from what the server holds, so that everything is read and written."""

STORED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v2/prompts", {"name": "greeting", "prompt": "Hi {{name}}", "labels": ["production"]}),
    ("/v2/prompts", {"name": "greeting", "prompt": "Hello", "tags": ["b"], "config": {"a": [1]}}),
    (
        "/v2/prompts",
        {
            "name": "chat",
            "type": "chat",
            "labels": ["production"],
            "commitMessage": "by hand",
            "prompt": [
                {"role": "system", "content": "Be kind."},
                {"type": "placeholder", "name": "history"},
                {"role": "user", "content": "{{question}}"},
            ],
        },
    ),
    ("/v2/prompts", {"name": "other", "prompt": "x", "labels": ["production"]}),
    ("/v2/datasets", {"name": "qa", "description": "x", "inputSchema": {"type": "object"}}),
    ("/v2/datasets", {"name": "more", "metadata": {"a": 1}}),
    ("/dataset-items", {"datasetName": "qa", "id": "one", "input": {"q": 1, "a": ["b"]}}),
    ("/dataset-items", {"datasetName": "qa", "id": "two", "input": {"q": 2}, "metadata": {"m": 1}}),
    (
        "/score-configs",
        {
            "name": "tone",
            "dataType": "CATEGORICAL",
            "categories": [{"label": "good", "value": 1}, {"label": "rude", "value": 0}],
        },
    ),
    ("/score-configs", {"name": "length", "dataType": "NUMERIC", "minValue": 0, "maxValue": 9}),
)


@dataclass(frozen=True)
class Scene:
    """A server and a repository, and the commands that run on them."""

    server: ChangingServer
    repo: Path
    cli: Cli
    log: pytest.LogCaptureFixture

    def fill(self) -> None:
        """Put the project and the files back to where a test begins."""
        self.server.changing.begin()
        self.server.changing.store.clear()
        project = self.server.projects[0]
        keys = (project.public_key, project.secret_key)
        with httpx.Client(base_url=f"{self.server.url}{API}", auth=keys) as api:
            for path, body in STORED:
                api.post(path, json=body).raise_for_status()
        self.clean()

    def clean(self) -> None:
        """Put the files back, and forget what was read."""
        for folder in (self.repo, self.repo.parent / "cache"):
            for path in folder.iterdir() if folder.exists() else ():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        write(self.repo, FILES)

    def run(self, *words: str) -> Ended:
        """Run a command; whatever it meets, it ends as commands do."""
        self.log.clear()
        ended = self.cli(*words)  # raises what is unexpected
        gc.collect()
        said = ended.out + ended.err
        assert ended.code in (0, 1, 2, 3), said
        assert ended.code == 0 or ended.err or ended.out
        assert "Traceback" not in said
        assert "never retrieved" not in said
        assert [one.getMessage() for one in self.log.records if one.name == "asyncio"] == []
        return ended


@pytest.fixture(scope="session")
def changing() -> Iterator[dict[bool, ChangingServer]]:
    with ChangingServer() as new, ChangingServer(new=False) as old:
        yield {True: new, False: old}


def _scene(
    server: ChangingServer,
    repo: Path,
    cli: Cli,
    process: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Scene:
    connect(server, process)
    for name, key in zip(("PUBLIC", "SECRET"), ORGANIZATION_KEYS, strict=True):
        process.setenv(f"LANGFUSE_ORG_{name}_KEY", key)
    process.setattr(reading, "AHEAD", 0.0)  # a list that does not hold still is read again at once
    caplog.set_level(logging.WARNING)
    return Scene(server, repo, cli, caplog)


@pytest.fixture
def scene(
    changing: dict[bool, ChangingServer],
    repo: Path,
    cli: Cli,
    process: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Scene:
    """On a server of v4."""
    return _scene(changing[True], repo, cli, process, caplog)


@pytest.fixture
def old_scene(
    changing: dict[bool, ChangingServer],
    repo: Path,
    cli: Cli,
    process: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Scene:
    """On a server of v3."""
    return _scene(changing[False], repo, cli, process, caplog)
