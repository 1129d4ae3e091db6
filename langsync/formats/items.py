"""Rows of JSON Lines and CSV files, read one at a time."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import orjson

from langsync.errors import Problem
from langsync.formats.limits import COLUMNS, ROW_SIZE, ROW_VALUES
from langsync.formats.row_lines import (
    RowSizeError,
    TextLines,
    has_too_many_values,
    line_blocks,
    unpacked_rows,
)
from langsync.formats.values import MAX_EXACT
from langsync.model import Json

csv.field_size_limit(ROW_SIZE.most)

_ZEROS = bytes.maketrans(b"123456789", b"0" * 9)
_ODD_NUMBER = re.compile(rb"[:,\[]-?(?:[0-9]+\.0[,\]}]|[0-9]+(?:\.[0-9]+)?[eE]|[0-9.]{16})").search


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Args:
        line: The line on which it begins, from 1.
        fields: Its fields by name.
        packed: The fields as JSON, if they were parsed without any loss; else empty.
    """

    line: int
    fields: dict[str, Json]
    packed: bytes = field(default=b"", compare=False)


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Consecutive rows of JSON Lines that were parsed without any loss.

    Args:
        line: The line of the first one, from 1.
        rows: Their fields by name.
        texts: Each as it was written.
        packed: The rows as JSON.
    """

    line: int
    rows: list[dict[str, Json]]
    texts: list[bytes]
    packed: bytes


def odd_number(packed: bytes) -> bool:
    """Whether JSON may hold a number that JavaScript writes differently, or rounds to 16 digits.

    Such numbers end in ``.0``, have an exponent, or some 16 digits.

    Args:
        packed: JSON as `orjson` writes it.
    """
    digits = packed.translate(_ZEROS)  # a quick check first: most have no such number
    is_candidate = b"0.0" in digits or b"0e" in digits or _long_number(digits)
    return is_candidate and _ODD_NUMBER(packed) is not None


def _long_number(digits: bytes) -> bool:
    """Whether there are 16 digits in a row, in a text whose digits are all zeros."""
    return b"0" * 16 in digits


SUFFIXES = (".jsonl", ".ndjson", ".csv")
"""Endings of files of rows; ``.gz`` may follow."""


Opener = Callable[[], BinaryIO]
"""Opens a file, each time at its beginning."""


def suffix(path: Path) -> str:
    """The ending that tells a file's format, without ``.gz``."""
    name = path.name.lower().removesuffix(".gz")
    return next((ending for ending in SUFFIXES if name.endswith(ending)), "")


def read_rows(opened: Opener, file: str, *, texts: Collection[str] = ()) -> Iterator[Row | Problem]:
    """Read a file of rows by its ending, one by one: any number in little memory.

    Args:
        opened: Opens the file.
        file: Its name, as errors name it.
        texts: Columns of a CSV file whose cells are texts; those of the others are read as JSON
            where they are JSON.

    Yields:
        A row, or the problem with it; a problem with the file as a whole ends it.
    """
    for block in read_blocks(opened, file, texts=texts):
        if isinstance(block, RowBlock):
            yield from rows_of(block)
        else:
            yield block


def rows_of(block: RowBlock) -> Iterator[Row]:
    """The rows of a block."""
    for number, row in enumerate(block.rows, block.line):
        yield Row(number, row, orjson.dumps(row))


def read_blocks(
    opened: Opener, file: str, *, texts: Collection[str] = ()
) -> Iterator[RowBlock | Row | Problem]:
    """Read a file of rows as `read_rows` does; lines of JSON that are easy come together."""
    format = suffix(Path(file))  # noqa: A001 - what it is
    if not format:
        yield Problem(file, "items are read from .jsonl, .ndjson and .csv files, or those with .gz")
        return
    try:
        if not _is_fetched(opened):
            yield Problem(file, POINTER)
        elif format == ".csv":
            with io.TextIOWrapper(unpacked_rows(opened(), file), "utf-8-sig", newline="") as text:
                yield from _csv(TextLines(text), file, texts)
        else:
            with unpacked_rows(opened(), file) as data:
                yield from _json_lines(data, file)
    except RowSizeError as error:
        yield Problem(file, str(error), error.line)
    except UnicodeDecodeError as error:
        message = f"not UTF-8: {error.reason}: save the file as UTF-8"
        yield Problem(file, message, _first_odd_line(opened, file))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        yield Problem(file, f"not gzip, or cut short: {error}")
    except OSError as error:
        yield Problem(file, f"cannot be read: {error.strerror}")


POINTER = (
    "Git LFS keeps what it holds, and that is not here: run 'git lfs pull' (in CI: check out with "
    "lfs: true)"
)
"""What is wrong with a file that was not fetched."""

_POINTER = b"version https://git-lfs.github.com/spec/"


def is_pointer(content: bytes) -> bool:
    """Whether a file's content, or its beginning, is a pointer of Git LFS."""
    return content.startswith(_POINTER)


def _is_fetched(opened: Opener) -> bool:
    with opened() as data:
        return not is_pointer(data.read(len(_POINTER)))


def _first_odd_line(opened: Opener, file: str) -> int:
    """The first line that is not UTF-8."""
    with unpacked_rows(opened(), file) as data:
        for number, line in enumerate(chain.from_iterable(line_blocks(data)), 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 0


def _json_lines(data: BinaryIO, file: str) -> Iterator[RowBlock | Row | Problem]:
    number = 1
    for lines in line_blocks(data):
        if (block := _block(number, lines)) is not None:
            yield block
        else:
            for line_number, line in enumerate(lines, number):
                text = line.removeprefix(b"\xef\xbb\xbf") if line_number == 1 else line
                if text.strip():
                    yield _json_line(text, file, line_number)
        number += len(lines)


def _block(number: int, lines: list[bytes]) -> RowBlock | None:
    """Lines as objects; None where one of them needs the exact, slower reader."""
    try:
        rows = list(map(orjson.loads, lines))
        packed = orjson.dumps(rows)
    except (ValueError, TypeError):
        return None
    exact = _is_exact(packed, b"".join(lines)) and all(type(row) is dict for row in rows)
    return RowBlock(number, rows, lines, packed) if exact else None


def _is_exact(packed: bytes, text: bytes) -> bool:
    """Whether `orjson`, which wrote ``packed`` of ``text``, lost nothing.

    It reads long integers as floats, and keeps the last of duplicate keys: then quotes are missing.
    """
    if packed.count(b'"') != text.count(b'"') or b"\\u0022" in text:
        return False
    return not (_long_number(text.translate(_ZEROS)) and odd_number(packed))


def _json_line(text: bytes, file: str, number: int) -> Row | Problem:
    try:
        value = orjson.loads(text)
        packed = _packed(value)
        if not _is_exact(packed, text):
            value, packed = (
                json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant),
                b"",
            )
    except (ValueError, RecursionError) as error:
        column = getattr(error, "colno", 0)
        reason = getattr(error, "msg", None) or str(error)
        return Problem(file, f"not a JSON object: {reason}", number, column)
    if not isinstance(value, dict):
        return Problem(file, "each line holds one JSON object", number)
    return Row(number, value, packed)


def _packed(value: Json) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # nested deeper than it writes
        return b""


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    fields: dict[str, Json] = {}
    for key, value in pairs:
        if key in fields:
            raise ValueError(f"duplicate key {key!r}")
        fields[key] = value
    return fields


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON number")


def _csv(lines: TextLines, file: str, texts: Collection[str]) -> Iterator[Row | Problem]:
    reader = csv.reader(lines, strict=True)
    line = 1
    header: list[str] | None = None
    try:
        for cells in reader:
            lines.next_row()
            if header is None:
                header = [cell.strip() for cell in cells]
                if problem := _header_problem(header, file):
                    yield problem
                    return
            elif cells:
                yield _csv_row(header, cells, Problem(file, "", line), texts)
            line = reader.line_num + 1
    except RowSizeError as error:
        yield Problem(file, str(error), line)
        return
    except csv.Error as error:
        yield Problem(file, f"not CSV: {error}", line)
    if header is None:
        yield Problem(file, "the first line of a CSV file names its columns; the file is empty")


def _header_problem(header: list[str], file: str) -> Problem | None:
    if not header:
        return Problem(file, "the first line names the columns, but it is empty", 1)
    for mark, name in ((";", "semicolons"), ("\t", "tabs")) if len(header) == 1 else ():
        if mark in header[0]:
            return Problem(file, f"{name} separate the columns: write commas instead", 1)
    if len(header) > COLUMNS.most:
        return Problem(file, COLUMNS.exceeded(f"{len(header):,} columns"), 1)
    seen: set[str] = set()
    for name in header:
        if not name:
            return Problem(file, "a column of the first line has no name", 1)
        if name in seen:
            return Problem(file, f"column {name!r} is there twice", 1)
        seen.add(name)
    return None


def _csv_row(
    header: list[str], cells: list[str], place: Problem, texts: Collection[str]
) -> Row | Problem:
    if len(cells) != len(header):
        message = f"{len(cells)} cells, but the first line has {len(header)}"
        return Problem(place.file, message, place.line)
    if any(len(cell) > ROW_VALUES.most and has_too_many_values(cell.encode()) for cell in cells):
        message = ROW_VALUES.exceeded("the row is too large")
        return Problem(place.file, message, place.line)
    pairs = zip(header, cells, strict=True)
    return Row(
        place.line,
        {name: (cell or None) if name in texts else csv_value(cell) for name, cell in pairs},
    )


def csv_value(text: str) -> Json:
    """A cell's value: nothing for an empty one, JSON where that loses nothing, else the text.

    ``3.10``, ``1e5`` and an integer past 2^53 are texts, since a number would be another text.
    """
    if text == "":
        return None
    try:
        value = json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_unique,
        )
    except (ValueError, RecursionError):
        return text
    if isinstance(value, int | float) and not isinstance(value, bool):
        whole = isinstance(value, float) or abs(value) <= MAX_EXACT
        exact = whole and json.dumps(value) == text.strip()
        return value if exact else text
    return value


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), -float("inf")):
        raise ValueError(f"{text} is past all numbers")
    return number
