"""A private folder that holds files as one commit has them, and moves from commit to commit."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from langsync.history.objects import Difference, Entry, Objects, difference
from langsync.kinds.folder import SUFFIXES


class Mirror:
    """Files of a repository at one commit, laid out as they are there.

    The YAML files of the watched folders are always there, others once they are asked for.
    Nothing is ever written through a link, and no link is made that leads out of the repository.

    Args:
        objects: The objects of the repository.
    """

    def __init__(self, objects: Objects) -> None:
        self.top = Path(tempfile.mkdtemp(prefix="langsync-")).resolve()
        (self.top / ".git").touch()  # marks the repository's own folder
        self._objects = objects
        self._tree = ""
        self._watched: dict[str, Entry | None] = {}
        self._singles: dict[str, tuple[Entry | None, dict[str, Entry | None]]] = {}
        self._folders: Collection[str] = ()
        self._whole: set[str] = set()
        self._held: dict[str, Entry] = {}

    def turn(self, tree: str) -> None:
        """Choose the commit that is asked from here on, by the hash of its folder."""
        self._tree = tree

    def move(self, folders: Collection[str]) -> Mapping[str, Difference]:
        """Bring all that is watched to the chosen commit.

        Args:
            folders: The folders whose YAML files are wanted.

        Returns:
            What differs from the last time, by path.
        """
        tree, self._folders = self._tree, folders
        for path in folders:
            self._watched.setdefault(path, None)
        found: dict[str, Difference] = {}
        for path, old in self._watched.items():
            new = self._watched[path] = self._objects.at(tree, path)
            found |= {one.path: one for one in self._objects.differences(path, old, new)}
        for folder in self._singles:
            found |= {one.path: one for one in self._move_singles(folder)}
        self._bring({one.path: one.new for one in found.values()})
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

    def ask(self, path: str) -> tuple[str, ...]:
        """Bring what a path means here: a file, with the links that lead to it.

        Returns:
            The paths on which the answer depends; none if it leads out of the repository.
        """
        try:
            found = self._objects.follow(self._tree, path)
        except ValueError:
            return ()
        for link in found.links:
            self._hold(link, self._objects.at(self._tree, link))
        if found.entry is None or found.entry.kind == "file":
            self._hold(found.path, found.entry)
        return (*found.links, found.path)

    def ask_all(self, path: str) -> str:
        """Bring all files below a folder here, and those that come there later.

        Returns:
            The folder's path with links followed.
        """
        *_, real = self.ask(path) or ("",)
        if real and not _is_below(real, self._whole):
            self._whole.add(real)
            entry = self._objects.at(self._tree, real)
            if not _is_below(real, self._watched):
                self._watched[real] = entry
            all_of_it = self._objects.differences(real, None, entry)
            self._bring({one.path: one.new for one in all_of_it})
        return real

    def _hold(self, path: str, entry: Entry | None) -> None:
        if not _is_below(path, self._watched):
            folder, _, name = path.rpartition("/")
            if folder not in self._singles:
                self._singles[folder] = self._objects.at(self._tree, folder), {}
            self._singles[folder][1].setdefault(name, entry)
        if self._held.get(path) != entry:
            self._bring({path: entry}, asked=True)

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
        if path.endswith(SUFFIXES) and _is_below(path, self._folders):
            return True
        return _is_below(path, self._whole)

    def _remove(self, path: str) -> None:
        del self._held[path]
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
            with place.open("xb") as file:
                file.write(content)
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


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(not folder or path == folder or path.startswith(f"{folder}/") for folder in folders)


def _stays_inside(path: str, target: str) -> bool:
    if not target or target.startswith("/") or "\0" in target:
        return False
    depth = 0
    for step in [*PurePosixPath(path).parts[:-1], *target.split("/")]:
        depth += -1 if step == ".." else step not in ("", ".")
        if depth < 0:
            return False
    return True
