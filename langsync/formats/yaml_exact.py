"""The exact YAML reader: values by YAML 1.2's core schema, each with its line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from langsync.formats.limits import (
    ALIASED_TEXT,
    ALIASED_VALUES,
    DIGITS,
    EXACT_VALUES,
    NESTING,
)
from langsync.formats.yaml_scanner import parser
from langsync.model import Json

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_HIDDEN = re.compile("[\x80-\x9f\u2028\u2029\ufffe\uffff]")
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class ReadError(Exception):
    """Something that this reader refuses, with its position."""

    def __init__(self, message: str, mark: Any) -> None:  # noqa: ANN401 - ruamel's marks have no types
        super().__init__(message)
        self.line: int = mark.line + 1
        self.column: int = mark.column + 1


@dataclass(slots=True)
class Node:
    """A value, where it begins, and its children with the places of their keys."""

    value: Json
    line: int
    column: int
    values: int = 1
    characters: int = 0
    children: dict[str | int, Node] = field(default_factory=dict)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)


def ended(text: str) -> str:
    """The text with a final line break: the readers end a block without one differently."""
    return text if text.endswith("\n") else f"{text}\n"


@lru_cache(maxsize=8)
def nodes(text: str) -> list[Node]:
    """All documents with their places.

    Raises:
        ReadError: See `read`.
    """
    disguise, reveal = _stand_ins(text)
    try:
        return _NodeBuilder(reveal).build(parser().parse(ended(text).translate(disguise)))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ReadError(_message(error), mark) from None
    except ReaderError as error:
        character = ord(text[error.position])
        message = f"the control character U+{character:04X} has to be escaped, in double quotes"
        raise ReadError(message, _Mark(text, error.position)) from None
    except (YAMLError, AssertionError) as error:
        raise ReadError(f"not valid YAML: {str(error).splitlines()[0]}", _Mark()) from None


def disguised(text: str) -> str:
    """A text of the same length, without what only ruamel.yaml refuses or reads as a line break."""
    return text.translate(_stand_ins(text)[0])


def _stand_ins(text: str) -> tuple[dict[int, int], dict[int, int]]:
    """How to replace characters that YAML 1.2 allows in quotes, as JSON does, and back.

    ruamel.yaml breaks lines at some of them, as YAML 1.1 did, and refuses the others.
    """
    hidden = sorted(map(ord, set(_HIDDEN.findall(text))))
    unused = (code for code in range(0xE000, 0xF8FF) if chr(code) not in text)
    disguise = dict(zip(hidden, unused, strict=False))
    return disguise, {stand_in: separator for separator, stand_in in disguise.items()}


class _Mark:
    """A position in a text, counted from 0 as ruamel's marks are."""

    def __init__(self, text: str = "", position: int = 0) -> None:
        self.line = text.count("\n", 0, position)
        self.column = position - text.rfind("\n", 0, position) - 1 if text else 0


def _message(error: MarkedYAMLError) -> str:
    problem = (error.problem or "not YAML").strip()
    context = (error.context or "").strip()
    return f"not valid YAML: {problem}" + (f" ({context})" if context else "")


class _NodeBuilder:
    """Builds nodes from parse events with a stack of its own, so that depth cannot overflow."""

    def __init__(self, reveal: dict[int, int]) -> None:
        self.reveal = reveal
        self.documents: list[Node] = []
        self.anchors: dict[str, Node] = {}
        self.values = self.aliased_values = self.aliased_characters = 0
        self.stack: list[tuple[Node, list[tuple[str, tuple[int, int]]]]] = []

    def build(self, events: Iterable[Any]) -> list[Node]:
        for event in events:
            handler = getattr(self, f"on_{type(event).__name__}", None)
            if handler is not None:
                handler(event)
        return self.documents

    def on_DocumentStartEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        if event.version not in (None, (1, 2), "1.2"):
            raise ReadError("only YAML 1.2 is read: remove the %YAML line", event.start_mark)
        self.anchors = {}
        self.aliased_values = self.aliased_characters = 0

    def on_AliasEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        target = self.anchors.get(event.anchor)
        if target is None:
            raise ReadError(
                f"alias *{event.anchor} has no finished anchor above it", event.start_mark
            )
        mark = event.start_mark
        node = Node(
            target.value,
            mark.line + 1,
            mark.column + 1,
            target.values,
            target.characters,
            target.children,
            target.keys,
        )
        self._count_alias(node, event)
        self._add(node, event)

    def _count_alias(self, node: Node, event: Any) -> None:  # noqa: ANN401 - ruamel's
        self.aliased_values += node.values
        self.aliased_characters += node.characters
        if self.aliased_values > ALIASED_VALUES.most:
            raise ReadError(ALIASED_VALUES.exceeded(), event.start_mark)
        if self.aliased_characters > ALIASED_TEXT.most:
            raise ReadError(ALIASED_TEXT.exceeded(), event.start_mark)

    def on_ScalarEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        self._refuse_tag(event)
        plain = event.style in (None, "")
        text = event.value.translate(self.reveal)
        value = _scalar(text, event) if plain else _paired(text)
        is_key = isinstance(value, str) and not (plain and value == "<<")
        if self._expects_key() and not is_key:
            raise ReadError(_key_message(event.value), event.start_mark)
        self._add(self._node(value, event), event)

    def on_SequenceStartEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        self._open([], event)

    def on_MappingStartEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        self._open({}, event)

    def on_SequenceEndEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        self._close(event)

    def on_MappingEndEvent(self, event: Any) -> None:  # noqa: ANN401, N802 - ruamel's
        self._close(event)

    def _node(self, value: Json, event: Any) -> Node:  # noqa: ANN401 - ruamel's
        self.values += 1
        if self.values > EXACT_VALUES.most:
            raise ReadError(EXACT_VALUES.exceeded(), event.start_mark)
        node = Node(value, event.start_mark.line + 1, event.start_mark.column + 1)
        if value is None and self.stack and self.stack[-1][1] and not event.value:
            node.line, node.column = self.stack[-1][1][0][1]  # an empty value is placed at its key
        if isinstance(value, str):
            node.characters = len(value)
        if event.anchor and not isinstance(value, dict | list):
            self.anchors[event.anchor] = node
        return node

    def _refuse_tag(self, event: Any) -> None:  # noqa: ANN401 - ruamel's
        tag = getattr(event, "tag", None)
        if tag is not None and str(tag) != "":
            raise ReadError(
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
            raise ReadError("a key must be a string", event.start_mark)
        if len(self.stack) >= NESTING.most:
            raise ReadError(f"nested more than {NESTING.most} levels", event.start_mark)
        node = self._node(value, event)
        self.stack.append((node, []))
        if event.anchor:
            self.anchors.pop(event.anchor, None)
            self._pending(event.anchor, node)

    def _pending(self, anchor: str, node: Node) -> None:
        # An anchor counts once its collection is closed: an alias inside it would be a circle.
        node.children["\0anchor"] = Node(anchor, 0, 0)

    def _close(self, event: Any) -> None:  # noqa: ANN401 - ruamel's
        node, _ = self.stack.pop()
        anchor = node.children.pop("\0anchor", None)
        if anchor is not None:
            self.anchors[anchor.value] = node
        self._add(node, event)

    def _add(self, node: Node, event: Any) -> None:  # noqa: ANN401 - ruamel's
        if not self.stack:
            self.documents.append(node)
            return
        parent, key = self.stack[-1]
        if isinstance(parent.value, list):
            parent.children[len(parent.value)] = node
            parent.value.append(node.value)
        elif not key:
            if not isinstance(node.value, str):
                raise ReadError("a key must be a string", event.start_mark)
            if node.value in parent.value:
                raise ReadError(f"duplicate key {node.value!r}", event.start_mark)
            key.append((node.value, (node.line, node.column)))
            parent.characters += len(node.value)
            return
        else:
            name, place = key.pop()
            parent.children[name] = node
            parent.keys[name] = place
            parent.value[name] = node.value
        parent.values += node.values
        parent.characters += node.characters


def _paired(text: str) -> str:
    """A text in which two escaped halves of a surrogate pair, as JSON writes them, are one."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _key_message(text: str) -> str:
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
        if len(digits) > DIGITS.most:
            raise ReadError(f"a number of more than {DIGITS.most:,} digits", event.start_mark)
        return int(digits, base)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise ReadError(f"{text} is too large for a number", event.start_mark)
        return number
    if _INFINITE.fullmatch(text):
        raise ReadError(f"{text} is no JSON number", event.start_mark)
    return text
