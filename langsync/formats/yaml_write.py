"""YAML as a careful person writes it: plain where that is safe, long texts as blocks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from langsync.errors import InvalidFilesError, LangsyncError
from langsync.formats import yaml
from langsync.model import Json

WIDTH = 90
"""The most columns of a collection on one line."""

_PLAIN = re.compile(r"[^\W_](?:[\w ./()+%&;@$~<>=-]|:(?=[^\s,\]}])|'(?=\w))*")
_NUMBERLIKE = re.compile(r"[-+.\d:_eExXoO, ]*[\d.]|0[xXoO][0-9a-fA-F_]*")
_WORDS = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"])
_QUOTED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_NO_BLOCK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class UnwritableError(LangsyncError, ValueError):
    """A value cannot be written so that it is read back as it is."""


def document(value: Mapping[str, Json]) -> str:
    """A whole document, read back before it is returned.

    Raises:
        UnwritableError: It cannot be written so that it is read back as it is.
    """
    for blocks in (True, False):
        text = block(value, 0, blocks=blocks).removeprefix("\n") if value else "{}"
        text = f"{text}\n"
        if _is_read_as(text, value):
            return text
    raise UnwritableError("it holds what YAML cannot say here, such as a value nested too deeply")


def _is_read_as(text: str, value: Json) -> bool:
    try:
        return yaml.read(text, "") == [value]
    except InvalidFilesError:
        return False


def after_key(value: Json, indent: int, *, blocks: bool = True) -> str:
    """The text after ``key:`` or ``-`` of a block collection.

    Args:
        value: The value.
        indent: The column of the key, or of the list's entries.
        blocks: Whether texts of several lines may be blocks.
    """
    if isinstance(value, str) and blocks and (written := literal(value, indent + 2)):
        return f" {written}"
    if isinstance(value, dict | list) and value:
        line = flow(value)
        if _is_simple(value) and len(line) + indent < WIDTH:
            return f" {line}"
        return block(value, indent + 2, blocks=blocks)
    return f" {flow(value)}"


def block(value: Json, indent: int, *, blocks: bool = True) -> str:
    """A collection over several lines, the line break before it included."""
    pad = "\n" + " " * indent
    if isinstance(value, dict):
        return "".join(
            f"{pad}{key_text(key)}:{after_key(item, indent, blocks=blocks)}"
            for key, item in value.items()
        )
    return "".join(f"{pad}-{entry(item, indent, blocks=blocks)}" for item in value)


def entry(value: Json, indent: int, *, blocks: bool = True) -> str:
    """The text after the dash of a list's entry; the dash is at ``indent``."""
    if isinstance(value, dict | list) and value:
        line = flow(value)
        if isinstance(value, list) and _is_simple(value) and len(line) + indent < WIDTH:
            return f" {line}"
        return " " + block(value, indent + 2, blocks=blocks).lstrip("\n ")
    return after_key(value, indent, blocks=blocks)


def flow(value: Json) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{key_text(key)}: {flow(item)}" for key, item in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        return value if _is_plain(value) else quoted(value)
    return json.dumps(value)


def key_text(key: str) -> str:
    """A key."""
    return flow(key)


def quoted(text: str) -> str:
    """A text in double quotes, invisible characters escaped."""
    packed = json.dumps(text, ensure_ascii=False)
    return _QUOTED.sub(lambda match: f"\\u{ord(match[0]):04x}", packed)


def _is_plain(text: str) -> bool:
    return (
        len(text) <= 200
        and _PLAIN.fullmatch(text) is not None
        and not text.endswith((" ", ":"))
        and text.lower() not in _WORDS
        and not _NUMBERLIKE.fullmatch(text)
        and text.isprintable()
    )


def _is_simple(value: Json) -> bool:
    """Whether a collection reads well on one line: of short values, hardly nested."""
    inner = list(value.values()) if isinstance(value, dict) else value
    if any(isinstance(item, str) and "\n" in item for item in inner):
        return False
    nested = [item for item in inner if isinstance(item, dict | list) and item]
    return all(isinstance(item, list) and not _nests(item) for item in nested)


def _nests(values: list[Json]) -> bool:
    return any(isinstance(value, dict | list) and value for value in values)


def literal(text: str, indent: int) -> str:
    """A text as a block; empty where it is of one line, or would not be read as it is."""
    body = text.rstrip("\n")
    if "\n" not in text or not body or _NO_BLOCK.search(text):
        return ""
    lines = text.split("\n")
    first = next(line for line in lines if line)
    if first[0] in " \t" or any(line and not line.strip(" \t") for line in lines):
        return ""
    end = len(text) - len(body)
    chomping = {0: "-", 1: ""}.get(end, "+")
    content = "\n".join(" " * indent + line if line else "" for line in body.split("\n"))
    return f"|{chomping}\n{content}" + "\n" * max(0, end - 1)
