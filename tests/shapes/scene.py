"""Every command once or more, with ``--format json``, and what it prints."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.api import ApiReference
from langsync.cli import run
from langsync.local import LocalServer, Sample
from langsync.local.projects import ORGANIZATION_KEYS
from tests.action.github import REPOSITORY, TOKEN, Github
from tests.conftest import client_of
from tests.unit.api.conftest import real
from tests.unit.git import IDENTITY, Repository, repository

FILES = {
    "langsync.yaml": "version: 1\nproject: local\ndefault_environment: production\nenvironments:\n"
    "  staging: {labels: [staging], vars: {company: Acme}}\n"
    "  production: {labels: [production], vars: {company: Acme}}\n",
    "prompts/tone.yaml": "prompt: Be kind.\ntags: [shared]\n",
    "prompts/answer.yaml": "prompt: '@@@langfusePrompt:name=tone|label=production@@@ {{q}}'\n",
    "prompts/chat.yaml": "prompt: [{system: Hello}, {user: '{{question}}'}]\ntags: [shared]\n",
    "prompts/own.yaml": "prompt: Hi\nlabels: [production, nowhere]\n",
    "datasets/qa.yaml": "items: [{id: a, input: 1}, {id: b, input: 2}]\n",
    "score_configs/helpful.yaml": "data_type: numeric\nmin_value: 0\nmax_value: 1\n",
}
EDITS = {
    "prompts/tone.yaml": "prompt: Be brief, {{name}}.\ntags: [shared, other]\n",
    "datasets/qa.yaml": "items: [{id: a, input: {x: 1}}, {id: b, input: 2}, {id: c, input: 3}]\n",
}


@dataclass(slots=True)
class Scene:
    """A repository, a server with made-up observations, and what commands print there.

    Args:
        repo: The repository.
        server: The server.
        process: The variables of this process.
        printed: For each command, as the docs call it, the values that it printed.
    """

    repo: Repository
    server: LocalServer
    process: pytest.MonkeyPatch
    printed: dict[str, list[Any]] = field(default_factory=dict)

    def run(self, name: str, *words: str, code: int = 0, shown: str = "json") -> Any:  # noqa: ANN401
        """Run a command and keep the JSON that it prints."""
        stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with redirect_stdout(stdout):
            ended = run([*name.split(), *words, "--format", shown])
        stdout.seek(0)
        text = stdout.read()
        assert ended == code, (name, words, ended, text)
        found = json.loads(text)
        self.printed.setdefault(name, []).append(found)
        return found

    def keep(self, name: str, other: str) -> None:
        """Call what a command printed last by another name."""
        self.printed.setdefault(other, []).append(self.printed[name].pop())
        if not self.printed[name]:
            del self.printed[name]


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """The scene, empty."""
    with ExitStack() as stack:
        process = stack.enter_context(pytest.MonkeyPatch.context())
        for name in os.environ:
            if name.startswith(("LANGFUSE_", "LANGSYNC_", "GITHUB_", "INPUT_")):
                process.delenv(name)
        for name, value in IDENTITY.items():
            process.setenv(name, value)
        server = stack.enter_context(LocalServer(sample=Sample(200, 50)))
        repo = repository(folder / "repo")
        project = server.projects[0]
        process.setenv("LANGFUSE_BASE_URL", server.url)
        process.setenv("LANGFUSE_PUBLIC_KEY", project.public_key)
        process.setenv("LANGFUSE_SECRET_KEY", project.secret_key)
        process.setenv("LANGSYNC_CACHE", str(folder / "cache"))
        process.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        process.setenv("XDG_STATE_HOME", str(folder / "state"))
        process.chdir(repo.folder)
        yield Scene(repo, server, process)


def play(at: Scene, folder: Path) -> None:
    """Run every command."""
    _files(at, folder)
    _deploy(at)
    _drift(at)
    _look(at)
    _observe(at)
    _manage(at)
    _github(at)


def _files(at: Scene, folder: Path) -> None:
    begun = folder / "begun"
    begun.mkdir()
    (begun / ".pre-commit-config.yaml").write_text("repos: []\n", "utf-8")
    at.run("init", str(begun), "--yes")
    at.run("schema")
    at.run("schema", "prompt")
    at.run("schema", "--out", str(folder / "schemas"))
    at.keep("schema", "schema --out")
    at.repo.commit({**FILES, "prompts/wrong.yaml": "prompt: a\nnonsense: 1\n"})
    at.run("validate", code=1)
    at.repo.commit({"prompts/wrong.yaml": "prompt: '{{ question }}'\n"})
    at.run("validate")
    at.run("fmt", "--check", code=2)
    at.repo.commit(without="prompts/wrong.yaml")
    at.run("list")
    at.run("environments")
    at.run("environments", shown="github-matrix")
    at.keep("environments", "environments --format github-matrix")
    at.run("docs", "commands")
    at.run("trust", "https://langfuse.example.com")
    at.run("trust")


def _deploy(at: Scene) -> None:
    at.run("plan")
    at.run("apply", "--yes")
    ways = ("--from", "production", "--to", "staging")
    at.run("promote", "*", *ways, "--yes")
    at.run("promote", "own", *ways, "--write")
    at.keep("promote", "promote --write")
    at.repo.git("checkout", "--quiet", ".")


def _drift(at: Scene) -> None:
    with client_of(at.server) as langfuse:
        _post(langfuse, "/v2/prompts", name="chat", type="chat", labels=["production", "beta"])
        _post(langfuse, "/v2/prompts", name="extra", type="text", labels=["beta"])
        _post(langfuse, "/v2/prompts", name="..", type="text")
        _post(langfuse, "/dataset-items", datasetName="qa", id="b", input=5)
    at.repo.commit(EDITS)
    at.run("plan")
    at.run("drift", "--all", code=2)
    at.run("pull", "--all", "--check", code=2)
    elsewhere = at.repo.folder.parent
    shutil.copytree(at.repo.folder, elsewhere / "copy", ignore=shutil.ignore_patterns(".git"))
    at.run("drift", "--config", str(elsewhere / "copy" / "langsync.yaml"), code=2)
    host = ("--host", at.server.url)
    at.run("init", str(elsewhere / "pulled"), "--yes", "--from-remote", *host)
    at.run("dataset diff", "qa", "--git", "HEAD~1")


def _post(langfuse: httpx.Client, path: str, **body: Any) -> None:
    if "type" in body:
        chat = [{"role": "system", "content": "Hi"}]
        body["prompt"] = chat if body["type"] == "chat" else "Hi"
    assert langfuse.post(path, json=body).is_success


def _look(at: Scene) -> None:
    at.run("list", "--remote")
    at.run("show", "chat")
    at.run("show", "chat", "--version", "1", "--resolved")
    at.keep("show", "show --version")
    at.run("diff", "chat", "v1", "production")
    at.run("render", "chat")
    at.run("doctor")


def _observe(at: Scene) -> None:
    at.process.chdir(at.repo.folder.parent)
    at.run("api")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("langsync.api.fetch_reference", _langfuses)
        at.run("api", "describe", "prompts_list")
        at.keep("api", "api describe")
        at.run("api", "describe", "scores_create")
        at.keep("api", "api describe")
    at.run("api", "GET", "/v2/prompts", "--all")
    at.keep("api", "api OPERATION --all")
    (trace, *_) = at.run("traces list")
    at.run("traces show", trace["id"])
    at.run("observations list")
    at.run("observations list", "--full")
    at.keep("observations list", "observations list --full")
    at.run("scores list")
    at.run("scores create", "helpful", "1", "--trace", "t")
    at.run("sessions list")
    at.run("metrics", "totalCost:sum", "--by", "type", "--since", "2000d")
    at.run("dataset from-observations", "seen.jsonl", "--limit", "1")
    at.run("export", "scores", "scores.jsonl")


async def _langfuses(*_: object, **__: object) -> ApiReference:
    """Langfuse's own API reference, which describes answers, too."""
    return real()


def _manage(at: Scene) -> None:
    at.run("projects")
    for name, key in zip(("PUBLIC", "SECRET"), ORGANIZATION_KEYS, strict=True):
        at.process.setenv(f"LANGFUSE_ORG_{name}_KEY", key)
    made = at.run("keys create", "--note", "ci")
    at.run("keys list")
    at.run("keys delete", made["id"], "--yes")
    words = [sys.executable, "-m", "langsync", "serve", "--port", "0", "--format", "json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        assert running.stdout is not None
        at.printed["serve"] = [json.loads(running.stdout.readline())]
        running.terminate()


def _github(at: Scene) -> None:
    at.process.chdir(at.repo.folder)
    with Github() as github:
        github.pull_request(7)
        at.process.setenv("GITHUB_API_URL", github.url)
        at.process.setenv("GITHUB_TOKEN", TOKEN)
        at.process.setenv("INPUT_COMMAND", "validate")
        at.run("github run")
        file = at.repo.folder / "comment.md"
        file.write_text("Hello", "utf-8")
        where = ("--pull-request", "7", "--repository", REPOSITORY)
        at.run("github comment", str(file), *where)
