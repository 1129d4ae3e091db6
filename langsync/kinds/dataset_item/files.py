"""Dataset items as files declare them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from langsync.errors import InvalidFilesError, Problem
from langsync.formats.documents import Document, Steps
from langsync.formats.select import Selection
from langsync.kinds.base import Context, Declared
from langsync.kinds.dataset_item.checks import lost, wrong
from langsync.kinds.dataset_item.identity import id_of_input, id_of_key
from langsync.kinds.dataset_item.rows import Mapping, matching, read
from langsync.kinds.dataset_item.shapes import AnyRows, ItemFile, Key, RowsFile
from langsync.kinds.dataset_item.values import (
    SOURCES,
    VALUES,
    digest,
    is_plain,
    item_address,
    stored,
)
from langsync.model import Address, Json, Resource, Source
from langsync.rules import Rule

MOST = 100
"""Problems of one file of rows that are listed."""

_UNNAMED = (
    "this item has neither an id nor a key: once its input is edited it is a new item, and the old "
    "one stays in Langfuse; give it an id, or the dataset a key"
)

_Place = Callable[[Steps, str], Problem]


def declare(
    document: Document,
    items: Sequence[ItemFile],
    items_from: Sequence[AnyRows],
    key: Key,
    dataset: Address,
    context: Context,
    declared: Declared,
) -> None:
    """Read a dataset's items, inline and from files, into ``declared``; files as they are asked."""
    owner = context.relative(document.path)
    reader = _Reader(document, owner, dataset, context, declared)
    own = reader.selections(key, ("key",))
    for index, item in enumerate(items):
        source = context.source(document, ("items", index))
        place = partial(_in_document, document, ("items", index))
        resource = reader.resource(item, item.model_dump(), own, source, place)
        if resource is not None:
            declared.resources.append(resource)
    for index, entry in enumerate(items_from):
        declared.rows.append(reader.rows(entry, ("items_from", index), own))
    declared.rows.append(reader.end())


def item_flaw(fields: dict[str, Json]) -> str:
    """Why an item cannot be declared as it is; empty if it can.

    Args:
        fields: The item as files write it.
    """
    try:
        item = ItemFile.model_validate(fields)
    except ValidationError as error:
        return str(error.errors()[0]["msg"])
    content = {name: stored(getattr(item, name)) for name in VALUES}
    content["status"] = item.status
    return next((message for _, message in wrong(item, content, b"")), "")


def _in_document(document: Document, steps: Steps, inner: Steps, message: str) -> Problem:
    return document.problem((*steps, *inner), message)


@dataclass(slots=True)
class _Reader:
    """Reads the items of one dataset.

    Args:
        document: Its document.
        owner: The file of that.
        dataset: Its address.
        context: What else is known.
        declared: Where problems and warnings go.
        doubts: What deserves a look: each with its first place and in how many items.
    """

    document: Document
    owner: str
    dataset: Address
    context: Context
    declared: Declared
    doubts: dict[str, tuple[Problem, int]] = field(default_factory=dict)

    def end(self) -> Iterator[Resource]:
        """No more items: warnings say what was noticed in them."""
        for problem, count in self.doubts.values():
            more = f" (and {count - 1:,} more)" if count > 1 else ""
            self.declared.warnings.append(replace(problem, message=f"{problem.message}{more}"))
        yield from ()

    def _doubt(self, rule: Rule, message: str, steps: Steps, place: _Place) -> None:
        first, count = self.doubts.get(message) or (
            replace(place(steps, message), code=rule.code),
            0,
        )
        self.doubts[message] = first, count + 1

    def selections(self, key: Key, steps: Steps) -> list[Selection]:
        """What a key picks."""
        found = []
        for index, text in enumerate([key] if isinstance(key, str) else key):
            where = steps if isinstance(key, str) else (*steps, index)
            try:
                found += [Selection(text)] if text else []
                if steps == ("key",) and text and found[-1].why:  # no item has such a field
                    self._problem(where, f"key: {text!r} is no JMESPath: {found[-1].why}")
            except ValueError as error:
                self._problem(where, f"key: {error}")
        return found

    def _problem(self, steps: Steps, message: str) -> None:
        self.declared.problems.append(self.document.problem(steps, message))

    def rows(self, entry: AnyRows, steps: Steps, key: list[Selection]) -> Iterator[Resource]:
        """The items of one entry of ``items_from``."""
        pattern, where, mapping = entry, steps, None
        try:
            if isinstance(entry, RowsFile):
                pattern, where = entry.file, (*steps, "file")
                mapping = Mapping(entry)
                key = self.selections(entry.key, (*steps, "key")) or key
            paths = matching(self.document, str(pattern), where, self.context.repository)
        except ValueError as error:
            self._problem(steps, str(error))
            return
        except InvalidFilesError as error:
            self.declared.problems.extend(error.problems)
            return
        of_row = isinstance(entry, RowsFile) and bool(entry.key)
        self.declared.files.extend(self.context.relative(path) for path in paths)
        for path in paths:
            yield from self._file(path, mapping, key, of_row=of_row)
        for name, message in mapping.never_found() if mapping is not None else ():
            self._problem((*steps, name), message)
        for message in [text for one in key for text in one.never_found()] if of_row else ():
            self._problem((*steps, "key"), message)

    def _file(
        self, path: Path, mapping: Mapping | None, key: list[Selection], *, of_row: bool
    ) -> Iterator[Resource]:
        shown, relative = self.context.shown(path), self.context.relative(path)
        problems = self.declared.problems
        last, more = len(problems) + MOST, 0
        for item in read(path, shown, mapping):
            more += len(problems[last:])
            del problems[last:]
            if isinstance(item, Problem):
                problems.append(item)
                continue
            keyed = item.row if of_row else item.fields.__dict__
            place = partial(_in_row, shown, item.line)
            source = Source(relative, item.line)
            resource = self.resource(item.fields, keyed, key, source, place, item.packed)
            if resource is not None:
                yield resource
        more += len(problems[last:])
        if more:
            problems[last:] = [Problem(shown, f"{more:,} more problems in this file")]

    def resource(
        self,
        item: ItemFile,
        keyed: dict[str, Json],
        key: list[Selection],
        source: Source,
        place: _Place,
        packed: bytes = b"",
    ) -> Resource | None:
        """One item; None if something is wrong with it.

        Args:
            item: The item as it was written.
            keyed: What the key is picked from.
            key: What its id is derived from, if it gives none.
            source: Where it stands.
            place: Gives a problem its place.
            packed: The item as JSON, if that is known to be all of it.
        """
        given = {name: getattr(item, name) for name in VALUES}
        plain = is_plain(packed, given.values())
        content = given if plain else {name: stored(value) for name, value in given.items()}
        content["status"] = item.status
        flaws = wrong(item, content, packed if plain else b"")
        found = [place(steps, message) for steps, message in flaws]
        if found:
            self.declared.problems.extend(found)
            return None
        if not plain:
            for name, value in given.items():
                if words := lost(name, value):
                    self._doubt(Rule.CHANGED_VALUE, words, (name,), place)
        sources = {name: value for name in SOURCES if (value := getattr(item, name))}
        content |= sources
        try:
            id = item.id or self._derived(content["input"], keyed, key, place)  # noqa: A001
        except ValueError as error:
            self.declared.problems.append(place((), str(error)))
            return None
        mark = b"" if sources else digest(content)
        content["id"] = id
        files = tuple(dict.fromkeys((source.file, self.owner)))
        address = item_address(self.dataset.name, id)
        return Resource(address, content, source, (self.dataset,), files, digest=mark)

    def _derived(
        self,
        input: Json,  # noqa: A002 - the field's name
        keyed: dict[str, Json],
        key: list[Selection],
        place: _Place,
    ) -> str:
        if not key:
            self._doubt(Rule.UNNAMED_ITEM, _UNNAMED, (), place)
            return id_of_input(self.dataset.name, input)
        values = [one.of(keyed) for one in key]
        if any(value in (None, "", [], {}) for value in values):
            raise ValueError("its key is missing here, and it gives no id")
        return id_of_key(self.dataset.name, values[0] if len(values) == 1 else values)


def _in_row(file: str, line: int, inner: Steps, message: str) -> Problem:  # noqa: ARG001
    return Problem(file, message, line)
