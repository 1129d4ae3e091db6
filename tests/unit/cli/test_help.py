"""The command line itself: help, version, wrong words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import pytest
import typer.main

from langsync.cli import app, doctor
from langsync.errors import (
    ApiError,
    ConfigError,
    InvalidFilesError,
    LangsyncError,
    Problem,
    RefusedError,
)
from tests.conftest import Cli

GROUP = typer.main.get_command(app)
COMMANDS = sorted(GROUP.commands)  # type: ignore[attr-defined]


def options(command: str) -> Iterator[str]:
    """Every option of a command."""
    for parameter in GROUP.commands[command].params:  # type: ignore[attr-defined]
        yield from parameter.opts
        yield from parameter.secondary_opts


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_lists_every_command(cli: Cli, word: str) -> None:
    """Each with its first sentence."""
    ended = cli(word)
    assert (ended.code, ended.err) == (0, "")
    assert sorted(set(COMMANDS) & {*re.findall(r"\b[a-z]+\b", ended.out)}) == COMMANDS
    for name in COMMANDS:
        first = (GROUP.commands[name].help or "").split("\n")[0]  # type: ignore[attr-defined]
        assert first
        assert first in " ".join(ended.out.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_mentions_every_option(cli: Cli, command: str) -> None:
    """And says what each is for."""
    ended = cli(command, "--help")
    assert (ended.code, ended.err) == (0, "")
    for option in options(command):
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", ended.out), option


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_wrapped_only_where_a_line_is_full(
    cli: Cli, process: pytest.MonkeyPatch, command: str
) -> None:
    """Not where the source code breaks its lines."""
    process.setenv("COLUMNS", "80")
    text, _, _ = cli(command, "--help").out.partition("╭")
    lines = [line.strip() for line in text.splitlines()]
    wrapped = [(line, after) for line, after in pairwise(lines) if line and after]
    assert all(len(f"{line} {after.split()[0]}") > 78 for line, after in wrapped)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_words(command: str) -> None:
    """None is listed bare."""
    for parameter in GROUP.commands[command].params:  # type: ignore[attr-defined]
        assert parameter.help, parameter.name


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
