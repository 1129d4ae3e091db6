"""The files that exports make."""

from __future__ import annotations

import csv
import gzip
import json
import os
import stat
from pathlib import Path

import pytest
from pyarrow import dataset, parquet

from langsync.export import check_target
from langsync.export.columns import columns
from langsync.local import LocalServer
from tests.unit.export.conftest import rows
from tests.unit.observability.conftest import SAMPLE, Run

TIMES = ("--from", "2026-01-01", "--to", "2026-01-02")


@pytest.fixture(autouse=True)
def _no_faults(server: LocalServer) -> None:
    server.faults.clear()


def test_every_format_holds_the_same(langsync: Run) -> None:
    """JSON Lines, CSV and Parquet, compressed or not."""
    for name in ("a.jsonl", "a.jsonl.gz", "a.csv", "a.csv.gz", "a.parquet"):
        langsync("export", "observations", name, *TIMES)
    wanted = rows("a.jsonl")
    assert gzip.decompress(Path("a.jsonl.gz").read_bytes()) == Path("a.jsonl").read_bytes()
    assert gzip.decompress(Path("a.csv.gz").read_bytes()) == Path("a.csv").read_bytes()
    with Path("a.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    packed = parquet.read_table("a.parquet").to_pylist()
    assert len(wanted) == len(table) == len(packed)
    for row, cells, values in zip(wanted, table, packed, strict=True):
        for name, value in row.items():
            inside = isinstance(value, (dict, list))
            assert (json.loads(values[name]) if inside else values[name]) == value
            if isinstance(value, str) or value is None:
                assert cells[name] == (value or "")
            else:
                assert json.loads(cells[name]) == value


def test_shards_make_up_the_whole(langsync: Run) -> None:
    """The last is the newest; tables of all shards have the same columns, empty ones too."""
    times = ("--from", "2026-01-01", "--to", "2026-02-01")  # most of it has no rows
    for suffix in ("jsonl", "csv", "parquet"):
        langsync("export", "observations", f"all.{suffix}", *times)
        for number in (1, 2, 3):
            name = f"{number}.{suffix}"
            langsync("export", "observations", name, *times, "--shard", f"{number}/3")
    assert rows("3.jsonl") + rows("2.jsonl") + rows("1.jsonl") == rows("all.jsonl")
    assert not rows("3.jsonl")
    heads = {Path(f"{name}.csv").read_text("utf-8").splitlines()[0] for name in ("1", "3", "all")}
    assert len(heads) == 1
    schemas = [parquet.read_schema(f"{name}.parquet") for name in ("1", "2", "3", "all")]
    assert all(one == schemas[0] for one in schemas)
    together = dataset.dataset([f"{number}.parquet" for number in (3, 2, 1)]).to_table()
    assert together.to_pylist() == parquet.read_table("all.parquet").to_pylist()
    assert together.num_rows == SAMPLE.observations


@pytest.mark.parametrize(
    "what", ["observations", "traces", "scores", "sessions", "prompts", "datasets"]
)
def test_columns_are_those_that_rows_have(langsync: Run, server: LocalServer, what: str) -> None:
    """Each field of a row is known, with a type that holds; an empty table has them all."""
    new = server.app.behavior.events_only
    for name in ("a.jsonl", "a.parquet"):
        langsync("export", what, name)
    known = columns(what, is_v4=new)
    found = {name for row in rows("a.jsonl") for name in row}
    assert found <= known.keys()
    schema = parquet.read_schema("a.parquet")
    assert schema.names == list(known)
    kinds = {"text": "string", "json": "string", "int": "int64", "float": "double", "bool": "bool"}
    assert [str(kind) for kind in schema.types] == [kinds[kind] for kind in known.values()]


def test_empty_tables_have_their_columns(langsync: Run) -> None:
    """No blank line, and no table without columns."""
    for name in ("a.csv", "a.parquet", "a.jsonl"):
        langsync("export", "scores", name, "--from", "2020-01-01", "--to", "2020-02-01")
    assert Path("a.csv").read_text("utf-8").startswith("id,projectId,name,source,timestamp,")
    table = parquet.read_table("a.parquet")
    assert (table.num_rows, table.column_names[:3]) == (0, ["id", "projectId", "name"])
    assert Path("a.jsonl").read_bytes() == b""


def test_a_file_has_the_mode_that_files_have(langsync: Run) -> None:
    """That of the file it replaces, else what the umask leaves."""
    before = os.umask(0o027)
    try:
        langsync("export", "scores", "a.jsonl")
        assert stat.S_IMODE(Path("a.jsonl").stat().st_mode) == 0o640
        Path("a.jsonl").chmod(0o604)
        langsync("export", "scores", "a.jsonl", "--force")
        assert stat.S_IMODE(Path("a.jsonl").stat().st_mode) == 0o604
    finally:
        os.umask(before)


def test_a_folder_is_no_file(langsync: Run, server: LocalServer) -> None:
    """It is told before anything is asked."""
    Path("a.jsonl").mkdir()
    server.app.requests.clear()
    assert "a.jsonl is a folder" in langsync("export", "scores", "a.jsonl", "--force", code=1)
    assert not server.requests
    check_target(Path("b.jsonl"))
