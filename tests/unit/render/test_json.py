"""Plans, reports and findings as JSON."""

from __future__ import annotations

import json as reader

import pytest

from langsync.errors import Problem
from langsync.model import Report
from langsync.render import json
from tests.unit.render.plans import EMPTY, PLAN, PROJECT, REPORT


def test_a_plan_holds_every_field() -> None:
    """Never folded, with its version and its counts."""
    data = reader.loads(json.plan(PLAN))
    assert data["format_version"] == 1
    assert data["project"] == {"id": "p1", "name": "my-app", "host": "https://langfuse.example"}
    assert [one["address"] for one in data["changes"]] == [
        "prompt/greeting",
        "prompt/support",
        "prompt/kind",
    ]
    assert data["changes"][1]["differences"][0] == {
        "path": "config.temperature",
        "before": 0.2,
        "after": 0.5,
    }
    assert data["unmanaged"] == {"prompt": ["old", "older"]}
    assert data["refusals"][0]["address"] == "prompt/kind"
    assert data["summary"] == PLAN.summary


def test_a_report_counts_the_outcomes_that_there_are() -> None:
    """And has each result."""
    data = reader.loads(json.report(REPORT))
    assert data["summary"] == {"applied": 1, "failed": 1, "skipped": 1}
    assert data["outcome"] == "partial"
    assert data["results"][1] == {
        "address": "dataset/d",
        "action": "update",
        "outcome": "failed",
        "detail": "too large | <b>",
        "requests": 0,
    }
    assert reader.loads(json.report(Report(PROJECT, "", ())))["summary"] == {}


def test_findings_are_lists_of_places() -> None:
    """Errors and warnings alike."""
    data = reader.loads(
        json.findings([Problem("a", "bad", 1, 2)], [Problem("b", "odd", code="LS1")], 7)
    )
    assert data == {
        "format_version": 1,
        "errors": [{"file": "a", "line": 1, "column": 2, "message": "bad", "code": ""}],
        "warnings": [{"file": "b", "line": 0, "column": 0, "message": "odd", "code": "LS1"}],
        "resources": 7,
    }


@pytest.mark.parametrize(
    "text", [json.plan(EMPTY), json.report(REPORT), json.rows("x", [{"a": 1}])]
)
def test_a_result_ends_in_one_newline(text: str) -> None:
    """As files and pipes want it."""
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
    assert reader.loads(text)["format_version"] == 1
