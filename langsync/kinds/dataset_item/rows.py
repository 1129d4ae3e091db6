"""Items in files of rows: which files are read, and how a row becomes an item."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from langsync.errors import InvalidFilesError, Problem
from langsync.formats.documents import Document, Steps, dotted, unknown_key
from langsync.formats.items import Opener, Row, RowBlock, read_blocks, rows_of, suffix
from langsync.formats.limits import RECURSIVE_WILDCARDS
from langsync.formats.select import Selection
from langsync.kinds.dataset_item.shapes import ItemFile, RowsFile
from langsync.kinds.dataset_item.values import SOURCES, VALUES
from langsync.model import Json
from langsync.source import SourceTree
from langsync.source.documents import inside
from langsync.source.tree import WILDCARDS, OutsideError

TEXTS = ("id", "status", *SOURCES)
"""The fields of an item that are texts."""


def matching(tree: SourceTree, document: Document, pattern: str, steps: Steps) -> list[Path]:
    """The files that match a path or glob of ``items_from``, sorted by name.

    Args:
        tree: The files of the repository.
        document: The document that names them.
        pattern: The path or glob, relative to it.
        steps: Its place in the document.

    Raises:
        InvalidFilesError: No file matches, or one may not be read.
    """
    named = document.path.parent / pattern
    if not WILDCARDS.intersection(pattern) or tree.is_file(named):
        paths = [inside(tree, document, pattern, steps)]
        if not tree.is_file(paths[0]):
            raise InvalidFilesError([document.problem(steps, f"there is no file {pattern!r}")])
        return paths
    if pattern.startswith("/"):
        raise InvalidFilesError([document.problem(steps, "a pattern is relative to this file")])
    fixed, varying = _split(pattern)
    if ".." in PurePosixPath(varying).parts:
        message = f"{pattern!r}: '..' can only stand before the first of *, ? and ["
        raise InvalidFilesError([document.problem(steps, message)])
    varying = re.sub(r"(?:\*\*/)+(?=\*\*(?:/|$))", "", varying)  # "**/**" means the same as "**"
    if PurePosixPath(varying).parts.count("**") > RECURSIVE_WILDCARDS.most:
        message = RECURSIVE_WILDCARDS.exceeded(f"{pattern!r} has too many '**'")
        raise InvalidFilesError([document.problem(steps, message)])
    start = inside(tree, document, fixed, steps)  # before any folder is listed
    try:
        matches = tree.glob(start, varying)
    except OutsideError as error:
        name = os.path.relpath(error.folder, document.path.parent)
        message = f"{pattern!r} leads through {name!r}, which {error.violation}"
        raise InvalidFilesError([document.problem(steps, message)]) from None
    except ValueError as error:
        message = f"{pattern!r} is no pattern of files: {error}"
        raise InvalidFilesError([document.problem(steps, message)]) from None
    if not matches:
        raise InvalidFilesError([document.problem(steps, f"no file matches {pattern!r}")])
    names = (os.path.relpath(path, document.path.parent) for path in matches)
    return [inside(tree, document, name, steps) for name in names]


def _split(pattern: str) -> tuple[str, str]:
    """The steps of a pattern before the first that varies, and the rest."""
    steps = pattern.split("/")
    varying = next(index for index, step in enumerate(steps) if not WILDCARDS.isdisjoint(step))
    return "/".join(steps[:varying]) or ".", "/".join(steps[varying:])


@dataclass(frozen=True, slots=True)
class Item:
    """One row, read as an item.

    Args:
        line: Where it begins, from 1.
        fields: The item as it was written.
        row: The row that it was made of.
        packed: See `Row.packed`; empty for a row that was mapped.
    """

    line: int
    fields: ItemFile
    row: dict[str, Json]
    packed: bytes = b""


@dataclass(slots=True)
class Mapping:
    """Makes items of rows of another shape.

    Args:
        shape: What a document says of it.
        selections: For each field of an item what to pick.

    Raises:
        ValueError: What is to be picked is no text; the message names the field.
    """

    shape: RowsFile
    selections: dict[str, Selection] = field(default_factory=dict)
    unused: frozenset[str] = frozenset()
    """The fields of an item that it takes from nothing that has their name."""

    def __post_init__(self) -> None:
        for name in ItemFile.model_fields:
            selector = getattr(self.shape, name)
            if selector:
                try:
                    self.selections[name] = Selection(selector)
                except ValueError as error:
                    raise ValueError(f"{name}: {error}") from None
        expressions = str(
            [self.shape.key, *(getattr(self.shape, name) for name in self.selections)]
        )
        mentioned = set(re.findall(r"\w+|@", expressions))
        names = set() if "@" in mentioned else set(ItemFile.model_fields) - mentioned
        self.unused = frozenset(names - self.selections.keys())

    def of(self, row: Row) -> dict[str, Json]:
        """The fields of an item; texts that are missing in the row are left out."""
        fields = {name: selection.of(row.fields) for name, selection in self.selections.items()}
        for name in TEXTS:
            value = fields.get(name)
            if value is None:
                fields.pop(name, None)
            elif name == "id" and isinstance(value, int) and not isinstance(value, bool):
                fields[name] = str(value)
        return fields

    def texts(self) -> list[str]:
        """The keys of rows that hold ids, whose digits are no number."""
        return [text for name in TEXTS if (text := getattr(self.shape, name))]

    def never_found(self) -> Iterator[tuple[str, str]]:
        """For each field, the problems of expressions that matched nothing in any row."""
        for name, selection in self.selections.items():
            yield from ((name, message) for message in selection.never_found())


def read(
    opened: Opener, shown: str, mapping: Mapping | None
) -> Iterator[Item | Problem | RowBlock]:
    """Read a file of rows as items, one by one.

    Args:
        opened: Opens the file.
        shown: Its name, as errors name it.
        mapping: How items are made of rows; None where rows are items.

    Yields:
        An item, or what is wrong with a row; rows that are items as they are may come together.
    """
    csv = suffix(Path(shown)) == ".csv"
    mapping = mapping if mapping is not None and mapping.selections else None
    texts = mapping.texts() if mapping is not None else TEXTS
    for block in read_blocks(opened, shown, texts=texts):
        if isinstance(block, RowBlock) and mapping is not None:
            for row in rows_of(block):
                yield from items_of(row, shown, mapping)
        elif isinstance(block, Row):
            yield from items_of(block, shown, mapping, csv=csv)
        else:
            yield block


def items_of(
    row: Row, shown: str, mapping: Mapping | None = None, *, csv: bool = False
) -> Iterator[Item | Problem]:
    """A row as an item, or all that is wrong with it; see `read`."""
    fields = row.fields
    try:
        if mapping is not None:
            fields = mapping.of(row)
        elif csv:  # an empty cell is where JSON Lines would leave a key out
            fields = {
                name: value
                for name, value in row.fields.items()
                if value is not None or name in VALUES
            }
        item = ItemFile.model_validate(fields)
    except ValidationError as error:
        for detail in error.errors():
            yield _problem(shown, row, detail)
    except ValueError as error:
        yield Problem(shown, str(error), row.line)
    else:
        yield Item(row.line, item, row.fields, b"" if mapping is not None else row.packed)


def _problem(file: str, row: Row, detail: Any) -> Problem:  # noqa: ANN401 - pydantic's
    name = dotted(detail["loc"])
    if detail["type"] == "extra_forbidden":
        return Problem(file, unknown_key(name, ItemFile.model_fields), row.line)
    reason = detail["msg"].replace("Input should be", "must be")
    return Problem(file, f"{name} {reason}", row.line)
