"""``langsync serve --live``: the embedded server on the work tree, and what it says."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from langsync.cli import console
from langsync.engine import workspace as work
from langsync.engine.following import Followed, Live
from langsync.model import Address

if TYPE_CHECKING:
    from langsync.cli.serve import ReachOptions
    from langsync.local import LocalProject

_LISTED = 5
"""Addresses that are named one by one after an edit."""


def serve(
    reach: ReachOptions,
    file: Path | None,
    env: str | None,
    project: LocalProject | None,
    announce: Callable[[str, Sequence[LocalProject]], None],
) -> int:
    """Serve the files until the process is interrupted or terminated; returns the exit code.

    Args:
        reach: Where it listens, and who is answered.
        file: The ``langsync.yaml`` that was named.
        env: The environment that was named; all of them without.
        project: Its name and keys; by default the name in ``langsync.yaml`` and the local keys.
        announce: Says where the server is, and its projects.

    Raises:
        LangsyncError: ``langsync.yaml`` is invalid, or the port is taken.
    """
    from langsync.local import LocalProject, LocalServer
    from langsync.local.watch import edits

    config = work.read(file)
    project = project or replace(LocalProject(), name=config.project or "local")
    server = LocalServer(
        reach.port,
        host=reach.host,
        projects=[project],
        allow_hosts=reach.allow_host or (),
        allow_origins=reach.allow_origin or (),
        log=reach.log,
    )
    live = Live(server.app, file, env, config)
    first = live.follow()  # before anybody asks
    with server, _until_stopped() as stop:
        announce(server.url, server.projects)
        counts = live.served.counts()
        shown = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        console.notice(f"Following {config.root}: {shown or 'nothing is declared yet'}", "bold")
        _complain(first)
        last = first
        for _ in edits(live.watched, stop):
            last = _tell(live.follow(), last)
    return 0


@contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """Yields an event that SIGINT or SIGTERM sets."""
    stop = threading.Event()
    stops = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(signum, lambda *_: stop.set()) for signum in stops]
    try:
        yield stop
    finally:
        for signum, handler in zip(stops, before, strict=True):
            signal.signal(signum, handler)


def _tell(followed: Followed, last: Followed) -> Followed:
    for word, addresses in (("serving", followed.changed), ("gone:", followed.gone)):
        if addresses:
            console.notice(f"{time.strftime('%H:%M:%S')} {word} {_listed(addresses)}")
    if followed.problems != last.problems:
        _complain(followed)
        if not followed.problems:
            console.notice("Everything is right again.", "green")
    return followed


def _complain(followed: Followed) -> None:
    for problem in followed.problems:
        console.mistake(problem)
    if followed.problems:
        console.notice("What was right before is still served.", "yellow")


def _listed(addresses: Sequence[Address]) -> str:
    names = ", ".join(str(address) for address in addresses[:_LISTED])
    more = len(addresses) - _LISTED
    return f"{names} and {more} more" if more > 0 else names
