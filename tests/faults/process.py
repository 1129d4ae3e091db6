"""Starts commands in forked processes, which takes a tenth of a new interpreter's time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from tests.faults import child
from tests.faults.child import Call

HANGS_AFTER = 300.0
"""Seconds after which a command counts as one that never ends; no run comes near it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed.

    Args:
        code: Its exit code; the negative number of a signal that killed it.
        out: Its standard output.
        err: Its standard error.
        hung: Whether it had to be killed because it did not end.
    """

    code: int
    out: str
    err: str
    hung: bool = False


class _Reader(threading.Thread):
    """Reads what a process prints, to the end of that."""

    def __init__(self, source: Connection) -> None:
        super().__init__(daemon=True)
        self._source = source
        self._read: list[bytes] = []
        self.start()

    def run(self) -> None:
        with self._source:
            while data := os.read(self._source.fileno(), 65536):
                self._read.append(data)

    def text(self) -> str:
        """All that was printed."""
        self.join()
        return b"".join(self._read).decode("utf-8", "replace")


@dataclass(slots=True)
class Running:
    """A command under way."""

    process: BaseProcess
    out: _Reader
    err: _Reader

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing where it has ended."""
        if self.process.pid is not None and self.process.exitcode is None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    def wait(self, seconds: float = HANGS_AFTER) -> Ended:
        """Wait for its end, and end it where it does not come."""
        self.process.join(seconds)
        hung = self.process.exitcode is None
        if hung:
            self.process.kill()
            self.process.join()
        code = self.process.exitcode
        self.process.close()
        return Ended(1 if code is None else code, self.out.text(), self.err.text(), hung)


_lock = threading.Lock()


def start(call: Call) -> Running:
    """Start a command."""
    context = multiprocessing.get_context("forkserver")
    with _lock:
        context.set_forkserver_preload([child.__name__])
        (out, its_out), (err, its_err) = context.Pipe(duplex=False), context.Pipe(duplex=False)
        process = context.Process(target=child.run, args=(call, its_out, its_err), daemon=True)
        process.start()
        its_out.close()
        its_err.close()
    return Running(process, _Reader(out), _Reader(err))
