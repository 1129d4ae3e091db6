"""environments: what langsync.yaml declares, and what is still missing to use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli
from tests.unit.repository import write

CONFIG = """
    version: 1
    default_environment: staging
    environments:
      staging: {labels: [staging, "dev-*"], vars: {company: Acme, secret: v4lue}}
      production:
        labels: [production]
        host: https://us.cloud.langfuse.com
        public_key_env: LANGFUSE_PROD_PUBLIC_KEY
        secret_key_env: LANGFUSE_PROD_SECRET_KEY
      here: {host: "http://127.0.0.1:3030"}
    """


def rows(cli: Cli, *words: str) -> list[dict[str, Any]]:
    """The output as JSON."""
    ended = cli("environments", "--format", "json", *words)
    assert (ended.code, ended.err) == (0, "")
    found: list[dict[str, Any]] = json.loads(ended.out)["environments"]
    return found


def test_every_environment_is_listed(cli: Cli, repo: Path, process: pytest.MonkeyPatch) -> None:
    """With labels, host, variables of keys and whether they are set, names of values."""
    write(repo, {"langsync.yaml": CONFIG})
    process.setenv("LANGFUSE_PROD_PUBLIC_KEY", "pk-lf-1")
    process.setenv("LANGFUSE_HOST", "https://langfuse.example.com")
    assert rows(cli) == [
        {
            "name": "staging",
            "default": True,
            "labels": ["staging", "dev-*"],
            "host": "https://langfuse.example.com",
            "public_key": {"variable": "LANGFUSE_PUBLIC_KEY", "state": "not set"},
            "secret_key": {"variable": "LANGFUSE_SECRET_KEY", "state": "not set"},
            "vars": ["company", "secret"],
        },
        {
            "name": "production",
            "default": False,
            "labels": ["production"],
            "host": "https://us.cloud.langfuse.com",
            "public_key": {"variable": "LANGFUSE_PROD_PUBLIC_KEY", "state": "set"},
            "secret_key": {"variable": "LANGFUSE_PROD_SECRET_KEY", "state": "not set"},
            "vars": [],
        },
        {
            "name": "here",
            "default": False,
            "labels": None,
            "host": "http://127.0.0.1:3030",
            "public_key": {
                "variable": "LANGFUSE_PUBLIC_KEY",
                "state": "not set: the key of langsync serve is used",
            },
            "secret_key": {
                "variable": "LANGFUSE_SECRET_KEY",
                "state": "not set: the key of langsync serve is used",
            },
            "vars": [],
        },
    ]


def test_text_has_a_paragraph_for_each(cli: Cli, repo: Path) -> None:
    """The default one is marked."""
    write(repo, {"langsync.yaml": CONFIG})
    lines = cli("environments").out.splitlines()
    assert lines[:6] == [
        "staging (default)",
        "  labels      staging, dev-*",
        "  host        not set",
        "  public key  LANGFUSE_PUBLIC_KEY (not set)",
        "  secret key  LANGFUSE_SECRET_KEY (not set)",
        "  vars        company, secret",
    ]
    assert lines[6] == "production"
    assert lines[13] == "  labels      every label that a file names"


def test_markdown_is_a_table(cli: Cli, repo: Path) -> None:
    """With a row for each environment."""
    write(repo, {"langsync.yaml": CONFIG})
    lines = cli("environments", "--format", "markdown").out.splitlines()
    assert lines[0] == "| name | labels | host | public key | secret key | vars |"
    assert len(lines) == 5


def test_without_environments_there_is_one_without_a_name(cli: Cli, repo: Path) -> None:
    """It is the default, and moves every label."""
    write(repo, {"langsync.yaml": "version: 1\n"})
    (row,) = rows(cli)
    assert (row["name"], row["default"], row["labels"], row["vars"]) == ("", True, None, [])
    assert cli("environments").out.startswith("(no name) (default)\n")


@pytest.mark.parametrize(
    ("text", "defaults"),
    [("{a: {}}", [True]), ("{a: {}, b: {}}", [False, False])],
)
def test_the_only_environment_is_the_default(
    cli: Cli, repo: Path, text: str, defaults: list[bool]
) -> None:
    """Of several there is none unless it is named."""
    write(repo, {"langsync.yaml": f"version: 1\nenvironments: {text}\n"})
    assert [row["default"] for row in rows(cli)] == defaults


@pytest.mark.parametrize("name", ["text", "json", "markdown"])
def test_no_key_and_no_value_is_shown(
    cli: Cli, repo: Path, process: pytest.MonkeyPatch, name: str
) -> None:
    """Names of variables only; a host that holds a password is none."""
    write(repo, {"langsync.yaml": CONFIG})
    process.setenv("LANGFUSE_SECRET_KEY", "sk-lf-s3cret")
    process.setenv("LANGFUSE_BASE_URL", "https://me:s3cret@langfuse.example.com")
    ended = cli("environments", "--format", name)
    assert ended.code == 0
    assert "s3cret" not in ended.out + ended.err
    assert "v4lue" not in ended.out + ended.err


def test_keys_can_come_from_a_file(cli: Cli, repo: Path) -> None:
    """As for the commands that use them."""
    write(repo, {"langsync.yaml": CONFIG, "keys.env": "LANGFUSE_PROD_SECRET_KEY=sk\n"})
    assert rows(cli, "--env-file", "keys.env")[1]["secret_key"]["state"] == "set"


def test_another_configuration_can_be_named(cli: Cli, repo: Path) -> None:
    """One that is not there is an error."""
    write(repo, {"x/langsync.yaml": "version: 1\nenvironments: {other: {}}\n"})
    assert rows(cli, "--config", "x/langsync.yaml")[0]["name"] == "other"
    ended = cli("environments", "--config", "none.yaml")
    assert (ended.code, ended.out) == (1, "")
    assert "there is no such file" in ended.err


def test_a_matrix_of_jobs(cli: Cli, repo: Path) -> None:
    """Each environment of each langsync.yaml, on one line; hidden folders are passed over."""
    write(repo, {"langsync.yaml": CONFIG, "b c/langsync.yaml": "version: 1\n"})
    write(repo, {".git/langsync.yaml": "version: 1\n"})
    ended = cli("environments", "--all", "--format", "github-matrix")
    assert (ended.code, ended.err, ended.out.count("\n")) == (0, "", 1)
    jobs = json.loads(ended.out)["include"]
    assert [(job["config"], job["environment"]) for job in jobs] == [
        ("b c/langsync.yaml", ""),
        ("langsync.yaml", "staging"),
        ("langsync.yaml", "production"),
        ("langsync.yaml", "here"),
    ]
    assert jobs[2]["secret-key-variable"] == "LANGFUSE_PROD_SECRET_KEY"
    one = json.loads(cli("environments", "--format", "github-matrix").out)["include"]
    assert one == jobs[1:]


def test_a_matrix_has_an_end(cli: Cli, repo: Path) -> None:
    """GitHub refuses more; text is of one langsync.yaml."""
    names = "".join(f"  e{number}: {{}}\n" for number in range(257))
    write(repo, {"langsync.yaml": f"version: 1\nenvironments:\n{names}"})
    ended = cli("environments", "--format", "github-matrix")
    assert (ended.code, ended.out) == (1, "")
    assert "257 environments: a matrix of GitHub holds 256 jobs" in ended.err
    assert "--all goes with --format github-matrix" in cli("environments", "--all").err
