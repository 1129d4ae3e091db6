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
    entries = [{key: change[key] for key in keys} for change in packed]
    return _text({**names, "changes": entries, "items": items})


def report(report: Report) -> str:
    """A report, with how much of the plan was applied and a count for each outcome."""
    data = TypeAdapter(Report).dump_python(report, mode="json")
    counts: dict[str, int] = {}
    for result in report.results:
        counts[result.outcome.value] = counts.get(result.outcome.value, 0) + 1
    return _text({**data, "outcome": report.outcome, "summary": counts})


def drift(drift: Drift) -> str:
    """Drift, with a count of each part."""
    data = TypeAdapter(Drift).dump_python(drift, mode="json")
    parts = {"drifted": drift.changes, "pending": drift.pending, "unknown": drift.unknown}
    counts = {name: len(part) for name, part in parts.items()}
    return _text({**data, "summary": {**counts, "unchanged": drift.unchanged}})


def findings(errors: Sequence[Problem], warnings: Sequence[Problem], resources: int) -> str:
    """What ``validate`` found."""
    return _text(
        {
            "errors": [_problem(problem) for problem in errors],
            "warnings": [_problem(problem) for problem in warnings],
            "resources": resources,
        }
    )


def error(reason: LangsyncError | str, kind: str = "error", exit_code: int = 1) -> str:
    """Why a command ended, on one line.

    Args:
        reason: Why. An error of a class in `langsync.errors` is called after it, such as
            ``invalid_files``, and knows its exit code; ``problems`` are those of files,
            ``reasons`` those of a refusal.
        kind: What everything else is called.
        exit_code: How it ends.
    """
    data: dict[str, Any] = {"kind": kind, "message": str(reason), "exit_code": exit_code}
    if isinstance(reason, LangsyncError):
        kinds = (cls for cls in type(reason).__mro__ if cls.__module__ == LangsyncError.__module__)
        named = next(kinds)  # of more special classes nobody outside knows
        if named is not LangsyncError:
            parts = _WORDS.findall(named.__name__.removesuffix("Error"))
            data |= {"kind": "_".join(parts).lower(), "exit_code": reason.exit_code}
    if isinstance(reason, InvalidFilesError):
        data["problems"] = [_problem(problem) for problem in reason.problems]
    if isinstance(reason, RefusedError):
        data["reasons"] = list(reason.reasons)
    return line({"error": data})


def rows(name: str, rows: Sequence[dict[str, Any]]) -> str:
    """A table under a name."""
    return _text({name: list(rows)})


def result(data: dict[str, Any]) -> str:
    """What a command found, as it is."""
    return _text(data)


def line(data: dict[str, Any]) -> str:
    """What a command found, on one line."""
    return orjson.dumps({"format_version": FORMAT_VERSION, **data}).decode() + "\n"


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
