"""YAML 1.2 with JSON types only, and the position of each value in the text.

Two readers give the same values. ``yaml-rs`` is fast (about 60 times ruamel.yaml's pure
reader) and reads every ordinary file. The exact one, on ruamel.yaml's events, knows lines and
columns; it reads what the fast one refuses or could read differently, and gives positions.
"""

from __future__ import annotations

import re
from functools import lru_cache

import yaml_rs

from langsync.errors import InvalidFilesError, Problem
from langsync.formats import yaml_exact as exact
from langsync.formats.limits import DIGITS, FILE_SIZE, NESTING, VALUES
from langsync.formats.yaml_doubt import is_doubtful
from langsync.model import Json

Path = tuple[str | int, ...]

_MAX_BITS = 3 * DIGITS.most

_BLANK = re.compile(r"^[ \t]*(?:#.*)?(?:\n|\Z)", re.MULTILINE)
_BORDER = re.compile(r"^---(?:[ \t]*(?=\n)|[ \t]+(?=#))", re.MULTILINE)
"""The border between documents; at the beginning of a line it is never part of a text. A comment
after it is kept."""


def read(text: str, file: str) -> list[Json]:
    """Read all documents of a YAML text.

    Args:
        text: The file's text.
        file: Its name, for errors.

    Returns:
        One value for each document; a text of comments only holds none.

    Raises:
        InvalidFilesError: The text is not YAML, or uses what JSON does not have: tags, duplicate or
            non-string keys, infinity.
    """
    text = exact.ended(text)
    if len(text) > FILE_SIZE.most:
        raise InvalidFilesError([Problem(file, FILE_SIZE.exceeded("too large"))])
    try:
        if (documents := _fast(text)) is not None:
            return documents
    except OverflowError:
        raise InvalidFilesError([Problem(file, VALUES.exceeded("too many values"))]) from None
    try:
        values = [node.value for node in exact.nodes(text)]
    except exact.ReadError as error:
        raise InvalidFilesError([Problem(file, str(error), error.line, error.column)]) from None
    return [] if values == [None] else values


def _fast(text: str) -> list[Json] | None:
    """All documents as the fast reader reads them; None where the exact one has to look.

    Raises:
        OverflowError: They hold more values than `VALUES`.
    """
    first, *others = _BORDER.split(text)
    if len(others) >= VALUES.most:
        raise OverflowError
    documents: list[Json] = []
    left = VALUES.most
    for part in (first, *others):
        if is_doubtful(part):
            return None
        try:
            value: Json = yaml_rs.loads(part, parse_datetime=False)
        except (ValueError, RecursionError):
            return None  # the exact reader reports the error and its position
        count = _plain_values(value, left)
        if not count:
            return None
        left -= count
        documents.append(value)
    if documents[0] is None and not (others and _BLANK.sub("", first)):
        del documents[0]  # nothing but comments above the first document
    return documents


def locate(text: str, document: int, path: Path, *, key: bool = False) -> tuple[int, int]:
    """The position of a value.

    Args:
        text: A text that `read` accepts.
        document: Index of the document.
        path: Keys and indexes that lead to the value. The longest part that exists counts.
        key: Whether the key is wanted rather than the value behind it.

    Returns:
        Line and column, both from 1.
    """
    nodes = _nodes_for_places(text)
    if nodes is None and document == 0 and path and isinstance(path[0], str):
        return _line_of_key(text, path[0]), 1
    if nodes is None or document >= len(nodes):
        return 1, 1
    node = nodes[document]
    place = (node.line, node.column)
    for step in path:
        if step not in node.children:
            break
        if isinstance(step, str):
            place = node.keys[step]
        node = node.children[step]
        if not (key and step == path[-1]):
            place = (node.line, node.column)
    return place


@lru_cache(maxsize=2)
def _nodes_for_places(text: str) -> list[exact.Node] | None:
    """All documents of a text that at least the fast reader accepts; None where they are too large.

    The exact one refuses some tabs that YAML allows; as spaces they leave every place as it is.
    """
    for attempt in dict.fromkeys((text, text.replace("\t", " "))):
        try:
            return exact.nodes(attempt)
        except exact.ReadError:
            continue
    return None


def _line_of_key(text: str, key: str) -> int:
    """The line of a key at the beginning of a line, or 1."""
    match = re.search(rf"^([\"']?){re.escape(key)}\1[ \t]*:", text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 1


def _plain_values(value: Json, most: int) -> int:
    """The number of values in a value, itself included; 0 if it has types that JSON lacks.

    It is iterative, since nesting is the writer's choice.

    Raises:
        OverflowError: There are more than ``most``.
    """
    layer, depth, count = [value], 0, 0
    while layer:
        depth += 1
        count += len(layer)
        if count > most:
            raise OverflowError
        if depth > NESTING.most:
            return 0
        below: list[Json] = []
        for item in layer:
            if isinstance(item, dict):
                if not all(type(key) is str for key in item):
                    return 0
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, float):
                if item != item or item in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN
                    return 0
            elif isinstance(item, int):
                if item.bit_length() > _MAX_BITS:
                    return 0
            elif item is not None and not isinstance(item, str):
                return 0
        layer = below
    return count
