"""Git repositories, as tests make them: no settings but their own, one identity, a steady clock."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.unit.repository import Files, write

START = 1_700_000_000
"""When the first commit of a repository is made, in seconds since 1970; the next a minute later."""


@dataclass
class Repository:
    """A Git repository.

    Args:
        folder: Its work tree.
        commits: How many commits were made, which is also what the clock shows, in minutes.
    """

    folder: Path
    commits: int = 0

    def git(self, *words: str) -> str:
        """Call ``git`` there; gives what it prints."""
        at = f"{START + 60 * self.commits} +0000"
        ended = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            env={**IDENTITY, "PATH": os.environ["PATH"]}
            | {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at, "HOME": str(self.folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=True,
        )
        return ended.stdout.decode().removesuffix("\n")

    def commit(self, files: Files | None = None, subject: str = "", *, without: str = "") -> str:
        """Write files, remove those that ``without`` names, and commit; gives the hash."""
        write(self.folder, files or {})
        for name in without.split():
            (self.folder / name).unlink()
        self.git("add", "--all")
        self.commits += 1
        subject = subject or f"commit {self.commits}"
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str, start: str = "HEAD") -> None:
        """Begin a branch and go there."""
        self.git("checkout", "--quiet", "-b", name, start)

    def checkout(self, name: str) -> None:
        """Go to a branch or commit."""
        self.git("checkout", "--quiet", name)

    def merge(self, name: str, *words: str, files: Files | None = None) -> str:
        """Merge a branch, with further changes in the same commit; gives the hash."""
        self.commits += 1
        self.git("merge", "--quiet", "--no-ff", "--no-commit", *words, name)
        write(self.folder, files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"Merge {name}")
        return self.git("rev-parse", "HEAD")


IDENTITY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ben",
    "GIT_COMMITTER_EMAIL": "ben@example.com",
}
"""Who commits, and that nobody's own settings count."""


def repository(folder: Path, *words: str) -> Repository:
    """Begin an empty repository; ``words`` are more arguments of ``git init``."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Repository(folder)
    made.git("init", "--quiet", "--initial-branch", "main", *words)
    return made


def clone(source: Path, folder: Path, *words: str) -> Repository:
    """Clone a repository; ``words`` are more arguments of ``git clone``."""
    made = Repository(folder.parent)
    made.git("clone", "--quiet", *words, f"file://{source}", str(folder))
    return Repository(folder)
