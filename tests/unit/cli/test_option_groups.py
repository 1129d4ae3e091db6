"""Groups of options: a dataclass is declared once, and commands have its options."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, get_args

import pytest
import typer
import typer.main

import langsync.cli
from langsync.cli.option_groups import Only, option, with_groups

FOLDER = Path(langsync.cli.__file__).parent


@dataclass(frozen=True, kw_only=True)
class Options:
    name: Annotated[str | None, option("--name TEXT", "A name.")] = None
    count: Annotated[int, option("--count N", "A count.")] = 1
    setting: str = "of the class"


@dataclass(frozen=True, kw_only=True)
class MoreOptions(Options):
    count: Annotated[int, option("--count N", "Another count.")] = 2
    needed: Annotated[str, option("--needed TEXT", "Something that is needed.")]


SHARED = Annotated[bool, option("--shared", "Of several groups.")]


@dataclass(frozen=True, kw_only=True)
class PanelOptions:
    panel: ClassVar[str] = "Group"

    own: Annotated[bool, option("--own", "Of the group.")] = False
    shared: SHARED = False
    other: Annotated[bool, option("--other", "Elsewhere.", panel="Other")] = False


FEWER = Annotated[Options, Only("count")]
CHOSEN = Options(count=5, setting="of the command")


def result_of(command: Any, *words: str) -> Any:  # noqa: ANN401 - what the command returns
    """What a command returns when it is run with some words."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(with_groups(command))
    return app(list(words), standalone_mode=False)


def test_a_command_gets_the_instance() -> None:
    """Made of the options of the command line, beside options and arguments of its own."""

    def command(
        *,
        file: Annotated[str, typer.Argument()],
        options: Options,
        flag: Annotated[bool, option("--flag", "A flag.")] = False,
    ) -> Any:  # noqa: ANN401 - what is looked at
        return file, options, flag

    found = result_of(command, "a", "--count", "3", "--flag", "--name", "b")
    assert found == ("a", Options(name="b", count=3), True)
    assert result_of(command, "a") == ("a", Options(), False)


def test_a_command_has_only_the_options_that_it_names() -> None:
    """The other fields keep their defaults."""

    def command(options: FEWER) -> Any:  # noqa: ANN401 - what is looked at
        return options

    assert result_of(command, "--count", "3") == Options(count=3)
    with pytest.raises(Exception, match="No such option"):
        result_of(command, "--name", "b")


def test_a_command_has_defaults_of_its_own() -> None:
    """Those of the instance that is the parameter's default, settings too."""

    def command(options: FEWER = CHOSEN) -> Any:  # noqa: ANN401 - what is looked at
        return options

    assert result_of(command) == CHOSEN
    assert result_of(command, "--count", "3") == Options(count=3, setting="of the command")


def test_the_options_of_a_group_are_in_its_panel() -> None:
    """Unless one says another; the same option of another group is not moved with it."""

    def command(options: PanelOptions, more: Options) -> int:
        return 0

    parameters = inspect.signature(with_groups(command)).parameters
    found = {name: one.annotation.__metadata__[0] for name, one in parameters.items()}
    panels = {name: info.rich_help_panel for name, info in found.items()}
    assert panels == {
        "own": "Group",
        "shared": "Group",
        "other": "Other",
        "name": None,
        "count": None,
    }
    assert get_args(SHARED)[1].rich_help_panel is None


def test_a_group_extends_another_one() -> None:
    """With other defaults, and with options that are needed."""

    def command(options: MoreOptions) -> Any:  # noqa: ANN401 - what is looked at
        return options

    assert result_of(command, "--needed", "b") == MoreOptions(needed="b", count=2)
    with pytest.raises(Exception, match=r"Missing (option|parameter)"):
        result_of(command)


def test_what_is_declared_wrongly_is_found_at_once() -> None:
    """An option that the group does not have, and two of one name."""

    def unknown(options: Annotated[Options, Only("other")]) -> int:
        return 0

    def twice(options: Options, count: Annotated[int, option("--count N", "A count.")] = 1) -> int:
        return 0

    with pytest.raises(KeyError, match="other"):
        with_groups(unknown)
    with pytest.raises(ValueError, match="count"):
        with_groups(twice)


def test_an_option_is_declared_once() -> None:
    """Options of one name in several places mean different things."""
    declared = Counter(
        (call.args[0].value.split()[0], ast.unparse(call.args[1]))
        for file in FOLDER.glob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "option"
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    )
    assert len(declared) > 100
    assert [option for option, times in declared.items() if times > 1] == []
