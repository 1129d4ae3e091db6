"""``langsync api describe``: what an operation takes and answers."""

from __future__ import annotations

import io
import re
import shlex
import textwrap
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import orjson
from rich.console import Console
from rich.text import Text

from langsync.api import ApiReference, Field, Operation, option_of
from langsync.cli import console
from langsync.cli.api_listing import identification
from langsync.cli.rows import RowFormat, queried, show_value
from langsync.errors import ConfigError
from langsync.render.shape import escape_control, one_line

_WIDEST = 100
"""Characters of a line that is read with ease."""


def show_operation(
    reference: ApiReference,
    operands: list[str],
    format: RowFormat | None,
    fields: str | None,
    query: str | None,
    own: Collection[str],
) -> None:
    """Show what an operation takes and answers, with an example; as an object for other formats."""
    if len(operands) != 1:
        raise ConfigError("name one operation: langsync api describe trace_list")
    operation = reference.find(operands[0])
    if format in (None, RowFormat.TABLE) and not fields and not query:
        for line in _lines(reference, operation, own):
            console.show(line)
        return
    show_value(
        queried(_described(reference, operation, own), query), format or RowFormat.JSON, fields
    )


def _described(
    reference: ApiReference, operation: Operation, own: Collection[str]
) -> dict[str, Any]:
    """Returns the description of an operation as plain data."""
    schemas = reference.schemas
    return {
        **identification(reference, operation),
        "description": operation.description,
        "parameters": [
            {
                "name": p.name,
                "in": p.place,
                "required": p.required,
                "type": schemas.type(p.schema),
                "description": p.description,
                "option": option_of(p.name, own),
            }
            for p in operation.parameters
        ],
        **{
            name: None
            if schema is None
            else {"type": schemas.type(schema), "fields": list(map(_field, schemas.fields(schema)))}
            for name, schema in (("body", operation.body), ("answer", operation.response))
        },
        "example": example(reference, operation, own),
    }


def _field(field: Field) -> dict[str, Any]:
    return {
        "name": ".".join(field.path),
        "type": field.type,
        "required": field.required,
        "description": field.description,
        "variant": field.variant or None,
    }


def _lines(reference: ApiReference, operation: Operation, own: Collection[str]) -> Iterator[Text]:
    """Yields the description of an operation as lines of text."""
    schemas, width = reference.schemas, min(console.out().width, _WIDEST)
    yield Text(one_line(operation.id), "bold")
    yield Text(one_line(f"{operation.method} {operation.path}"))
    if operation.deprecated:
        instead = reference.successor(operation)
        yield Text(one_line(f"deprecated{': use ' + instead if instead else ''}"), "yellow")
    if operation.description:
        yield Text()
        yield from _prose(operation.description, width, "")
    if operation.parameters:
        yield Text.assemble("\n", ("Parameters", "bold"), " (* marks those that it needs)")
    for p in operation.parameters:
        kind = schemas.type({**p.schema, "nullable": False})
        yield from _entry(option_of(p.name, own), kind, p.description, width, star=p.required)
    if mine := [p.name for p in operation.parameters if p.name in own]:
        named = " and ".join(f"--{name}" for name in mine)
        yield Text(f"  ({named} without -p: what of the answer is shown)")
    for title, schema in (("Body", operation.body), ("Answer", operation.response)):
        if schema is not None:
            yield Text()
            yield from _headed(title, f": {schemas.type(schema)}", "", width)
            yield from _fields(schemas.fields(schema), width)
    yield Text.assemble("\n", ("Example", "bold"))
    yield Text(f"  {one_line(example(reference, operation, own))}")


def _fields(fields: Iterable[Field], width: int) -> Iterator[Text]:
    forms: dict[int, str] = {}
    for field in fields:
        forms = {depth: form for depth, form in forms.items() if depth <= field.depth}
        if field.variant and forms.get(field.depth) != field.variant:
            yield from _headed("", f"either {field.variant}", "  " * field.depth, width)
            forms[field.depth] = field.variant
        yield from _entry(
            field.path[-1],
            field.type,
            field.description,
            width,
            star=field.required,
            depth=field.depth,
        )


def _entry(
    name: str, kind: str, description: str, width: int, *, star: bool, depth: int = 0
) -> Iterator[Text]:
    """Yields a name with its type, and its description beside or below it."""
    margin = "  " * (depth + 1)
    head = f"{name}{'*' if star else ''}"
    start = f": {kind}"
    long = "\n\n" in description or len(description) > 3 * width
    if description and not long:
        start += f"  {' '.join(description.replace('**', '').split())}"
    yield from _headed(head, start, margin, width)
    if long:
        yield from _prose(description, width, f"{margin}    ")


def _headed(head: str, text: str, margin: str, width: int) -> Iterator[Text]:
    """Yields a text after a bold heading, wrapped."""
    lines = textwrap.wrap(
        escape_control(f"{head}{text}"),
        width,
        initial_indent=margin,
        subsequent_indent=f"{margin}    ",
        break_on_hyphens=False,
    )
    for number, line in enumerate(lines):
        shown = Text(line)
        if not number:
            shown.stylize("bold", len(margin), len(margin) + len(head))
        yield shown


def _prose(text: str, width: int, margin: str) -> Iterator[Text]:
    """Yields Markdown laid out for a terminal."""
    from rich.markdown import Markdown

    file = io.StringIO()
    room = max(width - len(margin), 40)
    Console(file=file, width=room, color_system=None, emoji=False).print(
        Markdown(escape_control(text))
    )
    laid = "\n".join(line.rstrip() for line in file.getvalue().splitlines()).strip("\n")
    for line in re.sub("\n{3,}", "\n\n", laid).splitlines():
        yield Text(f"{margin}{line}".rstrip())


def example(reference: ApiReference, operation: Operation, own: Collection[str]) -> str:
    """Returns a call of an operation as it would be typed."""
    parts = ["langsync", "api", operation.id]
    for parameter in operation.parameters:
        if parameter.required:
            value = reference.schemas.example(parameter.schema)
            text = value if isinstance(value, str) else orjson.dumps(value).decode()
            parts += (
                ["-p", f"{parameter.name}={text}"]
                if parameter.name in own
                else [f"--{parameter.name}", text]
            )
    if operation.body is not None:
        parts += ["--body", orjson.dumps(reference.schemas.example(operation.body)).decode()]
    return " ".join(map(shlex.quote, parts))
