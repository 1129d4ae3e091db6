"""Every workflow: what it gives the Action, what it may do, what linters say of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.action.runner import ACTION, TOP

WORKFLOWS = sorted([*TOP.glob("examples/workflows/*.yml"), *TOP.glob(".github/workflows/*.yml")])
EXAMPLES = [path for path in WORKFLOWS if "examples" in path.parts]
TYPED = {"command": "validate plan apply promote drift pull", "comment-detail": "full summary"}


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in read(path)["jobs"].values():
        yield from job["steps"]


def test_each_use_has_an_example() -> None:
    """The uses that the docs name."""
    assert {path.stem for path in EXAMPLES} == {
        "deploy",
        "drift",
        "many-projects",
        "promote",
        "review",
        "sync-back",
    }


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_gives_the_action_what_it_takes(path: Path) -> None:
    """Inputs that exist, with values that they can have."""
    for step in steps(path):
        if step.get("uses", "").startswith(("langsync/", "./")):
            given = step.get("with", {})
            assert given.keys() <= ACTION["inputs"].keys()
            for name, values in TYPED.items():
                assert given.get(name, values.split()[0]) in values.split()
            assert given.get("comment", "") in ("", False)
            if given.get("command") != "validate":
                assert {"host", "public-key", "secret-key"} <= given.keys()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_reads_outputs_that_there_are(path: Path) -> None:
    """Of steps with that name."""
    named = {one["id"]: one for one in steps(path) if "id" in one}
    for step, output in re.findall(r"steps\.([\w-]+)\.outputs\.([\w-]+)", path.read_text()):
        assert step in named
        if named[step].get("uses", "").startswith(("langsync/", "./")):
            assert output in ACTION["outputs"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_do_little(path: Path) -> None:
    """Nothing by default, what a job needs by name; no code of others with secrets."""
    workflow = read(path)
    assert workflow["permissions"] == {}
    assert "pull_request_target" not in workflow["on"]
    for job in workflow["jobs"].values():
        assert job["permissions"].get("contents") in ("read", "write")
        assert "timeout-minutes" in job
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", [*WORKFLOWS, TOP / "action.yml"], ids=lambda path: path.stem)
def test_actions_are_pinned_and_scripts_hold_no_expressions(path: Path) -> None:
    """By commit, with the version behind it; values reach scripts by their environment."""
    found = read(path)
    all_steps = found["runs"]["steps"] if "runs" in found else [*steps(path)]
    for line in re.findall(r"uses: (\S+.*)", path.read_text()):
        assert re.fullmatch(
            r"(langsync/langsync@v0 # pin it by commit|\./|[\w/-]+@[0-9a-f]{40} # v[\d.]+)", line
        )
    for step in all_steps:
        assert "${{" not in step.get("run", "")


def test_actionlint_passes() -> None:
    """It checks types, expressions, contexts, and scripts where shellcheck is at hand."""
    tool = shutil.which("actionlint", path=str(Path(sys.executable).parent))
    assert tool is not None
    ended = subprocess.run(
        [tool, *map(str, WORKFLOWS)], cwd=TOP, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "")


def test_zizmor_passes() -> None:
    """It looks for what can be abused."""
    tool = shutil.which("zizmor", path=str(Path(sys.executable).parent))
    assert tool is not None
    paths = [*map(str, WORKFLOWS), "action.yml"]
    ended = subprocess.run(
        [tool, "--offline", "--no-progress", "--config", ".github/zizmor.yml", *paths],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
