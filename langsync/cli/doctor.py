"""``langsync doctor``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from rich.text import Text

from langsync.cli import console
from langsync.cli.connection_options import BasicConnectionOptions, ConnectionOptions
from langsync.cli.options import Format, FormatOption, PlaceOptions, WorkspaceOptions
from langsync.errors import ApiError, LangsyncError, RefusedError
from langsync.render.shape import one_line

if TYPE_CHECKING:
    from langsync.client import Client
    from langsync.config import Config, Environment

CLOCK_SECONDS = 30.0
"""How far the clocks may differ before it is worth a word."""


_UNENCRYPTED = "there is none: http:// was allowed, so that keys and texts can be read in transit"


class Health(StrEnum):
    """The outcome of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """A check and its outcome.

    Args:
        name: What was checked.
        health: The outcome.
        detail: What was found, and the fix if the check failed.
    """

    name: str
    health: Health
    detail: str


_PATIENCE = ConnectionOptions(timeout=10.0)
"""Nobody waits longer to hear that nothing answers."""


def command(
    *,
    workspace: PlaceOptions,
    format: FormatOption = Format.TEXT,
    connection: BasicConnectionOptions = _PATIENCE,
) -> int:
    """Check the connection to Langfuse (host, keys, project, clock, proxies) and Git.

    Each check that fails says how to fix it. Nothing is changed.

    Examples:
        langsync doctor
        langsync doctor --env production --verbose
    """
    checks: list[Check] = []

    async def run() -> None:
        async for check in _run(workspace, connection):
            checks.append(check)  # noqa: PERF401 - those that ran count if one raises

    asyncio.run(run())
    _show(checks, format)
    return 1 if any(check.health is Health.FAILED for check in checks) else 0


async def _run(workspace: WorkspaceOptions, options: ConnectionOptions) -> AsyncIterator[Check]:
    """All checks; the later ones only where the earlier ones passed."""
    from langsync.client import Client, Options
    from langsync.config import Environment
    from langsync.config.hosts import parse_base_url
    from langsync.engine.workspace import open_config

    parsed, environment = None, Environment()
    try:
        parsed, environment = open_config(workspace.config, workspace.env)
        name = f", environment {environment.name}" if environment.name else ""
        yield Check("configuration", Health.OK, f"{parsed.file}{name}")
        for check in _git(parsed, environment):
            yield check
    except LangsyncError as error:
        yield Check("configuration", Health.FAILED, error.message)
    try:
        connection = options.open(environment)
    except LangsyncError as error:
        yield Check("keys and host", Health.FAILED, error.message)
        return
    yield Check("keys and host", Health.OK, f"{connection.host} is set, keys too")
    if parse_base_url(connection.host)[0].is_insecure:
        yield Check("encryption", Health.WARNING, _UNENCRYPTED)
    once = Options(timeout=options.timeout, attempts=1)
    async with Client(connection, once, on_request=console.request) as client:
        try:
            async for check in _ask_server(client, parsed):
                yield check
        except ApiError as error:
            yield Check("connection", Health.FAILED, str(error))


async def _ask_server(client: Client, config: Config | None) -> AsyncIterator[Check]:
    """The checks that need the server; the later ones only where the earlier ones passed."""
    try:
        health = await client.probe("/health")
    except ApiError as error:
        yield Check("host", Health.FAILED, str(error))
        return
    version = health.body.get("version", "unknown") if isinstance(health.body, dict) else None
    if health.status != 200 or version is None:
        detail = "this does not answer as Langfuse does: check the host, or its access proxy"
        yield Check("host", Health.FAILED, detail)
        return
    yield Check("host", Health.OK, f"Langfuse {version} in {health.seconds * 1000:.0f} ms")
    yield _clock(health.date)
    try:
        project = await client.project()
    except ApiError as error:
        yield Check("keys", Health.FAILED, str(error))
        return
    yield Check("keys", Health.OK, f"project {project.name!r} (id {project.id})")
    if config is not None:
        yield _project(project, config)
    yield await _generation(client, version)
    yield await _slash(client)


def _git(config: Config, environment: Environment) -> Iterator[Check]:
    """Check whether the history shows who changed what."""
    from langsync.history.diagnosis import diagnose

    for finding in diagnose(config, environment):
        health = Health.OK if finding.ok else Health.WARNING
        yield Check(finding.name, health, finding.detail)


def _clock(date: datetime | None) -> Check:
    if date is None:
        return Check("clock", Health.WARNING, "the server does not tell its time")
    skew = (datetime.now(UTC) - date).total_seconds()
    if abs(skew) < CLOCK_SECONDS:
        return Check("clock", Health.OK, "this machine and the server agree")
    side = "ahead of" if skew > 0 else "behind"
    detail = f"this machine is {abs(skew):.0f} s {side} the server: set its clock (NTP)"
    return Check("clock", Health.WARNING, detail)


def _project(project: object, config: Config) -> Check:
    from langsync.engine.workspace import check_project
    from langsync.model import Project

    if not isinstance(project, Project):
        raise TypeError
    if config.project is None:
        detail = f"langsync.yaml names none: add 'project: {project.name}' as a guard"
        return Check("project", Health.WARNING, detail)
    try:
        check_project(project, config)
    except RefusedError as error:
        return Check("project", Health.FAILED, error.message)
    return Check("project", Health.OK, "the one that langsync.yaml names")


async def _generation(client: Client, version: str) -> Check:
    """Check for the API of v3 or of v4, which refuses the older read endpoints."""
    answer = await client.probe("/traces", limit=1)
    if answer.status == 200:
        return Check("API generation", Health.OK, "v3")
    if answer.status == 404 and isinstance(answer.body, dict):
        return Check("API generation", Health.OK, "v4")
    return Check("API generation", Health.WARNING, f"cannot tell; the server says {version}")


async def _slash(client: Client) -> Check:
    """Check whether a name with a slash gets through; some proxies decode %2F."""
    answer = await client.probe("/v2/prompts/langsync%2Fdoctor", label="latest")
    if answer.status in (200, 404) and isinstance(answer.body, dict):
        return Check("names with a slash", Health.OK, "get through")
    detail = (
        "do not get through: something between here and Langfuse decodes %2F in paths. "
        "In nginx, use proxy_pass without a path; in Apache, AllowEncodedSlashes NoDecode"
    )
    return Check("names with a slash", Health.FAILED, detail)


_MARKS = {
    Health.OK: ("✓", "green"),
    Health.WARNING: ("!", "yellow"),
    Health.FAILED: ("✗", "bold red"),
}


def _show(checks: list[Check], format: Format) -> None:
    from langsync.render import json, markdown

    rows = [asdict(check) for check in checks]
    if format is Format.JSON:
        console.write(json.rows("checks", rows))
    elif format is Format.MARKDOWN:
        console.write(markdown.table(rows))
    else:
        for check in checks:
            mark, style = _MARKS[check.health]
            line = f"{check.name}: {one_line(check.detail)}"
            console.show(Text.assemble((f"{mark} ", style), line))
