"""``langsync export``."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import console
from langsync.cli.connecting import connection_of
from langsync.cli.options import (
    ConcurrencyOption,
    ConfigOption,
    EnvFileOption,
    EnvOption,
    Format,
    FormatOption,
    HostOption,
    TimeoutOption,
)
from langsync.cli.periods import FromOption, SinceOption, ToOption
from langsync.engine import workspace as work
from langsync.errors import ConfigError
from langsync.render.shape import one_line

if TYPE_CHECKING:
    from langsync.cli.reading import Place
    from langsync.config import Connection
    from langsync.export import Exported, Job, Parts


class What(StrEnum):
    """What can be exported."""

    TRACES = "traces"
    OBSERVATIONS = "observations"
    SCORES = "scores"
    SESSIONS = "sessions"
    PROMPTS = "prompts"
    DATASETS = "datasets"


def command(
    what: Annotated[What, typer.Argument(help="What is exported.", show_default=False)],
    file: Annotated[
        Path,
        typer.Argument(
            help="The file: .jsonl, .csv or .parquet; .jsonl.gz and .csv.gz are compressed."
        ),
    ],
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="NAME=VALUE",
            help="Only such rows: type=GENERATION, name=llm, environment=production. Repeatable.",
        ),
    ] = None,
    since: SinceOption = None,
    start: FromOption = None,
    end: ToOption = None,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard",
            metavar="I/N",
            help="Only the I-th of N equal stretches of the time from --from to --to.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an export that was interrupted.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if it is there.")
    ] = False,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    concurrency: ConcurrencyOption = 8,
    timeout: TimeoutOption = 60.0,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> int:
    """Export lists of any length to a file, newest first.

    Parts of the time are read at once; what was read is kept beside the file until that is whole,
    so that --resume goes on after an interruption. 'langsync export observations
    week.parquet --since 7d'
    """
    from langsync.cli.reading import Place
    from langsync.export import Job, Parts, check_target
    from langsync.observability import Period

    period, relative = Period.parse(since, start, end), (_relative(since or start), _relative(end))
    job = Job(what.value, _filters(where or []), period, _shard(shard), relative)
    check_target(file)
    place = Place.find(config, env)
    connection = connection_of(place.environment, env_file, host)
    parts = Parts(file, force=force)
    with parts.hold(resume=resume):
        try:
            done = asyncio.run(
                _run(connection, place, job, parts, at_once=concurrency, timeout=timeout)
            )
        except BaseException:
            if parts.begun:
                console.notice("What was read is kept: --resume goes on with it.", "yellow")
            raise
    _tell(done, format)
    return 0


async def _run(
    connection: Connection,
    place: Place,
    job: Job,
    parts: Parts,
    *,
    at_once: int,
    timeout: float,  # noqa: ASYNC109 - of each request
) -> Exported:
    from langsync.cli.progress import asking
    from langsync.client import Client
    from langsync.export import export

    disk = work.cache(wanted=True)
    async with Client(connection, work.options(at_once, timeout), disk=disk) as client:
        with asking(client, f"Exporting {job.source}"):
            project = await client.project()
            if place.config is not None:
                work.check_project(project, place.config)
            return await export(client, project, job, parts, at_once=at_once)


def _tell(done: Exported, format: Format) -> None:  # noqa: A002 - the option's name
    differs = done.counted not in (None, done.rows)
    if format is Format.JSON:
        from langsync.render import json

        found = {"file": str(done.file), "rows": done.rows, "parts": done.parts, "kept": done.kept}
        console.write(json.result({**found, "counted": done.counted}))
    else:
        said = "" if differs else ", as Langfuse counts"
        said = ", which Langfuse does not count" if done.counted is None else said
        console.write(f"{one_line(str(done.file))}: {done.rows:,} rows{said}\n")
    if differs:
        console.notice(
            f"Langfuse counts {done.counted:,} now, and {done.rows:,} were exported. Export that "
            "time again, unless rows were written or deleted meanwhile.",
            "yellow",
        )


def _relative(text: str | None) -> str:
    """A time such as 7d, which is another one at each run; nothing for others."""
    from langsync.observability import parse_time

    if not text:
        return ""
    now = datetime.now(UTC)
    return (
        text.strip() if parse_time(text, now) != parse_time(text, now + timedelta(days=1)) else ""
    )


def _filters(texts: list[str]) -> dict[str, str | list[str]]:
    found: dict[str, list[str]] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not name or not sign:
            raise ConfigError(f"--where {text!r}: write NAME=VALUE, such as type=GENERATION")
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _shard(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text)
    if match is None:
        raise ConfigError(f"--shard {text!r}: write I/N, such as 3/16")
    return int(match[1]), int(match[2])
