"""The declared resources of a commit, carried from one commit to the next."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from langsync import kinds
from langsync.config import FILE_NAMES, Config, Environment, read_config
from langsync.errors import InvalidFilesError, Problem
from langsync.formats.values import equal_contents
from langsync.history.bounds import Bounds, ReadScope, owner
from langsync.history.dependencies import Dependencies
from langsync.history.listings import FileKey, Listings
from langsync.kinds import folder
from langsync.kinds.base import Context, Declared
from langsync.model import Address, Pack, Resource
from langsync.source import Boundary, SourceTree
from langsync.source.commit import CommitTree
from langsync.source.git import GitError
from langsync.source.objects import Objects

_AT_ONCE = 200
"""Files that are asked of Git at once."""

_SETTINGS: FileKey = ("", "")
"""The key of what depends on ``langsync.yaml``."""


@dataclass(frozen=True, slots=True)
class _Settings:
    """How the files of a commit are read.

    Args:
        boundary: Which of them may be read.
        folders: The folder of each kind, links followed.
        environment: The chosen environment.
        environments: All declared ones.
    """

    boundary: Boundary
    folders: Mapping[str, Path]
    environment: Environment
    environments: tuple[Environment, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """A file of documents.

    Args:
        resources: What it declares; nothing if anything is wrong in it.
        problems: What is wrong in it.
    """

    resources: tuple[Resource, ...] = ()
    problems: tuple[Problem, ...] = ()


class Replay:
    """The declared resources of a commit, carried from one commit to the next.

    A file is read again only if something that it depends on differs.

    Args:
        objects: The objects of the repository.
        config: The content of ``langsync.yaml`` now.
        top: The top of the repository.
        environment: The chosen environment.
        scope: What is read.
    """

    def __init__(
        self,
        objects: Objects,
        config: Config,
        top: Path,
        environment: Environment,
        scope: ReadScope,
    ) -> None:
        self._scope = scope
        self.bounds = Bounds(scope)
        self.resources: dict[Address, Resource] = {}
        self._objects = objects
        self._now = config
        self._top = top
        self._environment = environment
        self._tree = ""
        self._settings: _Settings | None = None
        self._hidden: set[Address | str] = set()
        self._files: dict[FileKey, _File] = {}
        self._declaring: defaultdict[Address, dict[FileKey, Resource]] = defaultdict(dict)
        self._dependencies: Dependencies[FileKey] = Dependencies(objects)
        self._listings = Listings(top, self._dependencies)

    @property
    def has_config(self) -> bool:
        """Whether the commit has a ``langsync.yaml``."""
        return self._settings is not None

    def move(self, tree: str) -> Mapping[Address, Resource | None]:
        """Go to a commit.

        Args:
            tree: The hash of the repository's folder in it.

        Returns:
            The addresses whose resource differs from before, each with what is declared now.

        Raises:
            GitError: A file could not be read.
        """
        try:
            return self._move(tree)
        except (OSError, ValueError) as error:
            raise GitError(f"the commit cannot be read: {error}") from None

    def _move(self, tree: str) -> Mapping[Address, Resource | None]:
        began = bool(self._tree)
        affected, hashes = self._dependencies.changed(self._tree, tree) if began else (set(), [])
        self._tree, settings = tree, self._settings
        if not began or _SETTINGS in affected:
            self._settings = self._read_settings()
        known = self._files.keys()
        listed: AbstractSet[FileKey] = known
        again = affected & known
        if not began or self._settings != settings:
            self._listings.begin(self._settings.folders if self._settings else {}, self._opened)
            again = listed = self._listings.files()
        elif folders := affected - known:
            self._listings.update(folders, self._opened)
            listed = self._listings.files()
        self._objects.prefetch(hashes)
        return self._update(known - listed, (again & listed) | (listed - known))

    def _opened(self) -> CommitTree:
        """The tree of the commit, which has answered no question yet."""
        boundary = self._settings.boundary if self._settings else Boundary(self._top)
        return CommitTree(self._objects, self._tree, boundary)

    def _read_settings(self) -> _Settings | None:
        """The settings of the commit's ``langsync.yaml``; None where it has none."""
        root, config = self._now.root, self._now
        tree = CommitTree(self._objects, self._tree, Boundary.around(self._top, [root]))
        names = [config.file.name, *sorted(FILE_NAMES - {config.file.name})]
        files = [
            root / name for name in names if tree.is_link(root / name) or tree.is_file(root / name)
        ]
        if files:
            with suppress(InvalidFilesError):  # then today's settings count
                config = read_config(files[0], kinds.folders(), tree)
        is_there = self._environment.name in config.environments
        environments = (config if is_there else self._now).environments
        settings = _Settings(
            replace(config, repository=self._top).boundary,
            dict(self._folders(config, tree)),
            environments.get(self._environment.name, self._environment),
            tuple(environments.values()),
        )
        self._dependencies.put(_SETTINGS, tree)
        return settings if files else None

    def _folders(self, config: Config, tree: SourceTree) -> Iterator[tuple[str, Path]]:
        """The folder of each kind, links followed."""
        for kind in kinds.all_kinds().values():
            where = config.folders.get(kind.folder, "")
            if not where or where.startswith("/") or self._scope.kind not in ("", kind.name):
                continue
            path = tree.resolve(config.root / where)
            if path.is_relative_to(self._top):
                yield kind.name, path

    def _update(
        self, gone: AbstractSet[FileKey], affected: AbstractSet[FileKey]
    ) -> Mapping[Address, Resource | None]:
        """Forget some files and read others again."""
        touched: dict[Address, None] = {}
        for key in gone:
            self._dependencies.remove(key)
            touched |= self._replace(key, None)
        coming = sorted(affected)
        for start in range(0, len(coming), _AT_ONCE):
            part = coming[start : start + _AT_ONCE]
            entries = (self._objects.at(self._tree, path) for _, path in part)
            self._objects.prefetch(
                [entry.hash for entry in entries if entry and entry.kind == "file"]
            )
            for key in part:
                touched |= self._replace(key, self._read(key))
        changed = {}
        for address in touched:
            declaring = self._declaring.get(address)
            resource = declaring[min(declaring)] if declaring else None
            if not same(self.resources.get(address), resource):
                changed[address] = resource
            if resource is None:
                self.resources.pop(address, None)
            else:
                self.resources[address] = resource
        return changed

    def _replace(self, key: FileKey, file: _File | None) -> dict[Address, None]:
        """Replace a file; returns the addresses of the old and the new one."""
        old, new = self._files.pop(key, _File()), file or _File()
        for resource in old.resources:
            self._declaring[resource.address].pop(key, None)
        for resource in reversed(new.resources):
            self._declaring[resource.address][key] = resource
        if file is not None:
            self._files[key] = file
        return dict.fromkeys(resource.address for resource in (*old.resources, *new.resources))

    def _read(self, key: FileKey) -> _File:
        """Read a file, and those that it names."""
        kind, path, settings = key[0], self._top / key[1], self._settings
        if settings is None:
            return _File()
        tree = self._opened()
        if not tree.is_file(path):  # a broken link
            self._dependencies.put(key, tree)
            return _File()
        where, environment = settings.folders[kind], settings.environment
        context = Context(self._now.root, tree, where, environment, settings.environments)
        documents = [*folder.read(kinds.all_kinds()[kind], path, context)]
        known = [resource for document in documents for resource in document.resources]
        self.bounds.count(map(_address, known), self._tree)
        resources = tuple(self._in_scope(documents))
        self.bounds.spend(map(_address, known), sum(tree.sizes.values()))
        problems = [
            self._placed(problem, tree) for document in documents for problem in document.problems
        ]
        if tree.pointers:
            hidden = {resource.address for resource in known if resource.digest is None}
            self._hidden |= hidden or {kind}
        self._dependencies.put(key, tree)
        return _File(() if problems else resources, tuple(problems))

    def _in_scope(self, documents: Sequence[Declared]) -> Iterator[Resource]:
        """The resources of a file in the scope; rows of all its documents are read, or of none.

        Otherwise how far one dataset is followed would depend on which others are asked for.
        """
        items, owners = self._scope.items, self.bounds.open
        declared = (resource.address for document in documents for resource in document.resources)
        is_whole = items is None or not owners.isdisjoint(declared)
        for document in documents:
            for entry in document.all() if is_whole else document.resources:
                if isinstance(entry, Pack):
                    yield from entry.resources(items)
                elif items is None or entry.digest is None or entry.address in items:
                    yield entry

    def _placed(self, problem: Problem, tree: CommitTree) -> Problem:
        """A problem with its file named from the top of the repository."""
        path = Path(os.path.relpath(problem.file, self._top)).as_posix()
        if self._top / path in tree.pointers:
            return Problem(path, "Git LFS keeps its contents, which are not looked up")
        return replace(problem, file=path)

    def hides(self, address: Address) -> bool:
        """Whether Git LFS keeps a file of a commit so far that may have declared an address."""
        return owner(address) in self._hidden or self._scope.kind in self._hidden

    def problems(self) -> dict[str, tuple[Problem, ...]]:
        """What is wrong, by file relative to the folder of ``langsync.yaml``."""
        return {
            Path(os.path.relpath(self._top / path, self._now.root)).as_posix(): file.problems
            for (_, path), file in self._files.items()
            if file.problems
        }


def _address(resource: Resource) -> Address:
    return resource.address


def same(left: Resource | None, right: Resource | None) -> bool:
    """Whether two declarations are equal."""
    if left is None or right is None:
        return left is right
    return left is right or equal_contents(left.content, right.content)
