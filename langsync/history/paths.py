"""Which commit made a file what it is at HEAD."""

from __future__ import annotations

import operator
import posixpath
from collections.abc import Collection

from langsync.config import Config
from langsync.history.commits import Commits, Node
from langsync.history.timeline import Timeline
from langsync.model import Commit
from langsync.source.objects import Entry, Objects


class Paths:
    """The files of a repository through its history; contents are not read.

    Args:
        commits: The commits.
        objects: The objects of the repository.
        root: The folder of ``langsync.yaml``, relative to the top of the repository; may be empty.
        config: What ``langsync.yaml`` says.
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
        """The timeline that knows a path: of its kind's folder, or else of just its own folder."""
        deep = next((one for one in self._deep if not one or path.startswith(f"{one}/")), None)
        folder = deep if deep is not None else posixpath.dirname(path)
        if folder not in self._timelines:
            steps = _Steps(self._objects, folder, deep=deep is not None)
            self._timelines[folder] = Timeline(self._commits, steps, operator.eq)
        return self._timelines[folder]


class _Steps:
    """Goes from commit to commit and gives what differs in one folder."""

    def __init__(self, objects: Objects, folder: str, *, deep: bool) -> None:
        self._objects = objects
        self._folder = folder
        self._deep = deep
        self._entry: Entry | None = None

    def __call__(self, node: Node) -> dict[str, Entry | None]:
        old, self._entry = self._entry, self._objects.at(node.tree, self._folder)
        found = self._objects.differences(self._folder, old, self._entry, deep=self._deep)
        return {one.path: one.new for one in found}


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies below it; an empty folder is the repository's own."""
    return not folder or path == folder or path.startswith(f"{folder}/")


def joined(root: str, name: str) -> str | None:
    """A path relative to the top of the repository; None if it is outside."""
    path = posixpath.normpath(posixpath.join(root, name))
    if path == ".":
        return ""
    return None if path.startswith(("../", "/")) or path == ".." else path
