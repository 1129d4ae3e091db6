"""Asks for lists of observations and the like, and shows a trace as a tree."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from langsync.cli import console
from langsync.cli.rows import cell
from langsync.render.shape import one_line

if TYPE_CHECKING:
    from langsync.cli.connection_options import ConnectionOptions
    from langsync.cli.options import WorkspaceOptions
    from langsync.client import Client
    from langsync.observability import ListQuery

Row = dict[str, Any]
Answer_co = TypeVar("Answer_co", covariant=True)
Found = TypeVar("Found")


class Question(Protocol[Answer_co]):
    """Asks something of a server."""

    async def __call__(self, client: Client, *, new: bool) -> Answer_co:
        """Ask.

        Args:
            client: Asks Langfuse.
            new: Whether the server has the endpoints of v4.
        """


def ask(
    question: Question[Found],
    workspace: WorkspaceOptions,
    connection: ConnectionOptions,
) -> Found:
    """Ask with the endpoints that the server has; --verbose prints which.

    Args:
        question: Asks with the endpoints of v4, or without.
        workspace: Which ``langsync.yaml`` and environment.
        connection: How Langfuse is reached.

    Raises:
        LangsyncError: Host or keys are missing, or Langfuse said no.
    """
    from langsync.observability import by_generation

    async def told(client: Client, *, new: bool) -> Found:
        if console.is_verbose():
            console.notice(f"The server has the endpoints of {'v4' if new else 'v3'}.", "dim")
        return await question(client, new=new)

    async def run(client: Client) -> Found:
        return await by_generation(client, lambda new: told(client, new=new))

    return asyncio.run(connection.ask(workspace.find(), run))[1]


def read_rows(
    reading: ListQuery,
    limit: int | None,
    workspace: WorkspaceOptions,
    connection: ConnectionOptions,
) -> list[Row]:
    """Read a list.

    Args:
        reading: Which, and what of it.
        limit: How many rows at most; None for all.
        workspace: Which ``langsync.yaml`` and environment.
        connection: How Langfuse is reached.

    Raises:
        LangsyncError: Host or keys are missing, or Langfuse said no.
    """
    from langsync.observability import fetch_shaped_rows

    async def rows(client: Client, *, new: bool) -> list[Row]:
        return await fetch_shaped_rows(client, reading, is_v4=new, limit=limit)

    return ask(rows, workspace, connection)


def with_subjects(rows: list[Row]) -> list[Row]:
    """Returns scores with their subject as one text, for a table."""
    return [row | {"on": _subject(row)} for row in rows]


def _subject(score: Row) -> str:
    subject = score.get("subject") or {}
    return f"{subject.get('kind', '')} {subject.get('id', '')}".strip()


def show_tree(trace: Row) -> None:
    """Show observations as a tree with the latency of each, then scores."""
    rows: list[Row] = trace["observations"]
    ids = {row["id"] for row in rows}
    inside: dict[str | None, list[Row]] = {}
    for row in rows:
        above = row.get("parentObservationId")
        inside.setdefault(above if above in ids else None, []).append(row)
    tags = [f"#{tag}" for tag in trace.get("tags") or ()]
    details = [trace.get(name) or "" for name in ("name", "timestamp", "userId", "sessionId")]
    _line(0, f"trace {trace['id']}", *details, *tags)
    waiting = [(row, 1) for row in reversed(inside.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        took = "" if row.get("latency") is None else f"{row['latency']:g} s"
        level = "" if row.get("level") in (None, "DEFAULT") else row["level"]
        name = f"{row['type'].lower()} {row.get('name') or ''}"
        _line(depth, name, row.get("model") or "", took, level)
        waiting += [(child, depth + 1) for child in reversed(inside.get(row["id"], []))]
    for row in trace["scores"]:
        of_trace = (row.get("subject") or {}).get("kind") == "trace"
        _line(0, f"score {row['name']}: {cell(row['value'])}", "" if of_trace else _subject(row))


def _line(depth: int, *cells: str) -> None:
    console.write(f"{'  ' * depth}{one_line('  '.join(word for word in cells if word))}\n")
