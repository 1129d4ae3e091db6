"""Edits a YAML document to another value; every other character stays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from langsync.errors import InvalidFilesError
from langsync.formats import yaml, yaml_write
from langsync.formats.differences import LineMatcher
from langsync.formats.values import equal
from langsync.formats.yaml_spans import EditError, Span, spans
from langsync.model import Json

_BLANK = re.compile(r"(?:\n[ \t]*)*(?=\n)")

Splice = tuple[int, int, str]
"""From, up to, and what comes in its place."""


def edited(text: str, document: int, new: Json) -> tuple[str, bool]:
    """A file in which one document has another value.

    Args:
        text: The file.
        document: Index of the document.
        new: Its new value; the order of keys tells where new ones are inserted.

    Returns:
        The file, and whether everything that did not change is as it was: where the document can
        only be written anew, its comments are gone.

    Raises:
        EditError: The file cannot be read, or no edit gives it that value.
    """
    expected = _read(text)
    old = expected[document]
    expected[document] = new
    for attempt in (_with_aliases, _in_place, _without_aliases, _rewritten):
        try:
            written = attempt(text, document, old, new)
            if equal(_read(written), expected):
                return written, attempt is not _rewritten
        except EditError:
            continue
    raise EditError("no edit makes the file say that")


def _read(text: str) -> list[Json]:
    try:
        return yaml.read(text, "")
    except InvalidFilesError as error:
        raise EditError(str(error)) from None


def _root(text: str, document: int) -> Span:
    roots = spans(text)
    root = roots[document] if document < len(roots) else None
    if root is None:
        raise EditError("there is no such document")
    return root


def _with_aliases(text: str, document: int, old: Json, new: Json) -> str:
    """Edit anchored values; their aliases follow."""
    return _apply(text, _Editor(text, follow=True).value(_root(text, document), old, new, None))


def _in_place(text: str, document: int, old: Json, new: Json) -> str:
    return _apply(text, _Editor(text).value(_root(text, document), old, new, None))


def _without_aliases(text: str, document: int, old: Json, new: Json) -> str:
    """Replace each alias by its value first, so that anchored values may change."""
    root = _root(text, document)
    editor = _Editor(text)
    splices: list[Splice] = []
    for steps, span in root.aliases():
        value, parent = old, root
        for step in steps[:-1]:
            value, parent = value[step], parent.children[step]
        splices.append(editor.replaced(span, value[steps[-1]], parent))
    return _in_place(_apply(text, splices), document, old, new)


def _rewritten(text: str, document: int, old: Json, new: Json) -> str:
    del old
    root = _root(text, document)
    return _apply(text, [(root.start, root.end, yaml_write.document(new).rstrip("\n"))])


def _apply(text: str, splices: list[Splice]) -> str:
    for start, end, new in sorted(_merged(splices), reverse=True, key=lambda splice: splice[:2]):
        text = f"{text[:start]}{new}{text[end:]}"
    return text


def _merged(splices: list[Splice]) -> list[Splice]:
    """Merge overlapping deletions; other splices must not overlap."""
    merged: list[Splice] = []
    for splice in sorted(splices, key=lambda splice: splice[:2]):
        if merged and splice[0] < merged[-1][1]:
            if splice[2] or merged[-1][2]:
                raise EditError("two edits meet")
            merged[-1] = (merged[-1][0], max(merged[-1][1], splice[1]), "")
        elif merged and splice[:2] == merged[-1][:2] and splice[0] == splice[1]:
            merged[-1] = (splice[0], splice[1], merged[-1][2] + splice[2])
        else:
            merged.append(splice)
    return merged


@dataclass(frozen=True, slots=True)
class _Editor:
    """Finds the splices for a text.

    Args:
        text: The text.
        follow: Whether aliases stay: the anchored values change in the same way.
    """

    text: str
    follow: bool = False

    def value(self, span: Span, old: Json, new: Json, parent: Span | None) -> list[Splice]:
        """The splices that make one value another one."""
        if equal(old, new) or (self.follow and span.kind == "alias"):
            return []
        try:
            if span.kind == "map" and isinstance(new, dict) and new:
                return list(self._map(span, old, new))
            if span.kind == "list" and isinstance(new, list) and new:
                return list(self._list(span, old, new))
        except EditError:
            pass
        return [self.replaced(span, new, parent)]

    def replaced(self, span: Span, new: Json, parent: Span | None) -> Splice:
        """The splice that writes a value anew."""
        if parent is None:
            raise EditError("the whole document")
        if parent.flow:
            return span.start, span.end, yaml_write.flow(new)
        lead = self.text[span.before : span.start]
        indent = self._column(parent)
        if parent.kind == "map":
            written = yaml_write.after_key(new, indent)
            if span.style == "|" and isinstance(new, str):
                written = self._as_block(span, new) or written
        else:
            written = yaml_write.entry(new, indent)
        if lead.strip(" ") == "" and lead and not written.startswith("\n"):
            written = lead + written[1:]
        end = span.end
        if written.startswith(" |+") and (blank := _BLANK.match(self.text, end)):
            end = blank.end()  # those lines would become part of it
        return span.before, end, written

    def _as_block(self, span: Span, new: str) -> str:
        """A text as a block that is indented as the one before was; empty if it cannot be."""
        lines = self.text[span.start : span.end].split("\n")[1:]
        first = next((line for line in lines if line.strip()), "")
        indent = len(first) - len(first.lstrip(" "))
        written = yaml_write.literal(new, indent) if indent else ""
        return f" {written}" if written else ""

    def _column(self, span: Span) -> int:
        """The column of a collection's keys or dashes."""
        first = span.dashes[0] if span.kind == "list" else min(key for key, _ in span.keys.values())
        return first - self.text.rfind("\n", 0, first) - 1

    def _line_start(self, position: int) -> int:
        return self.text.rfind("\n", 0, position) + 1

    def _line_end(self, position: int) -> int:
        end = self.text.find("\n", position)
        return len(self.text) if end < 0 else end

    def _removed(self, begin: int, end: int, following: int | None) -> Splice:
        """The splice that removes whole lines, or an entry that shares a line with a dash."""
        line = self._line_start(begin)
        if not self.text[line:begin].strip(" "):
            return line, min(self._line_end(end) + 1, len(self.text)), ""
        if following is None:
            raise EditError("nothing would be left")
        return begin, following, ""

    def _map(self, span: Span, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Splice]:
        kept = [key for key in span.keys if key in new]
        if not kept or old.keys() != span.keys.keys():
            raise EditError("nothing would be left")
        for key in kept:
            yield from self.value(span.children[key], old[key], new[key], span)
        order = list(span.keys)
        for index, key in enumerate(order):
            if key not in new:
                yield self._removed_entry(span, [span.keys[name][0] for name in order], index, key)
        before: str | None = None
        for key, value in new.items():
            if key in old:
                before = key
            else:
                yield self._inserted_key(span, before, key, value)

    def _removed_entry(self, span: Span, starts: list[int], index: int, step: str | int) -> Splice:
        """The splice that removes one entry from a collection."""
        begin, end = starts[index], span.children[step].end
        following = starts[index + 1] if index + 1 < len(starts) else None
        if not span.flow:
            return self._removed(begin, end, following)
        if following is not None:
            return begin, following, ""
        return list(span.children.values())[index - 1].end, end, ""

    def _inserted_key(self, span: Span, before: str | None, key: str, value: Json) -> Splice:
        """The splice that inserts a key into a map."""
        name = yaml_write.key_text(key)
        if span.flow:
            position = max(child.end for child in span.children.values())
            return position, position, f", {name}: {yaml_write.flow(value)}"
        indent = self._column(span)
        written = f"{name}:{yaml_write.after_key(value, indent)}"
        pad = " " * indent
        if before is None:
            position = min(start for start, _ in span.keys.values())
            return position, position, f"{written}\n{pad}"
        position = self._line_end(span.children[before].end)
        return position, position, f"\n{pad}{written}"

    def _list(self, span: Span, old: list[Json], new: list[Json]) -> Iterator[Splice]:
        if not old:
            raise EditError("it is written anew")
        starts = span.dashes or [span.children[index].start for index in range(len(old))]
        kept = 0
        for a1, a2, b1, b2 in _alignment(old, new):
            pairs = min(a2 - a1, b2 - b1)
            kept += pairs
            for offset in range(pairs):
                index = a1 + offset
                yield from self.value(span.children[index], old[index], new[b1 + offset], span)
            for index in range(a1 + pairs, a2):
                yield self._removed_entry(span, starts, index, index)
            if new[b1 + pairs : b2]:
                yield self._inserted_entries(span, starts, a1 + pairs, new[b1 + pairs : b2])
        if not kept:
            raise EditError("nothing would be left")

    def _inserted_entries(
        self, span: Span, starts: list[int], index: int, new: list[Json]
    ) -> Splice:
        """The splice that inserts entries before one of a list, or at its end."""
        if span.flow:
            written = ", ".join(map(yaml_write.flow, new))
            if index < len(starts):
                return starts[index], starts[index], f"{written}, "
            position = span.children[index - 1].end
            return position, position, f", {written}"
        column = self._column(span)
        lines = [f"-{yaml_write.entry(value, column)}" for value in new]
        pad = f"\n{' ' * column}"
        if not index:
            return starts[0], starts[0], "".join(f"{line}{pad}" for line in lines)
        position = self._line_end(span.children[index - 1].end)
        return position, position, "".join(f"{pad}{line}" for line in lines)


def _alignment(old: list[Json], new: list[Json]) -> list[tuple[int, int, int, int]]:
    """Which entries are which: by id where they have one, else by value."""
    sides = [[_identity(value) for value in side] for side in (old, new)]
    codes = LineMatcher(sides[0], sides[1]).get_opcodes()
    return [code[1:] for code in codes]


def _identity(value: Json) -> str:
    if isinstance(value, dict) and isinstance(value.get("id"), str):
        return f"id {value['id']}"
    return json.dumps(value, sort_keys=True)
