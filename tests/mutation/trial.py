"""A mutant, held against the tests of its module, in a copy of the tree."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.which import covering


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"


class TestsFailError(Exception):
    """The tests fail without a mutant, or cannot be run: they tell nothing of mutants."""


@dataclass(slots=True)
class Tree:
    """A copy of the repository in which modules are mutated.

    Args:
        folder: The copy.
        quick: See `covering`.
        limit: Seconds for the tests of a mutant. One whose tests take longer counts as noticed:
            most that take long never end.
        passing: The tests that are known to pass without a mutant.
    """

    folder: Path
    quick: bool
    limit: float
    passing: set[tuple[str, ...]] = field(default_factory=set)

    @classmethod
    def copy(cls, root: Path, folder: Path, *, quick: bool, limit: float) -> Tree:
        """Copy what Git knows of a repository, as it is in the work tree."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            check=True,
            capture_output=True,
        )
        for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
            if os.path.lexists(root / name):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, folder / name, follow_symlinks=False)
        return cls(folder, quick, limit)

    def attempt(self, path: str, mutant: Mutant) -> Outcome:
        """Run the tests of a module with a mutant in its place.

        Args:
            path: The module.
            mutant: The mutant.

        Raises:
            TestsFailError: The tests fail without the mutant.
        """
        tests = covering(path, quick=self.quick)
        if tuple(tests) not in self.passing:
            if (code := self._run(tests, 10 * self.limit)) != 0:
                raise TestsFailError(f"pytest {' '.join(tests)} ends with {code} without a mutant")
            self.passing.add(tuple(tests))
        source = (self.folder / path).read_bytes()
        try:
            self._write(path, mutant.apply(source))
            code = self._run(tests, self.limit)
        finally:
            self._write(path, source)
        if code is None:
            return Outcome.TIMED_OUT
        return Outcome.KILLED if code else Outcome.SURVIVED  # also if it cannot be imported

    def _write(self, path: str, content: bytes) -> None:
        """Change a module; what was compiled of it goes, since its size and second may be alike."""
        place = self.folder / path
        place.write_bytes(content)
        for compiled in (place.parent / "__pycache__").glob(f"{place.stem}.*"):
            compiled.unlink()

    def _run(self, tests: list[str], limit: float) -> int | None:
        """Run tests until one fails; None where the time is over."""
        words = ["-q", "-x", "-p", "no:cacheprovider", "--hypothesis-seed=0", *tests]
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
