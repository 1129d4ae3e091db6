"""The versions of a prompt as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import orjson

from langsync.kinds.prompt.contrast import Side
from langsync.kinds.prompt.versions import Version, Versions
from langsync.model import FORMAT_VERSION, FieldDifference, Project


def versions(project: Project, prompt: Versions) -> str:
    """A row for each version that was read, without text and config."""
    rows = [_row(version) for version in prompt.versions]
    return _text({**_head(project, prompt), "count": prompt.count, "versions": rows})


def version(project: Project, prompt: Versions) -> str:
    """One version, whole."""
    [shown] = prompt.versions
    content = {"prompt": shown.prompt, "config": shown.config, "resolved": shown.resolved}
    return _text({**_head(project, prompt), **_row(shown), **content})


def contrast(
    project: Project | None,
    name: str,
    before: Side,
    after: Side,
    differences: Iterable[FieldDifference],
) -> str:
    """Two sides, whole, and what differs between them."""
    return _text(
        {
            "project": None if project is None else asdict(project),
            "name": name,
            "before": asdict(before),
            "after": asdict(after),
            "differences": [asdict(difference) for difference in differences],
        }
    )


def _head(project: Project, prompt: Versions) -> dict[str, Any]:
    return {
        "project": asdict(project),
        "name": prompt.name,
        "type": prompt.type,
        "tags": list(prompt.tags),
    }


def _row(version: Version) -> dict[str, Any]:
    return {
        "version": version.number,
        "labels": list(version.labels),
        "id": version.id,
        "created_by": version.created_by,
        "created_at": version.created_at,
        "commit_message": version.commit_message,
        "commit": version.commit,
        "dirty": version.dirty,
    }


def _text(data: dict[str, Any]) -> str:
    packed = orjson.dumps({"format_version": FORMAT_VERSION, **data}, option=orjson.OPT_INDENT_2)
    return packed.decode() + "\n"
