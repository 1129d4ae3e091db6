"""The command line: one module a command; the only place that prints, asks, picks exit codes."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import NoReturn

import typer

from langsync.cli import (
    apply,
    demo,
    diff,
    doctor,
    drift,
    environments,
    plan,
    promote,
    render,
    serve,
    show,
    validate,
)
from langsync.cli.console import complain
from langsync.errors import LangsyncError

app = typer.Typer(
    name="langsync",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Langfuse prompts and datasets as code: plan, review and apply them from Git.",
    epilog="Try it without an account: [bold]langsync demo[/bold]",
)


def _version(value: bool) -> None:
    if value:
        from langsync import __version__

        typer.echo(f"langsync {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Take the options that stand before any command."""


for module in (
    validate,
    plan,
    apply,
    drift,
    promote,
    show,
    diff,
    render,
    environments,
    doctor,
    serve,
    demo,
):
    app.command(module.__name__.rpartition(".")[2])(module.command)


def run(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words of the command line; by default those of the process.

    Returns:
        The exit code: 0 done, 1 error, 2 differences, 3 refused, 130 interrupted.
    """
    try:
        code = app(arguments, standalone_mode=False)
    except LangsyncError as error:
        complain(error)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        complain("interrupted")
        return 130
    except OSError as error:
        complain(f"{error.strerror or error}")
        return 1
    except Exception as error:
        # a usage error of the command line itself: typer's own class for it is private
        if not hasattr(error, "format_message"):
            raise
        error.show()  # type: ignore[attr-defined]
        return 1
    if code == 130:
        complain("interrupted")
    return code if isinstance(code, int) else 0


def main() -> NoReturn:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no arrows
    sys.exit(run())
