"""Edits of files of rows: a row says something else, every other byte stays."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from langsync.errors import LangsyncError
from langsync.formats.items import csv_value
from langsync.formats.values import equal
from langsync.kinds.dataset_item.rows import TEXTS
from langsync.kinds.dataset_item.values import SOURCES, VALUES
from langsync.model import Json

Row = dict[str, Json]
Edit = Callable[[Row], Row | None]

COLUMNS = ("id", *VALUES, "status", *SOURCES)
"""What an item has, and what columns of it are called."""

_DECODER = json.JSONDecoder()
_GAP = re.compile(r"[ \t\r,:]*")
"""What stands between the keys and values of an object."""

_CELL = re.compile(r'(?:\A|,)("[^"]*(?:""[^"]*)*"|[^,\r\n]*)')
"""A cell of a row of CSV, with the comma before it."""


class RowError(LangsyncError):
    """A row cannot be edited."""


def edited_json_lines(text: str, edits: Mapping[int, Edit], more: Sequence[Row] = ()) -> str:
    """Edit some rows of a file of JSON Lines.

    Args:
        text: The file.
        edits: For each line, from 1, the edit of its row; a result of None removes it.
        more: Rows to put at the end.
    """
    lines: list[str | None] = [*text.split("\n")]
    for number, edit in edits.items():
        lines[number - 1] = _edited_line(lines[number - 1] or "", edit)
    kept = "\n".join(line for line in lines if line is not None)
    if not more:
        return kept
    end = "\r\n" if "\r\n" in text else "\n"
    start = end if kept and not kept.endswith("\n") else ""
    like = next((line for line in lines if line), '{"a": 1}')
    return f"{kept}{start}{''.join(f'{_json(row, like=like)}{end}' for row in more)}"


def _edited_line(line: str, edit: Edit) -> str | None:
    """Edit the object on a line of JSON; unchanged values keep their text."""
    start, fields = line.index("{"), dict[str, tuple[Json, str]]()
    position = _after_gap(line, start + 1)
    while line[position] != "}":
        key, end = _DECODER.raw_decode(line, position)
        value, end = _DECODER.raw_decode(line, _after_gap(line, end))
        fields[key] = value, line[position:end]
        position = _after_gap(line, end)
    row = {key: value for key, (value, _) in fields.items()}
    new = edit(row)
    if new is None:
        return None
    if equal(new, row):
        return line
    written = [
        fields[key][1]
        if key in row and equal(row[key], value)
        else _json({key: value}, like=line)[1:-1]
        for key, value in new.items()
    ]
    comma = ", " if '": ' in line else ","
    return f"{line[:start]}{{{comma.join(written)}{line[position:]}"


def _after_gap(line: str, position: int) -> int:
    gap = _GAP.match(line, position)
    return gap.end() if gap else position


def _json(row: Row, *, like: str) -> str:
    """A row, as close or as loose as another one."""
    separators = (",", ":") if '": ' not in like else None
    escaped = "\\u" in like and like.isascii()
    return json.dumps(row, ensure_ascii=escaped, allow_nan=False, separators=separators)


def edited_csv(text: str, edits: Mapping[int, Edit], more: Sequence[Row] = ()) -> str:
    """Edit some rows of a CSV file; the arguments are those of `edited_json_lines`.

    Raises:
        RowError: It has no column for a value.
    """
    mark = text[: text.startswith("\ufeff")]
    records = _records(text.removeprefix(mark))
    _, names, top = next(records)
    header = [name.strip() for name in names]
    edited = f"{mark}{top}" + "".join(
        _edited_record(header, cells, record, edits[line]) if line in edits else record
        for line, cells, record in records
    )
    end = top[len(top.rstrip("\r\n")) :] or "\n"
    if more and not edited.endswith(("\r", "\n")):
        edited += end
    empty = ["" for _ in header]
    for row in more:
        edited += _edited_record(header, empty, f"{','.join(empty)}{end}", partial(dict, **row))
    return edited


def _records(text: str) -> Iterator[tuple[int, list[str], str]]:
    """The header and the rows of a CSV file: the line that each begins on, its cells, its text."""
    lines = [*io.StringIO(text, newline="")]  # line numbers as they are when the file is read
    reader = csv.reader(lines, strict=True)
    begin = 0
    for cells in reader:
        yield begin + 1, cells, "".join(lines[begin : reader.line_num])
        begin = reader.line_num


def _edited_record(header: list[str], cells: list[str], record: str, edit: Edit) -> str:
    """Edit the text of a row; unchanged cells keep their text."""
    pairs = zip(header, cells, strict=True)
    row = {name: (cell or None) if name in TEXTS else csv_value(cell) for name, cell in pairs}
    new = edit(row)
    if new is None:
        return ""
    if missing_from := [
        name for name, value in new.items() if name not in row and value is not None
    ]:
        raise RowError(f"its file has no column {', '.join(missing_from)}")
    old_cells = [*_CELL.finditer(record)]
    written = [
        old[1] if equal(row[name], new.get(name)) else _cell(name, new.get(name))
        for name, old in zip(header, old_cells, strict=True)
    ]
    return (",".join(written) or '""') + record[old_cells[-1].end() :]  # no row is an empty line


def _cell(name: str, value: Json) -> str:
    if value is None:
        return ""
    if name in TEXTS or (isinstance(value, str) and value and csv_value(value) == value):
        text = str(value)
    else:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    quoted = text.replace('"', '""')
    return f'"{quoted}"' if any(character in text for character in ',"\r\n') else text


def with_column(text: str, name: str) -> str:
    """A CSV file with a column; a missing one is added in front, and empty."""
    mark = text[: text.startswith("\ufeff")]
    records = [*_records(text.removeprefix(mark))]
    if name in [column.strip() for column in records[0][1]]:
        return text
    (_, _, top), *rows = records
    lines = (f",{record}" if cells else record for _, cells, record in rows)
    return f"{mark}{name},{top}{''.join(lines)}"


def named(row: Mapping[str, Json], id: str) -> Row:  # noqa: A002 - the field's name
    """A row with an id, if it has none."""
    if row.get("id"):
        return dict(row)
    return {**row, "id": id} if "id" in row else {"id": id, **row}


def edited_item(raw: Mapping[str, Any], remote: Mapping[str, Json], changed: Sequence[str]) -> Row:
    """An item as a file writes it, some of its fields as Langfuse has them.

    Args:
        raw: What the file says.
        remote: What Langfuse has.
        changed: The fields that differ.
    """
    # without an id, what it is derived from may have changed
    new = dict(raw) if set(changed) == {"status"} else named(raw, remote["id"])
    for field in changed:
        value = remote[field]
        if value is None or (field == "status" and value == "active"):
            new.pop(field, None)
        else:
            new[field] = value
    return new
