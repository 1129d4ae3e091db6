"""Dataset items as files declare them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import orjson

from langsync.errors import InvalidFilesError, Problem
from langsync.formats.documents import Document, Steps
from langsync.formats.items import Row, RowBlock
from langsync.formats.select import Selection
from langsync.kinds.base import Context, Declared
from langsync.kinds.dataset_item.checks import lost, wrong
from langsync.kinds.dataset_item.identity import id_of_input, id_of_key
from langsync.kinds.dataset_item.packing import Packed, is_easy, pack_declared
from langsync.kinds.dataset_item.rows import Item, Mapping, items_of, matching, read
from langsync.kinds.dataset_item.shapes import AnyRows, ItemFile, Key, RowsFile
from langsync.kinds.dataset_item.spec import ItemSpec
from langsync.kinds.dataset_item.values import (
    KIND,
    SOURCES,
    VALUES,
    digest,
    is_plain,
    item_address,
    stored,
)
from langsync.model import Address, Json, Pack, Resource, Source
from langsync.rules import Rule

MOST = 100
"""Problems of one file of rows that are listed."""

_UNNAMED = (
    "this item has neither an id nor a key: once its input is edited it is a new item, and the old "
    "one stays in Langfuse; give it an id, or the dataset a key"
)

_NOTHING: tuple[Json, ...] = (None, "", [], {})

_NO_INPUT = "the mapping finds no input in this row: Langfuse stores null"

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
        resource = reader.resource(item, None, own, source, place)
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
        document: The document of the dataset.
        owner: The file of the document.
        dataset: The address of the dataset.
        context: What else is known.
        declared: Where problems and warnings go.
        doubts: The warnings, each with its first place and the number of items.
        read: The files of rows that were read, each with the mapping that was used.
    """

    document: Document
    owner: str
    dataset: Address
    context: Context
    declared: Declared
    doubts: dict[str, tuple[Problem, int]] = field(default_factory=dict)
    read: set[tuple[Path, str]] = field(default_factory=set)

    def end(self) -> Iterator[Resource]:
        """Turn what was noticed in the items into warnings, once all are read."""
        for problem, count in self.doubts.values():
            more = f" (and {count - 1:,} more)" if count > 1 else ""
            self.declared.warnings.append(replace(problem, message=f"{problem.message}{more}"))
        yield from ()

    def warn(self, rule: Rule, message: str, steps: Steps, place: _Place) -> None:
        """Say once for all items what deserves a look."""
        first, count = self.doubts.get(message) or (
            replace(place(steps, message), code=rule.code),
            0,
        )
        self.doubts[message] = first, count + 1

    def selections(self, key: Key, steps: Steps) -> list[Selection]:
        """The JMESPath selections of a key."""
        selections = []
        for index, text in enumerate([key] if isinstance(key, str) else key):
            where = steps if isinstance(key, str) else (*steps, index)
            try:
                selections += [Selection(text)] if text else []
                if steps == ("key",) and text and selections[-1].why:  # no item has such a field
                    self._problem(where, f"key: {text!r} is no JMESPath: {selections[-1].why}")
            except ValueError as error:
                self._problem(where, f"key: {error}")
        return selections

    def _problem(self, steps: Steps, message: str) -> None:
        self.declared.problems.append(self.document.problem(steps, message))

    def rows(self, entry: AnyRows, steps: Steps, key: list[Selection]) -> Iterator[Resource | Pack]:
        """The items of one entry of ``items_from``."""
        pattern, where, mapping = entry, steps, None
        try:
            if isinstance(entry, RowsFile):
                pattern, where = entry.file, (*steps, "file")
                mapping = Mapping(entry)
                key = self.selections(entry.key, (*steps, "key")) or key
            paths = matching(self.context.tree, self.document, str(pattern), where)
        except ValueError as error:
            self._problem(steps, str(error))
            return
        except InvalidFilesError as error:
            self.declared.problems.extend(error.problems)
            return
        of_row = isinstance(entry, RowsFile) and bool(entry.key)
        paths = self._new(paths, entry, where)
        self.declared.files.extend(self.context.relative(path) for path in paths)
        for path in paths:
            yield from self._file(path, mapping, key, of_row=of_row)
        for name, message in mapping.never_found() if mapping is not None else ():
            self._problem((*steps, name), message)
        for message in (
            [text for selection in key for text in selection.never_found()] if of_row else ()
        ):
            self._problem((*steps, "key"), message)

    def _new(self, paths: list[Path], entry: AnyRows, where: Steps) -> list[Path]:
        """The files that no earlier entry has read with the same mapping."""
        mapping_key = "" if isinstance(entry, str) else entry.model_dump_json(exclude={"file"})
        for path in paths:
            if (path, mapping_key) in self.read:
                self._problem(
                    where, f"{self.context.shown(path)} is read by an entry above already"
                )
        unread = [path for path in paths if (path, mapping_key) not in self.read]
        self.read.update((path, mapping_key) for path in paths)
        return unread

    def _left_out(self, item: Item, mapping: Mapping | None, place: _Place) -> None:
        """Warn about an empty input, and about fields of a row that a mapping does not use."""
        if mapping is None:
            return
        if item.fields.input is None and "input" in mapping.selections:
            self.warn(Rule.EMPTY_INPUT, _NO_INPUT, (), place)
        for name in sorted(mapping.unused & item.row.keys()):
            hint = f"{name!r} of the row is not used: to make it the item's, write '{name}: {name}'"
            self.warn(Rule.UNUSED_FIELD, f"{hint} in items_from", (), place)

    def _file(
        self, path: Path, mapping: Mapping | None, key: list[Selection], *, of_row: bool
    ) -> Iterator[Resource | Pack]:
        shown = self.context.shown(path)
        rows = _Rows(self, shown, self.context.relative(path), key, of_row=of_row)
        problems = self.declared.problems
        last, more = len(problems) + MOST, 0
        for piece in read(partial(self.context.tree.open, path), shown, mapping):
            if isinstance(piece, Problem):
                problems.append(piece)
            elif isinstance(piece, RowBlock):
                yield from rows.of_block(piece)
            else:
                self._left_out(piece, mapping, partial(_in_row, shown, piece.line))
                yield from rows.of_item(piece)
            more += len(problems[last:])
            del problems[last:]
        if more:
            problems[last:] = [Problem(shown, f"{more:,} more problems in this file")]

    def resource(
        self,
        item: ItemFile,
        keyed: dict[str, Json] | None,
        key: list[Selection],
        source: Source,
        place: _Place,
        packed: bytes = b"",
    ) -> Resource[ItemSpec] | None:
        """One item; None if something is wrong with it.

        Args:
            item: The item as it was written.
            keyed: What the key is picked from; None for the item as it is stored.
            key: What its id is derived from, if it gives none.
            source: Its place in the files.
            place: Gives a problem its place.
            packed: The item as JSON, if that is known to be all of it.
        """
        fields = {name: getattr(item, name) for name in VALUES}
        plain = is_plain(packed, fields.values())
        content = fields if plain else {name: stored(value) for name, value in fields.items()}
        content["status"] = item.status
        violations = wrong(item, content, packed if plain else b"")
        problems = [place(steps, message) for steps, message in violations]
        if problems:
            self.declared.problems.extend(problems)
            return None
        if not plain:
            for name, value in fields.items():
                if message := lost(name, value):
                    self.warn(Rule.CHANGED_VALUE, message, (name,), place)
        sources = {name: value for name in SOURCES if (value := getattr(item, name))}
        content |= sources
        try:
            id = item.id or self._derived(content, keyed, key, place)  # noqa: A001
        except ValueError as error:
            self.declared.problems.append(place((), str(error)))
            return None
        mark = b"" if sources else digest([content[name] for name in VALUES], item.status)
        address = item_address(self.dataset.name, id)
        files = self.files(source.file)
        spec = ItemSpec(**content, id=id)
        return Resource(address, spec, source, (self.dataset,), files, digest=mark)

    def files(self, file: str) -> tuple[str, ...]:
        """The files that an item of one of them is made of."""
        return tuple(dict.fromkeys((file, self.owner)))

    def _derived(
        self,
        content: dict[str, Json],
        keyed: dict[str, Json] | None,
        key: list[Selection],
        place: _Place,
    ) -> str:
        if not key:
            self.warn(Rule.UNNAMED_ITEM, _UNNAMED, (), place)
            return id_of_input(self.dataset.name, content["input"])
        return self.keyed(content if keyed is None else keyed, key)

    def keyed(self, row: dict[str, Json], key: list[Selection]) -> str:
        """An id of what a key picks.

        Raises:
            ValueError: It picks nothing.
        """
        values = [selection.of(row) for selection in key]
        missing = [
            selection.text
            for selection, value in zip(key, values, strict=True)
            if value in _NOTHING
        ]
        if missing:
            raise ValueError(f"its key is missing here ({', '.join(missing)}), and it gives no id")
        return id_of_key(self.dataset.name, values[0] if len(values) == 1 else values)


class _Rows:
    """Reads the rows of one file.

    Args:
        reader: The reader of its dataset.
        shown: The file, for errors.
        file: The file, relative to the folder of ``langsync.yaml``.
        key: What its ids are derived from.
        of_row: Whether the key is picked from the row as it is in the file, not from the item.
    """

    def __init__(
        self, reader: _Reader, shown: str, file: str, key: list[Selection], *, of_row: bool
    ) -> None:
        self._reader = reader
        self._shown = shown
        self._file = file
        self._key = key
        self._of_row = of_row

    def of_block(self, block: RowBlock) -> Iterator[Resource | Pack]:
        """The items of a block: packed together, but for those that need a full check."""
        easy, pack = is_easy(block), self._pack()
        for line, fields in enumerate(block.rows, block.line):
            packed = self._packed(fields) if easy else None
            if packed is not None:
                pack.rows.append((*packed, line))
                continue
            if pack.rows:
                yield pack
                pack = self._pack()
            for item in items_of(Row(line, fields, orjson.dumps(fields)), self._shown):
                if isinstance(item, Problem):
                    self._reader.declared.problems.append(item)
                else:
                    yield from self.of_item(item)
        if pack.rows:
            yield pack

    def of_item(self, item: Item) -> Iterator[Resource]:
        """An item, if nothing is wrong with it."""
        place = partial(_in_row, self._shown, item.line)
        source = Source(self._file, item.line)
        keyed = item.row if self._of_row else None
        resource = self._reader.resource(item.fields, keyed, self._key, source, place, item.packed)
        if resource is not None:
            yield resource

    def _pack(self) -> Pack:
        dataset, files = self._reader.dataset, self._reader.files(self._file)
        return Pack(KIND, ItemSpec, self._file, (dataset,), files)

    def _packed(self, fields: dict[str, Json]) -> Packed | None:
        dataset = self._reader.dataset.name
        if fields.get("id", "") != "":
            return pack_declared(dataset, fields)
        if not self._key:
            return None
        try:
            item = fields if self._of_row else {**dict.fromkeys(VALUES), **fields}
            return pack_declared(dataset, {**fields, "id": self._reader.keyed(item, self._key)})
        except ValueError:
            return None


def _in_row(file: str, line: int, inner: Steps, message: str) -> Problem:  # noqa: ARG001
    return Problem(file, message, line)
