"""Small edits of YAML files that leave every other character as it is."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from langsync.errors import InvalidFilesError
from langsync.formats import yaml
from langsync.formats.documents import Steps
from langsync.model import Json


class EditError(Exception):
    """A file is written in a way that this edit cannot keep."""


def add_to_list(text: str, document: int, steps: Steps, value: str) -> str:
    """Put one more text at the end of a list.

    Args:
        text: The file.
        document: Index of the document in it.
        steps: Keys and indexes that lead to the list.
        value: A text that needs no quotes.

    Raises:
        EditError: The list cannot be edited in place.
    """
    node = _list(text, document, steps)
    if node.flow_style or not node.value:
        end = node.end_mark.index
        before = text[: end - 1].rstrip()
        comma = "" if before.endswith("[") else ", "
        edited = f"{before}{comma}{value}{text[end - 1 :]}"
    else:
        last = node.value[-1]
        indent = " " * node.start_mark.column
        edited = f"{text[: last.end_mark.index]}\n{indent}- {value}{text[last.end_mark.index :]}"
        comment = text[last.end_mark.index :].split("\n", 1)[0]
        if comment.strip():
            at = last.end_mark.index + len(comment)
            edited = f"{text[:at]}\n{indent}- {value}{text[at:]}"
    return _checked(text, edited, document, steps, [*_texts(node), value])


def remove_from_list(text: str, document: int, steps: Steps, value: str) -> str:
    """Take a text out of a list.

    Args:
        text: The file.
        document: Index of the document in it.
        steps: Keys and indexes that lead to the list.
        value: The text.

    Raises:
        EditError: The list cannot be edited in place.
    """
    node = _list(text, document, steps)
    left = [one for one in node.value if one.value != value]
    gone = next((one for one in node.value if one.value == value), None)
    if gone is None:
        return text
    if node.flow_style or not left:
        inner = ", ".join(text[one.start_mark.index : one.end_mark.index] for one in left)
        start = node.start_mark.index
        end = node.end_mark.index if node.flow_style else gone.end_mark.index
        edited = f"{text[:start]}[{inner}]{text[end:]}"
    else:
        start = text.rfind("\n", 0, gone.start_mark.index) + 1
        end = text.find("\n", gone.end_mark.index) + 1 or len(text)
        edited = f"{text[:start]}{text[end:]}"
    return _checked(text, edited, document, steps, [one for one in _texts(node) if one != value])


def _texts(node: SequenceNode) -> list[str]:
    return [one.value for one in node.value]


def _list(text: str, document: int, steps: Steps) -> SequenceNode:
    try:
        node: Any = list(YAML(pure=True).compose_all(text))[document]
    except (YAMLError, IndexError) as error:
        raise EditError(str(error)) from None
    for step in steps:
        if isinstance(node, MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            node = None
    if not isinstance(node, SequenceNode) or not all(
        isinstance(one, ScalarNode) and one.anchor is None for one in node.value
    ):
        raise EditError("there is no plain list")
    return node


def _checked(before: str, after: str, document: int, steps: Steps, expected: list[str]) -> str:
    """The edited text, if it says what it should and nothing else has changed."""
    try:
        old, new = yaml.read(before, "before"), yaml.read(after, "after")
    except InvalidFilesError as error:
        raise EditError(str(error)) from None
    target: Json = old
    *path, last = (document, *steps)
    for step in path:
        target = target[step]
    target[last] = expected
    if old != new:
        raise EditError("the list is written in a way that this edit would break")
    return after
