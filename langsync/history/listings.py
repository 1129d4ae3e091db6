"""The files of documents of a commit, carried from one commit to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from langsync.history.dependencies import Dependencies
from langsync.kinds import folder
from langsync.source import Listing
from langsync.source.commit import CommitTree

FileKey = tuple[str, str]
"""A kind and the path of a file in its folder, relative to the top of the repository."""

FolderKey = tuple[str, str]
"""A kind and the path of such a folder, ``/`` at its end; empty for the top."""


class Listings:
    """The kinds' folders; each is listed again only where its names change.

    Args:
        top: The top of the repository.
        dependencies: What depends on which files.
    """

    def __init__(self, top: Path, dependencies: Dependencies[FileKey]) -> None:
        self._top = top
        self._dependencies = dependencies
        self._tops: Mapping[str, Path] = {}
        self._listings: dict[FolderKey, Listing] = {}

    def begin(self, folders: Mapping[str, Path], opened: Callable[[], CommitTree]) -> None:
        """List every folder.

        Args:
            folders: The folder of each kind, links followed.
            opened: Opens the tree of the commit.
        """
        for key in self._listings:
            self._dependencies.remove(key)
        paths = {kind: where.relative_to(self._top).as_posix() for kind, where in folders.items()}
        keys = [(kind, "" if path == "." else f"{path}/") for kind, path in paths.items()]
        self._tops = folders
        self._listings = dict.fromkeys(keys, Listing())
        self.update(keys, opened)

    def update(self, affected: Iterable[FolderKey], opened: Callable[[], CommitTree]) -> None:
        """List some folders again, and new ones below them."""
        # a folder before those below it, which may be gone
        pending = sorted(affected, reverse=True)
        while pending:
            kind, path = key = pending.pop()
            if key not in self._listings:
                continue
            tree, where, before = opened(), self._top / path, self._listings[key]
            entries = folder.entries(where, tree, is_top=where == self._tops[kind])
            documents = tuple(filter(folder.is_document, entries.files))
            self._dependencies.put(key, tree)
            self._listings[key] = Listing(entries.folders, files=documents)
            for name in {*before.folders} - {*entries.folders}:
                self._forget((kind, f"{path}{name}/"))
            added = sorted({*entries.folders} - {*before.folders}, reverse=True)
            new = [(kind, f"{path}{name}/") for name in added]
            self._listings |= dict.fromkeys(new, Listing())
            pending += new

    def _forget(self, key: FolderKey) -> None:
        """Forget a folder and those below it."""
        self._dependencies.remove(key)
        for name in self._listings.pop(key).folders:
            self._forget((key[0], f"{key[1]}{name}/"))

    def files(self) -> set[FileKey]:
        """Every file of documents."""
        return {
            (kind, f"{path}{name}")
            for (kind, path), listing in self._listings.items()
            for name in listing.files
        }
