"""Asks for lists of observations and the like, and shows a trace as a tree."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from langsync.cli import console
from langsync.cli.rows import cell
from langsync.render.shape import one_line

if TYPE_CHECKING:
    from langsync.client import Client

Row = dict[str, Any]
Found = TypeVar("Found")


def ask(
    question: Callable[[Client, bool], Awaitable[Found]],
    config: Path | None,
    env: str | None,
    host: str | None,
    env_file: Path | None,
    timeout: float,
) -> Found:
    """Ask in the way that fits the server, which is said with --verbose.

    Args:
        question: Asks, told whether the server has the endpoints of v4.
        config: The ``langsync.yaml``, as the command line names it.
        env: The environment.
        host: The host.
        env_file: Where keys are read from.
        timeout: Seconds to wait for each answer.

    Raises:
        LangsyncError: Host or keys are missing, or Langfuse said no.
    """
    from langsync.cli.reading import Place, Way
    from langsync.observability import by_generation

    async def told(client: Client, new: bool) -> Found:
        if console.is_verbose():
            console.notice(f"The server has the endpoints of {'v4' if new else 'v3'}.", "dim")
        return await question(client, new)

    async def run(client: Client) -> Found:
        return await by_generation(client, lambda new: told(client, new))

    way = Way(host, env_file, timeout, cache=True)
    return asyncio.run(way.ask(Place.find(config, env), run))[1]


class Read:
    """One list, as the command line asks for it.

    Args:
        source: What is read.
        filters: Parameters of the API that choose rows; those without a value choose nothing.
        times: ``--since``, ``--from`` and ``--to``.
        limit: How many rows at most; None for all.
        everything: Whether rows have all their fields.

    Raises:
        ConfigError: A time or a filter is none.
    """

    def __init__(
        self,
        source: str,
        filters: Mapping[str, str | list[str] | None],
        times: tuple[str | None, str | None, str | None],
        limit: int | None,
        *,
        everything: bool = False,
    ) -> None:
        from langsync.observability import SOURCES, ListQuery, Period

        given = {name: value for name, value in filters.items() if value not in (None, [])}
        period = Period.parse(*times)
        self._query = ListQuery(SOURCES[source], given, period, has_all_fields=everything)
        self._limit = limit

    def rows(
        self,
        config: Path | None,
        env: str | None,
        host: str | None,
        env_file: Path | None,
        timeout: float,
    ) -> list[Row]:
        """Ask."""
        from langsync.observability import fetch_shaped_rows

        async def rows(client: Client, new: bool) -> list[Row]:
            return await fetch_shaped_rows(client, self._query, is_v4=new, limit=self._limit)

        return ask(rows, config, env, host, env_file, timeout)


def with_subjects(rows: list[Row]) -> list[Row]:
    """Scores for a table: with what each is on as one text."""
    return [row | {"on": _subject(row)} for row in rows]


def _subject(score: Row) -> str:
    subject = score.get("subject") or {}
    return f"{subject.get('kind', '')} {subject.get('id', '')}".strip()


def show_tree(trace: Row) -> None:
    """Observations below those that they are inside of, with how long each took; then scores."""
    rows: list[Row] = trace["observations"]
    ids = {row["id"] for row in rows}
    inside: dict[str | None, list[Row]] = {}
    for row in rows:
        above = row.get("parentObservationId")
        inside.setdefault(above if above in ids else None, []).append(row)
    tags = [f"#{tag}" for tag in trace.get("tags") or ()]
    about = [trace.get(name) or "" for name in ("name", "timestamp", "userId", "sessionId")]
    _line(0, f"trace {trace['id']}", *about, *tags)
    waiting = [(row, 1) for row in reversed(inside.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        took = "" if row.get("latency") is None else f"{row['latency']:g} s"
        level = "" if row.get("level") in (None, "DEFAULT") else row["level"]
        name = f"{row['type'].lower()} {row.get('name') or ''}"
        _line(depth, name, row.get("model") or "", took, level)
        waiting += [(one, depth + 1) for one in reversed(inside.get(row["id"], []))]
    for row in trace["scores"]:
        of_trace = (row.get("subject") or {}).get("kind") == "trace"
        _line(0, f"score {row['name']}: {cell(row['value'])}", "" if of_trace else _subject(row))


def _line(depth: int, *words: str) -> None:
    console.write(f"{'  ' * depth}{one_line('  '.join(word for word in words if word))}\n")
