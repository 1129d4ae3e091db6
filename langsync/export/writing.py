"""Makes a file of the parts of an export: JSON Lines, CSV or Parquet."""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, Final

import orjson

from langsync.errors import ConfigError, LangsyncError, MissingExtraError
from langsync.export.parts import Parts
from langsync.source.files import mode_of

Lines = Callable[[], Iterator[bytes]]

_BATCH: Final = 2000
"""Rows that are converted or written at once."""

_SUFFIXES: Final = (".jsonl", ".csv", ".parquet")
_LARGEST: Final = 2**63


def check_target(path: Path) -> None:
    """Make sure that a file can be made.

    Args:
        path: The file; its name says its format, and ``.gz`` at the end that it is compressed.

    Raises:
        ConfigError: Its name says no format, or it cannot be there.
        MissingExtraError: Parquet is wanted and pyarrow is missing.
    """
    kind, packed = _kind(path)
    if kind not in _SUFFIXES or (kind == ".parquet" and packed):
        raise ConfigError(
            f"{path}: name a file that ends .jsonl, .csv or .parquet; .jsonl.gz and .csv.gz are "
            "compressed, and Parquet is in itself"
        )
    if path.is_dir():
        raise ConfigError(f"{path} is a folder: name a file")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.absolute().parent}")
    if kind == ".parquet":
        _pyarrow()


def write_rows(parts: Parts, lines: Lines, columns: Mapping[str, str]) -> int:
    """Make the file, whole or not at all.

    Args:
        parts: Where it is written before it is whole.
        lines: Gives the rows as JSON, as often as it is called.
        columns: The columns that a table has in any case, and their types.

    Returns:
        How many rows it has.

    Raises:
        LangsyncError: It cannot be written.
    """
    path, whole = parts.target, parts.folder / "whole"
    kind, packed = _kind(path)
    try:
        with whole.open("wb") as file:
            if kind == ".parquet":
                rows = _parquet(lines, columns, file)
            elif packed:
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as inner:
                    rows = _texts(lines, columns, inner, kind)
            else:
                rows = _texts(lines, columns, file, kind)
            file.flush()
            os.fsync(file.fileno())
        whole.chmod(mode_of(path))
        whole.replace(path)
    except OSError as error:
        raise LangsyncError(f"{path} cannot be written: {error.strerror}") from None
    return rows


def _kind(path: Path) -> tuple[str, bool]:
    packed = path.suffix == ".gz"
    return (path.with_suffix("") if packed else path).suffix, packed


def _texts(
    lines: Lines, columns: Mapping[str, str], file: IO[bytes] | gzip.GzipFile, kind: str
) -> int:
    if kind == ".csv":
        return _csv(lines, columns, file)
    rows = 0
    waiting = lines()
    while batch := list(islice(waiting, _BATCH)):
        file.write(b"".join(batch))
        rows += len(batch)
    return rows


def _rows(lines: Lines) -> Iterator[dict[str, Any]]:
    return (orjson.loads(line) for line in lines())


def _csv(lines: Lines, columns: Mapping[str, str], file: IO[bytes] | gzip.GzipFile) -> int:
    """Read twice, as only the last row may show the last column."""
    names = list(dict.fromkeys(chain(columns, (name for row in _rows(lines) for name in row))))
    rows = 0
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in _rows(lines):
        writer.writerow([_cell(row.get(name)) for name in names])
        rows += 1
        if text.tell() > 1_000_000:
            file.write(text.getvalue().encode())
            text.seek(0)
            text.truncate()
    file.write(text.getvalue().encode())
    return rows


def _cell(value: object) -> str:
    """A text as it is, null as nothing, everything else as JSON."""
    if isinstance(value, str) or value is None:
        return value or ""
    return orjson.dumps(value).decode()


def _parquet(lines: Lines, columns: Mapping[str, str], file: IO[bytes]) -> int:
    """Read twice: types are those that hold for all rows; objects and lists are texts of JSON.

    A column of texts and other values has those as JSON and the texts as they are, as CSV has.
    """
    pa = _pyarrow()
    from pyarrow import parquet  # noqa: PLC0415 - an extra

    kinds = {name: {kind} for name, kind in columns.items()}
    for row in _rows(lines):
        for name, value in row.items():
            kinds.setdefault(name, set()).update([_type(value)] if value is not None else [])
    types = {name: _one_of(found) for name, found in kinds.items()}
    arrow = {
        "bool": pa.bool_(),
        "int": pa.int64(),
        "float": pa.float64(),
        "text": pa.string(),
        "json": pa.string(),
    }
    schema = pa.schema([(name, arrow[kind]) for name, kind in types.items()])
    rows, waiting = 0, _rows(lines)
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while batch := list(islice(waiting, _BATCH)):
            rows += len(batch)
            arrays = [
                pa.array([_stored(row.get(name), kind) for row in batch], arrow[kind])
                for name, kind in types.items()
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
    return rows


def _type(value: object) -> str:
    match value:
        case bool():
            return "bool"
        case int() if -_LARGEST <= value < _LARGEST:
            return "int"
        case float():
            return "float"
        case str():
            return "text"
    return "json"


def _one_of(found: set[str]) -> str:
    if found == {"int", "float"}:
        return "float"
    return "text" if not found else found.pop() if len(found) == 1 else "json"


def _stored(value: object, kind: str) -> object:
    if value is None or kind in ("bool", "int", "text") or isinstance(value, str):
        return value
    if kind == "float":
        return float(value)  # type: ignore[arg-type]
    return orjson.dumps(value).decode()


def _pyarrow() -> Any:  # noqa: ANN401 - an extra
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtraError("Parquet", "parquet") from None
    return pa
