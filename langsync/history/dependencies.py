"""What depends on which files of a commit, and so may differ in another commit."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Generic, TypeVar

from langsync.source.commit import CommitTree
from langsync.source.objects import SUBMODULE, Entry, Objects, Row, kind_of

Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class _Node(Generic[Key]):
    """A path.

    Args:
        inner: The paths below it, by name.
        asked: What depends on the file there, or on there being a folder.
        listed: What depends on the names in it, by the pattern that they match.
    """

    inner: dict[bytes, _Node[Key]] = field(default_factory=dict)
    asked: set[Key] = field(default_factory=set)
    listed: dict[str, set[Key]] = field(default_factory=dict)

    def keys(self) -> Iterator[Key]:
        """Everything that depends on the path or on one below it."""
        yield from self.asked
        for keys in self.listed.values():
            yield from keys
        for node in self.inner.values():
            yield from node.keys()


class Dependencies(Generic[Key]):
    """What depends on which files.

    Args:
        objects: The objects of the repository.
    """

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._top: _Node[Key] = _Node()
        self._of: dict[Key, CommitTree] = {}

    def put(self, key: Key, tree: CommitTree) -> None:
        """Record the paths of a tree on which a key depends, in place of earlier ones."""
        self.remove(key)
        self._of[key] = tree
        for path in tree.asked:
            self._node(path).asked.add(key)
        for path, pattern in tree.listed:
            self._node(path).listed.setdefault(pattern, set()).add(key)

    def remove(self, key: Key) -> None:
        """Forget a key."""
        if key in self._of:
            tree = self._of.pop(key)
            for path in tree.asked:
                self._node(path).asked.discard(key)
            for path, pattern in tree.listed:
                self._node(path).listed[pattern].discard(key)

    def _node(self, path: str) -> _Node[Key]:
        node = self._top
        for name in os.fsencode(path).split(b"/") if path else ():
            node = node.inner.setdefault(name, _Node())
        return node

    def changed(self, old: str, new: str) -> tuple[set[Key], list[str]]:
        """What differs between two commits.

        Args:
            old: The hash of the repository's folder in one of them.
            new: And in the other.

        Returns:
            What depends on it, and the hashes of the files that it depends on, as they are now.
        """
        keys: set[Key] = set()
        hashes: list[str] = []
        for entry, dependents in self._compare(self._top, Entry("tree", old), Entry("tree", new)):
            keys.update(dependents)
            hashes += [entry.hash] if entry is not None and entry.kind == "file" else []
        return keys, hashes

    def _compare(
        self, node: _Node[Key], old: Entry | None, new: Entry | None
    ) -> Iterator[tuple[Entry | None, Iterable[Key]]]:
        """What is new at a path or below, each with what depends on it."""
        if "link" in (kind_of(old), kind_of(new)):  # it leads elsewhere
            yield None, node.keys()
            return
        if node.asked and (kind_of(old) != kind_of(new) or kind_of(new) == "file"):
            yield new, node.asked
        if not node.inner and not node.listed:
            return  # nothing depends on what is below
        left, right = self._objects.rows(old), self._objects.rows(new)
        renamed = [*_renamed(left, right)] if node.listed else ()
        for pattern, keys in node.listed.items():
            if any(fnmatch(name, pattern) for name in renamed):
                yield None, keys
        for name, inner in node.inner.items():
            if left.get(name) != right.get(name):
                text = os.fsdecode(name)
                was, now = (self._objects.entry(text, side.get(name)) for side in (left, right))
                yield from self._compare(inner, was, now)


def _renamed(left: Mapping[bytes, Row], right: Mapping[bytes, Row]) -> Iterator[str]:
    """The names that only one of two folders has, or that are something else there."""
    for name in left.keys() | right.keys():
        was, now = left.get(name), right.get(name)
        if was != now and (not was or not now or was[0] != now[0] or SUBMODULE in was):
            yield os.fsdecode(name)
