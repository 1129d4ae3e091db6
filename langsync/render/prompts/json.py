"""The versions of a prompt as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import orjson

from langsync.kinds.prompt.contrast import Side
from langsync.kinds.prompt.versions import Version, Versions
from langsync.model import FORMAT_VERSION, FieldDifference, Project


def versions(project: Project, found: Versions) -> str:
    """A row for each version that was read, without text and config."""
    rows = [_row(version) for version in found.versions]
    return _text({**_head(project, found), "count": found.count, "versions": rows})


def version(project: Project, found: Versions) -> str:
    """One version, whole."""
    [one] = found.versions
    content = {"prompt": one.prompt, "config": one.config, "resolved": one.resolved}
    return _text({**_head(project, found), **_row(one), **content})


def contrast(
    project: Project | None,
    name: str,
    before: Side,
    after: Side,
    found: Iterable[FieldDifference],
) -> str:
    """Two sides, whole, and what differs between them."""
    return _text(
        {
            "project": None if project is None else asdict(project),
            "name": name,
            "before": asdict(before),
            "after": asdict(after),
            "differences": [asdict(one) for one in found],
        }
    )


def _head(project: Project, found: Versions) -> dict[str, Any]:
    return {
        "project": asdict(project),
        "name": found.name,
        "type": found.type,
        "tags": list(found.tags),
    }


def _row(one: Version) -> dict[str, Any]:
    return {
        "version": one.number,
        "labels": list(one.labels),
        "id": one.id,
        "created_by": one.created_by,
        "created_at": one.created_at,
        "commit_message": one.commit_message,
        "commit": one.commit,
        "dirty": one.dirty,
    }


def _text(data: dict[str, Any]) -> str:
    packed = orjson.dumps({"format_version": FORMAT_VERSION, **data}, option=orjson.OPT_INDENT_2)
    return packed.decode() + "\n"
