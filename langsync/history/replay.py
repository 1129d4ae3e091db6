"""What the files declared at one commit after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from langsync import kinds
from langsync.config import FILE_NAMES, Config, Environment, read_config
from langsync.errors import InvalidFilesError
from langsync.formats.values import equal
from langsync.history.git import GitError
from langsync.history.mirror import Mirror
from langsync.history.named import Pattern, named
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
    """

    resources: tuple[Resource, ...]
    asked: frozenset[str]
    patterns: tuple[Pattern, ...]


class Replay:
    """The declared resources of a commit, carried from one commit to the next.

    Args:
        objects: The objects of the repository.
        config: What ``langsync.yaml`` says now.
        root: The folder of ``langsync.yaml``, relative to the top of the repository; may be empty.
        environment: The chosen environment.
        wanted: Of resources of which there may be very many, those that are kept; None for all.
    """

    def __init__(
        self,
        objects: Objects,
        config: Config,
        root: str,
        environment: Environment,
        wanted: Collection[Address] | None = None,
    ) -> None:
        self._wanted = wanted
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
            if any(pattern.means(path) for pattern in patterns for path in differences):
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
            where = config.folders.get(kind.folder, "")
            real = self._mirror.ask(f"{self._root}/{where}").path if where else None
            if real is not None and not where.startswith("/"):
                contexts[kind.name] = Context(
                    top / self._root,
                    top,
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
        patterns = []
        for pattern in names.patterns:
            found = self._mirror.ask(pattern.folder)
            asked.update(found.trail)
            if found.path is not None:
                patterns.append(replace(pattern, folder=found.path))
                asked |= self._mirror.ask_all(patterns[-1])
        documents = [*folder.read(kinds.all_kinds()[kind], place, self._contexts[kind])]
        declared = tuple(one for document in documents for one in self._wanted_of(document))
        resources = () if any(one.problems for one in documents) else declared
        return _File(resources, frozenset(asked), tuple(patterns))

    def _wanted_of(self, document: Declared) -> Iterator[Resource]:
        wanted = self._wanted
        for found in document.all():
            if isinstance(found, Pack):
                yield from found.resources(wanted)
            elif wanted is None or found.digest is None or found.address in wanted:
                yield found


_NOTHING = _File((), frozenset(), ())


def same(left: Resource | None, right: Resource | None) -> bool:
    """Whether two declarations say the same."""
    if left is None or right is None:
        return left is right
    return left is right or equal(left.content, right.content)
