"""Files of rows, held against Python's reader, and written again."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from functools import cache, partial
from pathlib import Path
from typing import Any

import orjson

from langsync.errors import Problem
from langsync.formats.items import Row, csv_value, read_rows
from langsync.formats.values import violations
from langsync.kinds.dataset_item.pulling.rows import edited_csv, edited_json_lines
from langsync.kinds.dataset_item.rows import TEXTS
from langsync.source.files import open_regular


def json_lines(data: bytes) -> None:
    """Each line is the object that Python reads, or a problem; rows that are written come back."""
    found = _read("a.jsonl", data)
    lines = enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1)
    expected = [(number, _object(line)) for number, line in lines if line.strip()]
    assert [one.line for one in found] == [number for number, _ in expected]
    for one, (_, value) in zip(found, expected, strict=True):
        if isinstance(one, Row):
            assert json.dumps(one.fields) == json.dumps(value)
            assert not one.packed or orjson.loads(one.packed) == one.fields
        else:
            assert value is None
    if rows := _all_rows(found):
        text = data.decode()
        assert edited_json_lines(text, {row.line: dict for row in rows}) == text
        edits = {row.line: lambda row: {**row, "added": 1} for row in rows}
        more = [{**row.fields, "added": 1} for row in rows]
        after = _read("a.jsonl", edited_json_lines(text, edits, more).encode())
        assert [one.fields for one in _all_rows(after)] == [*more, *more]


def _object(line: bytes) -> dict[str, Any] | None:
    """The object of a line as Python reads it; None where it is none that JSON allows."""
    try:
        value = json.loads(line.decode(), object_pairs_hook=_unique, parse_constant=_refused)
        orjson.loads(line)  # it alone refuses halves of surrogate pairs, and what is nested deeply
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > len(dict(pairs)):
        raise ValueError
    return dict(pairs)


def _refused(name: str) -> None:
    raise ValueError(name)


def csv_rows(data: bytes) -> None:
    """Rows are those that Python reads; rows that are written come back."""
    found = _read("a.csv", data)
    if not (rows := _all_rows(found)):
        return
    text = data.decode()
    lines = io.StringIO(text.removeprefix("\ufeff"), newline="")
    header, *records = filter(None, csv.reader(lines))
    names = [name.strip() for name in header]
    assert [one.fields for one in rows] == [
        {
            name: (cell or None) if name in TEXTS else csv_value(cell)
            for name, cell in zip(names, cells, strict=True)
        }
        for cells in records
    ]
    assert edited_csv(text, {row.line: dict for row in rows}) == text
    if any("surrogate" in violation for row in rows for _, violation in violations(row.fields)):
        return  # an item of it is refused, and never written
    after = _all_rows(_read("a.csv", edited_csv(text, {}, [one.fields for one in rows]).encode()))
    assert [one.fields for one in after] == [one.fields for one in [*rows, *rows]]


def _read(name: str, data: bytes) -> list[Row | Problem]:
    path = _folder() / name
    path.write_bytes(data)
    return list(read_rows(partial(open_regular, path), name, texts=TEXTS))


def _all_rows(found: list[Row | Problem]) -> list[Row]:
    """The rows of a file; none where something is wrong with one of them."""
    rows = [one for one in found if isinstance(one, Row)]
    return rows if len(rows) == len(found) else []


@cache
def _folder() -> Path:
    """A folder of this process."""
    return Path(tempfile.mkdtemp(prefix="langsync-fuzz-"))
