"""Makes a file of the parts of an export: JSON Lines, CSV or Parquet."""

from __future__ import annotations

import csv
import gzip
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import orjson

from langsync.errors import ConfigError, LangsyncError, MissingExtraError
from langsync.export.parts import Parts

_BATCH: Final = 2000
"""Rows that are converted at once."""

_PIECE: Final = 1 << 20
"""Bytes that are copied at once."""

_SUFFIXES: Final = (".jsonl", ".csv", ".parquet")
_LARGEST: Final = 2**63


def check_target(path: Path, *, force: bool) -> None:
    """Make sure that a file can be made.

    Args:
        path: The file; its name says its format, and ``.gz`` at the end that it is compressed.
        force: Whether one that is there may be replaced.

    Raises:
        ConfigError: Its name says no format, or it is there.
        MissingExtraError: Parquet is wanted and pyarrow is missing.
    """
    kind, packed = _kind(path)
    if kind not in _SUFFIXES or (kind == ".parquet" and packed):
        raise ConfigError(
            f"{path}: name a file that ends .jsonl, .csv or .parquet; .jsonl.gz and .csv.gz are "
            "compressed, and Parquet is in itself"
        )
    if path.exists() and not force:
        raise ConfigError(f"{path} is there already: --force replaces it")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"{path}: there is no folder {path.absolute().parent}")
    if kind == ".parquet":
        _pyarrow()


def write_rows(parts: Parts, path: Path) -> int:
    """Make the file, whole or not at all.

    Returns:
        How many rows it has.

    Raises:
        LangsyncError: It cannot be written.
    """
    kind, packed = _kind(path)
    handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name[:50]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            if kind == ".parquet":
                rows = _parquet(parts, file)
            elif packed:
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as inner:
                    rows = _texts(parts, inner, kind)
            else:
                rows = _texts(parts, file, kind)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise LangsyncError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            Path(name).unlink()
    return rows


def _kind(path: Path) -> tuple[str, bool]:
    packed = path.suffix == ".gz"
    return (path.with_suffix("") if packed else path).suffix, packed


def _texts(parts: Parts, file: IO[bytes] | gzip.GzipFile, kind: str) -> int:
    if kind == ".csv":
        return _csv(parts, file)
    rows = 0
    for number in range(len(parts.parts)):
        with parts.file(number).open("rb") as part:
            while piece := part.read(_PIECE):
                rows += piece.count(b"\n")
                file.write(piece)
    return rows


def _rows(parts: Parts) -> Iterator[dict[str, Any]]:
    return (orjson.loads(line) for line in parts.lines())


def _csv(parts: Parts, file: IO[bytes] | gzip.GzipFile) -> int:
    """Read twice, as only the last row may show the last column."""
    columns = list(dict.fromkeys(name for row in _rows(parts) for name in row))
    rows = 0
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in _rows(parts):
        writer.writerow([_cell(row.get(name)) for name in columns])
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


def _parquet(parts: Parts, file: IO[bytes]) -> int:
    """Read twice: types are those that hold for all rows; objects and lists are texts of JSON.

    A column of texts and other values has those as JSON and the texts as they are, as CSV has.
    """
    pa = _pyarrow()
    from pyarrow import parquet  # noqa: PLC0415 - an extra

    kinds: dict[str, set[str]] = {}
    for row in _rows(parts):
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
    rows, waiting = 0, _rows(parts)
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while batch := list(islice(waiting, _BATCH)):
            rows += len(batch)
            columns = [
                pa.array([_stored(row.get(name), kind) for row in batch], arrow[kind])
                for name, kind in types.items()
            ]
            writer.write_batch(pa.record_batch(columns, schema=schema))
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
