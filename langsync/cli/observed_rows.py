"""Rows of traces and sessions as both kinds of servers would have them, and a trace as a tree."""

from __future__ import annotations

from typing import Any

from langsync.cli import console
from langsync.render.shape import harmless


def as_trace(row: dict[str, Any]) -> dict[str, Any]:
    """A trace by its root observation, with the names that v3 gives its fields."""
    if "traceId" not in row:
        return row
    rest = {name: value for name, value in row.items() if name not in ("id", "traceId")}
    return {"id": row["traceId"], "timestamp": row["startTime"], **rest, "rootId": row["id"]}


def as_sessions(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sessions of root observations; a session begins with its oldest."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if "traceId" not in row:
            found[row["id"]] = row
        elif row.get("sessionId"):
            known = found.setdefault(row["sessionId"], {"id": row["sessionId"], "traces": 0})
            known |= {"createdAt": row["startTime"], "environment": row.get("environment")}
            known["traces"] += 1
    return list(found.values())


def show_tree(trace: dict[str, Any]) -> None:
    """Observations below those that they are inside of, with how long each took."""
    ids = {row["id"] for row in trace["observations"]}

    def below(parent: str | None, depth: int) -> None:
        for row in trace["observations"]:
            above = row.get("parentObservationId")
            if (above if above in ids else None) != parent:
                continue
            took = "" if row.get("latency") is None else f"  {row['latency']:g} s"
            level = "" if row.get("level") in (None, "DEFAULT") else f"  {row['level']}"
            model = f"  {row['model']}" if row.get("model") else ""
            text = f"{row['type'].lower()} {row.get('name') or ''}{model}{took}{level}"
            console.write(f"{'  ' * depth}{harmless(text)}\n")
            below(row["id"], depth + 1)

    console.write(f"trace {harmless(trace['id'])}\n")
    below(None, 1)
    for row in trace["scores"]:
        text = f"score {row['name']}: {row.get('stringValue') or row.get('value')}"
        console.write(harmless(text) + "\n")
