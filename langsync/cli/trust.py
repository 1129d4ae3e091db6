"""``langsync trust``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import console
from langsync.cli.option_groups import option
from langsync.cli.options import TextOrJson, TextOrJsonOption
from langsync.errors import ConfigError

if TYPE_CHECKING:
    from langsync.config.hosts import ServerOrigin


def command(
    *,
    hosts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="HOST",
            help="The base URLs of servers; a bare name stands for https://.",
        ),
    ] = None,
    list_all: Annotated[
        bool, option("--list", "List the trusted hosts; the default without a HOST.")
    ] = False,
    remove: Annotated[bool, option("--remove", "Stop trusting the hosts.")] = False,
    allow_http: Annotated[
        bool, option("--insecure", "Allow http://: keys and texts can be read in transit.")
    ] = False,
    format: TextOrJsonOption = TextOrJson.TEXT,
) -> int:
    """Let hosts that langsync.yaml names receive keys, from now on.

    The regions of Langfuse Cloud, this machine, and the hosts that --host, LANGFUSE_BASE_URL,
    LANGFUSE_HOST or LANGSYNC_TRUSTED_HOSTS name need no trust. Trusted hosts are kept in the
    user's configuration folder and apply to every repository.

    Examples:
        langsync trust --list
        langsync trust https://langfuse.example.com
        langsync trust --remove https://langfuse.example.com
    """
    from langsync.config import TrustedHosts
    from langsync.config.repository import repository_around

    if hosts and list_all:
        raise ConfigError("--list takes no host")
    if not hosts and (remove or allow_http):
        raise ConfigError("name a host: langsync trust https://langfuse.example.com")
    trusted = TrustedHosts.of_user(repository_around(Path.cwd().resolve()))
    origins = [_origin(host, allow_http=allow_http, remove=remove) for host in hosts or ()]
    for origin in origins:
        if not remove:
            trusted.add(origin)
        elif not trusted.remove(origin):
            raise ConfigError(f"{origin} is not trusted: 'langsync trust --list' shows what is")
    listed = sorted(map(str, trusted.read()))
    if format is TextOrJson.JSON:
        from langsync.render import json

        console.write(json.result({"trusted": listed}))
    elif origins:
        verb = "No longer trusted" if remove else "Trusted from now on"
        console.notice(f"{verb}: {', '.join(map(str, origins))}")
    else:
        console.write("".join(f"{host}\n" for host in listed))
    return 0


def _origin(host: str, *, allow_http: bool, remove: bool) -> ServerOrigin:
    """Returns the origin of a server given on the command line.

    Raises:
        ConfigError: It is not a server, or an unencrypted one that was not allowed.
    """
    from langsync.config.hosts import parse_origin

    text = host if "://" in host else f"{'http' if allow_http else 'https'}://{host}"
    try:
        origin = parse_origin(text)
    except ValueError as error:
        raise ConfigError(f"host {error}") from None
    if origin.is_insecure and not (allow_http or remove):
        raise ConfigError(
            f"{origin} is not encrypted: use https://, or allow it with --insecure {origin}"
        )
    return origin
