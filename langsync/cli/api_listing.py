"""``langsync api list``: the operations of an API reference."""

from __future__ import annotations

import textwrap
from typing import Any, Final

from rich.text import Text

from langsync.api import ApiReference, Operation, suggest
from langsync.cli import console
from langsync.cli.rows import RowFormat, queried, show_value
from langsync.errors import ConfigError
from langsync.render.shape import one_line

_LONGEST: Final = 44
"""Letters of a name that summaries stand beside; longer names push theirs aside."""

_WIDE: Final = 100
"""Characters of a line that has room for paths, too."""


def show_operations(
    reference: ApiReference,
    tags: list[str],
    format: RowFormat | None,
    fields: str | None,
    query: str | None,
) -> None:
    """Show operations by tag; as rows if a format, fields or a query is given."""
    operations = _of_tags(reference, tags)
    if format is not None or fields or query:
        rows = [
            {**identification(reference, operation), "summary": operation.summary}
            for operation in operations
        ]
        show_value(queried(rows, query), format or RowFormat.JSON, fields)
        return
    for number, tag in enumerate(dict.fromkeys(operation.tag for operation in operations)):
        console.show(Text.assemble("\n" * bool(number), (one_line(tag), "bold")))
        _show_tag(reference, [operation for operation in operations if operation.tag == tag])


def identification(reference: ApiReference, operation: Operation) -> dict[str, Any]:
    """The fields that identify an operation, as plain data."""
    return {
        "operation": operation.id,
        "method": operation.method,
        "path": operation.path,
        "tag": operation.tag,
        "deprecated": operation.deprecated,
        "successor": reference.successor(operation),
    }


def _of_tags(reference: ApiReference, names: list[str]) -> list[Operation]:
    """Returns the operations with any of these tags; all of them without tags.

    Raises:
        ConfigError: There is no such tag.
    """
    tags = {operation.tag.lower(): operation.tag for operation in reference.operations.values()}
    for word in names:
        if word.lower() not in tags:
            raise ConfigError(f"there is no tag {word!r}: {suggest(word, list(tags.values()))}")
    chosen = {word.lower() for word in names} or tags.keys()
    return [
        operation for operation in reference.operations.values() if operation.tag.lower() in chosen
    ]


def _show_tag(reference: ApiReference, operations: list[Operation]) -> None:
    """Show name, method and summary on a line; also the path if there is room."""
    whole = console.out().width
    name = min(max(len(operation.id) for operation in operations), _LONGEST)
    path = max(len(operation.path) for operation in operations)
    path = path if whole >= _WIDE and name + path + 58 <= whole else 0
    for operation in operations:
        instead = reference.successor(operation)
        deprecation = f"deprecated: use {instead}" if instead else "deprecated"
        start = f"  {operation.id:<{name}}  {operation.method:<6}  "
        start += f"{operation.path:<{path}}  " if path else ""
        summary = deprecation if operation.deprecated else operation.summary
        summary = textwrap.shorten(
            summary, max(whole - len(start), 12), placeholder=" …", break_on_hyphens=False
        )
        style = "yellow" if operation.deprecated else "dim"
        console.show(Text.assemble(one_line(start), (one_line(summary), style)))
