"""A command of langsync in a forked process: its clock, its output, its limits."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import pkgutil
import resource
import selectors
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import typer

import langsync
from langsync import cli

for module in pkgutil.walk_packages(langsync.__path__, "langsync."):
    # What commands import when they run is loaded once, in the process that is forked.
    if not module.name.startswith("langsync.local") and not module.name.endswith("__main__"):
        importlib.import_module(module.name)

COMMANDS = typer.main.get_command(cli.app)
"""The command line, which is put together once; that takes a fifth of the time of a plan."""


@dataclass(frozen=True, slots=True)
class Call:
    """A command, and where and how it runs.

    Args:
        words: The command line.
        folder: Its working directory.
        variables: All its environment variables.
        stdout: What its standard output is written to; None for whoever started it.
        speed: How much faster than the real clock the event loop's goes: pauses, timeouts and
            rate limits take that much less.
        largest_file: Bytes that a file of this process may have at most, as on a full disk.
    """

    words: tuple[str, ...]
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    stdout: Path | None = None
    speed: float = 1.0
    largest_file: int | None = None


def _redirect(source: int, number: int) -> None:
    """Put another file behind a standard stream."""
    os.dup2(source, number)
    mode = "r" if number == 0 else "w"
    stream = open(number, mode, buffering=1 if number == 2 else -1, closefd=False)  # noqa: SIM115
    setattr(sys, ("stdin", "stdout", "stderr")[number], stream)


class _Selector(selectors.DefaultSelector):
    """Waits for a shorter time than it is told."""

    def __init__(self, speed: float) -> None:
        super().__init__()
        self._speed = speed

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout / self._speed if timeout else timeout)


class FastLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock goes faster than the real one."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        super().__init__(_Selector(speed))

    def time(self) -> float:
        return super().time() * self._speed


def run(call: Call, out: Connection, err: Connection) -> None:
    """Run a command in this process, and end the process with its exit code.

    Args:
        call: The command.
        out: Where its standard output goes.
        err: Where its standard error goes.
    """
    os.chdir(call.folder)
    os.environ.clear()
    os.environ.update(call.variables)
    full = None if call.stdout is None else os.open(call.stdout, os.O_WRONLY)
    _redirect(os.open(os.devnull, os.O_RDONLY), 0)
    _redirect(out.fileno() if full is None else full, 1)
    _redirect(err.fileno(), 2)
    out.close()
    err.close()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if call.largest_file is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (call.largest_file, most))
    if call.speed != 1.0:
        asyncio.events.new_event_loop = lambda: FastLoop(call.speed)
    sys.argv = ["langsync", *call.words]
    cli.app = COMMANDS  # type: ignore[assignment]
    try:
        code = cli.run(list(call.words))
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - the process ends with it
        sys.excepthook(*sys.exc_info())  # as the interpreter does
        code = 1
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
