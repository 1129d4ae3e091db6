"""Limits on how much of the history is read."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from langsync import kinds
from langsync.history.causes import bounded
from langsync.model import Address
from langsync.source.git import GitError


def owner(address: Address) -> Address:
    """The resource whose files declare this one; itself, if it has files of its own."""
    return kinds.all_kinds()[address.kind].owner(address) or address


def is_numerous(address: Address) -> bool:
    """Whether there may be very many resources of its kind."""
    return kinds.all_kinds()[address.kind].numerous


@dataclass(frozen=True, slots=True)
class ReadScope:
    """Which files of a commit are read, and of how many commits.

    Args:
        kind: The kind whose files are read; empty for all kinds.
        items: Of numerous resources, such as dataset items, those that are kept; None for all.
            Files of rows that cannot hold one of them are not read.
        commits: The limit of commits: for each owner of items, or for all files.
        bytes: Commits past that limit are read until an owner's files exceed this many bytes.
    """

    kind: str = ""
    items: Collection[Address] | None = None
    commits: float = math.inf
    bytes: int = 0


@dataclass(slots=True)
class _Spent:
    """What was read of an owner's files: how many commits, the tree of the last, and bytes."""

    commits: int = 0
    tree: str = ""
    bytes: int = 0


class Bounds:
    """Counts what is read against the limits of a scope.

    Args:
        scope: The scope.
    """

    def __init__(self, scope: ReadScope) -> None:
        self._scope = scope
        self.open = {owner(item) for item in scope.items or ()}
        """The owners of items in the scope whose rows are still read."""
        self.ended: dict[Address, str] = {}
        """Owners whose rows are no longer read, each with the reason."""
        self._is_per_owner = bool(self.open)
        self._spent: defaultdict[Address | None, _Spent] = defaultdict(_Spent)
        self._lost: set[Address] = set()

    def count(self, declared: Iterable[Address], tree: str) -> None:
        """Count a commit for the owners that a file declares, before its rows are read.

        Args:
            declared: What the file declares.
            tree: The hash of the commit's folder.

        Raises:
            GitError: The limit is reached for every owner.
        """
        for address in self.open.intersection(declared) if self._is_per_owner else (None,):
            spent = self._spent[address]
            if spent.tree == tree:
                continue
            if spent.commits >= self._scope.commits and spent.bytes >= self._scope.bytes:
                self._end(address, bounded(spent.commits, "that change its files are read"))
            spent.tree = tree
            spent.commits += 1

    def _end(self, address: Address | None, why: str) -> None:
        if address is not None:
            self.open.discard(address)
            self.ended[address] = why
            self._lost.add(address)
        if not self.open:
            raise GitError(why)

    def spend(self, declared: Iterable[Address], size: int) -> None:
        """Count the bytes that were read for the owners among what a document declares."""
        for address in self.open.intersection(declared):
            self._spent[address].bytes += size

    def lost(self) -> Collection[Address]:
        """The items that are no longer followed, since the last call."""
        lost, self._lost = self._lost, set()
        return [item for item in self._scope.items or () if owner(item) in lost] if lost else ()
