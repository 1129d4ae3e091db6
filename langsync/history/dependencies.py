"""What depends on which files of a commit, and so differs in another one."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Generic, TypeVar

from langsync.source.commit import CommitTree
from langsync.source.objects import SUBMODULE, Entry, Objects, Row

Key = TypeVar("Key", bound=Hashable)


@dataclass(slots=True)
class _Node(Generic[Key]):
    """A path.

    Args:
        inner: What is below it.
        asked: What depends on what is there; of a folder, that it is one.
        listed: What depends on the names in it, by the pattern that they match.
    """

    inner: dict[bytes, _Node[Key]] = field(default_factory=dict)
    asked: set[Key] = field(default_factory=set)
    listed: dict[str, set[Key]] = field(default_factory=dict)

    def discard(self, key: Key) -> None:
        """Forget what depends on it."""
        self.asked.discard(key)
        for pattern, keys in [*self.listed.items()]:
            keys.discard(key)
            if not keys:
                del self.listed[pattern]

    def keys(self) -> Iterator[Key]:
        """Everything that depends on it, or on what is below."""
        yield from self.asked
        for keys in self.listed.values():
            yield from keys
        for node in self.inner.values():
            yield from node.keys()


@dataclass(slots=True)
class Changed(Generic[Key]):
    """What differs.

    Args:
        keys: What depends on it.
        hashes: What the files hold now that others depend on.
    """

    keys: set[Key] = field(default_factory=set)
    hashes: list[str] = field(default_factory=list)


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
        """Say on which answers of a tree something depends, instead of what it did before."""
        self.remove(key)
        self._of[key] = tree
        for path in tree.asked:
            self._way(path)[-1].asked.add(key)
        for path, pattern in tree.listed:
            self._way(path)[-1].listed.setdefault(pattern, set()).add(key)

    def remove(self, key: Key) -> None:
        """Forget something."""
        tree = self._of.pop(key, None)
        if tree is None:
            return
        for path in (*tree.asked, *(folder for folder, _ in tree.listed)):
            way = self._way(path)
            way[-1].discard(key)
            for above, name in reversed([*zip(way, _steps(path), strict=False)]):
                if not any(above.inner[name].keys()):
                    del above.inner[name]

    def _way(self, path: str) -> list[_Node[Key]]:
        """What is known of a path, from the top on."""
        way = [self._top]
        for name in _steps(path):
            way.append(way[-1].inner.setdefault(name, _Node()))
        return way

    def changed(self, old: str, new: str) -> Changed[Key]:
        """What differs between two commits.

        Args:
            old: The hash of the repository's folder in one of them.
            new: And in the other.
        """
        found: Changed[Key] = Changed()
        self._compare(self._top, Entry("tree", old), Entry("tree", new), found)
        return found

    def _compare(
        self, node: _Node[Key], old: Entry | None, new: Entry | None, found: Changed[Key]
    ) -> None:
        if old == new:
            return
        if "link" in (_kind(old), _kind(new)):  # it leads elsewhere
            found.keys.update(node.keys())
            return
        if _kind(old) != _kind(new) or _kind(new) == "file":
            found.keys |= node.asked
            if node.asked and new is not None and new.kind == "file":
                found.hashes.append(new.hash)
        if not node.inner and not node.listed:
            return  # whatever it holds is not read of Git
        left, right = self._objects.rows(old), self._objects.rows(new)
        renamed = [*_renamed(left, right)] if node.listed else ()
        for pattern, keys in node.listed.items():
            if any(fnmatch(name, pattern) for name in renamed):
                found.keys |= keys
        for name, inner in node.inner.items():
            if left.get(name) != right.get(name):
                text = os.fsdecode(name)
                was, now = (self._objects.entry(text, side.get(name)) for side in (left, right))
                self._compare(inner, was, now, found)


def _steps(path: str) -> list[bytes]:
    return os.fsencode(path).split(b"/") if path else []


def _kind(entry: Entry | None) -> str:
    return entry.kind if entry is not None else ""


def _renamed(left: Mapping[bytes, Row], right: Mapping[bytes, Row]) -> Iterator[str]:
    """The names that only one of two folders has, or that are something else there."""
    for name in left.keys() | right.keys():
        was, now = left.get(name), right.get(name)
        if was != now and (not was or not now or was[0] != now[0] or SUBMODULE in was):
            yield os.fsdecode(name)
