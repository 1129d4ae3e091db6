"""What the runner of a workflow is told: commands, step outputs, the job summary."""

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
"""What a step's summary may hold (GitHub's documentation of workflow commands)."""

SHOWN = 10
"""Annotations of one level that GitHub shows of a step (its documentation of check runs)."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """The runner of a workflow, or a plain terminal where its variables are not set.

    Args:
        log: Where the step's output goes.
        variables: Those of the process.
    """

    log: TextIO
    variables: Mapping[str, str]

    def mask(self, *secret: str) -> None:
        """Let the log never show a secret; each line of it, since each is masked by itself."""
        for line in (line.strip() for one in secret for line in one.splitlines()):
            if line:
                self._say(f"::add-mask::{escaped(line)}")

    @contextmanager
    def plain(self) -> Iterator[None]:
        """Let nothing that is printed be taken for a command, whatever prompts say."""
        token = secrets.token_hex(16)
        self._say(f"::stop-commands::{token}")
        try:
            yield
        finally:
            self._say(f"::{token}::")

    def notice(self, text: str) -> None:
        """Show a notice beside the job's result."""
        self._say(f"::notice title=langsync::{escaped(text)}")

    def warning(self, text: str) -> None:
        """Show a warning beside the job's result."""
        self._say(f"::warning title=langsync::{escaped(text)}")

    def error(self, text: str) -> None:
        """Show an error beside the job's result."""
        self._say(f"::error title=langsync::{escaped(text)}")

    def annotate(self, level: str, problems: Sequence[Problem], top: Path) -> None:
        """Show texts beside the lines of files, as many as GitHub shows.

        Args:
            level: ``notice``, ``warning`` or ``error``.
            problems: What to say where.
            top: The folder that files are named from.
        """
        for one in problems[:SHOWN]:
            self._say(command(level, one, top))

    def output(self, values: Mapping[str, str]) -> None:
        """Set the step's outputs, with delimiters that no value can hold."""
        lines = []
        for name, value in values.items():
            delimiter = f"langsync_{secrets.token_hex(16)}"
            lines += [f"{name}<<{delimiter}", value, delimiter]
        self._append("GITHUB_OUTPUT", lines)

    def summary(self, markdown: str) -> None:
        """Add to the job's summary; what it cannot hold has to be left out before."""
        self._append("GITHUB_STEP_SUMMARY", [markdown])

    def _append(self, variable: str, lines: Sequence[str]) -> None:
        if path := self.variables.get(variable):
            with Path(path).open("a", encoding="utf-8", newline="\n") as file:
                file.write("".join(f"{line}\n" for line in lines))

    def _say(self, line: str) -> None:
        if self.variables.get("GITHUB_ACTIONS") == "true":
            self.log.write(f"{line}\n")
            self.log.flush()
