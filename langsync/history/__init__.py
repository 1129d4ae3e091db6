"""Git: was this state ever committed, and by which commit?

Nothing is checked out: the files of older commits are declared as `langsync.load` declares those of
today, through the same kind of tree. All questions about a kind share one walk back from HEAD,
which reads only as far as they need.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Self

from langsync.config import Config, Environment
from langsync.errors import ConfigError
from langsync.history import causes
from langsync.history.bounds import ReadScope, is_numerous, owner
from langsync.history.left_out import LeftOut, find_left_out
from langsync.history.paths import PathHistory
from langsync.history.replay import Replay, same
from langsync.history.repository import GitRepository, find, tree_of
from langsync.history.snapshot import Snapshot
from langsync.history.status import is_unreadable
from langsync.history.timeline import MAX_VISITED, Timeline
from langsync.model import Address, Commit, Declaration, Resource, State
from langsync.source.git import GitError

MAX_COMMITS = 1000
"""How many commits that change files of a kind are read."""

MAX_ITEM_COMMITS = 20
"""How many commits that change files of a dataset are read, if it has many items."""

MAX_ITEM_BYTES = 32 * 1024 * 1024
"""Up to this many bytes of a dataset's files, more such commits are read."""

_Resources = Timeline[Address, Resource]

_HASH = re.compile(r"[0-9a-f]{7,64}")


class History:
    """What the commits that lead to HEAD declare.

    Without a repository it does not fail; `known` is false then. `close` ends its processes and
    deletes its private folder; garbage collection does so at the latest.

    Args:
        config: The content of ``langsync.yaml``.
        environment: The chosen environment.
        repository: The repository around it; None if there is none with a commit.
        why: Why there is none.
        unreadable: Whether there are commits all the same, which Git cannot or will not read.
        commits: How many commits to read, if more than by default.
    """

    def __init__(
        self,
        config: Config,
        environment: Environment,
        repository: GitRepository | None,
        why: str = "",
        *,
        unreadable: bool = False,
        commits: int = 0,
    ) -> None:
        self.why = why
        self.unreadable = unreadable
        self._most = commits
        self._config = config
        self._environment = environment
        self._repository = repository
        self._descends: dict[str, bool] = {}
        self._prefetched: set[Address] = set()
        self._walks: dict[str, tuple[Replay, _Resources]] = {}
        self._close = weakref.finalize(self, repository.close if repository else _do_nothing)

    @classmethod
    def open(cls, config: Config, environment: Environment, commits: int = 0) -> History:
        """Look for the repository around a ``langsync.yaml``; see `History`."""
        try:
            return cls(config, environment, find(config), commits=commits)
        except GitError as error:
            unreadable = is_unreadable(config, error)
            return cls(config, environment, None, str(error), unreadable=unreadable)

    def close(self) -> None:
        """End processes and delete private files; no question can be answered afterwards."""
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
    def has_commits(self) -> bool:
        """Whether there are commits, readable or not: what they do not tell is protected."""
        return self.known or self.unreadable

    def gap(self, address: Address) -> str:
        """Why unread commits may declare an address; empty if there are none as far as is known.

        The reason includes what to do about it.
        """
        if self._repository is None:
            # the beginning of "not a git repository (or any of the parent directories): .git"
            return causes.unreadable(self.why) if self.unreadable else self.why.partition(" (")[0]
        replay, timeline = self._walk(address)
        if self._repository.shallow:
            return causes.shallow(self._repository.remote.complaint)
        if replay.hides(address):
            return causes.LFS
        if self._repository.objects.absent:
            return causes.SUBMODULE
        ended = replay.bounds.ended.get(owner(address)) or timeline.cut
        if ended and self._repository.lacks_objects:
            return causes.partial(ended)
        return ended

    @cached_property
    def head(self) -> Commit | None:
        """The commit that is checked out."""
        if self._repository is None:
            return None
        return self._repository.commit(self._repository.head) or Commit(self._repository.head)

    @property
    def dirty(self) -> bool:
        """Whether what would be loaded differs from HEAD; false where nothing is known."""
        return self._repository is not None and self._repository.work_tree.differs

    def uncommitted(self, resource: Resource) -> bool:
        """Whether HEAD does not have the files of a declared resource as they are now.

        False where nothing is known. ``langsync.yaml`` counts where it changes what is declared.
        """
        repository = self._repository
        if repository is None:
            return False
        if not repository.has(resource.files):
            return True
        if repository.has([self._config.file.name]):
            return False
        return not same(self.declared(resource.address, repository.head), resource)

    def commit(self, start: str) -> Commit | None:
        """A commit by its hash, or the beginning of that; None if it is not here."""
        if self._repository is None or not _HASH.fullmatch(start):
            return None
        return self._repository.commit(start)

    @cached_property
    def left_out(self) -> LeftOut:
        """What HEAD declares and the work tree leaves out; it is not gone."""
        repository = self._repository
        if repository is None:
            return LeftOut()
        try:
            absent = repository.objects.absent
            return find_left_out(repository.checkout, self._config, self._at_head, absent)
        except GitError:
            return LeftOut(complete=False)

    def _at_head(self) -> tuple[State, bool]:
        """What HEAD declares, and whether all of its files could be read."""
        try:
            snapshot = self.at("HEAD")
        except ConfigError:
            return State(), False
        return snapshot.state, not snapshot.problems

    def _walk(self, address: Address) -> tuple[Replay, _Resources]:
        """The walk that all questions about a kind share, one about an address among them."""
        self.prefetch([address])
        kind = address.kind
        if kind not in self._walks:
            scope = ReadScope(kind, (), max(MAX_COMMITS, self._most))
            if is_numerous(address):
                prefetched = frozenset(item for item in self._prefetched if item.kind == kind)
                most = max(MAX_ITEM_COMMITS, self._most)
                scope = ReadScope(owner(address).kind, prefetched, most, MAX_ITEM_BYTES)
            replay = self._replay(scope)
            move, lost = replay.move, replay.bounds.lost
            commits = self._open().commits
            timeline = Timeline(commits, lambda node: move(node.tree), same, lost, self._most)
            self._walks[kind] = replay, timeline
        return self._walks[kind]

    def _replay(self, scope: ReadScope) -> Replay:
        repository = self._open()
        top = repository.checkout.top
        return Replay(repository.objects, self._config, top, self._environment, scope)

    @cached_property
    def _paths(self) -> PathHistory:
        repository = self._open()
        return PathHistory(repository.commits, repository.objects, repository.root, self._config)

    def prefetch(self, addresses: Iterable[Address]) -> None:
        """Announce the addresses of coming questions, all of them before the first one.

        Of resources of which there may be very many, such as dataset items, only those are kept of
        each commit: a question after any other begins the walk again.
        """
        new = {address for address in addresses if is_numerous(address)} - self._prefetched
        self._prefetched |= new
        for address in new:
            self._walks.pop(address.kind, None)

    def declarations(self, address: Address) -> Iterator[Declaration]:
        """What commits declare for an address, from HEAD back, neighbors differing.

        Runs of commits that do not declare it are included. Consume it only as far as needed: each
        step may read many commits.
        """
        if self._repository is None:
            return
        for run in self._walk(address)[1].runs(address):
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
        try:
            position = self._repository.commits.find(commit, MAX_VISITED)
        except GitError:
            return None
        return None if position is None else self._walk(address)[1].value(address, position)

    def touched(self, files: Collection[str]) -> Commit | None:
        """The newest commit that gave any of some files its content at HEAD.

        Args:
            files: Paths relative to the folder of ``langsync.yaml``, with ``/``; those that HEAD
                does not have do not count.

        Returns:
            None if there is none, or if it is older than the commits that are read. In a shallow
            clone the oldest commit may be reported in place of older ones.
        """
        return self._paths.touched(files) if self.known else None

    def descends(self, commit: str) -> bool:
        """Whether a commit, its hash perhaps cut short, is known here and comes after HEAD."""
        if commit not in self._descends:
            known = self._repository if _HASH.fullmatch(commit) else None
            self._descends[commit] = known is not None and known.is_after_head(commit)
        return self._descends[commit]

    def at(self, ref: str, kind: str = "") -> Snapshot:
        """What a commit declares in the chosen environment.

        Args:
            ref: A branch, a tag, a hash, or anything else that Git resolves to a commit.
            kind: The kind whose files are read; empty for all kinds.

        Raises:
            ConfigError: There is no such commit, or no ``langsync.yaml`` in it.
        """
        repository = self._open()
        replay = self._replay(ReadScope(kind))
        try:
            replay.move(tree_of(repository, ref))
        except GitError as error:
            raise ConfigError(f"{ref}: {error}") from None
        if not replay.has_config:
            file = "/".join(part for part in (repository.root, self._config.file.name) if part)
            raise ConfigError(f"{ref} has no {file}: it declares nothing")
        placed = {
            file: tuple(replace(problem, file=f"{ref}:{problem.file}") for problem in problems)
            for file, problems in replay.problems().items()
        }
        return Snapshot(State(replay.resources.values()), placed)

    def departed(
        self, addresses: Collection[Address]
    ) -> Mapping[Address, tuple[Commit | None, Resource]]:
        """Addresses that no file declares now, but a commit did, as far as commits are read.

        Args:
            addresses: The addresses.

        Returns:
            For each, the commit that removed it from the files (None if HEAD still declares it, and
            only the work tree does not) and what was declared last. Addresses that the work tree
            leaves out are not included.
        """
        if not self.known:
            return {}
        self.prefetch(addresses)
        departed: dict[Address, tuple[Commit | None, Resource]] = {}
        samples = {address.kind: address for address in addresses}
        declared = {key for sample in samples.values() for key in self._walk(sample)[1].all_keys()}
        for address in sorted(declared.intersection(addresses)):
            if self.left_out.may_declare(address):
                continue
            commit: Commit | None = None
            for declaration in self.declarations(address):
                if declaration.resource is not None:
                    departed[address] = commit, declaration.resource
                    break
                commit = declaration.commit
        return departed

    def once_declared(self, kind: str) -> Collection[Address]:
        """The addresses of a kind, not a numerous one, that any of the commits read declares."""
        return self._walk(Address(kind, "-"))[1].all_keys() if self.known else ()

    def _open(self) -> GitRepository:
        if self._repository is None:
            raise ConfigError(f"the history is not at hand: {self.why}")
        return self._repository


def _do_nothing() -> None:
    """There is nothing to close."""
