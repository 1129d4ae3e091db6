"""One layout for YAML: key order, indentation, quotes, blocks; comments and meaning stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from langsync.errors import InvalidFilesError
from langsync.formats import yaml, yaml_write
from langsync.formats.values import equal
from langsync.formats.yaml_spans import EditError, Span, spans
from langsync.model import Json

_ANCHOR = re.compile(r"&\S+")


def laid_out(text: str, order: Sequence[str]) -> str:
    """A file in the one layout.

    Args:
        text: The file, lines ended by LF.
        order: The keys of a document in their order; others follow in the order they have.

    Raises:
        EditError: It cannot be laid out without changing its values or losing a comment.
    """
    if "\r" in text:
        raise EditError("a line ends with a carriage return alone")
    first = _once(text, order)
    values, comments = _read(text), _comments(text)
    if not equal(_read(first), values) or _comments(first) != comments:
        raise EditError("its layout cannot change without its meaning")
    if _once(first, order) != first:
        raise EditError("it has no layout that lasts")
    return first


def _read(text: str) -> list[Json]:
    try:
        return yaml.read(text, "")
    except InvalidFilesError as error:
        raise EditError(str(error)) from None


def _documents(text: str) -> Iterator[tuple[Span | None, Json]]:
    """The root and the value of each document; a single empty document is read as none."""
    roots = spans(text)
    return zip(roots, _read(text) or [None] * len(roots), strict=True)


def _comments(text: str) -> list[str]:
    """Whatever looks like a comment, sorted; lines inside of texts do not count."""
    comments: list[str] = []
    last = 0
    for root, value in _documents(text):
        if root is not None:
            comments += _Layout(text).comments(root, value)
            comments += _lines_of(text[last : root.start])
            last = _Layout(text).line_end(root.end)
    return sorted([*comments, *_lines_of(text[last:])])


def _lines_of(gap: str) -> list[str]:
    """The comments between documents."""
    return [line.strip() for line in gap.split("\n") if line.strip().startswith("#")]


def _once(text: str, order: Sequence[str]) -> str:
    layout, parts, last = _Layout(text), [], 0
    for root, value in _documents(text):
        if root is None or root.kind != "map" or root.flow or not root.children:
            continue
        parts += [_tidy(text[last : root.start]), layout.document(root, value, order)]
        last = layout.line_end(root.end)
    end = _tidy(text[last:]).rstrip()
    return f"{''.join(parts)}{end}\n" if parts else text


def _tidy(gap: str) -> str:
    """What is between documents, without spaces at the ends of lines."""
    return re.sub(r"(?<![ \t])[ \t]+$", "", gap, flags=re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a collection.

    Args:
        step: Its key or index.
        lead: The comments and empty lines above it.
        inside: The comments between its key and its value, where that is below.
        beside: The comment behind its key, where its value is below.
        behind: The comment behind its value.
    """

    step: str | int
    lead: list[str]
    inside: list[str]
    beside: str
    behind: str


@dataclass(frozen=True, slots=True)
class _Layout:
    """Lays out the values of a text.

    Args:
        text: The text.
    """

    text: str

    def document(self, root: Span, value: Json, order: Sequence[str]) -> str:
        """A document, its keys in order."""
        if _ANCHOR.match(self.text, root.start):
            raise EditError("a whole document has an anchor")
        entries = self._entries(root)
        known = [entry for key in order for entry in entries if entry.step == key]
        entries = [*known, *(entry for entry in entries if entry not in known)]
        return self._joined(root, value, entries, 0).removeprefix("\n")

    def comments(self, span: Span, value: Json) -> Iterator[str]:
        """The comments between the values of a collection that is not in brackets."""
        if span.flow or span.kind not in ("map", "list") or not span.children:
            return
        for entry in self._entries(span):
            yield from (line for line in (*entry.lead, *entry.inside) if line)
            yield from (comment for comment in (entry.beside, entry.behind) if comment)
            yield from self.comments(span.children[entry.step], value[entry.step])

    def _entries(self, span: Span) -> list[_Entry]:
        keys = [start for start, _ in span.keys.values()]
        starts = keys if span.kind == "map" else span.dashes
        entries: list[_Entry] = []
        last = starts[0]
        for step, start in zip(span.children, starts, strict=True):
            child = span.children[step]
            inner = self._lines(child)
            lead = _leads(self.text[last:start]) if entries else []
            end = self.line_end(child.end)
            behind = self.text[child.end : end].strip()
            if behind and not behind.startswith("#"):
                raise EditError("something stands behind a value")
            entries.append(_Entry(step, lead, inner[1:], inner[0], behind))
            last = end
        return entries

    def _first(self, child: Span) -> int:
        """The position where a value begins, after its anchor."""
        if child.flow or child.kind not in ("map", "list") or not child.children:
            return child.start
        if child.kind == "list":
            return child.dashes[0]
        return min(start for start, _ in child.keys.values())

    def _lines(self, child: Span) -> list[str]:
        """The comment after a key or dash, then those on lines of their own, up to a value."""
        anchor = _ANCHOR.match(self.text, child.start)
        behind = anchor.end() if anchor else child.start
        gap = self.text[child.before : child.start] + self.text[behind : self._first(child)]
        lines = [line.strip() for line in gap.split("\n")]
        if any(line and not line.startswith("#") for line in lines):
            raise EditError("something stands before a value")
        return [lines[0], *(line for line in lines[1:] if line)]

    def line_end(self, position: int) -> int:
        """The end of a line, its line break not counted."""
        end = self.text.find("\n", position)
        return len(self.text) if end < 0 else end

    def _joined(self, span: Span, value: Json, entries: list[_Entry], indent: int) -> str:
        pad = "\n" + " " * indent
        written = []
        for entry in entries:
            lead = "".join(f"{pad}{line}" if line else "\n" for line in entry.lead)
            child, inner = span.children[entry.step], value[entry.step]
            behind = f"  {entry.behind}" if entry.behind else ""
            if span.kind == "list":
                own = f"-{self._entry(child, inner, indent, entry)}"
            else:
                start, end = span.keys[str(entry.step)]
                own = f"{self.text[start:end]}:{self._value(child, inner, indent, entry)}"
            written.append(f"{lead}{pad}{own}{behind}")
        return "".join(written)

    def _is_block(self, child: Span) -> bool:
        return child.kind in ("map", "list") and not child.flow and bool(child.children)

    def _value(self, child: Span, value: Json, indent: int, entry: _Entry) -> str:
        """The text after ``key:``."""
        if not self._is_block(child):
            if entry.beside or entry.inside:
                raise EditError("a comment stands between a key and its value")
            return self._leaf(child, value, indent)
        anchor = _ANCHOR.match(self.text, child.start)
        mark = f" {anchor[0]}" if anchor else ""
        comment = f"  {entry.beside}" if entry.beside else ""
        first, *others = self._entries(child)
        first = replace(first, lead=entry.inside)
        return f"{mark}{comment}{self._joined(child, value, [first, *others], indent + 2)}"

    def _entry(self, child: Span, value: Json, indent: int, entry: _Entry) -> str:
        """The text after the dash of an entry."""
        above = entry.beside or entry.inside or _ANCHOR.match(self.text, child.start)
        if above or not self._is_block(child):
            return self._value(child, value, indent, entry)
        return " " + self._joined(child, value, self._entries(child), indent + 2).lstrip("\n ")

    def _leaf(self, child: Span, value: Json, indent: int) -> str:
        raw = self.text[child.start : child.end]
        if child.kind == "alias" or raw.startswith("&") or not isinstance(value, str | dict | list):
            return f" {raw}" if raw else ""
        if not isinstance(value, str):
            return f" {raw}" if set("&*#\n") & set(raw) else f" {yaml_write.flow(value)}"
        if child.style in ("|", ">"):
            return f" {_block(raw, indent + 2)}"
        if "\n" in value and (written := yaml_write.literal(value, indent + 2)):
            return f" {written}"
        return f" {raw}" if not child.style or "\n" in raw else f" {yaml_write.flow(value)}"


def _block(raw: str, indent: int) -> str:
    """A block with another indentation."""
    header, *lines = raw.split("\n")
    if any(character.isdigit() for character in header):
        raise EditError("a block gives its indentation")
    column = min(
        (len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")), default=0
    )
    moved = (" " * indent + line[column:] if line.strip(" ") else line[column:] for line in lines)
    return "\n".join([header, *moved])


def _leads(gap: str) -> list[str]:
    """The comments above an entry; several empty lines are one."""
    leads: list[str] = []
    for line in gap.split("\n")[1:-1]:
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            raise EditError("something stands between two values")
        if stripped or (leads[-1:] != [""]):
            leads.append(stripped)
    return leads
