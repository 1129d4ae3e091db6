"""Findings as commands of GitHub's workflows, which shows them beside the lines of a change."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from langsync.errors import Problem
from langsync.render.shape import escape_control


def findings(errors: Sequence[Problem], warnings: Sequence[Problem], top: Path) -> str:
    """What ``validate`` found, one command a line.

    Args:
        errors: What is wrong.
        warnings: What deserves a look.
        top: The folder that files are named from: that of the Git work tree.
    """
    lines = [command("error", error, top) for error in errors]
    lines += [command("warning", warning, top) for warning in warnings]
    return "".join(f"{line}\n" for line in lines)


def command(word: str, problem: Problem, top: Path) -> str:
    """One command: ``notice``, ``warning`` or ``error`` beside a line of a file.

    Args:
        word: Which of them.
        problem: What to say where.
        top: The folder that files are named from.
    """
    values = {
        "file": Path(os.path.relpath(Path(problem.file).absolute(), top)).as_posix(),
        "line": problem.line,
        "col": problem.column if problem.line else 0,
        "title": f"langsync {problem.code}".strip(),
    }
    properties = ",".join(f"{name}={_value(str(value))}" for name, value in values.items() if value)
    return f"::{word} {properties}::{escaped(problem.message)}"


def escaped(text: str) -> str:
    """A text that ends no command and begins none."""
    for plain, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        text = text.replace(plain, escaped)
    return escape_control(text)


def _value(text: str) -> str:
    return escaped(text).replace(":", "%3A").replace(",", "%2C")
