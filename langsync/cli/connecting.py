"""Opens connections to Langfuse for commands; asks once whether a host may receive keys."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import typer

from langsync.cli import console
from langsync.config import (
    Connection,
    Environment,
    Trust,
    TrustedHosts,
    connect,
)
from langsync.config.hosts import parse_origin
from langsync.config.trust import is_trusted_by_all
from langsync.errors import LangsyncError, UntrustedHostError
from langsync.render.shape import one_line


def open_connection(
    environment: Environment,
    variables: Mapping[str, str],
    host: str | None,
    keys: tuple[str, str] | None = None,
    *,
    insecure: bool = False,
) -> Connection:
    """Find host and keys; at a terminal a person may trust the host that a file names.

    Args:
        environment: The chosen environment.
        variables: See `langsync.config.read_variables`.
        host: The host that was named on the command line.
        keys: Keys to use in place of the environment's.
        insecure: Whether HTTP past loopback is allowed.

    Raises:
        ConfigError: Something is missing.
        RefusedError: The host may not receive keys.
    """
    trust = Trust.remembered(environment.repository, insecure=insecure)
    try:
        return connect(environment, variables, host, trust=trust, keys=keys)
    except UntrustedHostError as error:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        if not _is_trusted_now(error, TrustedHosts.of_user(environment.repository)):
            raise
        origins = trust.origins | {parse_origin(error.host)}
        trust = Trust(origins, insecure)
        return connect(environment, variables, host, trust=trust, keys=keys)


def trust_named(host: str, repository: Path) -> None:
    """Remember a host that the user named for a new ``langsync.yaml``.

    An unencrypted host is not remembered: that takes ``langsync trust --insecure``.

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
    """Ask the user, and remember a yes."""
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
