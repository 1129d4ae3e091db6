"""Only declared files are read and written: no path in a repository leads to its secrets."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.conftest import Cli
from tests.unit.git import Repository as GitRepository
from tests.unit.repository import write

TOKEN = "h0stile-token"
CONFIG = {"langsync.yaml": "version: 1\nproject: local\n"}

SECRETS = [
    ".git/config",
    ".git/x.md",
    ".env",
    ".env.local",
    ".envrc",
    "prod.env",
    ".netrc",
    ".ssh/id_rsa",
    ".aws/credentials",
    ".docker/config.json",
    ".npmrc",
    ".pypirc",
    ".config/x.md",
    "sub/.hidden/x.md",
    ".github/x.md",
    "server.pem",
    "main.tfstate",
    "gha-creds-0123456789abcdef.json",
]
"""Files below the top of a repository that are never read."""


@pytest.fixture
def checkout(repo: Path) -> Path:
    """A Git repository that holds a secret in each of the places; beside it another one."""
    GitRepository(repo).git("init", "--quiet")
    for name in SECRETS:
        path = repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(f"# {TOKEN}\n" if name == ".git/config" else f"{TOKEN}: x\n")
    (repo.parent / "outside.md").write_text(TOKEN)
    write(repo, CONFIG)
    return repo


def validate(cli: Cli) -> str:
    """Everything that a check of all files prints; the token is not in it."""
    ended = cli("validate", "--format", "json")
    assert ended.code == 1
    assert TOKEN not in ended.out + ended.err
    errors = json.loads(ended.out)["errors"]
    assert all(error["line"] for error in errors)
    return "\n".join(f"{e['file']}:{e['line']}:{e['column']}: {e['message']}" for e in errors)


@pytest.mark.parametrize("name", [*SECRETS, ".GIT/config", "prompts/../.env", "./.env"])
@pytest.mark.parametrize(
    "declaration",
    [
        {"prompts/a.yaml": "prompt: {{file: '../{}'}}\n"},
        {"prompts/a.yaml": "prompt:\n  - system: {{file: '../{}'}}\n"},
        {"datasets/a.yaml": "items_from: ['../{}']\n"},
        {"datasets/a.yaml": "items_from: [{{file: '../{}', input: a}}]\n"},
        {"datasets/a.yaml": "input_schema: {{file: '../{}'}}\n"},
    ],
    ids=["text", "message", "rows", "mapped rows", "schema"],
)
def test_no_declaration_can_name_a_secret(
    name: str, declaration: dict[str, str], checkout: Path, cli: Cli
) -> None:
    """It is an error of its place, which does not show what is in the file."""
    write(checkout, {path: text.format(name) for path, text in declaration.items()})
    found = validate(cli)
    reasons = ("is Git's own", "where credentials are kept", "is hidden (")
    assert any(reason in found for reason in reasons)
    assert found.startswith(f"{next(iter(declaration))}:")


@pytest.mark.parametrize("name", [*SECRETS, "../outside.md"])
@pytest.mark.parametrize("through", ["file", "folder"])
def test_no_link_leads_to_a_secret(name: str, through: str, checkout: Path, cli: Cli) -> None:
    """Neither one to the file nor one to its folder."""
    target = (checkout / name).resolve()
    folder = checkout / "prompts"
    folder.mkdir()
    link = folder / ("text.md" if through == "file" else "texts")
    link.symlink_to(target if through == "file" else target.parent)
    text = link.name if through == "file" else f"texts/{target.name}"
    write(checkout, {"prompts/a.yaml": f"prompt: {{file: '{text}'}}\n"})
    assert f"{text!r} is " in validate(cli)


@pytest.mark.parametrize("name", [".env", ".git/config", ".config/x.md", "../outside.md"])
@pytest.mark.parametrize("command", ["validate", "fmt", "fmt --diff", "fmt --assign-ids", "list"])
def test_a_document_that_is_a_link_to_a_secret_is_not_read(
    name: str, command: str, checkout: Path, cli: Cli
) -> None:
    """Nor written over, nor copied into the folder."""
    link = checkout / "prompts" / "a.yaml"
    link.parent.mkdir()
    link.symlink_to((checkout / name).resolve())
    ended = cli(*command.split())
    assert TOKEN not in ended.out + ended.err
    assert link.is_symlink()
    assert TOKEN in link.read_text()
    if command != "fmt --diff" and not command.startswith("fmt"):
        assert ended.code == 1


@pytest.mark.parametrize("folder", [".git", ".ssh", ".aws", "../x", "link", ".env", "C:/x"])
@pytest.mark.parametrize("key", ["prompts", "datasets", "texts"])
def test_the_configuration_cannot_name_the_folder_of_a_secret(
    folder: str, key: str, checkout: Path, cli: Cli
) -> None:
    """Nor a link to one; a hidden folder counts only under its own name."""
    (checkout / "link").symlink_to(checkout / ".github")
    value = f"['{folder}']" if key == "texts" else f"'{folder}'"
    write(checkout, {"langsync.yaml": f"version: 1\n{key}: {value}\n"})
    ended = cli("validate")
    assert ended.code == 1
    assert f"langsync.yaml:2:{len(key) + (4 if key == 'texts' else 3)}: error: {key}: " in ended.err


def test_the_configuration_is_no_link_to_a_secret(checkout: Path, cli: Cli) -> None:
    """What it says would be in the errors."""
    (checkout / "langsync.yaml").unlink()
    (checkout / "langsync.yaml").symlink_to(checkout / ".env")
    ended = cli("validate")
    assert ended.code == 1
    assert TOKEN not in ended.out + ended.err
    assert "this link leads nowhere inside the repository, or to what is hidden" in ended.err


HIDDEN = {
    ".github/prompts/a.yaml": "prompt: {file: a.md}\n",
    ".github/prompts/a.md": "from a hidden folder\n",
    "prompts/b.yaml": "prompt: {file: ../.github/prompts/a.md}\n",
}


def test_a_hidden_folder_is_read_where_the_configuration_names_it(checkout: Path, cli: Cli) -> None:
    """As the folder of a kind, or of texts; not because another file names it."""
    write(checkout, HIDDEN)
    assert "'../.github/prompts/a.md' is hidden (.github)" in validate(cli)
    for config in ("prompts: .github/prompts/\n", "texts: [.github/prompts]\n"):
        write(checkout, {"langsync.yaml": f"version: 1\n{config}"})
        ended = cli("validate")
        assert (ended.code, ended.out) == (0, "Valid: 1 prompt.\n")


@pytest.mark.parametrize(
    "name", [".github/prompts/.env", ".github/prompts/.x/a.md", ".github/x.md"]
)
def test_what_is_hidden_in_such_a_folder_stays_so(name: str, checkout: Path, cli: Cli) -> None:
    """And so does what is beside it."""
    (checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (checkout / name).write_text(TOKEN)
    config = "version: 1\nprompts: .github/prompts/\n"
    text = f"prompt: {{file: '../../{name}'}}\n"
    write(checkout, {"langsync.yaml": config, ".github/prompts/a.yaml": text})
    assert f"'../../{name}' is " in validate(cli)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("../.*/*.md", "no file matches"),
        ("../**/*.md", "no file matches"),
        ("../.github/*.md", "'../.github' is hidden"),
        ("../../*.md", "'../..' is outside the repository"),
        ("*/../../../*.md", "'..' can only stand before"),
        ("/tmp/*", "a pattern is relative to this file"),
        ("../.git/*", "'../.git' is Git's own"),
    ],
)
def test_a_pattern_means_nothing_hidden(pattern: str, words: str, checkout: Path, cli: Cli) -> None:
    """Nor is anything outside looked through."""
    (checkout / "prompts").mkdir()
    write(checkout, {"datasets/a.yaml": f"items_from: ['{pattern}']\n"})
    assert words in validate(cli)


@pytest.mark.parametrize("name", ["C:/x.md", "c:x.md", "//server/share/x.md"])
def test_a_path_names_no_drive_and_no_other_machine(name: str, checkout: Path, cli: Cli) -> None:
    """It is refused before it is looked at: looking tells the other machine who the user is."""
    write(checkout, {"prompts/a.yaml": f"prompt: {{file: '{name}'}}\n"})
    assert "names a drive" in validate(cli)


def test_without_git_the_outermost_configuration_is_the_border(repo: Path, cli: Cli) -> None:
    """What is beside it is outside; what another one below names may be shared."""
    write(
        repo,
        {
            "outside.md": TOKEN,
            "work/langsync.yaml": "version: 1\n",
            "work/shared.md": "shared\n",
            "work/app/langsync.yaml": "version: 1\n",
            "work/app/prompts/a.yaml": "prompt: {file: ../../shared.md}\n",
        },
    )
    config = ("--config", "work/app/langsync.yaml")
    assert cli("validate", *config).code == 0
    write(repo, {"work/app/prompts/b.yaml": "prompt: {file: ../../../outside.md}\n"})
    ended = cli("validate", *config)
    assert ended.code == 1
    assert "is outside the repository" in ended.err
    assert TOKEN not in ended.err


def test_the_files_of_a_volume_are_read(repo: Path, cli: Cli) -> None:
    """Kubernetes links them through a folder whose name begins with two dots."""
    volume = {"..2026_11_29/langsync.yaml": "version: 1\nprompts: .\ndatasets: d\n"}
    write(repo, {**volume, "..2026_11_29/a.yaml": "prompt: Hi\n"})
    (repo / "..data").symlink_to("..2026_11_29")
    for name in ("langsync.yaml", "a.yaml"):
        (repo / name).symlink_to(f"..data/{name}")
    ended = cli("validate")
    assert (ended.code, ended.out) == (0, "Valid: 1 prompt.\n")


@pytest.mark.parametrize("target", [".env", ".git/config", ".config/x.md", "../outside.md"])
def test_a_pull_writes_through_no_link(
    target: str, checkout: Path, cli: Cli, raw: httpx.Client
) -> None:
    """A folder of a kind that is a link gets no files."""
    created = raw.post("/v2/prompts", json={"name": "a", "prompt": "new", "labels": ["production"]})
    assert created.status_code == 201
    (checkout / "prompts").symlink_to((checkout / target).resolve().parent)
    before = (checkout / target).read_bytes()
    ended = cli("pull", "--all", "--yes")
    refusals = ("prompts is a link, or behind one", "error: prompts: prompts/ is ")
    assert any(refusal in ended.err for refusal in refusals)
    assert (checkout / target).read_bytes() == before
    assert not (checkout / target).parent.joinpath("a.yaml").exists()


def test_history_reads_no_secret_that_a_commit_names(checkout: Path, cli: Cli) -> None:
    """A commit may hold such files, and links to them."""
    git = GitRepository(checkout)
    (checkout / "prompts").mkdir()
    (checkout / "prompts" / "b.md").symlink_to("../.env")
    write(checkout, {"prompts/a.yaml": "prompt: {file: ../.env}\n"})
    write(checkout, {"prompts/b.yaml": "prompt: {file: b.md}\n"})
    git.commit()
    write(checkout, {"prompts/a.yaml": "prompt: Hi\n", "prompts/b.yaml": "prompt: Hi\n"})
    (checkout / "prompts" / "b.md").unlink()
    git.commit()
    for name in ("a", "b"):
        ended = cli("diff", name, "git:HEAD~1", "git:HEAD")
        assert f"git:HEAD~1 does not declare prompt '{name}'" in ended.err
        assert TOKEN not in ended.out + ended.err
