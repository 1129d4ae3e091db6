"""An open repository, and what a reference means in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from langsync.errors import ConfigError
from langsync.history.commits import Commits
from langsync.history.git import Git, GitError
from langsync.history.objects import Objects


class Repository:
    """An open repository, and the processes and folders that questions need.

    Args:
        git: The program, at the top of the repository.
        root: The folder of ``langsync.yaml`` there; may be empty.
        head: The commit that is checked out.
        shallow: Whether the clone lacks older commits.
    """

    def __init__(self, git: Git, root: str, head: str, *, shallow: bool) -> None:
        self.git = git
        self.root = root
        self.head = head
        self.shallow = shallow
        self.objects = Objects(git, len(head))
        self.commits = Commits(git, self.objects, head)
        self.closing: list[Callable[[], None]] = [self.objects.close, self.commits.close]

    def close(self) -> None:
        """End what runs and delete what was written."""
        while self.closing:
            self.closing.pop()()


def find(root: Path) -> Repository:
    """Open the repository around a folder.

    Raises:
        GitError: There is none, none with a commit, or Git does not trust it.
    """
    git = Git.find(root)
    answer = git.run("rev-parse", "--is-shallow-repository", "--show-toplevel")
    if answer.code != 0:
        lines = [line for line in answer.error.splitlines() if line.strip()]
        raise GitError(lines[0].removeprefix("fatal: ") if lines else "no Git repository")
    shallow, _, top = answer.text.partition("\n")
    folder = Path(top).resolve()
    if not root.is_relative_to(folder):
        raise GitError(f"{root} is not in the work tree {folder}")
    head = git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head.code != 0:
        raise GitError("the Git repository has no commit yet")
    inside = root.relative_to(folder).as_posix()
    git = Git(git.program, folder)
    return Repository(git, "" if inside == "." else inside, head.text, shallow=shallow == "true")


def tree_of(repository: Repository, ref: str) -> str:
    """The hash of the folder of a commit.

    Raises:
        ConfigError: There is no such commit.
    """
    words = f"there is no commit, branch or tag {ref!r} in this clone"
    if repository.shallow:
        words += ", which is shallow: fetch more of the history"
    if not ref or ref.startswith("-") or "\0" in ref or "\n" in ref:
        raise ConfigError(words)
    answer = repository.git.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if answer.code != 0:
        raise ConfigError(words)
    return repository.git.run("rev-parse", "--verify", f"{answer.text}^{{tree}}").text
