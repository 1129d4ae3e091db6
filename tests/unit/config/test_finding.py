"""Which ``langsync.yaml`` a command takes, and what one may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync import kinds
from langsync.config import Config, find_config, read_config
from langsync.errors import ConfigError, InvalidFilesError
from tests.unit.repository import write

MINIMAL = {"langsync.yaml": "version: 1\n"}


def read(folder: Path, text: str) -> Config:
    """Write a ``langsync.yaml`` and read it."""
    write(folder, {"langsync.yaml": text})
    return read_config(folder / "langsync.yaml", kinds.folders())


def problems(folder: Path, text: str) -> list[str]:
    """What is wrong with a ``langsync.yaml``, without its name."""
    with pytest.raises(InvalidFilesError) as caught:
        read(folder, text)
    return [str(problem).removeprefix("langsync.yaml:") for problem in caught.value.problems]


def test_the_nearest_file_above_counts(folder: Path) -> None:
    """The folder's own first, then its parent's, and so on up."""
    write(folder, {"langsync.yaml": "", "a/b/c/x": "", "a/langsync.yml": ""})
    assert find_config(folder / "a" / "b" / "c") == folder / "a" / "langsync.yml"
    assert find_config(folder) == folder / "langsync.yaml"


def test_a_folder_of_that_name_is_no_file(folder: Path) -> None:
    """It is passed over."""
    write(folder, {"langsync.yaml": "", "a/langsync.yaml/x": ""})
    assert find_config(folder / "a") == folder / "langsync.yaml"


def test_two_files_in_one_folder_are_one_too_many(folder: Path) -> None:
    """Nobody knows which one is meant."""
    write(folder, {"langsync.yaml": "", "langsync.yml": ""})
    with pytest.raises(ConfigError, match=r"both langsync\.yaml and langsync\.yml: remove one"):
        find_config(folder)


def test_files_below_are_listed_where_there_is_none_above(folder: Path) -> None:
    """As the option that names them; hidden folders and deep ones are left out."""
    write(
        folder,
        {
            f"{path}/langsync.yaml": ""
            for path in ("b", "a/x", "1/2/3/4", "1/2/3/4/5", ".git", "a/.venv/x")
        },
    )
    with pytest.raises(ConfigError) as caught:
        find_config(folder)
    assert str(caught.value).splitlines()[1:] == [
        "  --config 1/2/3/4/langsync.yaml",
        "  --config a/x/langsync.yaml",
        "  --config b/langsync.yaml",
    ]


def test_with_no_file_anywhere_the_way_to_begin_is_told(folder: Path) -> None:
    """What to write, and the demo."""
    with pytest.raises(ConfigError, match="begin with 'langsync init', or run 'langsync demo'"):
        find_config(folder)


def test_only_the_version_is_required(folder: Path) -> None:
    """Everything else has its default."""
    config = read(folder, "version: 1\n")
    assert (config.project, config.default_environment, config.environments) == (None, None, {})
    assert config.folders == kinds.folders()
    assert config.root == config.repository == folder.resolve()


def test_everything_that_it_says_is_taken(folder: Path) -> None:
    """Project, folders, environments."""
    config = read(
        folder,
        """
        version: 1
        project: my-app
        prompts: texts
        datasets: ./evals/sets
        default_environment: staging
        environments:
          staging: {labels: [staging, "team-*"], host: "http://localhost:3030"}
          production:
            public_key_env: LANGFUSE_PK
            secret_key_env: LANGFUSE_SK
        """,
    )
    assert (config.project, config.default_environment) == ("my-app", "staging")
    assert config.folders == {**kinds.folders(), "prompts": "texts", "datasets": "./evals/sets"}
    staging, production = config.environments.values()
    assert (staging.name, staging.labels) == ("staging", ("staging", "team-*"))
    assert (staging.host, staging.public_key_env) == ("http://localhost:3030", None)
    assert (production.name, production.labels, production.host) == ("production", None, None)
    assert (production.public_key_env, production.secret_key_env) == (
        "LANGFUSE_PK",
        "LANGFUSE_SK",
    )


@pytest.mark.parametrize("marker", [".git/config", ".git"])
def test_the_repository_is_the_work_tree_around_it(folder: Path, marker: str) -> None:
    """Of a clone, or of a linked work tree, where ``.git`` is a file."""
    write(folder, {marker: "x", "a/b/langsync.yaml": "version: 1\nprompts: ../../shared\n"})
    config = read_config(folder / "a" / "b" / "langsync.yaml", kinds.folders())
    assert (config.root, config.repository) == ((folder / "a" / "b").resolve(), folder.resolve())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("project: x\n", "1:1: version is missing"),
        ("version: 2\n", "1:10: version must be 1"),
        ("version: 1\nprompt: x\n", "2:1: unknown key 'prompt': did you mean 'prompts'?"),
        ("version: 1\nprompts: ''\n", "2:10: prompts: String should have at least 1 character"),
        ("version: 1\nprompts: ../x\n", "2:10: prompts: ../x is outside the repository"),
        ("version: 1\ndatasets: /tmp\n", "2:11: datasets: /tmp is outside the repository"),
        ("- x\n", "1:1: the document must be a mapping, not a list"),
        ("# none\n", " it is empty: write 'version: 1'"),
        ("version: 1\n---\nversion: 1\n", " it holds several documents"),
        (
            "version: 1\ndefault_environment: x\n",
            "2:22: default_environment 'x' is no environment: none is declared",
        ),
        (
            "version: 1\ndefault_environment: x\nenvironments: {a: {}, b: {}}\n",
            "2:22: default_environment 'x' is no environment: a, b",
        ),
    ],
)
def test_what_is_wrong_is_found_with_its_place(folder: Path, text: str, words: str) -> None:
    """And in words of its own."""
    assert any(one.startswith(words) for one in problems(folder, text))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{host: langfuse.example}", "3:13: host 'langfuse.example' is no URL"),
        ("{host: 'ftp://x'}", "3:13: host 'ftp://x' is no URL: it begins with https://"),
        ("{host: 'https://'}", "3:13: host 'https://' is no URL"),
        ("{host: 'https://[x'}", "3:13: host 'https://[x' is no URL"),
        ("{host: 'https://x:port'}", "3:13: host 'https://x:port' is no URL"),
        ("{host: 'https://pk:sk@x'}", "3:13: host must not hold a user name or password"),
        ("{public_key_env: LANGFUSE_PK}", "3:6: public_key_env and secret_key_env go together"),
        ("{secret_key_env: LANGFUSE_SK}", "3:6: public_key_env and secret_key_env go together"),
        (
            "{public_key_env: pk-lf-1, secret_key_env: LANGFUSE_SK}",
            "3:23: public_key_env is the name of a variable, such as LANGFUSE_PROD_SECRET_KEY,",
        ),
        ("{labels: []}", "3:15: labels is empty: name one, or leave it out"),
        ("{labels: [a, Bad]}", "3:19: 'Bad' is no label"),
        ("{labels: [latest]}", "3:16: 'latest' is no label"),
        ("{labels: ['']}", "3:16: '' is no label"),
        (f"{{labels: [{'x' * 37}]}}", f"3:16: '{'x' * 37}' is no label"),
        ("{label: [a]}", "3:7: unknown key 'label'"),
        ("[]", "3:6: environments.a must be a mapping, not a list"),
    ],
)
def test_environments_are_checked(folder: Path, entry: str, words: str) -> None:
    """All of them, whichever one is used."""
    (found,) = problems(folder, f"version: 1\nenvironments:\n  a: {entry}\n")
    assert found.startswith(words)


def test_all_that_is_wrong_is_listed(folder: Path) -> None:
    """At once."""
    text = "version: 1\nprompts: ../x\nenvironments:\n  a: {host: x, labels: [A, B]}\n"
    assert [one.split(": ")[0] for one in problems(folder, text)] == [
        "2:10",
        "4:13",
        "4:25",
        "4:28",
    ]


@pytest.mark.parametrize(
    "text", ["host: 'https://user:hunter2@x:port'", "host: 'ftp://u:hunter2@x'"]
)
def test_a_password_in_a_host_is_not_shown(folder: Path, text: str) -> None:
    """Whatever else is wrong with it."""
    assert "hunter2" not in problems(folder, f"version: 1\nenvironments:\n  a: {{{text}}}\n")[0]


def test_the_file_is_named_as_seen_from_here(folder: Path) -> None:
    """Relative to where langsync was started."""
    write(folder, {"a/langsync.yaml": "version: 2\n"})
    with pytest.raises(InvalidFilesError, match=r"^a/langsync\.yaml:1:"):
        read_config(folder / "a" / "langsync.yaml", kinds.folders())
