"""Opens the way to Langfuse for commands: asks a person once whether a host may receive keys."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import typer

from langsync.cli import console
from langsync.config import (
    Connection,
    Environment,
    Trust,
    TrustedHosts,
    connect,
    read_variables,
)
from langsync.config.hosts import parse_origin
from langsync.config.trust import is_trusted_by_all
from langsync.errors import LangsyncError, UntrustedHostError
from langsync.render.shape import one_line

_insecure = ContextVar("insecure", default=False)


@contextmanager
def insecure(*, allowed: bool) -> Iterator[None]:
    """Allow HTTP past loopback for a while, where that is wanted."""
    token = _insecure.set(allowed or _insecure.get())
    try:
        yield
    finally:
        _insecure.reset(token)


def open_connection(
    environment: Environment,
    variables: Mapping[str, str],
    host: str | None,
    keys: tuple[str, str] | None = None,
) -> Connection:
    """Find host and keys; at a terminal a person may trust the host that a file names.

    Args:
        environment: The chosen environment.
        variables: See `langsync.config.read_variables`.
        host: The host that was named on the command line.
        keys: Keys to use in place of the environment's.

    Raises:
        ConfigError: Something is missing.
        RefusedError: The host may not receive keys.
    """
    allowed = _insecure.get()
    trust = Trust.remembered(environment.repository, insecure=allowed)
    try:
        return connect(environment, variables, host, trust=trust, keys=keys)
    except UntrustedHostError as error:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        if not _is_trusted_now(error, TrustedHosts.of_user(environment.repository)):
            raise
        origins = trust.origins | {parse_origin(error.host)}
        trust = Trust(origins, allowed)
        return connect(environment, variables, host, trust=trust, keys=keys)


def connection_of(environment: Environment, env_file: Path | None, host: str | None) -> Connection:
    """Find host and keys; see `open_connection`.

    Args:
        environment: The chosen environment.
        env_file: The file of variables that was named.
        host: The host that was named.

    Raises:
        ConfigError: Something is missing.
        RefusedError: The host may not receive keys.
    """
    return open_connection(environment, read_variables(env_file, os.environ), host)


def trust_named(host: str, repository: Path) -> None:
    """Remember a host that the user named for a new ``langsync.yaml``.

    One that is not encrypted is not: that takes ``langsync trust --insecure``.

    Args:
        host: Its base URL.
        repository: The repository that gets the file.
    """
    origin = parse_origin(host)
    if is_trusted_by_all(origin) or origin.is_insecure:
        return
    try:
        TrustedHosts.of_user(repository).add(origin)
    except LangsyncError as error:
        console.notice(f"{origin} is not remembered as trusted: {error.message}", "yellow")
    else:
        console.notice(f"{origin} is trusted with keys from now on; see 'langsync trust --list'.")


def _is_trusted_now(error: UntrustedHostError, hosts: TrustedHosts) -> bool:
    """Ask a person, and remember a yes."""
    named_by, host = one_line(error.named_by), one_line(error.host)
    unencrypted = ", unencrypted" if host.startswith("http:") else ""
    console.notice(f"{named_by} names the host {host}, which this user has not trusted yet.")
    question = f"May keys be sent to {host}{unencrypted}, from now on?"
    if not typer.confirm(question, default=False, err=True):
        return False
    try:
        hosts.add(parse_origin(error.host))
    except LangsyncError as failure:
        console.notice(f"Trusted for this command only: {failure.message}", "yellow")
    return True
