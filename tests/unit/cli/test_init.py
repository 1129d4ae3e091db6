"""init: a repository that works from its first minute, and never a file that is overwritten."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from langsync.cli.demo import examples
from langsync.cli.workflows import NAMES
from tests.conftest import Cli, RecordingServer, client_of, write
from tests.unit.git import repository

WORKFLOWS = [f".github/workflows/langsync-{name}.yml" for name in ("review", "deploy", "drift")]
WRITTEN = [
    "langsync.yaml",
    "prompts/example.yaml",
    "datasets/example.yaml",
    ".langsync/schemas/langsync.json",
    ".langsync/schemas/dataset.json",
    ".langsync/schemas/prompt.json",
    ".langsync/schemas/score_config.json",
    *WORKFLOWS,
    ".pre-commit-config.yaml",
    ".vscode/settings.json",
    ".vscode/extensions.json",
]


def parsed(file: Path) -> Any:  # noqa: ANN401 - what YAML holds
    return YAML(typ="safe", pure=True).load(file.read_text("utf-8"))


def there(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def test_an_empty_folder_becomes_a_repository_that_works(
    cli: Cli, repo: Path, langfuse: RecordingServer
) -> None:
    """It validates without a warning, is applied, and then nothing differs."""
    begun = cli("init", "--yes")
    assert begun.code == 0
    assert begun.out == "".join(f"wrote  {name}\n" for name in WRITTEN)
    assert "langsync apply --env local" in begun.err
    valid = cli("validate", "--strict")
    assert (valid.code, "2 dataset items, 1 prompt" in valid.out) == (0, True), valid.err
    assert cli("fmt", "--check").code == 0
    where = ("--env", "local", "--host", langfuse.url)
    assert cli("apply", "--yes", *where).code == 0
    assert len(langfuse.writes) == 4
    assert cli("plan", "--detailed-exitcode", *where).code == 0


def test_a_second_run_writes_nothing(cli: Cli, repo: Path) -> None:
    """Whatever became of the files in between; what is missing comes back."""
    cli("init", "--yes")
    write(repo, {"prompts/example.yaml": "prompt: mine\n", WORKFLOWS[0]: "mine\n"})
    (repo / WORKFLOWS[1]).unlink()
    before = there(repo)
    again = cli("init", "--yes", "--host", "https://other.example")
    assert f"wrote  {WORKFLOWS[1]}\n" in again.out
    assert again.out.count("wrote") == 1
    after = there(repo)
    assert WORKFLOWS[1] in after
    assert {name: after[name] for name in before} == before


def test_the_result_as_json(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """What was written and kept, what to add, and what was pulled: nothing else on stdout."""
    with client_of(langfuse) as client:
        client.post("/v2/prompts", json={"name": "a", "prompt": "a", "labels": ["production"]})
    write(repo, {".pre-commit-config.yaml": "repos: []\n"})
    ended = cli("init", "--yes", "--from-remote", "--host", langfuse.url, "--format", "json")
    found = json.loads(ended.out)
    assert (ended.code, found["kept"]) == (0, [".pre-commit-config.yaml"])
    examples = {".pre-commit-config.yaml", "prompts/example.yaml", "datasets/example.yaml"}
    assert found["wrote"] == [name for name in WRITTEN if name not in examples]
    assert [one["file"] for one in found["to_add"]] == [".pre-commit-config.yaml"]
    assert found["pulled"] == ["prompts/a.yaml"]
    assert (repo / "prompts" / "a.yaml").is_file()


def test_answers_are_options(cli: Cli, repo: Path) -> None:
    """A region, a project, environments in their order, and what is not wanted."""
    words = ["--host", "us", "--project", "my: app", "--environment", "staging"]
    words += ["--environment", "production", "--no-github", "--no-pre-commit", "--no-vscode"]
    assert cli("init", "--yes", *words).code == 0
    assert sorted(there(repo)) == sorted(WRITTEN[:7])
    config = parsed(repo / "langsync.yaml")
    assert (config["project"], config["default_environment"]) == ("my: app", "staging")
    assert config["environments"] == {
        "local": {"host": "http://127.0.0.1:3030", "labels": ["production", "staging"]},
        "staging": {"host": "https://us.cloud.langfuse.com", "labels": ["staging"]},
        "production": {"host": "https://us.cloud.langfuse.com", "labels": ["production"]},
    }
    assert cli("validate", "--strict").code == 0


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "no terminal to ask on: say --yes"),
        (["--yes", "--host", "langfuse"], "or a region: EU, US, Japan, HIPAA"),
        (["--yes", "--environment", "local"], "neither local"),
        (["--yes", "--environment", "A b"], "environment 'A'"),
        (["--yes", "langsync.txt"], "langsync.txt is no folder"),
        (["--yes", "--workflow", "reviews"], "review, deploy, drift, promote"),
    ],
)
def test_what_cannot_be_is_refused(cli: Cli, repo: Path, words: list[str], reason: str) -> None:
    """Before anything is written."""
    write(repo, {"langsync.txt": ""})
    ended = cli("init", *words)
    assert (ended.code, list(there(repo))) == (1, ["langsync.txt"])
    assert reason in ended.err


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_unencrypted_host_has_to_be_allowed_in_workflows(
    cli: Cli, repo: Path, process: pytest.MonkeyPatch, scheme: str
) -> None:
    """By a variable, since nobody is asked there."""
    process.setenv("XDG_CONFIG_HOME", str(repo.parent / "user"))
    host = f"{scheme}://langfuse.internal:3000"
    ended = cli("init", "--yes", "--host", host)
    allowed = f"LANGSYNC_TRUSTED_HOSTS={host} in the env of each workflow" in ended.err
    assert allowed is (scheme == "http")


def test_an_existing_repository_keeps_its_ways(cli: Cli, repo: Path) -> None:
    """Its folders and environments are in what is added; no example lies beside real prompts."""
    repository(repo, "--initial-branch", "trunk")
    write(
        repo,
        {
            "ai/langsync.yaml": "version: 1\nprompts: texts\ndefault_environment: live\n"
            "environments:\n  test: {}\n  live: {}\n  here: {host: 'http://localhost:3030'}\n",
            "ai/texts/a.yaml": "prompt: a\n",
            ".pre-commit-config.yaml": "repos: []\n",
        },
    )
    ended = cli("init", "--yes", "ai")
    assert ended.code == 0
    assert "ai/texts/example.yaml" not in there(repo)
    assert "kept   .pre-commit-config.yaml\n" in ended.out
    assert "entry: langsync validate" in ended.err
    deploy = parsed(repo / WORKFLOWS[1])
    assert deploy["on"]["push"]["branches"] == ["trunk"]
    job = deploy["jobs"]["deploy"]
    assert job["strategy"] == {"max-parallel": 1, "matrix": {"environment": ["live", "test"]}}
    assert job["environment"] == "${{ matrix.environment }}"
    where = {"working-directory": "ai", "environment": "${{ matrix.environment }}"}
    for step in (one for one in job["steps"] if "langsync/" in one["uses"]):
        assert where.items() <= step["with"].items()
    review = parsed(repo / WORKFLOWS[0])["jobs"]
    assert review["validate"]["steps"][-1]["with"]["environment"] == "live"
    assert "strategy" not in review["validate"]
    assert review["plan"]["strategy"]["matrix"]["environment"] == ["live", "test"]
    settings = json.loads((repo / ".vscode" / "settings.json").read_text("utf-8"))
    assert settings["yaml.schemas"] == {
        "./ai/.langsync/schemas/langsync.json": "ai/langsync.yaml",
        "./ai/.langsync/schemas/prompt.json": "ai/texts/**/*.{yaml,yml}",
        "./ai/.langsync/schemas/dataset.json": "ai/datasets/**/*.{yaml,yml}",
        "./ai/.langsync/schemas/score_config.json": "ai/score_configs/**/*.{yaml,yml}",
    }


def test_a_link_out_of_the_repository_is_not_followed(cli: Cli, repo: Path) -> None:
    """Nothing is written, there or here."""
    (repo.parent / "elsewhere").mkdir()
    (repo / ".github").symlink_to(repo.parent / "elsewhere")
    ended = cli("init", "--yes")
    assert ended.code == 1
    assert "langsync-review.yml is outside the repository" in ended.err
    assert [path.name for path in repo.iterdir()] == [".github"]
    assert list((repo.parent / "elsewhere").iterdir()) == []


def test_what_langfuse_has_becomes_the_first_files(
    cli: Cli, repo: Path, langfuse: RecordingServer
) -> None:
    """In place of the examples; what goes with it is there as always."""
    with client_of(langfuse) as client:
        body = {"name": "a/b", "type": "text", "prompt": "Hi", "labels": ["production"]}
        client.post("/v2/prompts", json=body).raise_for_status()
    ended = cli("init", "--yes", "--from-remote", "--host", langfuse.url)
    assert ended.code == 0, ended.err
    files = there(repo)
    assert files["prompts/a/b.yaml"] == "prompt: Hi\n"
    assert "prompts/example.yaml" not in files
    assert WORKFLOWS[0] in files
    assert cli("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("environments", [["production"], ["staging", "production"]])
def test_workflows_are_those_of_the_examples(cli: Cli, repo: Path, environments: list[str]) -> None:
    """Which are held against the Action's inputs; only environments are added."""
    cli("init", "--yes", *(word for name in environments for word in ("--environment", name)))
    for name in WORKFLOWS:
        file = repo / name
        written = parsed(file)
        example = parsed(examples() / "workflows" / file.name.removeprefix("langsync-"))
        for job, expected in zip(written["jobs"].values(), example["jobs"].values(), strict=True):
            assert job.pop("strategy", None) is None or len(environments) == 2
            if "environment" in expected:
                assert job.pop("environment") != expected.pop("environment")
            for step in job["steps"]:
                if "langsync/" in step["uses"]:
                    chosen = step["with"].pop("environment")
                    offline = step["with"]["command"] == "validate" or len(environments) == 1
                    assert chosen == (environments[0] if offline else "${{ matrix.environment }}")
        assert written == example


def test_linters_like_the_workflows(cli: Cli, repo: Path) -> None:
    """All of them; with a matrix, too."""
    every = [word for name in NAMES for word in ("--workflow", name)]
    cli("init", "--yes", "--environment", "test", "--environment", "live", *every)
    promote = parsed(repo / ".github/workflows/langsync-promote.yml")["jobs"]["promote"]
    assert promote["environment"] == "live"
    assert promote["steps"][-1]["with"]["args"].startswith("--from test --to live ")
    back = parsed(repo / ".github/workflows/langsync-sync-back.yml")["jobs"]["pull"]
    assert back["steps"][1]["with"]["environment"] == "test"
    files = sorted((repo / ".github" / "workflows").iterdir())
    assert len(files) == len(NAMES) == 6
    tool = Path(sys.executable).with_name("actionlint")
    done = subprocess.run([tool, *files], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("later", [False, True])
def test_what_is_promoted_by_hand_is_not_deployed_on_a_push(
    later: bool,  # noqa: FBT001 - a column
    cli: Cli,
    repo: Path,
) -> None:
    """Whichever workflow was written first; the others are as they are."""
    words = ["--environment", "staging", "--environment", "production"]
    first, second = ("deploy", "promote") if later else ("promote", "deploy")
    assert cli("init", "--yes", *words, "--workflow", "drift", "--workflow", first).code == 0
    ended = cli("init", "--yes", "--workflow", second)
    assert ended.code == 0
    text = (repo / ".github/workflows/langsync-deploy.yml").read_text()
    assert ("production" in text) == later
    warned = "langsync-deploy.yml deploys to production on every push: take it out" in ended.err
    assert warned == later
    if not later:
        deploy = parsed(repo / ".github/workflows/langsync-deploy.yml")["jobs"]["deploy"]
        assert "strategy" not in deploy
        ours = [one["with"] for one in deploy["steps"] if "langsync/" in one["uses"]]
        assert [one["environment"] for one in ours] == ["staging", "staging"]
        assert deploy["environment"] == "staging"
    drift = parsed(repo / ".github/workflows/langsync-drift.yml")["jobs"].popitem()[1]
    assert drift["strategy"]["matrix"]["environment"] == ["staging", "production"]


def test_both_workflows_at_once(cli: Cli, repo: Path) -> None:
    """Of three environments the first two are deployed to on a push, the last one by hand."""
    names = [word for name in ("dev", "staging", "live") for word in ("--environment", name)]
    ended = cli("init", "--yes", *names, "--workflow", "deploy", "--workflow", "promote")
    assert (ended.code, "on every push" in ended.err) == (0, False)
    deploy = parsed(repo / ".github/workflows/langsync-deploy.yml")["jobs"]["deploy"]
    assert deploy["strategy"]["matrix"]["environment"] == ["dev", "staging"]


def test_a_promotion_needs_two_environments(cli: Cli, repo: Path) -> None:
    """There is nothing to promote from one to itself."""
    ended = cli("init", "--yes", "--workflow", "promote")
    assert (ended.code, "--environment staging --environment production" in ended.err) == (1, True)
    assert not (repo / "langsync.yaml").exists()


def test_schemas_for_editors_take_the_examples(cli: Cli, repo: Path) -> None:
    """Each file names its schema, which accepts it, and refuses a key that does not exist."""
    cli("init", "--yes")
    for name in WRITTEN[:3]:
        first = (repo / name).read_text("utf-8").splitlines()[0]
        named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert named
        schema = json.loads((repo / name).parent.joinpath(named[1]).read_text("utf-8"))
        validator = jsonschema_rs.validator_for(schema)
        validator.validate(parsed(repo / name))
        assert not validator.is_valid({**parsed(repo / name), "nonsense": 1})
        for file in (examples() / name).parent.rglob("*.yaml") if "/" in name else ():
            validator.validate(parsed(file))


def test_a_person_is_asked(repo: Path) -> None:
    """What the command line does not say; a return takes the default."""
    main, terminal = pty.openpty()
    words = [sys.executable, "-m", "langsync", "init", "new", "--no-pre-commit"]
    with subprocess.Popen(words, cwd=repo, stdin=terminal, stdout=terminal, stderr=terminal) as run:
        os.close(terminal)
        os.write(main, b"Japan\nmy-app\nstaging, production\nn\n\n")
        assert run.wait(60) == 0
    os.close(main)
    written = there(repo / "new")
    assert 'project: "my-app"' in written["langsync.yaml"]
    assert written["langsync.yaml"].count("host: https://jp.cloud.langfuse.com") == 2
    assert ".vscode/settings.json" in written
    assert not any(name.startswith((".github", ".pre-commit")) for name in written)
