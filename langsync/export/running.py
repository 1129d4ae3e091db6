"""Runs an export: reads its parts and makes the file of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import orjson

from langsync.client import Client
from langsync.export.columns import columns
from langsync.export.counting import count_rows
from langsync.export.job import Job, plan_parts
from langsync.export.parts import Parts
from langsync.export.reading import PartReader
from langsync.export.writing import write_rows
from langsync.model import Project
from langsync.observability.generation import has_v4_endpoints


@dataclass(frozen=True, slots=True)
class Exported:
    """The result of an export.

    Args:
        file: The file.
        rows: The number of its rows.
        parts: The number of parts it was made of.
        kept: The number of parts that an earlier run had read.
        counted: The number of rows that Langfuse counts now; None if unknown.
    """

    file: Path
    rows: int
    parts: int
    kept: int
    counted: int | None


async def export(
    client: Client, project: Project, job: Job, parts: Parts, *, at_once: int = 8
) -> Exported:
    """Exports a list to a file, or resumes an interrupted export.

    Args:
        client: The client.
        project: The project of the client's keys.
        job: The export.
        parts: The folder of the parts; see `Parts.hold` and `check_target`.
        at_once: The number of parts that are read at once.

    Raises:
        LangsyncError: Langfuse refused a request, or a file cannot be written. Finished parts are
            kept.
    """
    project_id = f"{project.host} {project.id}"
    if parts.exists():
        parts.resume(job, project_id)
    else:
        parts.start(job, project_id, await plan_parts(client, job))
    resumed = len(parts.part_files())
    await PartReader(client, job, parts, at_once).read()
    is_v4 = job.has_times and await has_v4_endpoints(client)
    count = await count_rows(client, job, parts, is_v4=is_v4)
    lines = partial(_unique_sessions, parts) if job.source == "sessions" else parts.lines
    rows = write_rows(parts, lines, columns(job.source, is_v4=is_v4))
    exported = Exported(parts.target, rows, len(parts.part_files()), resumed, count)
    parts.remove()
    return exported


def _unique_sessions(parts: Parts) -> Iterator[bytes]:
    """Yields each session once, of its oldest trace: traces in several parts may name it."""
    last = {orjson.loads(line)["id"]: index for index, line in enumerate(parts.lines())}
    line_numbers = set(last.values())
    del last
    return (line for index, line in enumerate(parts.lines()) if index in line_numbers)
