"""The command line itself: help, version, wrong words."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from importlib.metadata import version
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer.main

from langsync.cli import app, doctor
from langsync.config import LOCAL_PORT
from langsync.errors import (
    ApiError,
    ConfigError,
    InvalidFilesError,
    LangsyncError,
    Problem,
    RefusedError,
)
from tests.conftest import Cli

GROUP: Any = typer.main.get_command(app)
COMMANDS = sorted(GROUP.commands)
WIDTH = 80
PANELS = {
    "Core": "init validate fmt plan apply drift pull promote",
    "Look": "list show diff render dataset",
    "API": "api metrics export traces observations scores sessions",
    "Project": "environments doctor trust projects schema serve demo docs keys github",
}


def contexts(above: Any = None, command: Any = GROUP) -> Iterator[Any]:  # noqa: ANN401 - Typer's
    """Every command, those of groups and langsync itself among them."""
    context = command.make_context(command.name, [], parent=above, resilient_parsing=True)
    yield context
    for inner in getattr(command, "commands", {}).values():
        yield from contexts(context, inner)


ALL = {context.command_path: context for context in contexts()}


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """What every command says of itself in a terminal of 80 columns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(WIDTH))
        return {path: help_of(context) for path, context in ALL.items()}


def help_of(context: Any) -> str:  # noqa: ANN401 - Typer's
    text = StringIO()
    with redirect_stdout(text):
        context.command.get_help(context)
    return text.getvalue()


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_lists_every_command(cli: Cli, word: str) -> None:
    """Each with its first sentence."""
    ended = cli(word)
    assert (ended.code, ended.err) == (0, "")
    assert sorted(set(COMMANDS) & {*re.findall(r"\b[a-z]+\b", ended.out)}) == COMMANDS
    for name in COMMANDS:
        first = (GROUP.commands[name].help or "").split("\n")[0]
        assert first
        assert first in " ".join(ended.out.split())


def test_help_groups_the_commands(helps: dict[str, str]) -> None:
    """By what they are for, in the order of the work."""
    panels = re.findall(r"^╭─ (\w+) ─+╮\n(.*?)^╰", helps["langsync"], re.MULTILINE | re.DOTALL)
    listed = {title: re.findall(r"^│ ([a-z]+) ", text, re.MULTILINE) for title, text in panels}
    expected = {title: names.split() for title, names in PANELS.items()}
    assert {title: listed[title] for title in PANELS} == expected
    assert "Commands" not in listed


@pytest.mark.parametrize("path", ALL)
def test_help_of_a_command_tells_all_of_it(helps: dict[str, str], path: str) -> None:
    """Every option, and what each is for, with no word cut in two."""
    for parameter in ALL[path].command.get_params(ALL[path]):
        assert parameter.help, parameter.name
        for option in (*parameter.opts, *parameter.secondary_opts):
            if option.startswith("-"):
                assert re.search(rf"(?<![\w-]){option}(?![\w-])", helps[path]), option
        for word in parameter.help.split():
            assert word in helps[path], f"{parameter.opts}: {word}"


@pytest.mark.parametrize("path", ALL)
def test_help_fits_a_terminal_of_80_columns(helps: dict[str, str], path: str) -> None:
    """Also its examples; wrapped where a line is full, not where the source code breaks it."""
    lines = helps[path].splitlines()
    assert [line for line in lines if len(line) > WIDTH] == []
    prose = [line.strip() for line in helps[path].partition("╭")[0].splitlines()]
    wrapped = [(line, after) for line, after in pairwise(prose) if line and after]
    assert all(len(f"{line} {after.split()[0]}") > WIDTH - 2 for line, after in wrapped)


@pytest.mark.parametrize("path", ALL)
def test_help_shows_flags_as_flags(helps: dict[str, str], path: str) -> None:
    """Values have names, and no type of Python stands for one."""
    assert re.findall(r"<[a-z]\S*>", helps[path]) == []


@pytest.mark.parametrize("path", ALL)
def test_help_has_examples_that_are_right(
    helps: dict[str, str], path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two or three, each of which langsync takes as it stands."""
    (tmp_path / "datasets").mkdir()
    monkeypatch.chdir(tmp_path)
    examples = helps[path].partition(" Examples:\n")[2].strip().splitlines()
    assert 2 <= len(examples) <= 3
    for example in examples:
        assert any(name.startswith(path) for name in parsed(example)), example
    assert len({*examples}) == len(examples)


def parsed(example: str) -> Iterator[str]:
    """The paths of the commands of an example, once their words are parsed."""
    for line in re.split(r" (?:&&|\|) ", example):
        words = [word for word in shlex.split(line, comments=True) if "INPUT_" not in word]
        assert words[0] == "langsync"
        name, rest, above = words[0], words[1:], None
        command = GROUP
        while hasattr(command, "commands"):
            above = command.make_context(name, [], parent=above, resilient_parsing=True)
            name, *rest = rest
            command = command.commands[name]
        yield command.make_context(name, rest, parent=above).command_path


def test_help_needs_nothing_of_what_commands_do() -> None:
    """So that it, the version and completion come at once: neither files nor HTTP are loaded."""
    code = "import sys; from langsync import cli; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    parts = ("client", "config", "engine", "history", "kinds", "lint", "load", "local", "api")
    heavy = {"httpx", "ruamel", "rich.progress", *(f"langsync.{part}" for part in parts)}
    assert heavy & {*ended.stdout.split()} == set()


def test_the_server_has_the_port_of_local_environments() -> None:
    """The number is written twice, as the configuration takes long to load."""
    [port] = [one for one in GROUP.commands["serve"].params if one.name == "port"]
    assert port.default == LOCAL_PORT


def test_without_words_there_is_help(cli: Cli) -> None:
    """Nobody has to guess how to begin."""
    ended = cli()
    assert "Usage: " in ended.out + ended.err
    assert "validate" in ended.out + ended.err


def test_the_version_is_that_of_the_package(cli: Cli) -> None:
    """On stdout, alone."""
    ended = cli("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"langsync {version('langsync')}\n", "")


@pytest.mark.parametrize(
    "words",
    [
        ("nothing",),
        ("plan", "--nothing"),
        ("plan", "extra"),
        ("plan", "--format", "xml"),
        ("plan", "--concurrency", "0"),
        ("plan", "--concurrency", "many"),
        ("plan", "--timeout", "0"),
        ("plan", "--env"),
        ("serve", "--port", "70000"),
        ("serve", "--project", "a:b"),
    ],
)
def test_wrong_words_end_with_1(cli: Cli, repo: Path, words: tuple[str, ...]) -> None:
    """Not with 2, which means that something differs; the error is on stderr, nothing on stdout."""
    ended = cli(*words)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ConfigError("no host"), 1, ["error: no host"]),
        (ApiError("gone", 404), 1, ["error: gone"]),
        (LangsyncError("a [bold]b[/bold] \x1b[2J"), 1, ["error: a [bold]b[/bold] \\u001b[2J"]),
        (
            InvalidFilesError([Problem("a.yaml", "is bad", 1, 2)]),
            1,
            ["a.yaml:1:2: error: is bad", "1 error; nothing was sent."],
        ),
        (
            RefusedError(["one", "two"]),
            3,
            ["refused: one", "refused: two", "Nothing was sent."],
        ),
    ],
)
def test_an_error_ends_with_its_code(
    cli: Cli,
    repo: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: LangsyncError,
    code: int,
    words: list[str],
) -> None:
    """In words, on stderr, without a traceback."""

    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr(doctor, "_show", fail)
    ended = cli("doctor")
    assert (ended.code, ended.out, ended.err.splitlines()) == (code, "", words)


def test_ctrl_c_ends_with_130(cli: Cli, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a traceback."""

    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "_show", interrupt)
    ended = cli("doctor")
    assert (ended.code, ended.out, ended.err) == (130, "", "error: interrupted\n")


def test_an_error_of_ours_is_not_hidden(
    cli: Cli, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes out with its traceback, to be reported."""
    monkeypatch.setattr(doctor, "_show", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli("doctor")
