"""Edits of files of rows: a row says something else, every other byte stays."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langsync.errors import LangsyncError
from langsync.formats.items import csv_value
from langsync.kinds.dataset_item.values import SOURCES, VALUES
from langsync.model import Json

Row = dict[str, Json]

COLUMNS = ("id", *VALUES, "status", *SOURCES)
"""What an item has, and what columns of it are called."""


class RowError(LangsyncError):
    """A row cannot be edited."""


def edited_json_lines(
    text: str, edits: Mapping[int, Callable[[Row], Row | None]], more: Sequence[Row] = ()
) -> str:
    """A file of JSON Lines in which some rows say something else.

    Args:
        text: The file.
        edits: For each line, from 1, what becomes of its row; None takes it away.
        more: Rows to put at the end.
    """
    lines: list[str | None] = [*text.split("\n")]
    for number, edit in edits.items():
        line = lines[number - 1] or ""
        mark = "\ufeff" if line.startswith("\ufeff") else ""
        end = "\r" if line.endswith("\r") else ""
        new = edit(json.loads(line.removeprefix("\ufeff")))
        lines[number - 1] = None if new is None else f"{mark}{_json(new, like=line)}{end}"
    kept = "\n".join(line for line in lines if line is not None)
    if not more:
        return kept
    end = "\r\n" if "\r\n" in text else "\n"
    start = end if kept and not kept.endswith("\n") else ""
    like = next((line for line in lines if line), '{"a": 1}')
    return f"{kept}{start}{''.join(f'{_json(one, like=like)}{end}' for one in more)}"


def _json(row: Row, *, like: str) -> str:
    """A row, as close or as loose as another one."""
    separators = (",", ":") if '": ' not in like else None
    escaped = "\\u" in like and like.isascii()
    return json.dumps(row, ensure_ascii=escaped, allow_nan=False, separators=separators)


def edited_csv(
    text: str, edits: Mapping[int, Callable[[Row], Row | None]], more: Sequence[Row] = ()
) -> str:
    """A CSV file in which some rows say something else; the same as `edited_json_lines`.

    Raises:
        RowError: It has no column for a value.
    """
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    reader = csv.reader(lines, strict=True)
    header = [name.strip() for name in next(reader)]
    header[0] = header[0].removeprefix("\ufeff")
    begin = reader.line_num
    found = lines[:begin]
    for cells in reader:
        edit = edits.get(begin + 1)
        if edit is None:
            found += lines[begin : reader.line_num]
        else:
            values = map(csv_value, cells)
            new = edit(dict(zip(header, values, strict=True)))
            found += [] if new is None else [_csv(header, new, end)]
        begin = reader.line_num
    if more and found and not found[-1].endswith("\n"):
        found[-1] += end
    return "".join([*found, *(_csv(header, one, end) for one in more)])


def _csv(header: list[str], row: Row, end: str) -> str:
    if lacking := [name for name, value in row.items() if name not in header and value is not None]:
        raise RowError(f"its file has no column {', '.join(lacking)}")
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerow([_cell(row.get(name)) for name in header])
    return out.getvalue()


def _cell(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and value and csv_value(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def edited_item(raw: Mapping[str, Any], remote: Mapping[str, Json], changed: Sequence[str]) -> Row:
    """An item as a file writes it, some of its fields as Langfuse has them.

    Args:
        raw: What the file says.
        remote: What Langfuse has.
        changed: The fields that differ.
    """
    new = dict(raw)
    if not new.get("id") and set(changed) != {"status"}:
        new = {"id": remote["id"], **new}  # what it is derived from may have changed
    for field in changed:
        value = remote[field]
        if value is None or (field == "status" and value == "active"):
            new.pop(field, None)
        else:
            new[field] = value
    return new


def with_column(text: str, name: str, values: Mapping[int, str]) -> str:
    """A CSV file in which some rows say something in a column, made if it is not there.

    Args:
        text: The file.
        name: The column.
        values: What the rows say that begin on these lines, from 1, unless they say something.
    """
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines, strict=True)
    header = [one.strip().removeprefix("\ufeff") for one in next(reader)]
    if name in header:
        edits = {line: _filling(name, value) for line, value in values.items()}
        return edited_csv(text, edits)
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    found = [f"{mark}{name},{''.join(lines[: reader.line_num]).removeprefix(mark)}"]
    begin = reader.line_num
    for cells in reader:
        row = "".join(lines[begin : reader.line_num])
        cell = _csv([name], {name: values.get(begin + 1)}, "") if cells else ""
        found.append(f"{cell},{row}" if cells else row)
        begin = reader.line_num
    return "".join(found)


def _filling(name: str, value: str) -> Callable[[Row], Row]:
    return lambda row: row if row.get(name) else {**row, name: value}
