"""``langsync export``."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import console
from langsync.cli.connection_options import ConnectionOptions
from langsync.cli.option_groups import Only, option
from langsync.cli.options import Format, FormatOption, PlaceOptions
from langsync.cli.periods import PeriodOptions
from langsync.errors import ConfigError
from langsync.render.shape import one_line

if TYPE_CHECKING:
    from langsync.cli.reading import Place
    from langsync.client import Client
    from langsync.export import Exported, Job, Parts


class ExportSource(StrEnum):
    """What can be exported."""

    TRACES = "traces"
    OBSERVATIONS = "observations"
    SCORES = "scores"
    SESSIONS = "sessions"
    PROMPTS = "prompts"
    DATASETS = "datasets"


WhatArgument = Annotated[
    ExportSource,
    typer.Argument(
        help="What is exported: traces, observations, scores, sessions, prompts or datasets.",
        show_default=False,
    ),
]

_PATIENCE = ConnectionOptions(concurrency=8, timeout=60.0)
"""Pages of observations are large, and servers take their time over them."""


@dataclass(frozen=True, kw_only=True)
class PartOptions:
    """Which part of a list is exported.

    Args:
        where: ``NAME=VALUE`` of such rows.
        shard: Which part of the period.
    """

    where: Annotated[
        list[str] | None,
        option(
            "--where NAME=VALUE",
            "Only such rows: type=GENERATION, name=llm, environment=production. Repeatable.",
        ),
    ] = None
    shard: Annotated[
        str | None,
        option(
            "--shard I/N", "Only the I-th of N equal stretches of the time from --from to --to."
        ),
    ] = None


def command(
    *,
    what: WhatArgument,
    file: Annotated[
        Path,
        typer.Argument(
            help="The file: .jsonl, .csv or .parquet; .jsonl.gz and .csv.gz are compressed."
        ),
    ],
    part: PartOptions,
    times: PeriodOptions,
    resume: Annotated[
        bool, option("--resume", "Go on with an export that was interrupted.")
    ] = False,
    force: Annotated[bool, option("--force", "Replace the file if it is there.")] = False,
    workspace: PlaceOptions,
    connection: Annotated[
        ConnectionOptions, Only("host", "env_file", "concurrency", "timeout", "insecure")
    ] = _PATIENCE,
    format: FormatOption = Format.TEXT,
) -> int:
    """Export lists of any length to a file, newest first.

    Parts of the time are read at once; what was read is kept beside the file until that is whole,
    so that --resume goes on after an interruption.

    Examples:
        langsync export observations week.parquet --since 7d
        langsync export scores scores.csv --where name=helpful
        langsync export traces traces.jsonl.gz --from 2026-01-01 --resume
    """
    from langsync.export import Job, Parts, check_target

    period = times.period()
    relative = _relative(times.since or times.start), _relative(times.end)
    job = Job(what.value, _filters(part.where or []), period, _shard(part.shard), relative)
    check_target(file)
    place = workspace.find()
    endpoint = connection.open(place.environment)
    parts = Parts(file, force=force)
    with parts.hold(resume=resume):
        try:
            done = asyncio.run(_run(connection.client(endpoint), place, job, parts))
        except BaseException:
            if parts.begun:
                console.notice("What was read is kept: --resume goes on with it.", "yellow")
            raise
    _tell(done, format)
    return 0


async def _run(client: Client, place: Place, job: Job, parts: Parts) -> Exported:
    from langsync.cli.progress import asking
    from langsync.engine.workspace import check_project
    from langsync.export import export

    async with client:
        with asking(client, f"Exporting {job.source}"):
            project = await client.project()
            if place.config is not None:
                check_project(project, place.config)
            at_once = client.options.concurrency
            return await export(client, project, job, parts, at_once=at_once)


def _tell(done: Exported, format: Format) -> None:
    differs = done.counted not in (None, done.rows)
    if format is Format.JSON:
        from langsync.render import json

        counts = {"file": str(done.file), "rows": done.rows, "parts": done.parts, "kept": done.kept}
        console.write(json.result({**counts, "counted": done.counted}))
    else:
        comparison = "" if differs else ", as Langfuse counts"
        comparison = ", which Langfuse does not count" if done.counted is None else comparison
        console.write(f"{one_line(str(done.file))}: {done.rows:,} rows{comparison}\n")
    if differs:
        console.notice(
            f"Langfuse counts {done.counted:,} now, and {done.rows:,} were exported. Export that "
            "time again, unless rows were written or deleted meanwhile.",
            "yellow",
        )


def _relative(text: str | None) -> str:
    """Returns a time that depends on when it is read, such as 7d; empty for an absolute one."""
    from langsync.observability import parse_time

    if not text:
        return ""
    now = datetime.now(UTC)
    return (
        text.strip() if parse_time(text, now) != parse_time(text, now + timedelta(days=1)) else ""
    )


def _filters(texts: list[str]) -> dict[str, str | list[str]]:
    filters: dict[str, list[str]] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not name or not sign:
            raise ConfigError(f"--where {text!r}: write NAME=VALUE, such as type=GENERATION")
        filters.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in filters.items()}


def _shard(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text)
    if match is None:
        raise ConfigError(f"--shard {text!r}: write I/N, such as 3/16")
    return int(match[1]), int(match[2])
