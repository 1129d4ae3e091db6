"""``langsync serve``."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import console
from langsync.cli.options import ConfigOption, EnvOption, Form, FormOption
from langsync.cli.runners import InertStream
from langsync.config import LOCAL_PORT
from langsync.config.hosts import parse_origin
from langsync.engine import workspace as work
from langsync.errors import ConfigError, LangsyncError

if TYPE_CHECKING:
    from langsync.local import LocalProject


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the server listens, and who is answered.

    Args:
        port: The port; 0 takes a free one.
        host: The address.
        hosts: Names that it is answered by, beside those of loopback and ``host``.
        origins: Web pages whose scripts are answered, beside those of loopback.
        log: Whether each request is logged.
    """

    port: int
    host: str = "127.0.0.1"
    hosts: Sequence[str] = ()
    origins: Sequence[str] = ()
    log: bool = False


def command(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")
    ] = LOCAL_PORT,
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="ADDRESS", help="The address to listen on; 0.0.0.0 for all of them."
        ),
    ] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="A name that clients reach this server by, such as host.docker.internal; "
            "repeatable.",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin",
            metavar="ORIGIN",
            help="A web page that may send requests, such as https://app.example; repeatable. "
            "Pages of this machine may.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="A folder or file to keep the data in; else it is gone with the server."
        ),
    ] = None,
    project: Annotated[
        list[str] | None,
        typer.Option(
            "--project",
            metavar="NAME:PUBLIC_KEY:SECRET_KEY",
            help="A project and its keys, repeatable; by default the one "
            "that langsync.yaml names, or 'local', with pk-lf-local and sk-lf-local.",
        ),
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Log each request to stderr.")] = False,
    live: Annotated[
        bool,
        typer.Option("--live", help="Serve what the files here declare, and follow their edits."),
    ] = False,
    sample: Annotated[
        int,
        typer.Option(
            "--sample",
            metavar="N",
            min=0,
            help="Make up N observations, and a score for every fourth.",
        ),
    ] = 0,
    v3: Annotated[
        bool,
        typer.Option("--v3", help="Be a server of v3: traces and scores at their old endpoints."),
    ] = False,
    items_in_place: Annotated[
        bool,
        typer.Option(
            "--items-in-place", help="Keep no versions of items: an edit changes the row itself."
        ),
    ] = False,
    item_write_time: Annotated[
        float,
        typer.Option(
            "--item-write-time",
            metavar="SECONDS",
            min=0,
            help="Let each upsert of an item take this long: two of one id at once leave two rows.",
        ),
    ] = 0.0,
    config: ConfigOption = None,
    env: EnvOption = None,
    format: FormOption = Form.TEXT,  # noqa: A002 - the option's name
) -> int:
    """Run an embedded Langfuse server, for trying and testing.

    It speaks Langfuse's public API on SQLite: prompts, datasets, dataset items, score configs,
    observations and scores. Only this machine can reach it, unless --host says otherwise, and no
    web page of another. Ctrl-C stops it. With --live an application runs against the work tree:
    each edit of a file is served within a second.
    """
    from langsync.local import LocalProject, Sample, serve

    projects = [_project(text, number) for number, text in enumerate(project or [], 1)]
    reach = Reach(port, host, allow_host or (), allow_origin or (), log)
    if log:
        _log_to_stderr()
    _warn_of_network(reach)
    if live:
        if data or sample or v3 or items_in_place or item_write_time or len(projects) > 1:
            raise ConfigError("--live serves the files in one project: leave out --data, and more")
        from langsync.cli import live as served

        tell = partial(announce, mode="live", form=format)
        return served.serve(reach, config, env, projects[0] if projects else None, tell)
    if config or env:
        raise ConfigError("--config and --env say what --live serves: add it, or leave them out")
    projects = projects or [replace(LocalProject(), name=_project_here())]
    serve(
        port,
        host=host,
        allow_hosts=reach.hosts,
        allow_origins=reach.origins,
        on_start=lambda url: announce(url, projects, mode="v3" if v3 else "v4", form=format),
        projects=projects,
        data=data,
        log=log,
        events_only=not v3,
        items_in_place=items_in_place or v3,
        item_write_seconds=item_write_time,
        sample=Sample(sample, sample // 4) if sample else None,
    )
    return 0


def _warn_of_network(reach: Reach) -> None:
    """Say that others can reach the server where they can."""
    try:
        origin = parse_origin(f"[{reach.host}]" if ":" in reach.host else reach.host)
    except ValueError:
        raise ConfigError(f"--host {reach.host!r} is no address to listen on") from None
    if not origin.is_loopback:
        console.notice(
            f"Listening on {reach.host}: other machines that reach it need nothing but the keys. "
            "Give keys of your own with --project.",
            "yellow",
        )


def announce(url: str, projects: Sequence[LocalProject], *, mode: str, form: Form) -> None:
    """Say where the server is and how an application finds it; as JSON on one line."""
    if form is Form.JSON:
        from langsync.render import json

        keys = [
            {"name": one.name, "public_key": one.public_key, "secret_key": one.secret_key}
            for one in projects
        ]
        console.write(json.line({"url": url, "mode": mode, "projects": keys}))
        return
    console.notice(f"Serving Langfuse's API at {url}; Ctrl-C stops it. To use it:", "bold")
    for one in projects:
        console.notice(
            f"  export LANGFUSE_BASE_URL={url} LANGFUSE_PUBLIC_KEY={one.public_key} "
            f"LANGFUSE_SECRET_KEY={one.secret_key}  # project {one.name}"
        )


def _project_here() -> str:
    """The project that the nearest ``langsync.yaml`` names, so that its guard holds here."""
    try:
        found = work.read(None).project
    except LangsyncError:
        found = None
    return found or "local"


def _project(text: str, number: int) -> LocalProject:
    from langsync.local import LocalProject

    parts = text.split(":")
    if len(parts) != 3 or not all(parts):
        raise ConfigError(f"--project {text!r}: write NAME:PUBLIC_KEY:SECRET_KEY")
    name, public_key, secret_key = parts
    return LocalProject(f"proj-local-{number}", name, public_key, secret_key)


def _log_to_stderr() -> None:
    logger = logging.getLogger("langsync.local")
    handler = logging.StreamHandler(InertStream(sys.stderr))
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
