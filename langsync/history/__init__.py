"""Git: was this state ever committed, and by which commit?

Nothing is checked out: the files of older commits are read into a private folder and declared as
`langsync.load` declares those of today. One walk from HEAD back is shared by all questions and
goes as far as somebody asks.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Self

from langsync.config import Config, Environment
from langsync.errors import ConfigError
from langsync.history.commits import FORMAT, Commits, parse
from langsync.history.git import Git, GitError
from langsync.history.objects import Objects
from langsync.history.paths import Paths
from langsync.history.replay import Replay, same
from langsync.history.status import differs_from_head
from langsync.history.timeline import MAX_VISITED, Timeline
from langsync.model import Address, Commit, Declaration, Resource, State

MAX_COMMITS = 1000
"""Commits that change what is declared, or may do so, and are looked at."""

_HASH = re.compile(r"[0-9a-f]{7,64}")


class _Repository:
    """An open repository, and the processes and folders that questions need."""

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


class History:
    """What the commits that lead to HEAD declare.

    It never fails for the lack of a repository; `known` is false then. Processes end and the
    private folder goes with `close`, and at the latest with the object.

    Args:
        config: What ``langsync.yaml`` says.
        environment: The chosen environment.
        repository: The repository around it; None if there is none with a commit.
        why: Why there is none.
    """

    def __init__(
        self,
        config: Config,
        environment: Environment,
        repository: _Repository | None,
        why: str = "",
    ) -> None:
        self.why = why
        self._config = config
        self._environment = environment
        self._repository = repository
        self._descends: dict[str, bool] = {}
        self._attended: set[Address] = set()
        self._close = weakref.finalize(self, repository.close if repository else _nothing)

    @classmethod
    def open(cls, config: Config, environment: Environment) -> History:
        """Look for the repository around a ``langsync.yaml``."""
        try:
            return cls(config, environment, _find(config.root))
        except GitError as error:
            return cls(config, environment, None, str(error))

    def close(self) -> None:
        """End what runs and delete what was written; nothing can be asked afterwards."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def known(self) -> bool:
        """Whether there is a commit to look at."""
        return self._repository is not None

    @property
    def shallow(self) -> bool:
        """Whether the clone lacks older commits."""
        return self._repository is not None and self._repository.shallow

    @property
    def whole(self) -> bool:
        """Whether a walk reaches the first commit; true until it is known not to."""
        return self.known and not self.shallow and not self._timeline.cut

    @cached_property
    def head(self) -> Commit | None:
        """The commit that is checked out."""
        if self._repository is None:
            return None
        git, head = self._repository.git, self._repository.head
        try:
            answer = git.run("rev-list", "-1", "--encoding=UTF-8", FORMAT, head, "--")
            lines = answer.out.split(b"\n")
        except GitError:
            lines = []
        return parse(lines[1]).commit if len(lines) > 1 else Commit(head)

    @cached_property
    def dirty(self) -> bool:
        """Whether what would be loaded differs from HEAD; false where nothing is known."""
        if self._repository is None:
            return False
        return differs_from_head(self._repository.git, self._config)

    @cached_property
    def _timeline(self) -> Timeline[Address, Resource]:
        repository = self._open()
        about = (self._config, repository.root, self._environment)
        replay = Replay(repository.objects, *about, frozenset(self._attended))
        repository.closing.append(replay.close)
        return Timeline(
            repository.commits, lambda node: replay.move(node.tree), same, bound=MAX_COMMITS
        )

    @cached_property
    def _paths(self) -> Paths:
        repository = self._open()
        return Paths(repository.commits, repository.objects, repository.root, self._config)

    def attend(self, addresses: Iterable[Address]) -> None:
        """Say what will be asked for, all of it before the first question.

        Of resources of which there may be very many, such as dataset items, only those are kept of
        each commit: a question after any other begins the walk again.
        """
        new = {one for one in addresses if one.kind == "dataset_item"} - self._attended
        if new:
            self._attended |= new
            vars(self).pop("_timeline", None)

    def declarations(self, address: Address) -> Iterator[Declaration]:
        """What commits declare for an address, from HEAD back, neighbors differing.

        Runs of commits that do not declare it are given too. Read on only as far as needed: each
        step may look at many commits.
        """
        if self._repository is None:
            return
        self.attend([address])
        for run in self._timeline.runs(address):
            node = self._repository.commits.at(run.oldest)
            if node is not None:
                yield Declaration(run.value, run.newest, node.commit)

    def declared(self, address: Address, commit: str) -> Resource | None:
        """What one commit declares for an address; None if HEAD does not descend from it.

        Args:
            address: The address.
            commit: The commit's hash, or the beginning of it.
        """
        if self._repository is None or not _HASH.fullmatch(commit):
            return None
        self.attend([address])
        try:
            position = self._repository.commits.find(commit, MAX_VISITED)
        except GitError:
            return None
        return None if position is None else self._timeline.value(address, position)

    def touched(self, files: Collection[str]) -> Commit | None:
        """The newest commit that made any of some files what it is at HEAD.

        Args:
            files: Paths relative to the folder of ``langsync.yaml``, with ``/``; those that HEAD
                does not have do not count.

        Returns:
            None if there is none, or if it is further back than is looked. In a shallow clone the
            oldest commit may stand for older ones.
        """
        return self._paths.touched(files) if self.known else None

    def descends(self, commit: str) -> bool:
        """Whether a commit, its hash perhaps cut short, is known here and comes after HEAD."""
        if commit not in self._descends:
            self._descends[commit] = bool(_HASH.fullmatch(commit)) and self._is_after(commit)
        return self._descends[commit]

    def _is_after(self, commit: str) -> bool:
        repository = self._repository
        if repository is None:
            return False
        try:
            # not by its name: a branch may be called like the beginning of a hash
            found = repository.git.run("rev-parse", f"--disambiguate={commit}").text.split()
            return any(
                repository.git.run("merge-base", "--is-ancestor", repository.head, one).code == 0
                for one in found
                if one != repository.head
            )
        except GitError:
            return False

    def at(self, ref: str) -> State:
        """What a commit declares in the chosen environment.

        Args:
            ref: A branch, a tag, a hash, or anything else that Git takes for a commit.

        Raises:
            ConfigError: There is no such commit, or no ``langsync.yaml`` in it.
        """
        repository = self._open()
        try:
            tree = _tree_of(repository, ref)
            replay = Replay(repository.objects, self._config, repository.root, self._environment)
            try:
                replay.move(tree)
            finally:
                replay.close()
        except GitError as error:
            raise ConfigError(f"{ref}: {error}") from None
        if not replay.has_config:
            file = "/".join(part for part in (repository.root, self._config.file.name) if part)
            raise ConfigError(f"{ref} has no {file}: it declares nothing")
        return State(replay.resources.values())

    def departed(
        self, addresses: Collection[Address]
    ) -> Mapping[Address, tuple[Commit | None, Resource]]:
        """Which addresses that no file declares now some commit declared.

        Args:
            addresses: The addresses.

        Returns:
            For each of those the commit that took it out of the files (None if HEAD still
            declares it: it is gone from the work tree only) and what was declared last.
        """
        if not self.known:
            return {}
        self.attend(addresses)
        found: dict[Address, tuple[Commit | None, Resource]] = {}
        for address in sorted({*addresses} & {*self._timeline.keys()}):
            commit: Commit | None = None
            for declaration in self.declarations(address):
                if declaration.resource is not None:
                    found[address] = commit, declaration.resource
                    break
                commit = declaration.commit
        return found

    def _open(self) -> _Repository:
        if self._repository is None:
            raise ConfigError(f"the history is not at hand: {self.why}")
        return self._repository


def _nothing() -> None:
    """There is nothing to close."""


def _find(root: Path) -> _Repository:
    """The repository around a folder.

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
    return _Repository(git, "" if inside == "." else inside, head.text, shallow=shallow == "true")


def _tree_of(repository: _Repository, ref: str) -> str:
    words = f"there is no commit, branch or tag {ref!r} in this clone"
    if repository.shallow:
        words += ", which is shallow: fetch more of the history"
    if not ref or ref.startswith("-") or "\0" in ref or "\n" in ref:
        raise ConfigError(words)
    answer = repository.git.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if answer.code != 0:
        raise ConfigError(words)
    return repository.git.run("rev-parse", "--verify", f"{answer.text}^{{tree}}").text
