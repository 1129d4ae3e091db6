"""Reads an export and makes the file of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import orjson

from langsync.client import Client
from langsync.export.columns import columns
from langsync.export.counting import count
from langsync.export.job import Job, plan_parts
from langsync.export.parts import Parts
from langsync.export.reading import Readers
from langsync.export.writing import write_rows
from langsync.model import Project
from langsync.observability.generation import is_new


@dataclass(frozen=True, slots=True)
class Exported:
    """What became of an export.

    Args:
        file: The file.
        rows: How many rows it has.
        parts: Of how many parts it is made.
        kept: How many of those an earlier run had read.
        counted: How many rows Langfuse counts now; None where it cannot say.
    """

    file: Path
    rows: int
    parts: int
    kept: int
    counted: int | None


async def export(
    client: Client, project: Project, job: Job, parts: Parts, *, at_once: int = 8
) -> Exported:
    """Export a list to a file, or go on where that was interrupted.

    Args:
        client: Who asks.
        project: The project of its keys.
        job: What is exported.
        parts: The folder beside the file; see `Parts.held` and `check_target`.
        at_once: How many parts are read at once.

    Raises:
        LangsyncError: Langfuse said no, or a file cannot be written. What was read is kept.
    """
    known = f"{project.host} {project.id}"
    if parts.exists():
        parts.go_on(job, known)
    else:
        parts.begin(job, known, await plan_parts(client, job))
    kept = len(parts.files())
    await Readers(client, job, parts, at_once).read()
    new = job.has_times and await is_new(client)
    counted = await count(client, job, parts, new=new)
    lines = partial(_once, parts) if job.source == "sessions" else parts.lines
    rows = write_rows(parts, lines, columns(job.source, new=new))
    found = Exported(parts.target, rows, len(parts.files()), kept, counted)
    parts.remove()
    return found


def _once(parts: Parts) -> Iterator[bytes]:
    """Each session where it begins, though others of its traces in other parts name it too."""
    last = {orjson.loads(line)["id"]: number for number, line in enumerate(parts.lines())}
    kept = set(last.values())
    del last
    return (line for number, line in enumerate(parts.lines()) if number in kept)
