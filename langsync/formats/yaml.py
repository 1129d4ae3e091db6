"""YAML 1.2 with JSON types only, and where in the text each value stands.

Two readers give the same values. ``yaml-rs`` is fast (about 60 times ruamel.yaml's pure
reader) and reads every ordinary file. The exact one, on ruamel.yaml's events, knows lines and
columns; it reads what the fast one refuses or could read differently, and is asked for places.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml_rs
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from langsync.errors import InvalidFilesError, Problem
from langsync.model import Json

MAX_NODES = 1_000_000
"""Values in one file after aliases are expanded; more is taken for an attack."""

MAX_DEPTH = 100
"""Levels of nesting; Langfuse's own JSON tooling gives up not far above."""

Path = tuple[str | int, ...]

_MAX_DIGITS = 4000
_MAX_BITS = 3 * _MAX_DIGITS

# What the fast reader would read differently from YAML 1.2's core schema, drop, or mix up:
# tags, anchors that hold themselves, numbers such as 1_000 or -0x1F (strings in YAML 1.2),
# several documents, directives, merge keys, complex keys.
_DOUBTFUL = re.compile(
    r"""(?:^|[\s\[\]{},:-])(?:!|&[^\s,\[\]{}])                  # a tag, an anchor
      | (?:^|[\s\[{,])[-+]?(?:_+[\d.]|\.?\d[\d.eE+-]*_|0[xXoObB])  # an unusual number
      | ^(?:---|\.\.\.|%)         # documents and directives
      | <<                        # a merge key
      | [|>][-+\d]*[ ]*\n\s*\Z    # an empty block at the very end
      | ^\s*\?(?:\s|$)            # a complex key
      | [\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ud800-\udfff]
    """,
    re.VERBOSE | re.MULTILINE,
)
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class _ReadError(Exception):
    """Something this reader does not take, and where."""

    def __init__(self, message: str, mark: Any) -> None:  # noqa: ANN401 - ruamel's marks have no types
        super().__init__(message)
        self.line: int = mark.line + 1
        self.column: int = mark.column + 1


@dataclass(slots=True)
class _Node:
    """A value, where it begins, and its children with the places of their keys."""

    value: Json
    line: int
    column: int
    size: int = 1
    children: dict[str | int, _Node] = field(default_factory=dict)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)


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
    text = _ended(text)
    if not _DOUBTFUL.search(text):
        try:
            value: Json = yaml_rs.loads(text, parse_datetime=False)
        except (ValueError, RecursionError):
            pass  # the exact reader says what is wrong, and where
        else:
            if _is_plain(value):
                return [] if value is None else [value]
    try:
        return [node.value for node in _nodes(text)]
    except _ReadError as error:
        raise InvalidFilesError([Problem(file, str(error), error.line, error.column)]) from None


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


def _nodes_for_places(text: str) -> list[_Node]:
    """All documents of a text that at least the fast reader takes.

    The exact one refuses some tabs that YAML allows; as spaces they leave every place as it is.
    """
    for attempt in (text, text.replace("\t", " ")):
        try:
            return _nodes(attempt)
        except _ReadError:
            continue
    return []


def _is_plain(value: Json) -> bool:
    """Whether a value has JSON's types only; iterative, since nesting is the writer's choice."""
    layer, depth = [value], 0
    while layer:
        depth += 1
        if depth > MAX_DEPTH:
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


@lru_cache(maxsize=8)
def _nodes(text: str) -> list[_Node]:
    """All documents with their places.

    Raises:
        _ReadError: See `read`.
    """
    yaml = YAML(typ="safe", pure=True)
    disguise, reveal = _line_separators(text)
    try:
        events = list(yaml.parse(_ended(text).translate(disguise)))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _ReadError(_words(error), mark) from None
    except ReaderError as error:
        character = ord(text[error.position])
        message = f"the control character U+{character:04X} has to be escaped, in double quotes"
        raise _ReadError(message, _Mark(text, error.position)) from None
    except (YAMLError, AssertionError) as error:
        raise _ReadError(f"not valid YAML: {str(error).splitlines()[0]}", _Mark()) from None
    return _Builder(reveal).build(events)


def _ended(text: str) -> str:
    """The text with a final line break: the readers end a block without one differently."""
    return text if text.endswith("\n") else f"{text}\n"


def _line_separators(text: str) -> tuple[dict[int, int], dict[int, int]]:
    """How to hide line separators that YAML 1.2 takes for ordinary characters, and back.

    ruamel.yaml breaks lines at them, as YAML 1.1 did.
    """
    found = [ord(separator) for separator in "\x85\u2028\u2029" if separator in text]
    unused = (code for code in range(0xE000, 0xF8FF) if chr(code) not in text)
    disguise = dict(zip(found, unused, strict=False))
    return disguise, {stand_in: separator for separator, stand_in in disguise.items()}


class _Mark:
    """A place in a text, in the way of ruamel's marks: from 0."""

    def __init__(self, text: str = "", position: int = 0) -> None:
        self.line = text.count("\n", 0, position)
        self.column = position - text.rfind("\n", 0, position) - 1 if text else 0


def _words(error: MarkedYAMLError) -> str:
    problem = (error.problem or "not YAML").strip()
    context = (error.context or "").strip()
    return f"not valid YAML: {problem}" + (f" ({context})" if context else "")


class _Builder:
    """Builds nodes from parse events with a stack of its own, so that depth cannot overflow."""

    def __init__(self, reveal: dict[int, int]) -> None:
        self.reveal = reveal
        self.documents: list[_Node] = []
        self.anchors: dict[str, _Node] = {}
        self.stack: list[tuple[_Node, list[tuple[str, tuple[int, int]]]]] = []

    def build(self, events: list[Any]) -> list[_Node]:
        for event in events:
            handler = getattr(self, f"on_{type(event).__name__}", None)
            if handler is not None:
                handler(event)
        return self.documents

    def on_DocumentStartEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        if event.version not in (None, (1, 2), "1.2"):
            raise _ReadError("only YAML 1.2 is read: remove the %YAML line", event.start_mark)
        self.anchors = {}

    def on_AliasEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        target = self.anchors.get(event.anchor)
        if target is None:
            raise _ReadError(
                f"alias *{event.anchor} has no finished anchor above it", event.start_mark
            )
        mark = event.start_mark
        node = _Node(
            target.value, mark.line + 1, mark.column + 1, target.size, target.children, target.keys
        )
        self._add(node, event)

    def on_ScalarEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        self._refuse_tag(event)
        plain = event.style in (None, "")
        text = event.value.translate(self.reveal)
        value = _scalar(text, event) if plain else _paired(text)
        is_key = isinstance(value, str) and not (plain and value == "<<")
        if self._expects_key() and not is_key:
            raise _ReadError(_key_words(event.value), event.start_mark)
        self._add(self._node(value, event), event)

    def on_SequenceStartEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        self._open([], event)

    def on_MappingStartEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        self._open({}, event)

    def on_SequenceEndEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        self._close(event)

    def on_MappingEndEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        self._close(event)

    def _node(self, value: Json, event: Any) -> _Node:  # noqa: ANN401 - ruamel's
        node = _Node(value, event.start_mark.line + 1, event.start_mark.column + 1)
        if value is None and self.stack and self.stack[-1][1] and not event.value:
            node.line, node.column = self.stack[-1][1][0][1]  # nothing stands beside its key
        if event.anchor and not isinstance(value, dict | list):
            self.anchors[event.anchor] = node
        return node

    def _refuse_tag(self, event: Any) -> None:  # noqa: ANN401 - ruamel's
        tag = getattr(event, "tag", None)
        if tag is not None and str(tag) != "":
            raise _ReadError(
                f"tags are not read: remove {tag} (values have JSON's types)", event.start_mark
            )

    def _expects_key(self) -> bool:
        return (
            bool(self.stack)
            and isinstance(self.stack[-1][0].value, dict)
            and (not self.stack[-1][1])
        )

    def _open(self, value: Json, event: Any) -> None:  # noqa: ANN401 - ruamel's
        self._refuse_tag(event)
        if self._expects_key():
            raise _ReadError("a key must be a string", event.start_mark)
        if len(self.stack) >= MAX_DEPTH:
            raise _ReadError(f"nested more than {MAX_DEPTH} levels", event.start_mark)
        node = self._node(value, event)
        self.stack.append((node, []))
        if event.anchor:
            self.anchors.pop(event.anchor, None)
            self._pending(event.anchor, node)

    def _pending(self, anchor: str, node: _Node) -> None:
        # An anchor counts once its collection is closed: an alias inside it would be a circle.
        node.children["\0anchor"] = _Node(anchor, 0, 0)

    def _close(self, event: Any) -> None:  # noqa: ANN401 - ruamel's
        node, _ = self.stack.pop()
        anchor = node.children.pop("\0anchor", None)
        if anchor is not None:
            self.anchors[anchor.value] = node
        self._add(node, event)

    def _add(self, node: _Node, event: Any) -> None:  # noqa: ANN401 - ruamel's
        if not self.stack:
            self.documents.append(node)
            return
        parent, key = self.stack[-1]
        if isinstance(parent.value, list):
            parent.children[len(parent.value)] = node
            parent.value.append(node.value)
        elif not key:
            if not isinstance(node.value, str):
                raise _ReadError("a key must be a string", event.start_mark)
            if node.value in parent.value:
                raise _ReadError(f"duplicate key {node.value!r}", event.start_mark)
            key.append((node.value, (node.line, node.column)))
            return
        else:
            name, place = key.pop()
            parent.children[name] = node
            parent.keys[name] = place
            parent.value[name] = node.value
        parent.size += node.size
        if parent.size > MAX_NODES:
            raise _ReadError(
                f"more than {MAX_NODES:,} values: aliases expand to too much", event.start_mark
            )


def _paired(text: str) -> str:
    """A text in which two escaped halves of a surrogate pair, as JSON writes them, are one."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _key_words(text: str) -> str:
    if text == "<<":
        return "merge keys (<<) are not part of YAML 1.2: write the keys out"
    return f'a key must be a string: write "{text}" in quotes'


def _scalar(text: str, event: Any) -> Json:  # noqa: ANN401 - ruamel's
    """Resolve a plain scalar by YAML 1.2's core schema."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INT.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        digits = text[2:] if base != 10 else text
        if len(digits) > _MAX_DIGITS:
            raise _ReadError(f"a number of more than {_MAX_DIGITS:,} digits", event.start_mark)
        return int(digits, base)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise _ReadError(f"{text} is too large for a number", event.start_mark)
        return number
    if _INFINITE.fullmatch(text):
        raise _ReadError(f"{text} is no JSON number", event.start_mark)
    return text
