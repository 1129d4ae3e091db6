"""What is fuzzed: functions that take any bytes, and fail only where langsync is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.fuzz.plans import plan_file
from tests.fuzz.prompts import references
from tests.fuzz.rows import csv_rows, json_lines
from tests.fuzz.yaml_texts import layout, readers

TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "yaml": readers,
    "fmt": layout,
    "plan": plan_file,
    "references": references,
    "jsonl": json_lines,
    "csv": csv_rows,
}
"""Each target by the name of its corpus."""


def corpus(target: str) -> Path:
    """The folder of a target's inputs: one of each form, and each that ever failed."""
    return Path(__file__).parent / "corpus" / target
