"""The command line: one module a command; the only place that prints, asks, picks exit codes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NoReturn

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
from langsync.cli.console import complain, errors_as_json, is_json, loudness
from langsync.cli.encoding import speak_plainly
from langsync.cli.results import give
from langsync.cli.runners import InertStream
from langsync.cli.verbosity import Quiet, Verbose, with_loudness
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
    context: typer.Context,
    quiet: Quiet = False,
    verbose: Verbose = False,
    version: bool = typer.Option(  # noqa: ARG001 - its callback shows it
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Take the options that stand before any command."""
    context.with_resource(loudness(quiet=quiet, verbose=verbose))


for name, module in {
    "init": init,
    "validate": validate,
    "fmt": fmt,
    "schema": schema,
    "list": listing,
    "plan": plan,
    "apply": apply,
    "drift": drift,
    "pull": pull,
    "promote": promote,
    "show": show,
    "diff": diff,
    "render": render,
    "environments": environments,
    "doctor": doctor,
    "trust": trust,
    "serve": serve,
    "demo": demo,
    "docs": docs,
}.items():
    app.command(name)(with_loudness(module.command))


app.command("api", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})(
    with_loudness(api.command)
)
app.command("export")(with_loudness(export.command))
app.command("metrics")(with_loudness(metrics.command))
app.command("projects")(with_loudness(organization.projects))
for name, group in {
    "dataset": dataset.app,
    "traces": observed.traces,
    "observations": observed.observations,
    "scores": observed.scores,
    "sessions": observed.sessions,
    "keys": organization.keys,
}.items():
    app.add_typer(group, name=name)
app.add_typer(github.app, name="github")


def run(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words of the command line; by default those of the process.

    Returns:
        The exit code: 0 done, 1 error, 2 differences, 3 refused, 130 interrupted.
    """
    words = sys.argv[1:] if arguments is None else arguments
    with errors_as_json(wanted=_wants_json(words)):
        return _run(words)


def _wants_json(words: Sequence[str]) -> bool:
    """Whether results are JSON: so are errors then, even those of a command line that is wrong."""
    return "--format=json" in words or ("--format", "json") in pairwise(words)


def _run(words: Sequence[str]) -> int:
    """Run a command; what is wrong is said, and what is unexpected is raised, but for scripts."""
    try:
        code = app(list(words), standalone_mode=False)
    except LangsyncError as error:
        complain(error)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return _interrupted()
    except OSError as error:
        complain(f"{error.strerror or error}")
        return 1
    except Exception as error:
        if hasattr(error, "format_message"):
            _misused(error)
        elif _is_too_deep(error):
            complain(LangsyncError("a value is nested more deeply than langsync can take"))
        elif not is_json():
            raise
        else:
            words = "this is a fault of langsync: without --format json it says where"
            complain(f"{type(error).__name__}: {error} ({words})", "unexpected")
        return 1
    if code == 130:
        return _interrupted()
    return code if isinstance(code, int) else 0


def _is_too_deep(error: Exception) -> bool:
    """Whether a value has more levels than Python recurses into, or than orjson writes: 254."""
    return isinstance(error, RecursionError) or str(error) == "Recursion limit reached"


def _interrupted() -> int:
    complain("interrupted", "interrupted", 130)
    return 130


def _misused(error: Any) -> None:  # noqa: ANN401 - typer's own class for it is private
    """Say what is wrong with a command line, and how it is meant where that is for people."""
    found = LangsyncError(str(error.format_message()))
    if is_json():
        complain(found)
    else:
        give(found)
        error.show(file=InertStream(sys.stderr))


def main() -> NoReturn:
    """The console script."""
    speak_plainly(sys.stdout, sys.stderr)
    gc.freeze()  # the modules live as long as the process, and little of the rest is in circles:
    gc.set_threshold(5_000)  # looking for those took a tenth of the time of a large plan
    sys.exit(run())
