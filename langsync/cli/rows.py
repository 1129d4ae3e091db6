"""Shows rows of the API: as a table, JSON, JSON Lines or CSV."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar

import orjson
from jmespath.exceptions import JMESPathError

from langsync.cli import console
from langsync.cli.option_groups import option
from langsync.errors import ConfigError
from langsync.formats.select import Selection, compile_expression
from langsync.render.shape import escape_control, one_line


class RowFormat(StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True, kw_only=True)
class RowOptions:
    """Which rows of an answer are shown, and how.

    Args:
        format: The format.
        fields: The fields to show, separated by commas; None for all, for a table the usual ones.
        query: The JMESPath of what to show; None for all.
        limit: How many rows at most.
        every: Whether all rows are shown.
    """

    panel: ClassVar[str] = "Output"

    limit: Annotated[int, option("--limit, -n N", "Rows at most.", min=1)] = 20
    every: Annotated[bool, option("--all", "All rows, page by page.")] = False
    fields: Annotated[
        str | None, option("--fields A,B.C", "Only these fields, by commas; a dot leads into one.")
    ] = None
    query: Annotated[
        str | None,
        option(
            "--query JMESPATH", "What of the answer is shown, such as '[?level==`ERROR`].name'."
        ),
    ] = None
    format: Annotated[
        RowFormat,
        option("--format FORMAT", "How the rows are written to stdout: table, json, jsonl or csv."),
    ] = RowFormat.TABLE

    @property
    def most(self) -> int | None:
        """The number of rows to ask for; None for all."""
        return None if self.every else self.limit

    @property
    def takes_any_field(self) -> bool:
        """Whether fields may be shown that a table leaves out."""
        return self.fields is not None or self.query is not None

    def show(self, rows: list[dict[str, Any]], usual: Sequence[str] = ()) -> None:
        """Write rows, or what the query selects from them.

        Args:
            rows: The rows.
            usual: The fields of a table where none are chosen; those of the first rows where empty.
        """
        if self.query is None:
            show_rows(rows, self.format, self.fields, usual)
        else:
            show_value(queried(rows, self.query), self.format, self.fields)


_WIDEST = 60
"""Characters of a cell in a table."""

_NARROW = 36
"""Characters of a cell where there is little room: an id is never cut."""


def queried(value: Any, query: str | None) -> Any:  # noqa: ANN401 - any JSON
    """Returns what an expression selects.

    Raises:
        ConfigError: It is not JMESPath, or does not apply to the value.
    """
    if query is None:
        return value
    try:
        return compile_expression(query).search(value)
    except RecursionError:
        raise ConfigError("--query is nested too deeply") from None
    except (JMESPathError, ValueError, TypeError, ArithmeticError) as error:
        raise ConfigError(f"--query {query!r}: {str(error).splitlines()[0]}") from None


def show_rows(
    rows: Sequence[Any],
    format: RowFormat,
    fields: str | None = None,
    usual: Sequence[str] = (),
) -> None:
    """Write rows.

    Args:
        rows: The rows; any JSON, mostly objects.
        format: How.
        fields: Which fields, separated by commas; None for all, for a table the usual ones.
        usual: The fields of a table where none are chosen; those of the first rows where empty.
    """
    names = _names(fields)
    if names:
        rows = _picked(rows, names)
    if format is RowFormat.JSON:
        _write(orjson.dumps(list(rows), option=orjson.OPT_INDENT_2) + b"\n")
    elif format is RowFormat.JSONL:
        for row in rows:
            _write(orjson.dumps(row) + b"\n")
    else:
        objects = [row if isinstance(row, dict) else {"value": row} for row in rows]
        if format is RowFormat.CSV:
            text = _csv(objects, names or _columns(objects))
            console.write(escape_control(text) if sys.stdout.isatty() else text, verbatim=True)
        else:
            _table(objects, names or list(usual))


def show_value(value: Any, format: RowFormat, fields: str | None = None) -> None:  # noqa: ANN401
    """Write any answer: a list as rows, an object as its fields."""
    if isinstance(value, list):
        show_rows(value, format, fields)
    elif format in (RowFormat.CSV, RowFormat.JSONL) or fields:
        show_rows([value], format, fields)
    elif format is RowFormat.TABLE and isinstance(value, dict):
        width = max((len(name) for name in value), default=0)
        for name, content in value.items():  # whole: it may be a secret that is shown once
            console.write(f"{one_line(name):<{width}}  {one_line(cell(content))}".rstrip() + "\n")
    else:
        _write(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")


def _write(line: bytes) -> None:
    console.write(line.decode())


def _names(fields: str | None) -> list[str]:
    return [name.strip() for name in (fields or "").split(",") if name.strip()]


def _picked(rows: Sequence[Any], names: Sequence[str]) -> list[dict[str, Any]]:
    """Returns some fields of rows; prints which of them no row has."""
    picks = [(name, Selection(name)) for name in names]
    try:
        picked = [
            {
                name: pick.of(row if isinstance(row, dict) else {"value": row})
                for name, pick in picks
            }
            for row in rows
        ]
    except ValueError as error:
        raise ConfigError(f"--fields {error}") from None
    for text in (text for _, pick in picks for text in pick.never_found()):
        console.notice(f"--fields: {text}", "yellow")
    return picked


def _columns(rows: Sequence[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def cell(value: object) -> str:
    """Returns a value as text: texts unchanged, null as nothing, everything else as JSON."""
    if isinstance(value, str) or value is None:
        return value or ""
    return orjson.dumps(value).decode()


def _csv(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def _table(rows: Sequence[dict[str, Any]], chosen: Sequence[str]) -> None:
    """Write columns under their names, as wide as needed; nothing is wrapped.

    If none are chosen, those that have a value are shown, as many as fit a terminal.
    """
    if not rows:
        console.notice("Nothing.", "dim")
        return
    columns = chosen or [
        name for name in _columns(rows) if any(row.get(name) is not None for row in rows)
    ]
    out = console.out()
    room = out.width if out.is_terminal else sys.maxsize
    cells = _cells(rows, columns, _WIDEST)
    if _width(cells) > room:
        cells = _cells(rows, columns, _NARROW)
    shown = len(columns)
    while not chosen and shown > 1 and _width(line[:shown] for line in cells) > room:
        shown -= 1
    cells = [line[:shown] for line in cells]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        text = "  ".join(f"{part:<{width}}" for part, width in zip(line, widths, strict=True))
        console.write(text.rstrip() + "\n")
    if left := columns[shown:]:
        console.notice(f"No room for {', '.join(left)}: choose with --fields.", "dim")


def _cells(rows: Sequence[dict[str, Any]], columns: Sequence[str], widest: int) -> list[list[str]]:
    return [list(columns), *([_short(row.get(name), widest) for name in columns] for row in rows)]


def _width(cells: Iterable[list[str]]) -> int:
    return sum(max(map(len, column)) + 2 for column in zip(*cells, strict=True)) - 2


def _short(value: object, widest: int) -> str:
    text = one_line(" ".join(cell(value).split()))
    return text if len(text) <= widest else text[: widest - 1] + "…"
