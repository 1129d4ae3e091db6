"""The hooks, with the real pre-commit in a real repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import write

TOP = Path(__file__).parents[2]
PUBLISHED = ("langsync", "examples", "pyproject.toml", "README.md", "LICENSE")


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.hooksPath=/dev/null")
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """langsync's own repository, as pre-commit clones it; gives its commit, too."""
    folder = tmp_path_factory.mktemp("published")
    for name in (*PUBLISHED, ".pre-commit-hooks.yaml"):
        source = TOP / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "langsync")
    return folder, git(folder, "rev-parse", "HEAD")


def run(repo: Path, home: Path) -> tuple[int, str]:
    """Run the hooks on what is staged; gives the exit code and what they print."""
    tool = Path(sys.executable).with_name("pre-commit")
    environment = {**os.environ, "PRE_COMMIT_HOME": str(home), "COLUMNS": "100"}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [tool, "run", "--color", "never"],
        cwd=repo,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_hooks_check_and_lay_out_what_is_staged(
    published: tuple[Path, str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each langsync.yaml whole, since files refer to each other; only staged files are laid out."""
    repo, home = tmp_path / "work tree", tmp_path_factory.mktemp("pre-commit")
    repo.mkdir()
    hooks = "".join(f"      - id: {name}\n" for name in ("langsync-validate", "langsync-fmt"))
    write(
        repo,
        {
            ".pre-commit-config.yaml": "repos:\n"
            f"  - repo: {published[0]}\n    rev: {published[1]}\n    hooks:\n{hooks}",
            "one/langsync.yaml": "version: 1\n",
            "one/prompts/a.yaml": "prompt: See @@@langfusePrompt:name=b|label=production@@@\n",
            "one/prompts/b.yaml": "prompt: Hi\n",
            "one/prompts/untidy.yaml": "prompt:  Hi\n",
            "two/langsync.yaml": "version: 1\n",
            "two/datasets/d.yaml": "items_from: [rows.jsonl]\n",
            "two/datasets/rows.jsonl": '{"id": "x", "input": 1}\n',
            "other.yaml": "not:   ours\n",
        },
    )
    git(repo, "init", "--quiet")
    git(repo, "add", ".pre-commit-config.yaml", "other.yaml", "one/prompts/a.yaml")
    code, out = run(repo, home)
    assert code == 0, out
    assert (repo / "one/prompts/untidy.yaml").read_text() == "prompt:  Hi\n"
    git(repo, "add", ".")
    code, out = run(repo, home)
    assert code == 1, out
    assert "langsync fmt" in out
    assert "changed  one/prompts/untidy.yaml" in out
    assert (repo / "other.yaml").read_text() == "not:   ours\n"
    git(repo, "add", ".")
    assert run(repo, home)[0] == 0
    git(repo, "commit", "--quiet", "-m", "one")
    write(repo, {"one/prompts/b.yaml": "prompt: [{user: Hi}]\n"})
    write(repo, {"two/datasets/rows.jsonl": '{"id": "x", "input": 1\n'})
    git(repo, "add", ".")
    code, out = run(repo, home)
    assert code == 1
    assert "one/prompts/a.yaml:1" in out  # it refers to what is a chat now
    assert "two/datasets/rows.jsonl:1" in out
