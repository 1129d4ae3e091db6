"""A scene: a Git repository, a Langfuse, the command line, and the steps that happen there.

A step of a person in Langfuse's UI is a plain call of the API: it knows of no markers.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.conftest import Cli, Ended, RecordingServer
from tests.unit.git import Repository, clone
from tests.unit.repository import write

Json = Any

Declared = str | dict[str, Json] | None
"""A prompt as a step declares it: its text, the whole file, or None for no file."""


@dataclass
class Scene:
    """Where a situation happens.

    Args:
        repo: The Git repository; commands run in its folder.
        langfuse: The server.
        raw: Langfuse's API as anybody else calls it.
        cli: The command line.
        process: The variables and the folder of this process.
        options: What every command of langsync is told, such as the environment.
    """

    repo: Repository
    langfuse: RecordingServer
    raw: httpx.Client
    cli: Cli
    process: pytest.MonkeyPatch
    options: tuple[str, ...] = ()
    subjects: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str) -> Ended:
        """Run a command with the options of this situation, `words` after them."""
        return self.cli(words[0], *self.options, *words[1:])

    def call(self, method: str, path: str, body: Json = None, **params: Json) -> Json:
        """Call the API by hand; it must agree."""
        answer = self.raw.request(method, path, json=body, params=params)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def remember(self, hash: str) -> None:  # noqa: A002 - what it is
        """Know a commit by its subject."""
        self.subjects[hash[:12]] = self.repo.git("log", "-1", "--format=%s", hash)


Step = Callable[[Scene], None]


def prompt_files(prompts: Mapping[str, Declared]) -> dict[str, str]:
    """Prompt files: JSON, which is YAML."""
    return {
        f"prompts/{name}.yaml": json.dumps({"prompt": one} if isinstance(one, str) else one)
        for name, one in prompts.items()
        if one is not None
    }


def _lay_out(
    scene: Scene, files: Mapping[str, str | None] | None, prompts: Mapping[str, Declared]
) -> None:
    wanted = {**(files or {}), **prompt_files(prompts)}
    write(scene.repo.folder, {name: one for name, one in wanted.items() if one is not None})
    gone = [name for name, one in (files or {}).items() if one is None]
    gone += [f"prompts/{name}.yaml" for name, one in prompts.items() if one is None]
    for name in gone:
        (scene.repo.folder / name).unlink()


# ---- Git


def commit(
    subject: str, files: Mapping[str, str | None] | None = None, /, **prompts: Declared
) -> Step:
    """Write files and prompts, None removes one, and commit."""

    def step(scene: Scene) -> None:
        _lay_out(scene, files, prompts)
        scene.remember(scene.repo.commit(subject=subject))

    return step


def edit(files: Mapping[str, str | None] | None = None, /, **prompts: Declared) -> Step:
    """Write files and prompts, and do not commit."""
    return lambda scene: _lay_out(scene, files, prompts)


def git(*words: str) -> Step:
    """Call `git`; what it commits is a minute newer than what was there."""

    def step(scene: Scene) -> None:
        scene.repo.commits += 1
        scene.repo.git(*words)
        scene.remember(scene.repo.git("rev-parse", "HEAD"))

    return step


def revert(*words: str) -> Step:
    """Revert the newest commit."""
    return git("revert", "--no-edit", *words, "HEAD")


def branch(name: str) -> Step:
    """Begin a branch and go there."""
    return git("checkout", "--quiet", "-b", name)


def checkout(name: str) -> Step:
    """Go to a branch."""
    return git("checkout", "--quiet", name)


def merge(name: str) -> Step:
    """Merge a branch with a commit of its own."""
    return git("merge", "--quiet", "--no-ff", "-m", f"Merge {name}", name)


def squash(name: str, subject: str) -> Step:
    """Take what a branch has as one commit."""

    def step(scene: Scene) -> None:
        scene.repo.git("merge", "--quiet", "--squash", name)
        commit(subject)(scene)

    return step


def amend(subject: str, **prompts: Declared) -> Step:
    """Put another commit in the place of the newest one."""

    def step(scene: Scene) -> None:
        _lay_out(scene, None, prompts)
        git("commit", "--quiet", "--all", "--amend", "--allow-empty", "-m", subject)(scene)

    return step


def reset(ref: str) -> Step:
    """Go back to an older commit, the branch with it."""
    return git("reset", "--quiet", "--hard", ref)


def fresh_clone(*words: str) -> Step:
    """Go on in a fresh clone, as CI does; `words` are options of `git clone`."""

    def step(scene: Scene) -> None:
        commits = scene.repo.commits
        folder = scene.repo.folder
        scene.repo = clone(folder, folder.with_name(f"{folder.name}-clone"), *words)
        scene.repo.commits = commits
        scene.process.chdir(scene.repo.folder)

    return step


SHALLOW = fresh_clone("--depth", "1")
"""Go on in a clone that has the newest commit only."""


def no_git(scene: Scene) -> None:
    """Take the repository away; the files stay."""
    shutil.rmtree(scene.repo.folder / ".git")


# ---- langsync


def apply(*options: str) -> Step:
    """Deploy what is checked out; it must work."""

    def step(scene: Scene) -> None:
        ended = scene.cli("apply", "--yes", *(options or scene.options))
        assert ended.code == 0, ended.err

    return step


def promote(name: str) -> Step:
    """Deploy to production what staging has of a prompt."""

    def step(scene: Scene) -> None:
        ended = scene.cli("promote", name, "--from", "staging", "--to", "production", "--yes")
        assert ended.code == 0, ended.err

    return step


def warm(scene: Scene) -> None:
    """Plan, so that the cache knows everything."""
    assert scene.run("plan").code == 0


# ---- people in Langfuse's UI


def ui_create(
    prompt: Json, *labels: str, name: str = "p", tags: list[str] | None = None, config: Json = None
) -> Step:
    """Somebody makes a version and puts labels on it."""
    body = {"name": name, "prompt": prompt, "labels": list(labels), "config": config or {}}
    body["type"] = "text" if isinstance(prompt, str) else "chat"
    if tags is not None:
        body["tags"] = tags

    def step(scene: Scene) -> None:
        scene.call("POST", "/v2/prompts", body)

    return step


def ui_move(label: str, version: int, name: str = "p") -> Step:
    """Somebody moves a label."""

    def step(scene: Scene) -> None:
        where = f"/v2/prompts/{name}/versions/{version}"
        scene.call("PATCH", where, {"newLabels": [label]})

    return step


def ui_delete(version: int | None = None, name: str = "p") -> Step:
    """Somebody deletes a version, or the whole prompt."""

    def step(scene: Scene) -> None:
        params = {} if version is None else {"version": version}
        scene.call("DELETE", f"/v2/prompts/{name}", **params)

    return step


def ui_dataset(**fields: Json) -> Step:
    """Somebody edits the dataset ``d``."""

    def step(scene: Scene) -> None:
        scene.call("POST", "/v2/datasets", {"name": "d", **fields})

    return step


def ui_item(id: str, **fields: Json) -> Step:  # noqa: A002 - the field's name
    """Somebody edits an item of the dataset ``d``."""

    def step(scene: Scene) -> None:
        scene.call("POST", "/dataset-items", {"datasetName": "d", "id": id, **fields})

    return step


def ui_delete_item(id: str) -> Step:  # noqa: A002 - the field's name
    """Somebody deletes an item."""

    def step(scene: Scene) -> None:
        scene.call("DELETE", f"/dataset-items/{id}")

    return step


def quiet_git(process: pytest.MonkeyPatch) -> None:
    """Nobody's settings count for the calls of langsync, either."""
    process.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    process.setenv("GIT_CONFIG_NOSYSTEM", "1")
