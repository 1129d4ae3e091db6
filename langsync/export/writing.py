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
"""The number of rows that are converted or written at once."""

_SUFFIXES: Final = (".jsonl", ".csv", ".parquet")
_LARGEST: Final = 2**63


def check_target(path: Path) -> None:
    """Checks that a file can be made.

    Args:
        path: The file; its suffix is its format, and ``.gz`` at the end compresses it.

    Raises:
        ConfigError: The suffix is no format, or the file cannot be there.
        MissingExtraError: The format is Parquet and pyarrow is missing.
    """
    suffix, is_compressed = _suffix(path)
    if suffix not in _SUFFIXES or (suffix == ".parquet" and is_compressed):
        raise ConfigError(
            f"{path}: name a file that ends .jsonl, .csv or .parquet; .jsonl.gz and .csv.gz are "
            "compressed, and Parquet is in itself"
        )
    if path.is_dir():
        raise ConfigError(f"{path} is a folder: name a file")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.absolute().parent}")
    if suffix == ".parquet":
        _pyarrow()


def write_rows(parts: Parts, lines: Lines, columns: Mapping[str, str]) -> int:
    """Writes the target file, atomically.

    Args:
        parts: The folder in which it is written first.
        lines: Returns the rows as JSON, each time it is called.
        columns: The columns that a table always has, and their types.

    Returns:
        The number of rows.

    Raises:
        LangsyncError: It cannot be written.
    """
    path, temporary = parts.target, parts.folder / "whole"
    suffix, is_compressed = _suffix(path)
    try:
        with temporary.open("wb") as file:
            if suffix == ".parquet":
                rows = _write_parquet(lines, columns, file)
            elif is_compressed:
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as compressed:
                    rows = _write_text(lines, columns, compressed, suffix)
            else:
                rows = _write_text(lines, columns, file, suffix)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode_of(path))
        temporary.replace(path)
    except OSError as error:
        raise LangsyncError(f"{path} cannot be written: {error.strerror}") from None
    return rows


def _suffix(path: Path) -> tuple[str, bool]:
    is_compressed = path.suffix == ".gz"
    return (path.with_suffix("") if is_compressed else path).suffix, is_compressed


def _write_text(
    lines: Lines, columns: Mapping[str, str], file: IO[bytes] | gzip.GzipFile, suffix: str
) -> int:
    if suffix == ".csv":
        return _write_csv(lines, columns, file)
    rows = 0
    remaining = lines()
    while batch := list(islice(remaining, _BATCH)):
        file.write(b"".join(batch))
        rows += len(batch)
    return rows


def _rows(lines: Lines) -> Iterator[dict[str, Any]]:
    return (orjson.loads(line) for line in lines())


def _write_csv(lines: Lines, columns: Mapping[str, str], file: IO[bytes] | gzip.GzipFile) -> int:
    """Reads the rows twice: the last row may have a new column."""
    names = list(dict.fromkeys(chain(columns, (name for row in _rows(lines) for name in row))))
    rows = 0
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in _rows(lines):
        writer.writerow([_csv_cell(row.get(name)) for name in names])
        rows += 1
        if text.tell() > 1_000_000:
            file.write(text.getvalue().encode())
            text.seek(0)
            text.truncate()
    file.write(text.getvalue().encode())
    return rows


def _csv_cell(value: object) -> str:
    """Returns a text as it is, null as an empty text, anything else as JSON."""
    if isinstance(value, str) or value is None:
        return value or ""
    return orjson.dumps(value).decode()


def _write_parquet(lines: Lines, columns: Mapping[str, str], file: IO[bytes]) -> int:
    """Reads the rows twice: a type has to fit all rows. Objects and lists are JSON texts.

    A column of texts and other values has the others as JSON and the texts as they are, like CSV.
    """
    pa = _pyarrow()
    from pyarrow import parquet  # noqa: PLC0415 - an extra

    types_of_columns = {name: {type_} for name, type_ in columns.items()}
    for row in _rows(lines):
        for name, value in row.items():
            types_of_columns.setdefault(name, set()).update(
                [_type_name(value)] if value is not None else []
            )
    types = {name: _common_type(types_) for name, types_ in types_of_columns.items()}
    arrow_types = {
        "bool": pa.bool_(),
        "int": pa.int64(),
        "float": pa.float64(),
        "text": pa.string(),
        "json": pa.string(),
    }
    schema = pa.schema([(name, arrow_types[type_]) for name, type_ in types.items()])
    rows, remaining = 0, _rows(lines)
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while batch := list(islice(remaining, _BATCH)):
            rows += len(batch)
            arrays = [
                pa.array(
                    [_parquet_value(row.get(name), type_) for row in batch], arrow_types[type_]
                )
                for name, type_ in types.items()
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
    return rows


def _type_name(value: object) -> str:
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


def _common_type(types: set[str]) -> str:
    if types == {"int", "float"}:
        return "float"
    return "text" if not types else types.pop() if len(types) == 1 else "json"


def _parquet_value(value: object, type_: str) -> object:
    if value is None or type_ in ("bool", "int", "text") or isinstance(value, str):
        return value
    if type_ == "float":
        return float(value)  # type: ignore[arg-type]
    return orjson.dumps(value).decode()


def _pyarrow() -> Any:  # noqa: ANN401 - an extra
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtraError("Parquet", "parquet") from None
    return pa
