"""What the files declared at one commit after the other."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

from langsync import kinds
from langsync.config import FILE_NAMES, Config, Environment, read_config
from langsync.errors import InvalidFilesError, Problem
from langsync.formats.values import equal_contents
from langsync.history.bounds import Bounds, Wanted, owner
from langsync.history.git import GitError
from langsync.history.mirror import Mirror
from langsync.history.named import Named, Pattern, named
from langsync.history.objects import Difference, Entry, Objects
from langsync.kinds import folder
from langsync.kinds.base import Context, Declared
from langsync.model import Address, Pack, Resource

FileKey = tuple[str, str]
"""A kind and the path of a file in its folder, relative to the top of the repository."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file of documents.

    Args:
        resources: What it declares; nothing if anything is wrong in it.
        asked: The paths that it depends on.
        patterns: The patterns of files that it depends on.
        problems: What is wrong in it.
    """

    resources: tuple[Resource, ...]
    asked: frozenset[str]
    patterns: tuple[Pattern, ...]
    problems: tuple[Problem, ...] = ()


class Replay:
    """The declared resources of a commit, carried from one commit to the next.

    Args:
        objects: The objects of the repository.
        config: What ``langsync.yaml`` says now.
        root: The folder of ``langsync.yaml``, relative to the top of the repository; may be empty.
        environment: The chosen environment.
        wanted: What is read.
    """

    def __init__(
        self,
        objects: Objects,
        config: Config,
        root: str,
        environment: Environment,
        wanted: Wanted,
    ) -> None:
        self._wanted = wanted
        self.bounds = Bounds(wanted)
        self._tree = ""
        self._hidden: set[Address | str] = set()
        self.resources: dict[Address, Resource] = {}
        self.has_config = False
        self._objects = objects
        self._now = config
        self._root = root
        self._environment = environment
        names = [config.file.name, *sorted(FILE_NAMES - {config.file.name})]
        self._config_files = [f"{root}/{name}" if root else name for name in names]
        self._config: tuple[object, Config] = (None, config)
        self._contexts: dict[str, Context] = {}
        self._files: dict[FileKey, _File] = {}
        self._patterned: set[FileKey] = set()
        self._dependents: defaultdict[str, set[FileKey]] = defaultdict(set)
        self._declaring: defaultdict[Address, dict[FileKey, Resource]] = defaultdict(dict)

    @cached_property
    def _mirror(self) -> Mirror:
        return Mirror(self._objects, self._config_files)

    def close(self) -> None:
        """Delete what was written."""
        if "_mirror" in vars(self):
            self._mirror.close()

    def move(self, tree: str) -> Mapping[Address, Resource | None]:
        """Go to a commit.

        Args:
            tree: The hash of the repository's folder in it.

        Returns:
            The addresses whose resource differs from before, each with what is declared now.

        Raises:
            GitError: A file could not be read or written.
        """
        try:
            return self._move(tree)
        except (OSError, ValueError) as error:
            raise GitError(f"the commit cannot be read: {error}") from None

    def _move(self, tree: str) -> Mapping[Address, Resource | None]:
        self._tree = tree
        if not self._mirror.turn(tree) and self._contexts:
            return {}
        found = ((path, self._objects.at(tree, path)) for path in self._config_files)
        path, entry = next(((path, one) for path, one in found if one), ("", None))
        self.has_config = entry is not None
        if entry is None:
            self._contexts = {}
            return self._update(self._files.keys(), set())
        contexts = self._contexts_at(path, entry)
        differences = self._mirror.move([self._inside(one.folder) for one in contexts.values()])
        if contexts != self._contexts:
            self._contexts = contexts
            listed = self._listed()
            return self._update(self._files.keys() - listed, listed)
        return self._follow(differences)

    def _follow(self, differences: Mapping[str, Difference]) -> Mapping[Address, Resource | None]:
        """Read again what depends on files that differ."""
        affected = {key for path in differences for key in self._dependents.get(path, ())}
        for key in self._patterned:
            patterns = self._files[key].patterns
            if any(_means(patterns, path) for path in differences):
                affected.add(key)
        gone: set[FileKey] = set()
        if any(
            one.path.endswith(folder.SUFFIXES) and (one.old is None or one.new is None)
            for one in differences.values()
        ):
            listed = self._listed()
            gone = self._files.keys() - listed
            affected |= listed - self._files.keys()
        return self._update(gone, affected - gone)

    def _contexts_at(self, path: str, entry: Entry) -> dict[str, Context]:
        """For each kind that has a folder, what declaring needs to know."""
        if self._config[0] != entry:
            self._mirror.ask(path)
            self._config = entry, self._read_config(self._mirror.top / path)
        config, top = self._config[1], self._mirror.top
        is_there = self._environment.name in config.environments
        environments = (config if is_there else self._now).environments
        environment = environments.get(self._environment.name, self._environment)
        contexts = {}
        for kind in kinds.all_kinds().values():
            if self._wanted.kind not in ("", kind.name):
                continue
            where = config.folders.get(kind.folder, "")
            real = self._mirror.ask(f"{self._root}/{where}").path if where else None
            if real is not None and not where.startswith("/"):
                contexts[kind.name] = Context(
                    top / self._root,
                    config.boundary_below(top),
                    top / real,
                    environment,
                    tuple(environments.values()),
                )
        return contexts

    def _read_config(self, file: Path) -> Config:
        try:
            return read_config(file, kinds.folders())
        except InvalidFilesError:
            return self._now

    def _inside(self, path: Path) -> str:
        text = path.relative_to(self._mirror.top).as_posix()
        return "" if text == "." else text

    def _listed(self) -> set[FileKey]:
        """Every file of documents that there is."""
        return {
            (name, self._inside(path))
            for name, context in self._contexts.items()
            for path in folder.files(context.folder)
        }

    def _update(
        self, gone: Iterable[FileKey], affected: Iterable[FileKey]
    ) -> Mapping[Address, Resource | None]:
        """Forget some files, read some again."""
        touched: dict[Address, None] = {}
        for key in [*gone]:
            touched |= self._replace(key, None)
        for key in sorted(affected):
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
        """Put a file in the place of what it was; gives the addresses of both."""
        old = self._files.pop(key, _NOTHING)
        new = file if file is not None else _NOTHING
        for path in old.asked:
            self._dependents[path].discard(key)
        for path in new.asked:
            self._dependents[path].add(key)
        for resource in old.resources:
            self._declaring[resource.address].pop(key, None)
        for resource in reversed(new.resources):
            self._declaring[resource.address][key] = resource
        self._patterned.discard(key)
        if new.patterns:
            self._patterned.add(key)
        if file is not None:
            self._files[key] = file
        return dict.fromkeys(one.address for one in (*old.resources, *new.resources))

    def _read(self, key: FileKey) -> _File:
        """Read a file, once everything that it may name is there."""
        kind, path = key
        place = self._mirror.top / path
        asked = {path, *self._mirror.ask(path).trail}
        try:
            names = named(place.read_text("utf-8-sig", "replace"), path)
        except OSError:
            return _File((), frozenset(asked), ())  # a link that leads nowhere
        for name in names.files:
            asked.update(self._mirror.ask(name).trail)
        documents = [*folder.read(kinds.all_kinds()[kind], place, self._contexts[kind])]
        self.bounds.count(map(_address, chain(*(one.resources for one in documents))), self._tree)
        patterns: list[Pattern] = []
        if any(map(self._may_hold, documents)):
            patterns += self._ask_rows(names, asked)
        declared = tuple(one for document in documents for one in self._wanted_of(document))
        for document in documents:
            self._spend(key, document)
        problems = [self._placed(one) for document in documents for one in document.problems]
        if any(one in asked or _means(patterns, one) for one in self._mirror.pointers):
            known = (one for document in documents for one in document.resources)
            self._hidden |= {one.address for one in known if one.digest is None} or {kind}
        resources = () if problems else declared
        return _File(resources, frozenset(asked), tuple(patterns), tuple(problems))

    def _ask_rows(self, names: Named, asked: set[str]) -> Iterator[Pattern]:
        """Bring the files of rows; gives the patterns among their names, links followed."""
        for name in names.rows:
            asked.update(self._mirror.ask(name).trail)
        for pattern in names.patterns:
            found = self._mirror.ask(pattern.folder)
            asked.update(found.trail)
            if found.path is not None:
                real = replace(pattern, folder=found.path)
                asked |= self._mirror.ask_all(real)
                yield real

    def _spend(self, key: FileKey, document: Declared) -> None:
        """Count what was read of a document, its file and those of its rows."""
        kind, path = key
        files = [
            self._mirror.top / path,
            *(self._contexts[kind].root / one for one in document.files),
        ]
        size = sum(one.stat().st_size for one in files if one.is_file())
        self.bounds.spend(map(_address, document.resources), size)

    def _may_hold(self, document: Declared) -> bool:
        """Whether a wanted item may be in the rows of a document."""
        owners = self.bounds.open
        return self._wanted.items is None or any(
            one.address in owners for one in document.resources
        )

    def _wanted_of(self, document: Declared) -> Iterator[Resource]:
        wanted = self._wanted.items
        for found in document.all() if self._may_hold(document) else document.resources:
            if isinstance(found, Pack):
                yield from found.resources(wanted)
            elif wanted is None or found.digest is None or found.address in wanted:
                yield found

    def _placed(self, problem: Problem) -> Problem:
        """A problem with its file named from the top of the repository."""
        path = Path(os.path.relpath(problem.file, self._mirror.top)).as_posix()
        if path in self._mirror.pointers:
            return Problem(path, "Git LFS keeps its contents, which are not looked up")
        return replace(problem, file=path)

    def hides(self, address: Address) -> bool:
        """Whether Git LFS keeps a file of a commit so far that may have declared an address."""
        return owner(address) in self._hidden or self._wanted.kind in self._hidden

    def problems(self) -> dict[str, tuple[Problem, ...]]:
        """What is wrong, by file relative to the folder of ``langsync.yaml``."""
        return {
            self._contexts[kind].relative(self._mirror.top / path): file.problems
            for (kind, path), file in self._files.items()
            if file.problems
        }


def _address(resource: Resource) -> Address:
    return resource.address


def _means(patterns: Iterable[Pattern], path: str) -> bool:
    return any(pattern.means(path) for pattern in patterns)


_NOTHING = _File((), frozenset(), ())


def same(left: Resource | None, right: Resource | None) -> bool:
    """Whether two declarations say the same."""
    if left is None or right is None:
        return left is right
    return left is right or equal_contents(left.content, right.content)
