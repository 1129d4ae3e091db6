"""The program ``git``, called so that nobody's settings change what it says."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 120
"""Seconds that one question may take."""

_ELSEWHERE = frozenset(
    {
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_COMMON_DIR",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
        "GIT_GLOB_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_ICASE_PATHSPECS",
    }
)
"""Variables that hooks have, or that change what a path means.

The repository is the one around ``langsync.yaml``, whoever calls. Variables that hold settings
(``GIT_CONFIG_COUNT``) stay: CI declares safe folders with them.
"""

_PLAIN = {
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}

_SETTINGS = ("-c", "core.fsmonitor=false", "--no-pager")


class GitError(Exception):
    """Git could not answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended.

    Args:
        code: Its exit code.
        out: What it printed.
        error: What it complained of.
    """

    code: int
    out: bytes
    error: str

    @property
    def text(self) -> str:
        """What it printed, without the final line break."""
        return self.out.decode("utf-8", "surrogateescape").removesuffix("\n")


@dataclass(frozen=True, slots=True)
class Git:
    """The program and the folder in which it is called.

    Args:
        program: Its path.
        folder: The folder.
    """

    program: str
    folder: Path

    @classmethod
    def find(cls, folder: Path) -> Git:
        """The program, if there is one.

        Raises:
            GitError: There is none.
        """
        program = shutil.which("git")
        if program is None:
            raise GitError("git is not installed")
        return cls(program, folder)

    def run(self, *words: str) -> Answer:
        """Ask one question.

        Raises:
            GitError: The program cannot be started, or takes too long.
        """
        try:
            ended = subprocess.run(  # noqa: S603 - the words are ours, names follow `--`
                [self.program, *_SETTINGS, *words],
                cwd=self.folder,
                env=_variables(os.environ.items()),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise GitError(f"git cannot be called: {error}") from None
        return Answer(ended.returncode, ended.stdout, ended.stderr.decode("utf-8", "replace"))

    def start(self, *words: str, asked: bool = False) -> subprocess.Popen[bytes]:
        """Start a call that answers bit by bit.

        Args:
            words: Its arguments.
            asked: Whether it is told on its standard input what to answer.

        Raises:
            GitError: The program cannot be started.
        """
        try:
            return subprocess.Popen(  # noqa: S603 - the words are ours
                [self.program, *_SETTINGS, *words],
                cwd=self.folder,
                env=_variables(os.environ.items()),
                stdin=subprocess.PIPE if asked else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise GitError(f"git cannot be called: {error}") from None


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a call, whether it has more to say or not."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue  # it had ended before it was asked
    process.wait()


def _variables(process: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {**{name: value for name, value in process if name not in _ELSEWHERE}, **_PLAIN}
