"""``langsync serve``."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from langsync.cli import console
from langsync.cli.option_groups import option
from langsync.cli.options import PlaceOptions, TextOrJson, TextOrJsonOption
from langsync.cli.runners import InertStream
from langsync.errors import ConfigError, LangsyncError

if TYPE_CHECKING:
    from langsync.local import LocalProject


_REACH = "Who reaches it"
_BEHAVIOR = "How it behaves"


@dataclass(frozen=True, kw_only=True)
class ReachOptions:
    """Where the server listens, and whom it answers.

    Args:
        port: The port; 0 takes a free one.
        host: The address.
        allow_host: Host names it answers to, besides those of loopback and ``host``.
        allow_origin: Web pages whose scripts it answers, besides those of loopback.
        log: Whether each request is logged.
    """

    panel: ClassVar[str] = "Who reaches it"

    port: Annotated[int, option("--port N", "The port; 0 takes a free one.", min=0, max=65535)] = (
        3030
    )
    host: Annotated[
        str, option("--host ADDRESS", "The address to listen on; 0.0.0.0 for all of them.")
    ] = "127.0.0.1"
    allow_host: Annotated[
        list[str] | None,
        option(
            "--allow-host NAME",
            "A name that clients reach this server by, such as host.docker.internal; repeatable.",
        ),
    ] = None
    allow_origin: Annotated[
        list[str] | None,
        option(
            "--allow-origin ORIGIN",
            "A web page that may send requests, such as https://app.example; "
            "repeatable. Pages of this machine may.",
        ),
    ] = None
    log: Annotated[bool, option("--log", "Log each request to stderr.", panel="Options")] = False


@dataclass(frozen=True, kw_only=True)
class BehaviorOptions:
    """What the server holds and how it behaves, unless it serves the files.

    Args:
        data: The folder or file of its data; None to keep it in memory.
        sample: How many observations are generated.
        v3: Whether it is a server of v3.
        items_in_place: Whether items have no versions.
        item_write_time: Seconds that each upsert of an item takes.
    """

    panel: ClassVar[str] = "How it behaves"

    data: Annotated[
        Path | None,
        option(
            "--data PATH", "A folder or file to keep the data in; else it is gone with the server."
        ),
    ] = None
    sample: Annotated[
        int, option("--sample N", "Make up N observations, and a score for every fourth.", min=0)
    ] = 0
    v3: Annotated[
        bool, option("--v3", "Be a server of v3: traces and scores at their old endpoints.")
    ] = False
    items_in_place: Annotated[
        bool,
        option("--items-in-place", "Keep no versions of items: an edit changes the row itself."),
    ] = False
    item_write_time: Annotated[
        float,
        option(
            "--item-write-time SECONDS",
            "Let each upsert of an item take this long: two of one id at once leave two rows.",
            min=0,
        ),
    ] = 0.0


def command(
    *,
    reach: ReachOptions,
    project: Annotated[
        list[str] | None,
        option(
            "--project NAME:PUBLIC:SECRET",
            "A project and its keys, repeatable; by default the one that "
            "langsync.yaml names, or 'local', with pk-lf-local and sk-lf-local.",
        ),
    ] = None,
    live: Annotated[
        bool, option("--live", "Serve what the files here declare, and follow their edits.")
    ] = False,
    behavior: BehaviorOptions,
    workspace: PlaceOptions,
    format: TextOrJsonOption = TextOrJson.TEXT,
) -> int:
    """Run an embedded Langfuse server, for trying and testing.

    It speaks Langfuse's public API on SQLite: prompts, datasets, dataset items, score configs,
    observations and scores. Only this machine can reach it, unless --host says otherwise, and no
    web page of another. Ctrl-C stops it. With --live an application runs against the work tree:
    each edit of a file is served within a second.

    Examples:
        langsync serve
        langsync serve --live --env staging      # what the files here declare
        langsync serve --port 0 --data langfuse.db --format json
    """
    from langsync.local import LocalProject

    projects = [_project(text, number) for number, text in enumerate(project or [], 1)]
    if reach.log:
        _log_to_stderr()
    _warn_of_network(reach)
    if live:
        if behavior != BehaviorOptions() or len(projects) > 1:
            raise ConfigError("--live serves the files in one project: leave out --data, and more")
        from langsync.cli import live as served

        chosen = projects[0] if projects else None
        tell = partial(announce, mode="live", form=format)
        return served.serve(reach, workspace.config, workspace.env, chosen, tell)
    if workspace.config or workspace.env:
        raise ConfigError("--config and --env say what --live serves: add it, or leave them out")
    _serve(reach, behavior, projects or [replace(LocalProject(), name=_project_here())], format)
    return 0


def _serve(
    reach: ReachOptions,
    behavior: BehaviorOptions,
    projects: Sequence[LocalProject],
    form: TextOrJson,
) -> None:
    """Serve until the process is interrupted or terminated."""
    from langsync.local import Sample, serve

    mode, sample = "v3" if behavior.v3 else "v4", behavior.sample
    serve(
        reach.port,
        host=reach.host,
        allow_hosts=reach.allow_host or (),
        allow_origins=reach.allow_origin or (),
        on_start=lambda url: announce(url, projects, mode=mode, form=form),
        projects=projects,
        data=behavior.data,
        log=reach.log,
        events_only=not behavior.v3,
        items_in_place=behavior.items_in_place or behavior.v3,
        item_write_seconds=behavior.item_write_time,
        sample=Sample(sample, sample // 4) if sample else None,
    )


def _warn_of_network(reach: ReachOptions) -> None:
    """Warn if others can reach the server."""
    from langsync.config.hosts import parse_origin

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


def announce(url: str, projects: Sequence[LocalProject], *, mode: str, form: TextOrJson) -> None:
    """Print the server's URL and the variables for applications; with JSON, on one line."""
    if form is TextOrJson.JSON:
        from langsync.render import json

        keys = [
            {
                "name": project.name,
                "public_key": project.public_key,
                "secret_key": project.secret_key,
            }
            for project in projects
        ]
        console.write(json.line({"url": url, "mode": mode, "projects": keys}))
        return
    console.notice(f"Serving Langfuse's API at {url}; Ctrl-C stops it. To use it:", "bold")
    for project in projects:
        console.notice(
            f"  export LANGFUSE_BASE_URL={url} LANGFUSE_PUBLIC_KEY={project.public_key} "
            f"LANGFUSE_SECRET_KEY={project.secret_key}  # project {project.name}"
        )


def _project_here() -> str:
    """Returns the project that the nearest ``langsync.yaml`` names, so its guard passes here."""
    from langsync.engine.workspace import read

    try:
        project = read(None).project
    except LangsyncError:
        project = None
    return project or "local"


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
