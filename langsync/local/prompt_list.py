"""The list of prompts: a page of names, each with a summary of its versions."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import orjson

from langsync.local.endpoint import Call, Response, json_response, list_meta, offset, read_query
from langsync.local.javascript import parse_date
from langsync.local.prompt_checks import LIST_QUERY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langsync.local.store import Row

_CONDITIONS = {
    "name": "p.name = ?",
    "version": "p.version = ?",
    "label": "l.label = ?",
    "tag": "EXISTS (SELECT 1 FROM json_each(p.tags) WHERE value = ?)",
    "fromUpdatedAt": "p.updated_at >= ?",
    "toUpdatedAt": "p.updated_at < ?",
}


def list_prompts(call: Call) -> Response:
    """Answers ``GET /v2/prompts``: names in the order of their bytes. Recorded: prompt-list."""
    query = read_query(call, LIST_QUERY)
    source, values = _matching(call.project.id, query)
    total = call.store.count(f"SELECT count(DISTINCT p.name) {source}", values)
    page = (query["limit"], offset(query))
    names = call.store.rows(
        f"SELECT DISTINCT p.name {source} ORDER BY p.name LIMIT ? OFFSET ?", (*values, *page)
    )
    data = _entries(call, source, values, [row["name"] for row in names])
    meta = list_meta(query, total)
    return json_response({"data": data, "meta": meta, "pagination": meta})


def _matching(project: str, query: Mapping[str, Any]) -> tuple[str, list[object]]:
    """Returns SQL for the versions that match the filters, beginning at FROM, and its values."""
    tables = "prompts p"
    if query["label"]:
        # The labels come first: their key finds the versions of a label without a scan.
        tables = """prompt_labels l CROSS JOIN prompts p
                  ON p.project = l.project AND p.name = l.name AND p.version = l.version"""
    conditions = ["l.project = ?" if query["label"] else "p.project = ?"]
    values: list[object] = [project]
    for field, condition in _CONDITIONS.items():
        if query[field]:
            conditions.append(condition)
            is_time = field.endswith("UpdatedAt")
            values.append(parse_date(query[field]) if is_time else query[field])
    return f"FROM {tables} WHERE {' AND '.join(conditions)}", values


def _entries(
    call: Call, source: str, values: Sequence[object], names: Sequence[str]
) -> list[dict[str, Any]]:
    placeholders = ", ".join("?" * len(names))
    columns = "p.name, p.version, p.type, p.labels, p.tags, p.config, p.updated_at"
    rows = call.store.rows(
        f"SELECT {columns} {source} AND p.name IN ({placeholders}) ORDER BY p.name, p.version",
        (*values, *names),
    )
    return [_entry(list(group)) for _, group in groupby(rows, key=lambda row: row["name"])]


def _entry(versions: Sequence[Row]) -> dict[str, Any]:
    newest = versions[-1]
    labels = {label for row in versions for label in orjson.loads(row["labels"])}
    return {
        "name": newest["name"],
        "tags": orjson.Fragment(newest["tags"]),
        "lastUpdatedAt": max(row["updated_at"] for row in versions),
        "versions": [row["version"] for row in versions],
        "labels": sorted(labels, key=str.encode),
        "type": newest["type"],
        "lastConfig": orjson.Fragment(newest["config"]),
    }
