"""How values by key change from commit to commit."""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from langsync.history.causes import bounded
from langsync.history.commits import CommitNode, Commits
from langsync.source.git import GitError

Key = TypeVar("Key")
Value = TypeVar("Value")

MAX_VISITED = 50_000
"""How many commits are read."""


@dataclass(frozen=True, slots=True)
class Run(Generic[Value]):
    """Commits one after the other with one value.

    Args:
        value: What they have; None for nothing.
        newest: The position of the newest of them.
        oldest: The position of the commit that brought it.
    """

    value: Value | None
    newest: int
    oldest: int


@dataclass(slots=True)
class _Changes(Generic[Value]):
    """The values of one thing: each from a position on, up to the next."""

    positions: list[int] = field(default_factory=list)
    values: list[Value | None] = field(default_factory=list)

    def at(self, position: int) -> Value | None:
        index = bisect_right(self.positions, position) - 1
        return self.values[index] if index >= 0 else None


class Timeline(Generic[Key, Value]):
    """Values by key at each commit, read as far back as questions need.

    A commit counts for a key where it differs from one of its parents. So a value that a
    branch merely kept while others changed it is not taken for newer than their changes.

    Args:
        commits: The commits.
        step: Gives, for a commit, the keys whose values differ from those at the commit that it
            was called for before, with the values; None for no value.
        same: Whether two values are equal.
        lost: Returns the keys that are no longer followed since the last step.
        most: How many commits to read, if more than `MAX_VISITED`.
    """

    def __init__(
        self,
        commits: Commits,
        step: Callable[[CommitNode], Mapping[Key, Value | None]],
        same: Callable[[Value | None, Value | None], bool],
        lost: Callable[[], Collection[Key]] = tuple,
        most: int = 0,
    ) -> None:
        self.cut = ""
        """Why there may be commits that were not read."""
        self._commits = commits
        self._step = step
        self._same = same
        self._lost = lost
        self._most = max(most, MAX_VISITED)
        self._changes: dict[Key, _Changes[Value]] = {}
        self._ends: dict[Key, int] = {}
        self._visited = 0
        self._settled = 0
        self._ended = False
        # commits with other parents than just the next one: position, positions of the parents
        self._forks: list[int] = []
        self._parents: list[tuple[int, ...]] = []

    def all_keys(self) -> list[Key]:
        """Every key that had a value at some commit."""
        while self._advance():
            pass
        return list(self._changes)

    def runs(self, key: Key) -> Iterator[Run[Value]]:
        """The runs of one key, newest first, neighbors differing."""
        newest = looked = 0
        run: Run[Value] | None = None
        yielded = False
        while looked < self._end(key) and (self._settled > looked or self._advance()):
            begin, looked = looked, self._settled
            end = self._end(key)
            for position in self._candidates(key, begin, min(looked, end)):
                value = self._at(key, position)
                parents = (parent for parent in self._parents_of(position) if parent < end)
                others = [self._at(key, parent) for parent in parents]
                if others and all(self._same(value, other) for other in others):
                    continue
                if run is not None and self._same(run.value, value):
                    newest, run = position + 1, Run(value, run.newest, position)
                else:
                    if run is not None and not yielded:
                        yield run
                    run, yielded = Run(value, newest, position), False
                    newest = position + 1
                if not yielded and not any(self._same(value, other) for other in others):
                    yielded = True
                    yield run
        if run is not None and not yielded:
            yield run

    def value(self, key: Key, position: int) -> Value | None:
        """The value of a key at a commit; None for no value, or if the commit was not read."""
        while self._visited <= position < self._end(key) and self._advance():
            pass
        return self._at(key, position) if position < self._visited else None

    def is_known(self, position: int) -> bool:
        """Whether the parents of a commit were read, as far as the clone has them."""
        node = self._commits.at(position)
        return node is not None and len(self._parents_of(position)) == len(node.parents)

    def _at(self, key: Key, position: int) -> Value | None:
        changes = self._changes.get(key)
        return changes.at(position) if changes is not None else None

    def _end(self, key: Key) -> int:
        """The position from which on a key is not followed."""
        return self._ends.get(key, sys.maxsize)

    def _parents_of(self, position: int) -> tuple[int, ...]:
        index = bisect_left(self._forks, position)
        if index < len(self._forks) and self._forks[index] == position:
            return self._parents[index]
        return (position + 1,)

    def _candidates(self, key: Key, begin: int, end: int) -> list[int]:
        """The positions in a range at which a key may differ from a parent, in order."""
        changes = self._changes.get(key)
        changed = changes.positions if changes is not None else []
        first, last = bisect_right(changed, begin), bisect_right(changed, end)
        candidates = {position - 1 for position in changed[first:last]}
        for index in range(bisect_left(self._forks, begin), bisect_left(self._forks, end)):
            fork, parents = self._forks[index], self._parents[index]
            if not parents or bisect_right(changed, fork) < bisect_right(changed, max(parents)):
                candidates.add(fork)
        return sorted(candidates)

    def _advance(self) -> bool:
        """Read one more commit; returns whether there was anything left to do."""
        if self._ended:
            return False
        node = None
        try:
            node = self._commits.at(self._visited)
            if node is not None and self._visited == self._most:
                self.cut, node = bounded(self._most, "are looked at"), None
            if node is not None:
                self._look(node)
        except GitError as error:
            self.cut, node = str(error), None
        self._ended = node is None
        self._settle()
        return True

    def _look(self, node: CommitNode) -> None:
        changed = self._step(node)
        lost = self._lost()
        for key, value in {**changed, **dict.fromkeys(lost)}.items():
            if key in self._ends:
                continue
            changes = self._changes.setdefault(key, _Changes())
            changes.positions.append(self._visited)
            changes.values.append(value)
        self._ends |= dict.fromkeys(lost, self._visited)
        self._visited += 1

    def _settle(self) -> None:
        """Continue to where parents are not known yet; at the end, count without them."""
        while self._settled < self._visited:
            node = self._commits.at(self._settled)
            parents = [self._commits.position(parent) for parent in node.parents] if node else []
            known = tuple(
                parent for parent in parents if parent is not None and parent < self._visited
            )
            if len(known) < len(parents) and not self._ended:
                return
            if known != (self._settled + 1,):
                self._forks.append(self._settled)
                self._parents.append(known)
            self._settled += 1
