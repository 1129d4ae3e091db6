"""The lines of files of rows, none of them longer than a row may be."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterator
from functools import partial
from io import FileIO
from typing import BinaryIO, TextIO, cast

from langsync.formats.limits import ROW_SIZE, ROW_VALUES, Limit

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')

_BLOCK = 64 * 1024
"""Bytes that are read at once."""


class RowSizeError(Exception):
    """A row is past a limit.

    Args:
        line: Its line, 0 where it is not known.
        limit: The limit.
    """

    def __init__(self, line: int = 0, limit: Limit = ROW_SIZE) -> None:
        super().__init__(limit.exceeded("the row is too large"))
        self.line = line


def unpacked_rows(file: BinaryIO, name: str) -> BinaryIO:
    """An open file of rows; a compressed one is unpacked as it is read.

    Args:
        file: The file; it is closed with the returned one.
        name: Its name, whose ending tells whether it is compressed.
    """
    if not name.lower().endswith(".gz"):
        return file
    unpacked = gzip.GzipFile(fileobj=file, mode="rb")
    unpacked.myfileobj = cast("FileIO", file)  # it is closed with it
    return cast("BinaryIO", unpacked)


def line_blocks(data: BinaryIO) -> Iterator[list[bytes]]:
    """Lines, some at a time, each with its line break.

    Raises:
        RowSizeError: A line is too long, of which no more than that was read, or has too many
            values.
    """
    number = 1
    pending: list[bytes] = []
    size = 0
    while chunk := data.read(_BLOCK):
        whole, newline, rest = chunk.rpartition(b"\n")
        if newline:
            lines = io.BytesIO(b"".join([*pending, whole, newline])).readlines()
            _check(lines, number)
            yield lines
            number += len(lines)
            pending, size = [], 0
        pending.append(rest)
        size += len(rest)
        if size > ROW_SIZE.most:
            raise RowSizeError(number)
    if last := b"".join(pending):
        _check([last], number)
        yield [last]


def _check(lines: list[bytes], number: int) -> None:
    first = lines[0]  # others are within a block
    if len(first) > ROW_SIZE.most:
        raise RowSizeError(number)
    if has_too_many_values(first):
        raise RowSizeError(number, ROW_VALUES)


def has_too_many_values(text: bytes) -> bool:
    """Whether JSON has more values than a row may, by the commas outside of its strings."""
    most = ROW_VALUES.most
    return (
        len(text) > most and text.count(b",") >= most and _STRING.sub(b"", text).count(b",") >= most
    )


class TextLines:
    """Lines of a text, as long as the row that they are part of is within the limit.

    Args:
        text: The text, opened so that line breaks stay as they are.
    """

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        for line in iter(partial(self._text.readline, ROW_SIZE.most + 1), ""):
            self._size += len(line)
            if self._size > ROW_SIZE.most:
                raise RowSizeError
            yield line

    def next_row(self) -> None:
        """A row has ended: what follows is part of another one."""
        self._size = 0
