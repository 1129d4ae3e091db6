"""No file of a checkout is run in place of a program: by the Action, or where Git is looked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from langsync.source import git
from tests.action.runner import ACTION
from tests.conftest import Cli
from tests.unit.repository import write


def program(file: Path, text: str) -> Path:
    """A script that can be run."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for Python is a shell script")
def test_the_action_runs_no_module_of_the_checkout(tmp_path: Path) -> None:
    """``python -m`` looks for ``venv`` and ``pip`` in the working directory first."""
    ran, checkout = tmp_path / "ran", tmp_path / "checkout"
    module = f"open({str(ran)!r}, 'w')\n"
    write(checkout, {"venv.py": module, "pip/__init__.py": "", "pip/__main__.py": module})
    python = program(
        tmp_path / "python",
        f'bin="$RUNNER_TEMP/langsync/venv/bin"; mkdir -p "$bin"; ln -sf "$0" "$bin/python"\n'
        f'"{sys.executable}" "$@" --help >"$RUNNER_TEMP/help" 2>&1 || true',
    )
    (script,) = (step["run"] for step in ACTION["runs"]["steps"] if step.get("id") == "install")
    variables = {"PYTHON": str(python), "ACTION_PATH": str(tmp_path), "RUNNER_TEMP": str(tmp_path)}
    output = {"GITHUB_OUTPUT": str(tmp_path / "output"), "PATH": os.environ["PATH"]}
    subprocess.run(["bash", "-e", "-c", script], cwd=checkout, env=variables | output, check=True)
    assert (tmp_path / "output").read_text().startswith("langsync=")
    assert not ran.exists()


@pytest.mark.parametrize("folder", ["", ".", "bin"])
@pytest.mark.parametrize("command", ["plan", "init --yes --project x"])
def test_git_is_not_looked_for_in_the_checkout(
    folder: str, command: str, repo: Path, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """Where ``PATH`` has an empty or a relative entry; Windows looks there by itself."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/a.yaml": "prompt: Hi\n"})
    program(repo / folder / "git", f"touch '{repo}/ran'")
    process.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    cli(*command.split())
    assert not (repo / "ran").exists()
    found = git.find_program()
    assert found is not None
    assert Path(found).is_absolute()


def test_without_git_there_is_no_program(process: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder of its name, or a file that cannot be run, is none."""
    (tmp_path / "a/git").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b/git").touch(0o644)
    process.setenv("PATH", os.pathsep.join(str(tmp_path / name) for name in ("a", "b", "c")))
    assert git.find_program() is None
