"""The command line: one module a command; the only place that prints, asks, picks exit codes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Final, NoReturn

import typer

from langsync.cli import (
    api,
    apply,
    dataset,
    demo,
    diff,
    docs,
    doctor,
    drift,
    environments,
    export,
    fmt,
    github,
    init,
    listing,
    metrics,
    observed,
    organization,
    plan,
    promote,
    pull,
    render,
    schema,
    serve,
    show,
    trust,
    validate,
)
from langsync.cli.console import errors_as_json, is_json, print_error, with_verbosity
from langsync.cli.encoding import speak_plainly
from langsync.cli.option_groups import option, with_groups
from langsync.cli.options import VerbosityOptions
from langsync.cli.registration import Group, Panel, add_command
from langsync.cli.results import emit
from langsync.cli.runners import InertStream
from langsync.errors import LangsyncError

app = typer.Typer(
    name="langsync",
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Langfuse prompts and datasets as code: plan, review and apply them from Git.",
    epilog="langsync demo                     # try it without an account\n"
    "langsync init && langsync plan    # begin a repository\n"
    "langsync docs                     # the guides, without network",
)


def _version(value: bool) -> None:  # noqa: FBT001 - as Typer calls it
    if value:
        from langsync import __version__

        typer.echo(f"langsync {__version__}")
        raise typer.Exit


@app.callback()
@with_groups
def _root(
    *,
    context: typer.Context,
    verbosity: VerbosityOptions,
    version: Annotated[  # noqa: ARG001 - its callback shows it
        bool, option("--version", "Show the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Handle the options given before any command."""
    context.with_resource(with_verbosity(quiet=verbosity.quiet, verbose=verbosity.verbose))


COMMANDS: Final[Mapping[Panel, Mapping[str, Callable[..., int]]]] = {
    Panel.CORE: {
        "init": init.command,
        "validate": validate.command,
        "fmt": fmt.command,
        "plan": plan.command,
        "apply": apply.command,
        "drift": drift.command,
        "pull": pull.command,
        "promote": promote.command,
    },
    Panel.LOOK: {
        "list": listing.command,
        "show": show.command,
        "diff": diff.command,
        "render": render.command,
    },
    Panel.API: {"api": api.command, "metrics": metrics.command, "export": export.command},
    Panel.PROJECT: {
        "environments": environments.command,
        "doctor": doctor.command,
        "trust": trust.command,
        "projects": organization.projects,
        "schema": schema.command,
        "serve": serve.command,
        "demo": demo.command,
        "docs": docs.command,
    },
}
GROUPS: Final[Mapping[str, tuple[typer.Typer, Panel]]] = {
    "dataset": (dataset.app, Panel.LOOK),
    "traces": (observed.traces, Panel.API),
    "observations": (observed.observations, Panel.API),
    "scores": (observed.scores, Panel.API),
    "sessions": (observed.sessions, Panel.API),
    "keys": (organization.keys, Panel.PROJECT),
    "github": (github.app, Panel.PROJECT),
}
_FREE = {"ignore_unknown_options": True, "allow_extra_args": True}
"""Of ``langsync api``: parameters of Langfuse's API are options, too."""

for panel, commands in COMMANDS.items():
    for name, command in commands.items():
        add_command(app, name, command, panel, settings=_FREE if command is api.command else None)
for name, (group, panel) in GROUPS.items():
    app.add_typer(group, name=name, rich_help_panel=panel)


def run(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The command line's arguments; by default those of the process.

    Returns:
        The exit code: 0 done, 1 error, 2 differences, 3 refused, 130 interrupted.
    """
    if arguments is None:
        arguments = sys.argv[1:]
    with errors_as_json(enabled=_wants_json(arguments)):
        return _run(arguments)


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether results are JSON: then errors are too, even those of an invalid command line."""
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def _run(arguments: Sequence[str]) -> int:
    """Run a command; print what is wrong, and raise what is unexpected, unless errors are JSON."""
    try:
        code = app(list(arguments), standalone_mode=False)
    except LangsyncError as error:
        print_error(error)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return _interrupted()
    except OSError as error:
        print_error(f"{error.strerror or error}")
        return 1
    except Exception as error:
        if hasattr(error, "format_message"):
            _misused(error)
        elif _is_too_deep(error):
            print_error(LangsyncError("a value is nested more deeply than langsync can take"))
        elif not is_json():
            raise
        else:
            note = "this is a fault of langsync: without --format json it says where"
            print_error(f"{type(error).__name__}: {error} ({note})", "unexpected")
        return 1
    if code == 130:
        return _interrupted()
    return code if isinstance(code, int) else 0


def _is_too_deep(error: Exception) -> bool:
    """Whether a value is nested deeper than Python recurses, or than orjson writes: 254 levels."""
    return isinstance(error, RecursionError) or str(error) == "Recursion limit reached"


def _interrupted() -> int:
    print_error("interrupted", "interrupted", 130)
    return 130


def _misused(error: Any) -> None:  # noqa: ANN401 - typer's own class for it is private
    """Print what is wrong with a command line, with its usage unless errors are JSON."""
    misuse = LangsyncError(str(error.format_message()))
    if is_json():
        print_error(misuse)
    else:
        emit(misuse)
        error.show(file=InertStream(sys.stderr))


def main() -> NoReturn:
    """The console script."""
    speak_plainly(sys.stdout, sys.stderr)
    gc.freeze()  # the modules live as long as the process, and little of the rest is in circles:
    gc.set_threshold(5_000)  # looking for those took a tenth of the time of a large plan
    sys.exit(run())
