"""Plans, reports and findings as JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import TypeAdapter

from langsync.errors import InvalidFilesError, LangsyncError, Problem, RefusedError
from langsync.model import FORMAT_VERSION, Change, Drift, Plan, Report
from langsync.render.items import item_summaries

_WORDS = re.compile("[A-Z][a-z]*")


def plan(plan: Plan) -> str:
    """A plan, with counts of its changes and of the items of each dataset."""
    items = {summary.dataset: summary.data for summary in item_summaries(plan.changes)}
    data = TypeAdapter(Plan).dump_python(plan, mode="json")
    return _text({**data, "summary": plan.summary, "items": items})


def between(names: dict[str, str], changes: Sequence[Change]) -> str:
    """What differs between two states of the files.

    Args:
        names: What is compared.
        changes: The differences.
    """
    items = {summary.dataset: summary.data for summary in item_summaries(changes)}
    packed = TypeAdapter(tuple[Change, ...]).dump_python(tuple(changes), mode="json")
    keys = ("address", "action", "before", "after", "differences", "source")
    found = [{key: one[key] for key in keys} for one in packed]
    return _text({**names, "changes": found, "items": items})


def report(report: Report) -> str:
    """A report, with how much of the plan was applied and a count for each outcome."""
    data = TypeAdapter(Report).dump_python(report, mode="json")
    counts: dict[str, int] = {}
    for result in report.results:
        counts[result.outcome.value] = counts.get(result.outcome.value, 0) + 1
    return _text({**data, "outcome": report.outcome, "summary": counts})


def drift(found: Drift) -> str:
    """Drift, with a count of each part."""
    data = TypeAdapter(Drift).dump_python(found, mode="json")
    parts = {"drifted": found.changes, "pending": found.pending, "unknown": found.unknown}
    counts = {name: len(part) for name, part in parts.items()}
    return _text({**data, "summary": {**counts, "unchanged": found.unchanged}})


def findings(errors: Sequence[Problem], warnings: Sequence[Problem], resources: int) -> str:
    """What ``validate`` found."""
    return _text(
        {
            "errors": [_problem(problem) for problem in errors],
            "warnings": [_problem(problem) for problem in warnings],
            "resources": resources,
        }
    )


def error(found: LangsyncError | str, kind: str = "error", exit_code: int = 1) -> str:
    """Why a command ended, on one line.

    Args:
        found: Why. What has a class in `langsync.errors` is called after it, ``invalid_files``, and
            knows its exit code; ``problems`` are those of files, ``reasons`` those of a refusal.
        kind: What everything else is called.
        exit_code: How it ends.
    """
    about: dict[str, Any] = {"kind": kind, "message": str(found), "exit_code": exit_code}
    if isinstance(found, LangsyncError):
        kinds = (one for one in type(found).__mro__ if one.__module__ == LangsyncError.__module__)
        named = next(kinds)  # of more special classes nobody outside knows
        if named is not LangsyncError:
            words = _WORDS.findall(named.__name__.removesuffix("Error"))
            about |= {"kind": "_".join(words).lower(), "exit_code": found.exit_code}
    if isinstance(found, InvalidFilesError):
        about["problems"] = [_problem(problem) for problem in found.problems]
    if isinstance(found, RefusedError):
        about["reasons"] = list(found.reasons)
    return line({"error": about})


def rows(name: str, rows: Sequence[dict[str, Any]]) -> str:
    """A table under a name."""
    return _text({name: list(rows)})


def result(found: dict[str, Any]) -> str:
    """What a command found, as it is."""
    return _text(found)


def line(found: dict[str, Any]) -> str:
    """What a command found, on one line."""
    return orjson.dumps({"format_version": FORMAT_VERSION, **found}).decode() + "\n"


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "code": problem.code,
    }


def _text(data: dict[str, Any]) -> str:
    packed = orjson.dumps({"format_version": FORMAT_VERSION, **data}, option=orjson.OPT_INDENT_2)
    return packed.decode() + "\n"
