"""YAML 1.2 with JSON types only, and where in the text each value stands.

Two readers give the same values. ``yaml-rs`` is fast (about 60 times ruamel.yaml's pure
reader) and reads every ordinary file. The exact one, on ruamel.yaml's events, knows lines and
columns; it reads what the fast one refuses or could read differently, and is asked for places.
"""

from __future__ import annotations

import re
from functools import lru_cache

import yaml_rs

from langsync.errors import InvalidFilesError, Problem
from langsync.formats import yaml_exact as exact
from langsync.formats.limits import DIGITS, FILE_SIZE, NESTING
from langsync.formats.yaml_doubt import is_doubtful
from langsync.model import Json

Path = tuple[str | int, ...]

_MAX_BITS = 3 * DIGITS.most

_BLANK = re.compile(r"^[ \t]*(?:#.*)?(?:\n|\Z)", re.MULTILINE)
_BORDER = re.compile(r"^---(?:[ \t]*(?=\n)|[ \t]+(?=#))", re.MULTILINE)
"""Between documents; at the beginning of a line it is in no text. A comment is left behind it."""


def read(text: str, file: str) -> list[Json]:
    """Read all documents of a YAML text.

    Args:
        text: The file's text.
        file: Its name, for errors.

    Returns:
        One value for each document; a text of comments only holds none.

    Raises:
        InvalidFilesError: The text is no YAML, or uses what JSON has not: tags, duplicate or
            non-string keys, infinity.
    """
    text = exact.ended(text)
    if len(text) > FILE_SIZE.most:
        raise InvalidFilesError([Problem(file, FILE_SIZE.exceeded("too large"))])
    if (found := _fast(text)) is not None:
        return found
    try:
        values = [node.value for node in exact.nodes(text)]
    except exact.ReadError as error:
        raise InvalidFilesError([Problem(file, str(error), error.line, error.column)]) from None
    return [] if values == [None] else values


def _fast(text: str) -> list[Json] | None:
    """All documents as the fast reader reads them; None where the exact one has to look."""
    first, *others = _BORDER.split(text)
    found: list[Json] = []
    for part in (first, *others):
        if is_doubtful(part):
            return None
        try:
            value: Json = yaml_rs.loads(part, parse_datetime=False)
        except (ValueError, RecursionError):
            return None  # the exact reader says what is wrong, and where
        if not _is_plain(value):
            return None
        found.append(value)
    if found[0] is None and not (others and _BLANK.sub("", first)):
        del found[0]  # nothing but comments above the first document
    return found


def locate(text: str, document: int, path: Path, *, key: bool = False) -> tuple[int, int]:
    """Where a value stands.

    Args:
        text: A text that `read` accepts.
        document: Index of the document.
        path: Keys and indexes that lead to the value. The longest part that exists counts.
        key: Whether the key is wanted rather than the value behind it.

    Returns:
        Line and column, both from 1.
    """
    nodes = _nodes_for_places(text)
    if document >= len(nodes):
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
def _nodes_for_places(text: str) -> list[exact.Node]:
    """All documents of a text that at least the fast reader takes.

    The exact one refuses some tabs that YAML allows; as spaces they leave every place as it is.
    """
    for attempt in (text, text.replace("\t", " ")):
        try:
            return exact.nodes(attempt)
        except exact.ReadError:
            continue
    return []


def _is_plain(value: Json) -> bool:
    """Whether a value has JSON's types only; iterative, since nesting is the writer's choice."""
    layer, depth = [value], 0
    while layer:
        depth += 1
        if depth > NESTING.most:
            return False
        below: list[Json] = []
        for item in layer:
            if isinstance(item, dict):
                if not all(type(key) is str for key in item):
                    return False
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, float):
                if item != item or item in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN
                    return False
            elif isinstance(item, int):
                if item.bit_length() > _MAX_BITS:
                    return False
            elif item is not None and not isinstance(item, str):
                return False
        layer = below
    return True
