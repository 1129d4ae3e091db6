"""``langsync api list``: the operations of an API reference."""

from __future__ import annotations

import textwrap
from typing import Final

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
    words: list[str],
    format: RowFormat | None,
    fields: str | None,
    query: str | None,
) -> None:
    """Operations by tag, for people; as rows where a format, fields or a query are chosen."""
    found = _of_tags(reference, words)
    if format is not None or fields or query:
        rows = [
            {
                "operation": one.id,
                "method": one.method,
                "path": one.path,
                "tag": one.tag,
                "deprecated": one.deprecated,
                "successor": reference.successor(one),
                "summary": one.summary,
            }
            for one in found
        ]
        show_value(queried(rows, query), format or RowFormat.JSON, fields)
        return
    for number, tag in enumerate(dict.fromkeys(one.tag for one in found)):
        console.show(Text.assemble("\n" * bool(number), (one_line(tag), "bold")))
        _show_tag(reference, [one for one in found if one.tag == tag])


def _of_tags(reference: ApiReference, words: list[str]) -> list[Operation]:
    """The operations of some tags; all for none.

    Raises:
        ConfigError: There is no such tag.
    """
    tags = {operation.tag.lower(): operation.tag for operation in reference.operations.values()}
    for word in words:
        if word.lower() not in tags:
            raise ConfigError(f"there is no tag {word!r}: {suggest(word, list(tags.values()))}")
    wanted = {word.lower() for word in words} or tags.keys()
    return [
        operation for operation in reference.operations.values() if operation.tag.lower() in wanted
    ]


def _show_tag(reference: ApiReference, operations: list[Operation]) -> None:
    """Name, method and summary on a line; the path, too, where there is room for all."""
    whole = console.out().width
    name = min(max(len(operation.id) for operation in operations), _LONGEST)
    path = max(len(operation.path) for operation in operations)
    path = path if whole >= _WIDE and name + path + 58 <= whole else 0
    for operation in operations:
        instead = reference.successor(operation)
        told = f"deprecated: use {instead}" if instead else "deprecated"
        start = f"  {operation.id:<{name}}  {operation.method:<6}  "
        start += f"{operation.path:<{path}}  " if path else ""
        about = told if operation.deprecated else operation.summary
        about = textwrap.shorten(
            about, max(whole - len(start), 12), placeholder=" …", break_on_hyphens=False
        )
        style = "yellow" if operation.deprecated else "dim"
        console.show(Text.assemble(one_line(start), (one_line(about), style)))
