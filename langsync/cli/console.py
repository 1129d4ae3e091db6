"""Where output goes: results to stdout, everything else to stderr."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from typing import TextIO, cast

from rich.console import Console, RenderableType
from rich.text import Text

from langsync.cli.encoding import escaped
from langsync.cli.results import emit
from langsync.cli.runners import InertStream, without_commands
from langsync.errors import InvalidFilesError, LangsyncError, Problem, RefusedError
from langsync.render.shape import escape_control, one_line


class Verbosity(IntEnum):
    """How much is printed besides results, errors and questions."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


_OUTDENTED = re.compile(r"\n(?! {2})")

_verbosity = ContextVar("verbosity", default=Verbosity.NORMAL)
_json = ContextVar("json", default=False)
_shared: ContextVar[Console | None] = ContextVar("shared", default=None)


@contextmanager
def with_verbosity(*, quiet: bool, verbose: bool) -> Iterator[None]:
    """Print less or more within the context; as before if neither is set."""
    chosen = Verbosity.QUIET if quiet else Verbosity.VERBOSE if verbose else _verbosity.get()
    token = _verbosity.set(chosen)
    try:
        yield
    finally:
        _verbosity.reset(token)


@contextmanager
def shared(console: Console) -> Iterator[None]:
    """Send all messages through one console within the context, so that they stay above a bar."""
    token = _shared.set(console)
    try:
        yield
    finally:
        _shared.reset(token)


@contextmanager
def errors_as_json(*, enabled: bool) -> Iterator[None]:
    """Print errors as JSON within the context, one object on a line of stderr."""
    token = _json.set(enabled)
    try:
        yield
    finally:
        _json.reset(token)


def is_json() -> bool:
    """Whether errors are JSON."""
    return _json.get()


def is_verbose() -> bool:
    """Whether each request is printed."""
    return _verbosity.get() is Verbosity.VERBOSE


def is_quiet() -> bool:
    """Whether nothing is printed besides results, errors and questions."""
    return _verbosity.get() is Verbosity.QUIET


def out() -> Console:
    """The console for results."""
    return _console(sys.stdout)


def err() -> Console:
    """The console for notices, questions and progress; one for all while a bar is shown."""
    return _shared.get() or _console(sys.stderr)


def _console(file: TextIO) -> Console:
    inert = cast("TextIO", InertStream(file))
    return Console(file=inert, soft_wrap=True, highlight=False, emoji=False, markup=False)


def show(result: RenderableType) -> None:
    """Print a result for people."""
    out().print(result)


def write(text: str, *, verbatim: bool = False) -> None:
    """Print a result for programs; characters outside the encoding are escaped as in JSON.

    Args:
        text: The result.
        verbatim: Whether it may contain what CI runners take for commands: because it is one, or
            because it is data in a format without escapes.
    """
    shown = text if verbatim else without_commands(text)
    sys.stdout.write(escaped(shown, sys.stdout.encoding))
    sys.stdout.flush()


def notice(text: str, style: str = "") -> None:
    """Print a notice, unless output is quiet."""
    if not is_quiet():
        err().print(Text(_paragraph(text), style))


def print_error(error: LangsyncError | str, kind: str = "error", exit_code: int = 1) -> None:
    """Print an error: each problem on its own line, with its place.

    Args:
        error: The error, or its message.
        kind: Its name in JSON if it has no class of its own.
        exit_code: The exit code of the command, for JSON.
    """
    emit(error)
    if is_json():
        from langsync.render import json

        sys.stderr.write(without_commands(json.error(error, kind, exit_code)))
        return
    console = err()
    if isinstance(error, InvalidFilesError):
        for problem in error.problems:
            mistake(problem)
        count = len(error.problems)
        console.print(Text(f"{count} error{'' if count == 1 else 's'}; nothing was sent.", "red"))
    elif isinstance(error, RefusedError):
        for reason in error.reasons:
            console.print(Text.assemble(("refused: ", "bold red"), one_line(reason)))
        console.print(Text("Nothing was sent.", "red"))
    else:
        message = error if isinstance(error, str) else error.message
        console.print(Text.assemble(("error: ", "bold red"), _paragraph(message)))


def mistake(problem: Problem) -> None:
    """Print one problem, with its place."""
    err().print(_placed("error", "bold red", problem))


def warn(problem: Problem, *, counts: bool = False) -> None:
    """Print a warning, unless output is quiet and the warning does not count as an error."""
    emit(problem)
    if counts or not is_quiet():
        err().print(_placed("warning", "bold yellow", problem))


def _placed(word: str, style: str, problem: Problem) -> Text:
    return Text.assemble(
        (one_line(problem.place), "bold"),
        ": ",
        (f"{word}: ", style),
        one_line(problem.message),
        (f" [{problem.code}]" if problem.code else "", "dim"),
    )


def _paragraph(text: str) -> str:
    """A text whose lines after the first are indented; a break that a name brings is spelt out.

    Messages of langsync's own that take several lines indent them, or begin with an empty one.
    """
    start = "\n" if text.startswith("\n") else ""
    return start + _OUTDENTED.sub(r"\\n", escape_control(text.removeprefix(start)))


def request(method: str, path: str, status: int, seconds: float) -> None:
    """Print a request and its outcome if output is verbose; never a key or a body."""
    if is_verbose():
        answer = status or "no answer,"
        err().print(Text(one_line(f"{method} {path} {answer} {seconds * 1000:.0f} ms"), "dim"))
