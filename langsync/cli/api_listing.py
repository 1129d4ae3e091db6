"""Shows what an API reference says."""

from __future__ import annotations

import shlex

import orjson

from langsync.api import Operation, Reference
from langsync.cli import console
from langsync.cli.rows import RowFormat, show_rows, show_value
from langsync.errors import ConfigError


def show_operations(reference: Reference, words: list[str], format: RowFormat | None) -> None:  # noqa: A002
    """Operations by tag; as rows in every format but a table."""
    wanted = [word.lower() for word in words]
    everything = reference.operations.values()
    found = [one for one in everything if not wanted or one.tag.lower() in wanted]
    if not found:
        tags = ", ".join(dict.fromkeys(one.tag for one in everything))
        raise ConfigError(f"there is no tag {words[0]!r}: there are {tags}")
    rows = [
        {
            "operation": one.id,
            "method": one.method,
            "path": one.path,
            "tag": one.tag,
            "deprecated": one.deprecated,
            "successor": one.successor,
            "summary": one.summary,
        }
        for one in found
    ]
    if format not in (None, RowFormat.TABLE):
        show_rows(rows, format or RowFormat.JSON)
        return
    width = max(len(one.id) for one in found)
    for tag in dict.fromkeys(one.tag for one in found):
        console.write(f"\n{tag}\n")
        for one in found:
            if one.tag == tag:
                instead = f": use {one.successor}" if one.successor else ""
                told = f"deprecated{instead}" if one.deprecated else one.summary
                console.write(f"  {one.id:<{width}}  {one.method:<6} {one.path}  {told[:100]}\n")


def _described(reference: Reference, one: Operation) -> dict[str, object]:
    """What there is to know of an operation, as plain data."""
    schemas = reference.schemas
    return {
        "operation": one.id,
        "method": one.method,
        "path": one.path,
        "tag": one.tag,
        "deprecated": one.deprecated,
        "successor": one.successor,
        "description": one.description,
        "parameters": [
            {
                "name": p.name,
                "in": p.place,
                "required": p.required,
                "type": schemas.type(p.schema),
                "description": p.description,
            }
            for p in one.parameters
        ],
        "body": None if one.body is None else list(schemas.shape(one.body)),
        "answer": None if one.answer is None else list(schemas.shape(one.answer)),
        "example": example(reference, one),
    }


def show_operation(reference: Reference, words: list[str], format: RowFormat | None) -> None:  # noqa: A002
    """What an operation takes and answers, with an example; as an object in JSON."""
    if len(words) != 1:
        raise ConfigError("name one operation: langsync api describe trace_list")
    one, schemas = reference.find(words[0]), reference.schemas
    if format is RowFormat.JSON:
        show_value(_described(reference, one), RowFormat.JSON)
        return
    lines = [f"{one.id}  {one.method} {one.path}"]
    if one.deprecated:
        lines.append(f"deprecated{': use ' + one.successor if one.successor else ''}")
    lines += ["", one.description, ""]
    if one.parameters:
        lines.append("Parameters (a star marks those that are required)")
        width = max(len(p.name) for p in one.parameters) + 1
        for p in one.parameters:
            name = f"{p.name}{'*' if p.required else ''}"
            lines.append(f"  {name:<{width}}  {schemas.type(p.schema)}  {p.description}".rstrip())
    for title, schema in (("Body", one.body), ("Answer", one.answer)):
        if schema is not None:
            lines += ["", f"{title}: {schemas.type(schema)}"]
            lines += [f"  {line}" for line in schemas.shape(schema)]
    lines += ["", "Example", f"  {example(reference, one)}"]
    console.write("\n".join(lines) + "\n")


def example(reference: Reference, operation: Operation) -> str:
    """A call of an operation, as it would be typed."""
    parts = ["langsync", "api", operation.id]
    for one in operation.parameters:
        if one.required:
            value = reference.schemas.example(one.schema)
            text = value if isinstance(value, str) else orjson.dumps(value).decode()
            parts += [f"--{one.name}", text]
    if operation.body is not None:
        parts += ["--body", orjson.dumps(reference.schemas.example(operation.body)).decode()]
    return " ".join(map(shlex.quote, parts))
