"""The docs say what the code does now: every command, option and key, and nothing that is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from langsync.cli import app
from langsync.config import ConfigFile, EnvironmentFile
from langsync.formats.limits import LIMITS
from langsync.kinds import folders
from langsync.kinds.dataset import DatasetFile
from langsync.kinds.dataset_item.shapes import ItemFile
from langsync.kinds.prompt.files import PromptFile
from langsync.kinds.score_config import ScoreConfigFile

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "langsync" / "docs"
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = (DOCS / "commands.md").read_text("utf-8")
FILES = (DOCS / "files.md").read_text("utf-8")
GROUP = typer.main.get_command(app)


def sections() -> dict[str, str]:
    """The text about each command, by its name."""
    parts = re.split(r"^## langsync (\S+)$", COMMANDS, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def options() -> Iterator[tuple[str, str]]:
    """Every option of every command."""
    for name, command in GROUP.commands.items():  # type: ignore[attr-defined]
        for each in (command, *getattr(command, "commands", {}).values()):
            for one in each.params:
                yield from ((name, option) for option in one.opts if option.startswith("--"))


def opposites() -> Iterator[str]:
    """Every option of the form ``--no-…``."""
    for command in GROUP.commands.values():  # type: ignore[attr-defined]
        for parameter in command.params:
            yield from parameter.secondary_opts


def test_every_command_has_a_section_and_no_section_is_of_none() -> None:
    """The commands of the docs are those of the program."""
    assert set(sections()) == set(GROUP.commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(sections()))
def test_readme_lists_the_command(name: str) -> None:
    """Each command has its line in the README's table."""
    assert f"| `langsync {name}` |" in README


@pytest.mark.parametrize(("command", "option"), sorted(options()))
def test_option_is_documented_with_its_command(command: str, option: str) -> None:
    """Each option stands in the section of its command."""
    shared = {"--help", "--quiet", "--verbose", "--format"}  # every command has them
    words = set(re.findall(r"--[a-z0-9-]+", sections()[command]))
    if command == "apply":  # it says "the options of plan but …"
        words |= set(re.findall(r"--[a-z-]+", sections()["plan"])) - {"--out"}
    assert option in words | shared


def test_docs_name_no_option_that_is_gone() -> None:
    """Each option that the docs name exists."""
    known = {option for _, option in options()} | set(opposites())
    known |= {"--help", "--version", "--install-completion", "--show-completion", "--no-cache"}
    known |= {"--json", "--fail", "--header", "--data-urlencode"}  # of curl
    known |= {"--filter", "--global", "--add", "--unshallow", "--refetch", "--no-filter", "--all"}
    known |= {"--init", "--recursive"}  # of git
    text = README + "".join(path.read_text("utf-8") for path in DOCS.glob("*.md"))
    mentioned = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    assert mentioned <= known


@pytest.mark.parametrize(
    ("heading", "keys"),
    [
        ("## langsync.yaml", [*ConfigFile.model_fields, *folders(), *EnvironmentFile.model_fields]),
        ("## Prompts", list(PromptFile.model_fields)),
        ("## Datasets", [*DatasetFile.model_fields, *ItemFile.model_fields]),
        ("## Score configs", list(ScoreConfigFile.model_fields)),
    ],
)
def test_file_keys_are_documented_and_no_other(heading: str, keys: list[str]) -> None:
    """The tables of the docs list exactly the keys that the loader knows."""
    section = FILES.split(heading + "\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", section, flags=re.MULTILINE)
    listed = [key for row in rows for key in re.findall(r"`([a-z_]+)`", row)]
    assert sorted(listed) == sorted(keys)


def test_readme_links_to_every_guide() -> None:
    """Each guide in the wheel is one click from the README."""
    for guide in DOCS.glob("*.md"):
        assert f"langsync/docs/{guide.name}" in README


def test_ci_runs_the_test_command_of_the_readme() -> None:
    """CI takes the test command from the README, so that both stay true."""
    block = README.split("<!-- tests -->\n")[1].split("```")[1]
    assert block.strip().splitlines()[-1].startswith("python3 -m venv .venv")
    assert "<!-- tests -->" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_limits_of_the_docs_are_those_of_the_program() -> None:
    """Each in its row, in their order, and no other."""
    _, _, table = FILES.partition("| limit | most |\n|---|---|\n")
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert rows == [f"| {limit.name} | {limit.most:,} {limit.unit} |" for limit in LIMITS]
