"""Adds commands to the command line: their options, their help with examples, their panel."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any

import typer
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from langsync.cli import console
from langsync.cli.option_groups import with_groups
from langsync.cli.options import VerbosityOptions


class Panel(StrEnum):
    """A panel of commands in the help of langsync."""

    CORE = "Core"
    LOOK = "Look"
    API = "API"
    PROJECT = "Project"


class _Help:
    """The help of a command: flags without a type, and examples at the end.

    Args:
        epilog: The examples, a line each.
        settings: Typer's other arguments.
    """

    def __init__(self, *, epilog: str | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.examples = tuple((epilog or "").splitlines())

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - Typer's own
        """All parameters; a flag shows no value, and an argument no type of Python."""
        params: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for param in params:
            if getattr(param, "is_flag", False) and param.metavar is None:
                param.metavar = ""
            elif param.param_type_name == "argument":
                param.display_type_rich = _no_type
        return params

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - Typer's own
        """Print the help."""
        super().format_help(ctx, formatter)  # type: ignore[misc]
        if self.examples:
            console.show(Text(" Examples:", "bold"))
        for example in self.examples:
            call, mark, comment = example.partition("  #")
            console.show(Text.assemble(f"   {call}", (f"{mark}{comment}", "dim")))
        if self.examples:
            console.show("")


def _no_type(ctx: object) -> str:  # noqa: ARG001 - as Typer calls it
    return ""


class Command(_Help, TyperCommand):
    """A command."""


class Group(_Help, TyperGroup):
    """A command that has commands; its examples are theirs, where it has none of its own."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        if not self.examples:
            most = None if len(self.commands) == 1 else 1
            for command in self.commands.values():
                self.examples += getattr(command, "examples", ())[:most]


def add_command(
    app: typer.Typer,
    name: str,
    command: Callable[..., int],
    panel: Panel | None = None,
    *,
    cls: type[Command] = Command,
    settings: dict[str, Any] | None = None,
) -> None:
    """Add a command.

    Args:
        app: The command line, or a group of commands.
        name: Its name.
        command: Runs it, and returns the exit code. Its docstring is the help, and the lines below
            ``Examples:`` its examples.
        panel: Its panel in the help.
        cls: Its class.
        settings: Settings of its context.
    """
    text, _, examples = inspect.cleandoc(command.__doc__ or "").partition("\n\nExamples:\n")
    app.command(
        name,
        cls=cls,
        context_settings=settings,
        help=_unwrapped(text),
        epilog=inspect.cleandoc(examples),
        rich_help_panel=panel,
    )(with_groups(_with_verbosity(command)))


def _unwrapped(text: str) -> str:
    """Join the lines of each paragraph, which Typer wraps.

    Typer keeps the line breaks of all paragraphs but the first, so that text that is wrapped for
    the source code would be wrapped twice in a terminal of 80 columns.
    """
    return "\n\n".join(paragraph.replace("\n", " ") for paragraph in text.split("\n\n"))


def _with_verbosity(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options of verbosity, which every command has."""

    @wraps(command)
    def run(verbosity: VerbosityOptions, **options: Any) -> int:
        with console.with_verbosity(quiet=verbosity.quiet, verbose=verbosity.verbose):
            return command(**options)

    signature = inspect.signature(command)
    added = inspect.Parameter(
        "verbosity", inspect.Parameter.KEYWORD_ONLY, annotation=VerbosityOptions
    )
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*signature.parameters.values(), added]
    )
    run.__annotations__ = {**command.__annotations__, "verbosity": VerbosityOptions}
    return run
