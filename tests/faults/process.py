"""Starts commands in forked processes, which takes a tenth of a new interpreter's time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

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


@dataclass(slots=True)
class Running:
    """A command under way."""

    process: BaseProcess
    output: Path

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing where it has ended."""
        if self.process.pid is not None and self.process.exitcode is None:
            try:
                os.kill(self.process.pid, number)
            except ProcessLookupError:
                return

    def wait(self, seconds: float = HANGS_AFTER) -> Ended:
        """Wait for its end, and end it where it does not come."""
        self.process.join(seconds)
        hung = self.process.exitcode is None
        if hung:
            self.process.kill()
            self.process.join()
        out, err = (
            (self.output / name).read_text("utf-8", "replace")
            if (self.output / name).exists()
            else ""
            for name in ("out", "err")
        )
        code = self.process.exitcode
        self.process.close()
        return Ended(1 if code is None else code, out, err, hung)


_lock = threading.Lock()


def start(call: Call) -> Running:
    """Start a command."""
    context = multiprocessing.get_context("forkserver")
    with _lock:
        context.set_forkserver_preload([child.__name__])
        process = context.Process(target=child.run, args=(call,), daemon=True)
        process.start()
    return Running(process, call.output)
