"""The threat model names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TOP = Path(__file__).parents[1]
TEXT = (TOP / ".github" / "SECURITY.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def test_each_row_names_a_test_that_exists() -> None:
    """A row without one is a claim that nothing holds."""
    rows = [line for line in TEXT.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 15
    for row in rows:
        assert NAMED.search(row), row


def test_each_test_that_is_named_exists() -> None:
    """By its file and its function."""
    for file, function in NAMED.findall(TEXT):
        module = ast.parse((TOP / file).read_text("utf-8"))
        names = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
        assert function in names if function else any(name.startswith("test_") for name in names)
