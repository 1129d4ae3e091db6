"""``langsync serve``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import console
from langsync.config import LOCAL_PORT
from langsync.errors import ConfigError

if TYPE_CHECKING:
    from langsync.local import LocalProject


def command(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")
    ] = LOCAL_PORT,
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
            help="A project and its keys, repeatable; by default one named 'local' with "
            "pk-lf-local and sk-lf-local.",
        ),
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Log each request to stderr.")] = False,
) -> int:
    """Run an embedded Langfuse server, for trying and testing.

    It speaks Langfuse's public API on SQLite: prompts, datasets, dataset items and score
    configs. Only this machine can reach it. Ctrl-C stops it.
    """
    from langsync.local import LocalProject, serve

    projects = [_project(text, number) for number, text in enumerate(project or [], 1)]
    if log:
        _log_to_stderr()

    def started(url: str) -> None:
        console.notice(f"Serving Langfuse's API at {url}; Ctrl-C stops it. To use it:", "bold")
        for one in projects or [LocalProject()]:
            console.notice(
                f"  export LANGFUSE_BASE_URL={url} LANGFUSE_PUBLIC_KEY={one.public_key} "
                f"LANGFUSE_SECRET_KEY={one.secret_key}  # project {one.name}"
            )

    serve(port, on_start=started, projects=projects, data=data, log=log)
    return 0


def _project(text: str, number: int) -> LocalProject:
    from langsync.local import LocalProject

    parts = text.split(":")
    if len(parts) != 3 or not all(parts):
        raise ConfigError(f"--project {text!r}: write NAME:PUBLIC_KEY:SECRET_KEY")
    name, public_key, secret_key = parts
    return LocalProject(f"proj-local-{number}", name, public_key, secret_key)


def _log_to_stderr() -> None:
    logger = logging.getLogger("langsync.local")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
