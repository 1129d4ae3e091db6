"""Where output goes: results to stdout, everything else to stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from langsync.errors import InvalidFilesError, LangsyncError, Problem, RefusedError
from langsync.render.shape import harmless


def out() -> Console:
    """The console for results."""
    return Console(file=sys.stdout, soft_wrap=True, highlight=False, emoji=False, markup=False)


def err() -> Console:
    """The console for notices, questions and progress."""
    return Console(file=sys.stderr, soft_wrap=True, highlight=False, emoji=False, markup=False)


def show(result: RenderableType) -> None:
    """Print a result for people."""
    out().print(result)


def write(text: str) -> None:
    """Print a result for programs, as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()


def notice(text: str, style: str = "") -> None:
    """Print a notice."""
    err().print(Text(harmless(text), style))


def complain(error: LangsyncError | str) -> None:
    """Print what is wrong: every problem on a line of its own, with its place."""
    console = err()
    if isinstance(error, InvalidFilesError):
        for problem in error.problems:
            console.print(_placed("error", "bold red", problem))
        count = len(error.problems)
        console.print(Text(f"{count} error{'' if count == 1 else 's'}; nothing was sent.", "red"))
    elif isinstance(error, RefusedError):
        for reason in error.reasons:
            console.print(Text.assemble(("refused: ", "bold red"), harmless(reason)))
        console.print(Text("Nothing was sent.", "red"))
    else:
        words = error if isinstance(error, str) else error.message
        console.print(Text.assemble(("error: ", "bold red"), harmless(words)))


def warn(problem: Problem) -> None:
    """Print what deserves a look."""
    err().print(_placed("warning", "bold yellow", problem))


def _placed(word: str, style: str, problem: Problem) -> Text:
    return Text.assemble(
        (harmless(problem.place), "bold"),
        ": ",
        (f"{word}: ", style),
        harmless(problem.message),
        (f" [{problem.code}]" if problem.code else "", "dim"),
    )


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Show that something is under way, on a terminal only.

    Args:
        label: What is under way.
        total: Of how many steps; None if nobody knows.

    Yields:
        A function to call after each step.
    """
    bar = [BarColumn(), MofNCompleteColumn()] if total is not None else []
    columns = (SpinnerColumn(), TextColumn(label), *bar, TimeElapsedColumn())
    console = err()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as p:
        task = p.add_task(label, total=total)
        yield lambda: p.advance(task)
