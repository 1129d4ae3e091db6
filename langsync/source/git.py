"""The program ``git``, called so that no settings change its output.

The configuration of a repository may name programs that Git runs: ``core.fsmonitor``, filters,
``core.sshCommand``, credential helpers. Whoever made the repository chose them, not whoever runs
langsync. So only a few questions are asked where that configuration is read (`Git.find`), none of
which runs a program or opens a connection; all others are asked in a private Git directory, see
`langsync.history.isolated`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TIMEOUT = 120
"""Seconds that one question may take."""

FETCH_TIMEOUT = 600
"""Seconds that one fetch may take."""

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
        "GIT_SHALLOW_FILE",
        "GIT_GRAFT_FILE",
    }
)
"""Variables that hooks inherit, or that change the meaning of paths.

The repository is the one around ``langsync.yaml``, whoever calls. Variables that hold settings
(``GIT_CONFIG_COUNT``) stay: CI declares safe folders with them.
"""

_PLAIN = {
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}

_SETTINGS = (
    *("-c", "core.fsmonitor=false"),
    # what Git asks of the repository whose objects are borrowed, it would ask with its settings
    *("-c", "core.alternateRefsCommand=true"),
    *("-c", "protocol.ext.allow=never"),  # such a URL of a remote is a command
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
    "--no-pager",
)

_NO_CONNECTION = {"GIT_ALLOW_PROTOCOL": "none"}
"""A missing object is not fetched, by whatever program: also for a Git before 2.45."""


_SUFFIXES = (".exe", ".cmd") if os.name == "nt" else ("",)


class GitError(Exception):
    """Git could not answer."""


def find_program() -> str | None:
    """The path of the program ``git``; None where it is not installed.

    Only the absolute folders of ``PATH`` are searched: `shutil.which` searches the current folder,
    too, where ``PATH`` has an empty entry, and on Windows always. That folder may be a checkout.
    """
    folders = [Path(folder) for folder in os.get_exec_path() if Path(folder).is_absolute()]
    files = (folder / f"git{suffix}" for folder in folders for suffix in _SUFFIXES)
    return next((str(file) for file in files if file.is_file() and os.access(file, os.X_OK)), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended.

    Args:
        code: Its exit code.
        out: What it printed.
        error: What it printed to standard error.
    """

    code: int
    out: bytes
    error: str

    @property
    def text(self) -> str:
        """What it printed, without the final line break."""
        return self.out.decode("utf-8", "surrogateescape").removesuffix("\n")

    @property
    def complaint(self) -> str:
        """The most telling line of its error output, without ``fatal:``; empty for none."""
        lines = [line.strip() for line in self.error.splitlines() if line.strip()]
        fatal = (line for line in lines if line.startswith("fatal: "))
        return next(fatal, lines[0] if lines else "").removeprefix("fatal: ")


@dataclass(frozen=True, slots=True)
class Git:
    """The program and the folder in which it is called.

    Args:
        program: Its path.
        folder: The folder.
        variables: Variables of its environment, beside those of this process.
        settings: Arguments before the command, such as ``-c safe.directory=…``.
    """

    program: str
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[str, ...] = ()

    @classmethod
    def find(cls, folder: Path) -> Git:
        """The program, to be asked of the repository around a folder.

        Ask it nothing that reads the index or the work tree: see the module.

        Raises:
            GitError: There is none.
        """
        program = find_program()
        if program is None:
            raise GitError("git is not installed")
        return cls(program, folder, _NO_CONNECTION, _trusted(folder))

    def run(self, *arguments: str, stdin: bytes | None = None, timeout: int = TIMEOUT) -> Answer:
        """Ask one question.

        Args:
            arguments: Its arguments.
            stdin: What it reads; None for nothing.
            timeout: Seconds that it may take.

        Raises:
            GitError: The program cannot be started, or takes too long.
        """
        try:
            ended = subprocess.run(  # noqa: S603 - the arguments are ours, names follow `--`
                [self.program, *_SETTINGS, *self.settings, *arguments],
                cwd=self.folder,
                env=self._environment(),
                input=stdin or b"",
                capture_output=True,
                timeout=timeout,
                check=False,
                start_new_session=True,  # no terminal: ssh cannot ask for a passphrase there
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise GitError(f"git cannot be called: {error}") from None
        return Answer(ended.returncode, ended.stdout, ended.stderr.decode("utf-8", "replace"))

    def start(self, *arguments: str, asked: bool = False) -> subprocess.Popen[bytes]:
        """Start a call that answers bit by bit.

        Args:
            arguments: Its arguments.
            asked: Whether it reads questions from its standard input.

        Raises:
            GitError: The program cannot be started.
        """
        try:
            return subprocess.Popen(  # noqa: S603 - the arguments are ours
                [self.program, *_SETTINGS, *self.settings, *arguments],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.PIPE if asked else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise GitError(f"git cannot be called: {error}") from None

    def _environment(self) -> dict[str, str]:
        inherited = {name: text for name, text in os.environ.items() if name not in _ELSEWHERE}
        return {**inherited, **_PLAIN, **self.variables}


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a call, whether or not it has more to print."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue  # it had ended before it read its input
    process.wait()


def _trusted(folder: Path) -> tuple[str, ...]:
    """The setting that lets Git read a workspace of GitHub Actions that another user owns.

    A job in a container often runs as another user than the one that checked out. It chose the
    workspace, and no program that the repository's configuration names is run. Nothing is written
    to the user's configuration, and no other folder is trusted.
    """
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if os.environ.get("GITHUB_ACTIONS") != "true" or not workspace:
        return ()
    top = next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None)
    if top is None or not top.is_relative_to(Path(workspace).resolve()):
        return ()
    return ("-c", f"safe.directory={top}")
