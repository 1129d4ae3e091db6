"""Shows progress: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from langsync.cli import console
from langsync.client.rates import duration

if TYPE_CHECKING:
    from langsync.client import Client

EVERY = 5.0
"""Seconds between two lines where there is no terminal."""

_WORTH_TELLING = 1.0
"""Seconds of a wait that a person would wonder about."""

_LONG = 10.0
"""Seconds of a wait that is no ordinary pause between two attempts."""


class RateColumn(ProgressColumn):
    """Steps a second."""

    def render(self, task: Task) -> Text:
        """The rate of the last while; nothing before there is one."""
        speed = task.finished_speed or task.speed
        return Text(_rate(speed) if speed else "", "dim")


def _rate(speed: float) -> str:
    """Steps a second, or a minute where there is not one in each."""
    return f"{speed:.0f}/s" if speed >= 1 else f"{speed * 60:.0f}/min"


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Show progress, unless output is quiet or each request is printed.

    Args:
        label: What is under way.
        total: Of how many steps; None if nobody knows.

    Yields:
        A function to call after each step.
    """
    err = console.err()
    if console.is_quiet() or console.is_verbose():
        yield lambda: None
    elif err.is_terminal:
        known = (BarColumn(), MofNCompleteColumn(), RateColumn(), TimeRemainingColumn())
        unknown = (MofNCompleteColumn(), TimeElapsedColumn())
        columns = unknown if total is None else known
        bar = Progress(
            SpinnerColumn(),
            TextColumn(label),
            *columns,
            console=err,
            transient=True,
            redirect_stdout=False,  # results may be written meanwhile, and never to stderr
        )
        with bar, console.shared(bar.console):
            task = bar.add_task(label, total=total)
            yield lambda: bar.advance(task)
    else:
        yield Lines(label, total).step


class Lines:
    """Prints progress every few seconds.

    Args:
        label: What is under way.
        total: Of how many steps; None if nobody knows.
        clock: The time in seconds.
    """

    def __init__(
        self, label: str, total: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._label, self._total, self._clock = label, total, clock
        self._began = self._said = clock()
        self._done = 0

    def step(self) -> None:
        """Count a step, and print progress if it is due."""
        self._done += 1
        now = self._clock()
        if now - self._said >= EVERY and self._done != self._total:
            self._said = now
            console.notice(self._line(now - self._began))

    def _line(self, seconds: float) -> str:
        rate = self._done / seconds
        if self._total is None:
            requests = "1 request" if self._done == 1 else f"{self._done:,} requests"
            return f"{self._label}: {requests}, {_rate(rate)}"
        left = duration((self._total - self._done) / rate)
        return f"{self._label}: {self._done:,} of {self._total:,}, {_rate(rate)}, {left} left"


@contextmanager
def asking(client: Client, label: str) -> Iterator[None]:
    """Show that a client asks Langfuse, and each request if output is verbose.

    Args:
        client: Who asks.
        label: What is under way.
    """
    with progress(label) as step:

        def answered(method: str, path: str, status: int, seconds: float) -> None:
            step()
            console.request(method, path, status, seconds)

        client.on_request, client.on_wait = answered, waiting
        yield
    client.on_request = console.request  # of what is sent, only where that is wanted


def waiting(family: str, seconds: float) -> None:
    """Print that a rate limit or a busy server is waited for."""
    if family and seconds >= _WORTH_TELLING:
        console.notice(f"Langfuse limits requests ({family}): waiting {duration(seconds)}.", "dim")
    elif seconds >= _LONG:
        console.notice(f"Langfuse is busy: waiting {duration(seconds)}.", "dim")
