"""Where in a YAML text each value begins and ends, for edits that leave the rest as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from langsync.formats.yaml_exact import disguised, ended
from langsync.formats.yaml_scanner import parser

_LEAD = re.compile("[ -]*")
"""What precedes the first value on a line of a list."""

_DISGUISED = re.compile("[\t\x80-\x9f\u2028\u2029\ufffe\uffff]")
"""What ruamel.yaml is shown in another form, so that a key would have another name."""


class EditError(Exception):
    """A file is written in a way that an edit cannot keep."""


@dataclass(slots=True)
class Span:
    """A value in a text, from ``start`` up to ``end``.

    Args:
        kind: ``map``, ``list``, ``scalar`` or ``alias``.
        start: Its first character; that of its anchor, if it has one.
        end: One past its last character, a final line break not counted.
        before: The position after the colon of its key or the dash of its entry.
        flow: Whether it is in braces or brackets, or in such a value.
        style: How a scalar is written: ``|``, ``>``, ``"``, ``'`` or nothing.
        keys: Of a map, where each key begins and ends.
        children: Of a collection, its values: by key, or by index.
        dashes: Of a list that is not in brackets, where the dash of each entry is.
    """

    kind: str
    start: int
    end: int
    before: int = 0
    flow: bool = False
    style: str = ""
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    children: dict[str | int, Span] = field(default_factory=dict)
    dashes: list[int] = field(default_factory=list)

    def aliases(self) -> Iterator[tuple[tuple[str | int, ...], Span]]:
        """The aliases in it, each with the steps that lead there."""
        for step, child in self.children.items():
            if child.kind == "alias":
                yield (step,), child
            yield from (((step, *steps), alias) for steps, alias in child.aliases())


def spans(text: str) -> list[Span | None]:
    """The root of each document; None for one without a value.

    Raises:
        EditError: The text is written in a way that is not understood here.
    """
    text = ended(text)
    for attempt in (text, text.replace("\t", " ")):
        try:
            events = list(parser().parse(disguised(attempt)))
        except (YAMLError, AssertionError):
            continue
        return _SpanBuilder(text).build(events)
    raise EditError("it is written in a way that cannot be edited in place")


@dataclass(slots=True)
class _Open:
    """A collection that is being read; of a map, the key whose value comes next."""

    span: Span
    key: tuple[str, int] | None = None


@dataclass(slots=True)
class _SpanBuilder:
    text: str
    stack: list[_Open] = field(default_factory=list)
    roots: list[Span | None] = field(default_factory=list)

    def build(self, events: list[Any]) -> list[Span | None]:
        for event in events:
            start, end = event.start_mark.index, event.end_mark.index
            if isinstance(event, DocumentStartEvent):
                self.roots.append(None)
            elif isinstance(event, MappingStartEvent | SequenceStartEvent):
                kind = "map" if isinstance(event, MappingStartEvent) else "list"
                span = Span(kind, start, start, flow=bool(event.flow_style))
                self._place(span, None)
                self.stack.append(_Open(span))
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                span = self.stack.pop().span
                last = max((child.end for child in span.children.values()), default=end)
                span.end = end if span.flow else last
            elif isinstance(event, ScalarEvent | AliasEvent):
                self._place(self._scalar(event, start, end), event)
        return self.roots

    def _scalar(self, event: Any, start: int, end: int) -> Span:  # noqa: ANN401 - ruamel's
        if isinstance(event, AliasEvent):
            return Span("alias", start, end)
        style = str(event.style or "")
        if style in ("|", ">"):
            header = self.text[start : self.text.find("\n", start)]
            body = self.text[start:end]
            kept = "+" in header.split("#")[0]
            end = start + len(body[:-1] if kept else _without_blank_end(body))
        return Span("scalar", start, end, style=style)

    def _place(self, span: Span, event: Any) -> None:  # noqa: ANN401 - ruamel's
        if not self.stack:
            self.roots[-1] = span
            return
        inside = self.stack[-1]
        parent = inside.span
        span.flow = span.flow or parent.flow
        if parent.kind == "list":
            self._entry(parent, span)
        elif inside.key is None:
            if not isinstance(event, ScalarEvent):
                raise EditError("a key is no plain text")
            if _DISGUISED.search(self.text, span.start, span.end):
                raise EditError("a key holds a tab or a control character")
            inside.key = (str(event.value), span.end)
            parent.keys[inside.key[0]] = (span.start, span.end)
        else:
            name, behind = inside.key
            inside.key = None
            span.before = self.text.find(":", behind) + 1
            parent.children[name] = _after(span)

    def _entry(self, parent: Span, span: Span) -> None:
        index = len(parent.children)
        if not parent.flow:
            lowest = parent.children[index - 1].end if index else parent.start
            dash = self._dash(parent, lowest, span.start)
            parent.dashes.append(dash)
            span.before = dash + 1
        parent.children[index] = _after(span) if not parent.flow else span

    def _dash(self, parent: Span, lowest: int, highest: int) -> int:
        """The dash of an entry, between the entry before and its value."""
        column = self.column(parent.dashes[0]) if parent.dashes else None
        start = self.text.rfind("\n", 0, lowest) + 1
        while True:
            begin = max(start, lowest)
            lead = _LEAD.match(self.text, begin if column is None else start, highest + 1)
            end = lead.end() if lead else start
            for dash in range(begin, end) if column is None else [start + column]:
                following = self.text[dash + 1 : min(dash + 2, highest + 1)]
                if lowest <= dash < end and self.text[dash] == "-" and not following.strip():
                    return dash
            start = self.text.find("\n", start, highest + 1) + 1
            if not start:
                break
        raise EditError("the dash of an entry is not where it is looked for")

    def column(self, position: int) -> int:
        return position - self.text.rfind("\n", 0, position) - 1


def _after(span: Span) -> Span:
    """Place an empty value directly after the text that it follows."""
    if span.kind == "scalar" and span.start == span.end:
        span.start = span.end = span.before
    return span


def _without_blank_end(body: str) -> str:
    """A block without the empty lines at its end, which are none of it."""
    content = len(body.rstrip(" \n"))
    line_end = body.find("\n", content)
    return body if line_end < 0 else body[:line_end]
