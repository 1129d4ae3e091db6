"""Dataset items as files declare them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import orjson

from langsync.errors import InvalidFilesError, Problem
from langsync.formats.documents import Document, Steps, dotted
from langsync.formats.select import Selection
from langsync.formats.values import equal, flaws
from langsync.kinds.base import Context, Declared
from langsync.kinds.dataset_item.identity import id_of_input, id_of_key
from langsync.kinds.dataset_item.rows import Mapping, matching, read
from langsync.kinds.dataset_item.shapes import AnyRows, ItemFile, Key, RowsFile
from langsync.kinds.dataset_item.values import (
    SOURCES,
    VALUES,
    decoded,
    digest,
    is_plain,
    item_address,
    stored,
    without_control,
)
from langsync.kinds.names import has_control
from langsync.model import Address, Json, Resource, Source

MAX_BODY = 4_500 * 1024
"""Bytes that the server takes for one item (observed: 4.5 MB)."""

MAX_ID = 255
"""Characters of an id (recorded: item-ids 6)."""

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

    def _doubt(self, message: str, steps: Steps, place: _Place) -> None:
        first, count = self.doubts.get(message) or (place(steps, message), 0)
        self.doubts[message] = first, count + 1

    def selections(self, key: Key, steps: Steps) -> list[Selection]:
        """What a key picks."""
        found = []
        for index, text in enumerate([key] if isinstance(key, str) else key):
            where = steps if isinstance(key, str) else (*steps, index)
            try:
                found += [Selection(text)] if text else []
            except ValueError as error:
                self.declared.problems.append(self.document.problem(where, f"key: {error}"))
        return found

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
            self.declared.problems.append(self.document.problem(steps, str(error)))
            return
        except InvalidFilesError as error:
            self.declared.problems.extend(error.problems)
            return
        of_row = isinstance(entry, RowsFile) and bool(entry.key)
        for path in paths:
            yield from self._file(path, mapping, key, of_row=of_row)

    def _file(
        self, path: Path, mapping: Mapping | None, key: list[Selection], *, of_row: bool
    ) -> Iterator[Resource]:
        shown, relative = self.context.shown(path), self.context.relative(path)
        for item in read(path, shown, mapping):
            if isinstance(item, Problem):
                self.declared.problems.append(item)
                continue
            keyed = item.row if of_row else item.fields.__dict__
            place = partial(_in_row, shown, item.line)
            source = Source(relative, item.line)
            resource = self.resource(item.fields, keyed, key, source, place, item.packed)
            if resource is not None:
                yield resource

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
        wrong = _flaws(item, content, packed if plain else b"")
        found = [place(steps, message) for steps, message in wrong]
        if found:
            self.declared.problems.extend(found)
            return None
        if not plain:
            for name, value in given.items():
                if words := _lost(name, value):
                    self._doubt(words, (name,), place)
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
            self._doubt(_UNNAMED, (), place)
            return id_of_input(self.dataset.name, input)
        values = [one.of(keyed) for one in key]
        if any(value in (None, "", [], {}) for value in values):
            raise ValueError("its key is missing here, and it gives no id")
        return id_of_key(self.dataset.name, values[0] if len(values) == 1 else values)


def _in_row(file: str, line: int, inner: Steps, message: str) -> Problem:  # noqa: ARG001
    return Problem(file, message, line)


def _lost(name: str, value: Json) -> str:
    """What is stored otherwise than it is written, and how to write it."""
    found = decoded(value)
    if equal(found, value):
        return ""
    if value == "":
        return f"{name}: Langfuse stores an empty text as null: leave it out, or use an object"
    if isinstance(value, str) and not equal(found, without_control(value)):
        return f"{name}: Langfuse stores a text that is JSON as what it says: use an object"
    return f"{name}: Langfuse drops control characters: write them as escapes of your own"


def _flaws(item: ItemFile, content: dict[str, Json], packed: bytes) -> Iterator[tuple[Steps, str]]:
    """What is wrong with an item; one that is packed has values that are stored as they are."""
    if item.id and (flaw := _id_flaw(item.id)):
        yield ("id",), flaw
    for name in () if packed else ("id", *SOURCES, *VALUES):
        value = getattr(item, name)
        for steps, flaw in flaws(value, (name,)):
            yield steps, f"{dotted(steps)}: {flaw}"
        if isinstance(value, str) and name in VALUES and not isinstance(content[name], str):
            for _, flaw in flaws(decoded(value), (name,)):
                hint = "Langfuse reads a string that is JSON as what it says; put it in an object"
                yield (name,), f"{name}: {flaw} ({hint})"
    try:
        size = len(packed) or len(orjson.dumps(content))
    except TypeError:
        return  # one of the flaws above
    if size + 1024 > MAX_BODY:
        yield (), f"{size:,} bytes: Langfuse takes at most 4.5 MB for one item"


def _id_flaw(id: str) -> str:  # noqa: A002 - the field's name
    if len(id) > MAX_ID // 2 and len(id.encode("utf-16-le", "surrogatepass")) // 2 > MAX_ID:
        return f"an id has at most {MAX_ID} characters"
    if id in (".", ".."):
        return f"id {id!r} could never be fetched again: choose another"
    return "an id must not have control characters" if has_control(id) else ""
