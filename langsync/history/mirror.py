"""A private folder that holds files as one commit has them, and moves from commit to commit."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from langsync.formats.items import is_pointer
from langsync.history.named import Pattern, is_below
from langsync.history.objects import Difference, Entry, Found, Objects, difference
from langsync.kinds.folder import SUFFIXES


class Mirror:
    """Files of a repository at one commit, laid out as they are there.

    The YAML files of the watched folders are always there, others once they are asked for.
    Nothing is ever written through a link, and no link is made that leads out of the repository.

    Args:
        objects: The objects of the repository.
        paths: What else its owner looks at in each commit.
    """

    def __init__(self, objects: Objects, paths: Iterable[str]) -> None:
        self.top = Path(tempfile.mkdtemp(prefix="langsync-")).resolve()
        (self.top / ".git").touch()  # marks the repository's own folder
        self._objects = objects
        self._tree = self._moved = ""
        self._tops = {path.partition("/")[0] for path in paths}
        self._watched: dict[tuple[str, bool], Entry | None] = {}
        self._singles: dict[str, tuple[Entry | None, dict[str, Entry | None]]] = {}
        self._folders: Collection[str] = ()
        self._patterns: set[Pattern] = set()
        self._held: dict[str, Entry] = {}
        self.pointers: set[str] = set()
        """The files that are here but for their contents, which Git LFS keeps."""

    def turn(self, tree: str) -> bool:
        """Choose the commit that is asked from here on, by the hash of its folder.

        Returns:
            Whether anything that is looked at may differ from where `move` led last.
        """
        self._tree = tree
        if "" in self._tops or not self._moved:
            return tree != self._moved
        return not self._objects.agree(self._moved, tree, self._tops)

    def move(self, folders: Collection[str]) -> Mapping[str, Difference]:
        """Bring all that is watched to the chosen commit.

        Args:
            folders: The folders whose YAML files are wanted.

        Returns:
            What differs from the last time, by path.
        """
        tree, added = self._tree, {*folders} - {*self._folders}
        self._folders = folders
        for path in folders:
            self._watched.setdefault((path, True), None)
            self._tops.add(path.partition("/")[0])
        found: dict[str, Difference] = {}
        for (path, deep), old in self._watched.items():
            new = self._watched[path, deep] = self._objects.at(tree, path)
            differences = self._objects.differences(path, old, new, deep=deep)
            found |= {one.path: one for one in differences}
        for folder in self._singles:
            found |= {one.path: one for one in self._move_singles(folder)}
        self._bring({one.path: one.new for one in found.values()})
        for path in added:  # some of its files may have differed while it was of no interest
            everything = self._objects.differences(path, None, self._objects.at(tree, path))
            self._bring({one.path: one.new for one in everything})
        self._moved = tree
        return found

    def _move_singles(self, folder: str) -> Iterator[Difference]:
        """What differs of the single files that are watched in a folder."""
        before, names = self._singles[folder]
        entry = self._objects.at(self._tree, folder)
        if entry == before:
            return
        for name, old in names.items():
            new = names[name] = self._objects.child(entry, name)
            yield from difference(f"{folder}/{name}" if folder else name, old, new)
        self._singles[folder] = entry, names

    def ask(self, path: str) -> Found:
        """Bring what a path means here, if it is a file, with the links that lead to it."""
        found = self._objects.follow(self._tree, path)
        for step in found.trail:
            entry = self._objects.at(self._tree, step)
            self._watch(step, entry)
            if entry != self._held.get(step) and (entry is None or entry.kind != "tree"):
                self._bring({step: entry}, asked=True)
        return found

    def ask_all(self, pattern: Pattern) -> frozenset[str]:
        """Bring the files that a pattern means here, and those that come to be meant later.

        Returns:
            The paths on which links among them depend.
        """
        if pattern not in self._patterns:
            self._patterns.add(pattern)
            watch = pattern.folder, pattern.deep
            self._tops.add(pattern.folder.partition("/")[0])
            self._watched.setdefault(watch, self._objects.at(self._tree, pattern.folder))
        entry = self._objects.at(self._tree, pattern.folder)
        everything = self._objects.differences(pattern.folder, None, entry, deep=pattern.deep)
        meant = {one.path: one.new for one in everything if pattern.means(one.path)}
        self._bring(meant)
        links = (path for path, one in meant.items() if one is not None and one.kind == "link")
        return frozenset(step for path in links for step in self.ask(path).trail)

    def _watch(self, path: str, entry: Entry | None) -> None:
        if any(deep and is_below(path, folder) for folder, deep in self._watched):
            return
        self._tops.add(path.partition("/")[0])
        folder, _, name = path.rpartition("/")
        if folder not in self._singles:
            self._singles[folder] = self._objects.at(self._tree, folder), {}
        self._singles[folder][1].setdefault(name, entry)

    def _bring(self, entries: Mapping[str, Entry | None], *, asked: bool = False) -> None:
        """Make what is on disk at some paths these; first what goes, then what comes."""
        coming = {}
        for path, entry in entries.items():
            held = self._held.get(path)
            if held is not None and (entry is None or entry != held):
                self._remove(path)
            if entry is not None and entry != held and (asked or held or self._is_wanted(path)):
                coming[path] = entry
        contents = self._objects.read([entry.hash for entry in coming.values()])
        for (path, entry), content in zip(coming.items(), contents, strict=True):
            self._write(path, entry, content)

    def _is_wanted(self, path: str) -> bool:
        if path.endswith(SUFFIXES) and any(is_below(path, folder) for folder in self._folders):
            return True
        return any(pattern.means(path) for pattern in self._patterns)

    def _remove(self, path: str) -> None:
        del self._held[path]
        self.pointers.discard(path)
        place = self._place(path)
        if place is not None:
            place.unlink(missing_ok=True)

    def _write(self, path: str, entry: Entry, content: bytes) -> None:
        place = self._place(path, make=True)
        if place is None:
            return
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
        if entry.kind == "link":
            target = os.fsdecode(content)
            if not _stays_inside(path, target):
                return
            place.symlink_to(target)
        else:
            kept = self._objects.lfs.content(content) if is_pointer(content) else None
            if is_pointer(content) and kept is None:
                self.pointers.add(path)
            with place.open("xb") as file:
                file.write(content if kept is None else kept)
        self._held[path] = entry

    def _place(self, path: str, *, make: bool = False) -> Path | None:
        """Where a path is on disk, its folder a real one; None if it is not, or cannot be."""
        folder = self.top
        *names, last = PurePosixPath(path).parts
        for name in names:
            folder = folder / name
            try:
                mode = folder.lstat().st_mode
            except FileNotFoundError:
                if not make:
                    return None
                folder.mkdir()
                continue
            if not stat.S_ISDIR(mode):
                if not make:
                    return None
                folder.unlink()
                folder.mkdir()
        return folder / last

    def close(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.top, ignore_errors=True)


def _stays_inside(path: str, target: str) -> bool:
    if not target or target.startswith("/") or "\0" in target:
        return False
    depth = 0
    for step in [*PurePosixPath(path).parts[:-1], *target.split("/")]:
        depth += -1 if step == ".." else step not in ("", ".")
        if depth < 0:
            return False
    return True
