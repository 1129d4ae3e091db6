"""Rows of compressed files."""

from __future__ import annotations

import gzip
from functools import partial
from pathlib import Path

import pytest

from langsync.formats.items import Row, read_rows, suffix
from langsync.source.files import open_regular

CSV = b'id,input\na,"one\ntwo"\nb,2\n'
LINES = b'{"id": "a", "input": "one\\ntwo"}\n\n{"id": "b", "input": 2}\n'


def rows(folder: Path, name: str, content: bytes) -> list[object]:
    (folder / name).write_bytes(content)
    return list(read_rows(partial(open_regular, folder / name), name))


@pytest.mark.parametrize("name", ["a.csv.gz", "a.jsonl.gz", "a.ndjson.gz", "A.JSONL.GZ"])
def test_a_compressed_file_has_the_rows_of_the_plain_one(tmp_path: Path, name: str) -> None:
    """With their lines."""
    plain = name[:-3]
    content = CSV if ".csv" in name else LINES
    found = rows(tmp_path, name, gzip.compress(content))
    assert found == rows(tmp_path, plain, content)
    assert found == [
        Row(2 if ".csv" in name else 1, {"id": "a", "input": "one\ntwo"}),
        Row(4 if ".csv" in name else 3, {"id": "b", "input": 2}),
    ]


def test_a_file_can_have_several_compressed_parts(tmp_path: Path) -> None:
    """As ``cat a.gz b.gz`` makes."""
    parts = gzip.compress(LINES) + gzip.compress(b'{"id": "c"}\n')
    assert rows(tmp_path, "a.jsonl.gz", parts)[2:] == [Row(4, {"id": "c"})]


@pytest.mark.parametrize("name", ["a.csv.gz", "a.jsonl.gz"])
@pytest.mark.parametrize("damage", ["plain", "cut", "flipped", "garbage after it"])
def test_a_broken_file_is_a_problem(tmp_path: Path, name: str, damage: str) -> None:
    """No crash, and the last thing that is said of it."""
    content = (CSV if ".csv" in name else LINES) * (1 if ".csv" in name else 400)
    packed = gzip.compress(content)
    middle = len(packed) // 2
    broken = {
        "plain": content,
        "cut": packed[:-9],
        "flipped": packed[:middle] + bytes([packed[middle] ^ 0xFF]) + packed[middle + 1 :],
        "garbage after it": packed + b"garbage",
    }[damage]
    last = rows(tmp_path, name, broken)[-1]
    assert str(last).startswith(f"{name}: not gzip, or cut short: ")


def test_a_compressed_file_can_be_empty(tmp_path: Path) -> None:
    """It has no rows; a CSV file needs its first line."""
    assert rows(tmp_path, "a.jsonl.gz", gzip.compress(b"")) == []
    assert rows(tmp_path, "a.jsonl.gz", b"") == []
    (problem,) = rows(tmp_path, "a.csv.gz", gzip.compress(b""))
    assert str(problem).endswith("the file is empty")


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("a.jsonl", ".jsonl"),
        ("a.CSV.Gz", ".csv"),
        ("a.ndjson.gz", ".ndjson"),
        ("a.gz", ""),
        ("a.json", ""),
        ("a.csv.zip", ""),
        ("csv", ""),
    ],
)
def test_the_ending_is_the_one_before_gz(name: str, ending: str) -> None:
    """In any case; others are not read."""
    assert suffix(Path(name)) == ending


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.csv.gz", "a.jsonl.gz"])
def test_what_git_lfs_keeps_is_one_problem(tmp_path: Path, name: str) -> None:
    """It says how to get the file."""
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 10\n"
    [problem] = rows(tmp_path, name, pointer)
    assert str(problem) == (
        f"{name}: Git LFS keeps what it holds, and that is not here: run 'git lfs pull' "
        "(in CI: check out with lfs: true)"
    )
