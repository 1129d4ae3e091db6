"""Workflow commands, step outputs and the job summary."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from langsync.errors import Problem
from langsync.render.annotations import command, escaped

SUMMARY_BYTES = 1024 * 1024
"""The maximum size of a step's summary (GitHub's documentation of workflow commands)."""

MAX_ANNOTATIONS = 10
"""The number of annotations of a level that GitHub shows (its documentation of check runs)."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """The runner of a workflow, or a plain terminal where its variables are not set.

    Args:
        log: The output of the step.
        variables: The environment variables of the process.
    """

    log: TextIO
    variables: Mapping[str, str]

    def mask(self, *secret: str) -> None:
        """Masks secrets in the log; each line of them, because lines are masked separately."""
        for line in (line.strip() for text in secret for line in text.splitlines()):
            if line:
                self._write_command(f"::add-mask::{escaped(line)}")

    @contextmanager
    def plain(self) -> Iterator[None]:
        """Disables workflow commands, which texts of prompts could contain."""
        token = secrets.token_hex(16)
        self._write_command(f"::stop-commands::{token}")
        try:
            yield
        finally:
            self._write_command(f"::{token}::")

    def notice(self, text: str) -> None:
        """Shows a notice in the summary of the run."""
        self._write_command(f"::notice title=langsync::{escaped(text)}")

    def warning(self, text: str) -> None:
        """Shows a warning in the summary of the run."""
        self._write_command(f"::warning title=langsync::{escaped(text)}")

    def error(self, text: str) -> None:
        """Shows an error in the summary of the run."""
        self._write_command(f"::error title=langsync::{escaped(text)}")

    def annotate(self, level: str, problems: Sequence[Problem], base: Path) -> None:
        """Annotates lines of files, as many as GitHub shows.

        Args:
            level: ``notice``, ``warning`` or ``error``.
            problems: The messages and their lines.
            base: The folder that file names are relative to.
        """
        for problem in problems[:MAX_ANNOTATIONS]:
            self._write_command(command(level, problem, base))

    def output(self, values: Mapping[str, str]) -> None:
        """Sets the step's outputs, with delimiters that no value contains."""
        lines = []
        for name, value in values.items():
            delimiter = f"langsync_{secrets.token_hex(16)}"
            lines += [f"{name}<<{delimiter}", value, delimiter]
        self._append("GITHUB_OUTPUT", lines)

    def summary(self, markdown: str) -> None:
        """Appends to the job summary; the caller has to keep to its maximum size."""
        self._append("GITHUB_STEP_SUMMARY", [markdown])

    def _append(self, variable: str, lines: Sequence[str]) -> None:
        if path := self.variables.get(variable):
            with Path(path).open("a", encoding="utf-8", newline="\n") as file:
                file.write("".join(f"{line}\n" for line in lines))

    def _write_command(self, line: str) -> None:
        if self.variables.get("GITHUB_ACTIONS") == "true":
            self.log.write(f"{line}\n")
            self.log.flush()
