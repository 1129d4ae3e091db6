"""Rows of JSON Lines and CSV files, read one at a time."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from langsync.errors import Problem
from langsync.model import Json

csv.field_size_limit(64 * 1024 * 1024)

_LONG_NUMBER = re.compile(rb"\d{16}").search
_KEY = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:').findall


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Args:
        line: The line on which it begins, from 1.
        fields: Its fields by name.
    """

    line: int
    fields: dict[str, Json]


def read_rows(path: Path, file: str, *, texts: Collection[str] = ()) -> Iterator[Row | Problem]:
    """Read a file of rows by its ending: ``.jsonl``, ``.ndjson`` or ``.csv``.

    Args:
        path: The file.
        file: Its name, for errors.
        texts: Columns of a CSV file whose cells are texts; those of the others are read as JSON
            where they are JSON.

    Yields:
        A row, or what is wrong with it; a problem with the file as a whole ends it.
    """
    suffix = path.suffix.lower()
    try:
        if suffix in (".jsonl", ".ndjson"):
            yield from _json_lines(path, file)
        elif suffix == ".csv":
            yield from _csv(path, file, texts)
        else:
            yield Problem(file, "items are read from .jsonl, .ndjson and .csv files")
    except UnicodeDecodeError as error:
        yield Problem(file, f"not UTF-8: {error.reason} at byte {error.start}")
    except OSError as error:
        yield Problem(file, f"cannot be read: {error.strerror}")


def _json_lines(path: Path, file: str) -> Iterator[Row | Problem]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if not text.strip():
                continue
            yield _json_line(text, file, number)


def _json_line(text: bytes, file: str, number: int) -> Row | Problem:
    try:
        value = orjson.loads(text)
        if _may_lose(text):
            # orjson reads long integers as floats and keeps the last of duplicate keys
            value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        column = getattr(error, "colno", 0)
        words = getattr(error, "msg", None) or str(error)
        return Problem(file, f"not a JSON object: {words}", number, column)
    if not isinstance(value, dict):
        return Problem(file, "each line holds one JSON object", number)
    return Row(number, value)


def _may_lose(text: bytes) -> bool:
    """Whether the exact, slower reader has to look: long numbers, or a key that may be twice."""
    return _LONG_NUMBER(text) is not None or _repeats_a_key(text)


def _repeats_a_key(text: bytes) -> bool:
    keys = _KEY(text)
    return len(keys) != len(set(keys)) or any(b"\\" in key for key in keys)


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"duplicate key {key!r}")
        found[key] = value
    return found


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON number")


def _csv(path: Path, file: str, texts: Collection[str]) -> Iterator[Row | Problem]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, strict=True)
        line = 1
        header: list[str] | None = None
        try:
            for cells in reader:
                if header is None:
                    header = [cell.strip() for cell in cells]
                    if problem := _header_problem(header, file):
                        yield problem
                        return
                elif cells:
                    yield _csv_row(header, cells, Problem(file, "", line), texts)
                line = reader.line_num + 1
        except csv.Error as error:
            yield Problem(file, f"not CSV: {error}", reader.line_num)
        if header is None:
            yield Problem(file, "the first line of a CSV file names its columns; the file is empty")


def _header_problem(header: list[str], file: str) -> Problem | None:
    for name in header:
        if not name:
            return Problem(file, "a column of the first line has no name", 1)
        if header.count(name) > 1:
            return Problem(file, f"column {name!r} is there twice", 1)
    return None


def _csv_row(
    header: list[str], cells: list[str], place: Problem, texts: Collection[str]
) -> Row | Problem:
    if len(cells) != len(header):
        message = f"{len(cells)} cells, but the first line has {len(header)}"
        return Problem(place.file, message, place.line)
    pairs = zip(header, cells, strict=True)
    return Row(
        place.line,
        {name: (cell or None) if name in texts else _cell(cell) for name, cell in pairs},
    )


def _cell(text: str) -> Json:
    """A cell's value: nothing for an empty one, JSON where it is JSON, else the text."""
    if text == "":
        return None
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text
