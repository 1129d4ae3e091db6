"""Which commit gave a file its content at HEAD."""

from __future__ import annotations

import operator
import os
import posixpath
from collections.abc import Collection, Iterator

from langsync.config import Config
from langsync.history.commits import CommitNode, Commits
from langsync.history.timeline import Timeline
from langsync.model import Commit
from langsync.source.objects import Entry, Objects


class PathHistory:
    """The history of a repository's files; contents are not read.

    Args:
        commits: The commits.
        objects: The objects of the repository.
        root: The folder of ``langsync.yaml``, relative to the top of the repository; may be empty.
        config: The content of ``langsync.yaml``.
    """

    def __init__(self, commits: Commits, objects: Objects, root: str, config: Config) -> None:
        self._commits = commits
        self._objects = objects
        self._root = root
        named = (joined(root, folder) for folder in config.folders.values())
        self._deep = frozenset(folder for folder in named if folder is not None)
        self._timelines: dict[str, Timeline[str, Entry]] = {}

    def touched(self, files: Collection[str]) -> Commit | None:
        """See `langsync.history.History.touched`."""
        newest: int | None = None
        for file in files:
            path = joined(self._root, file)
            if path is None:
                continue
            timeline = self._timeline(path)
            run = next(timeline.runs(path), None)
            if run is None or run.value is None or not timeline.is_known(run.oldest):
                continue
            newest = run.oldest if newest is None else min(newest, run.oldest)
        node = self._commits.at(newest) if newest is not None else None
        return node.commit if node is not None else None

    def _timeline(self, path: str) -> Timeline[str, Entry]:
        """The timeline that covers a path: of its kind's folder, or else of its own folder."""
        folders = (name for name in self._deep if not name or path.startswith(f"{name}/"))
        deep = next(folders, None)
        folder = deep if deep is not None else posixpath.dirname(path)
        if folder not in self._timelines:
            steps = _Steps(self._objects, folder, deep=deep is not None)
            self._timelines[folder] = Timeline(self._commits, steps, operator.eq)
        return self._timelines[folder]


class _Steps:
    """Moves from commit to commit and returns what differs in one folder."""

    def __init__(self, objects: Objects, folder: str, *, deep: bool) -> None:
        self._objects = objects
        self._folder = folder
        self._deep = deep
        self._entry: Entry | None = None

    def __call__(self, node: CommitNode) -> dict[str, Entry | None]:
        old, self._entry = self._entry, self._objects.at(node.tree, self._folder)
        return dict(self._differences(self._folder, old, self._entry))

    def _differences(
        self, path: str, old: Entry | None, new: Entry | None
    ) -> Iterator[tuple[str, Entry | None]]:
        """The files and links that differ below a path, each with its entry now."""
        if _leaf(old) != _leaf(new):
            yield path, _leaf(new)
        left, right = self._objects.rows(old), self._objects.rows(new)
        for name in (key for key in left.keys() | right.keys() if left.get(key) != right.get(key)):
            text = os.fsdecode(name)
            inner = f"{path}/{text}" if path else text
            was, now = (self._objects.entry(text, side.get(name)) for side in (left, right))
            if self._deep:
                yield from self._differences(inner, was, now)
            elif _leaf(was) != _leaf(now):
                yield inner, _leaf(now)


def _leaf(entry: Entry | None) -> Entry | None:
    """What is at a path itself; a folder counts as nothing."""
    return entry if entry is not None and entry.kind != "tree" else None


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies below it; an empty folder is the repository's own."""
    return not folder or path == folder or path.startswith(f"{folder}/")


def joined(root: str, name: str) -> str | None:
    """A path relative to the top of the repository; None if it is outside."""
    path = posixpath.normpath(posixpath.join(root, name))
    if path == ".":
        return ""
    return None if path.startswith(("../", "/")) or path == ".." else path
