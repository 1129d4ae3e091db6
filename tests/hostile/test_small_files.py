"""Small files cannot hang or kill a run: each is an error that names its limit."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from langsync.config import _template_violation
from langsync.formats import limits
from langsync.formats.differences import LineMatcher
from langsync.formats.json_schema import schema_violation, validator
from langsync.formats.schema_work import value_violation
from langsync.formats.select import Selection
from langsync.local.schemas import schema_errors

MEMORY = 300 * 1024 * 1024
SECONDS = 60
"""Of CPU; it stands against hangs alone."""

_READ = f"""
import resource, sys
from pathlib import Path
from langsync.formats.items import read_rows
from langsync.source import WorkTree
from langsync.source.documents import read_documents
from langsync.errors import InvalidFilesError
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + {MEMORY}, used + {MEMORY}))
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
path = Path(sys.argv[1])
tree = WorkTree.below(path.parent)
try:
    if path.suffix == ".yaml":
        read_documents(tree, path, path.name)
    else:
        for row in read_rows(lambda: tree.open(path), path.name):
            if type(row).__name__ == "Problem":
                print(row.message)
except InvalidFilesError as error:
    print(error)
"""


def read(path: Path) -> str:
    """What a process of bounded memory says of a file."""
    ended = subprocess.run(
        [sys.executable, "-c", _READ, str(path)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-500:]
    return ended.stdout


_TEXT = "x" * 1_000_000
_ALIASED_TEXT = f"a: &a {_TEXT}\nb: [{', '.join(['*a'] * 20_000)}]\n"
_STAIRS = "".join(" " * level + "a:\n" for level in range(1_500))

BOMBS = {
    "dashes": ("- " * 20_000 + "a\n", limits.NESTING),
    "marks of values": (": " * 20_000 + "a\n", None),
    "brackets": ("[" * 2_000 + "]" * 2_000, limits.NESTING),
    "braces": ("{a: " * 2_000 + "}" * 2_000, limits.NESTING),
    "stairs": (_STAIRS, limits.NESTING),
    "aliased text": (_ALIASED_TEXT, limits.ALIASED_TEXT),
    "blank lines": ("a: 1\n" + "\n" * 600_000 + "b: 2\n", None),
    "blank lines of a block": ("a: |\n  x\n" + "\n" * 600_000 + "b: &b 2\n", None),
    "digits": ("a: " + "9" * 100_000 + "\n", limits.DIGITS),
    "values": ("a:\n" + "- b: c\n" * 60_000, limits.VALUES),
    "documents": ("a: b\n---\n" * 60_000, limits.VALUES),
    "values beside an anchor": ("a: &a\n" + "- b: c\n" * 30_000, limits.EXACT_VALUES),
    "size": ("a: " + "x" * limits.FILE_SIZE.most, limits.FILE_SIZE),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_yaml_bomb_is_refused_by_its_limit(name: str, tmp_path: Path) -> None:
    """In bounded memory; what is long but honest is read."""
    text, limit = BOMBS[name]
    path = tmp_path / "a.yaml"
    path.write_text(text)
    told = read(path)
    if limit is limits.NESTING:
        assert f"nested more than {limit.most} levels" in told
    elif limit is limits.DIGITS:
        assert "a number of more than 4,000 digits" in told
    elif limit is not None:
        assert f"the limit is {limit.most:,} {limit.unit}" in told


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.jsonl.gz", "a.csv.gz"])
def test_a_row_without_end_is_refused(name: str, tmp_path: Path) -> None:
    """No more of it is read than a row may have."""
    path = tmp_path / name
    with gzip.open(path, "wb", 1) if name.endswith(".gz") else path.open("wb") as file:
        for _ in range(limits.ROW_SIZE.most // 1_000_000 + 2):
            file.write(b"x" * 1_000_000)
    assert f"the limit is {limits.ROW_SIZE.most:,} bytes" in read(path)


def test_a_row_of_too_many_values_is_refused(tmp_path: Path) -> None:
    """They take much more room than their text; commas of a text count for nothing."""
    most = limits.ROW_VALUES.most
    values = "[" + "0," * most + "0]"
    for name, text in (
        ("a.jsonl", '{"id": "a", "input": ' + values + "}\n"),
        ("b.jsonl", '{"id": "a", "input": ' + values + "}"),
        ("a.csv", f'id,input\na,"{values}"\n'),
    ):
        (tmp_path / name).write_text(text)
        assert f"the limit is {most:,} values" in read(tmp_path / name)
    commas = "," * most
    (tmp_path / "c.jsonl").write_text(f'{{"id": "a", "input": "{commas}"}}\n')
    (tmp_path / "c.csv").write_text(f'id,input\na,"{commas}"\n')
    assert "the limit" not in read(tmp_path / "c.jsonl") + read(tmp_path / "c.csv")


def test_a_table_of_too_many_columns_is_refused(tmp_path: Path) -> None:
    """Its first line names them."""
    path = tmp_path / "a.csv"
    path.write_text(",".join(f"c{n}" for n in range(30_000)) + "\n")
    assert f"the limit is {limits.COLUMNS.most:,} columns" in read(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on Windows")
@pytest.mark.parametrize("name", ["a.yaml", "a.jsonl", "a.csv"])
def test_a_pipe_is_not_waited_for(name: str, tmp_path: Path) -> None:
    """Opening it would block until somebody writes to it."""
    os.mkfifo(tmp_path / name)
    assert "it is no regular file" in read(tmp_path / name)


def test_an_expression_cannot_multiply_a_row() -> None:
    """Each step would double what the one before has made."""
    with pytest.raises(ValueError, match="the limit is 1,000 copies"):
        Selection("[@,@] | " * 26 + "@")
    assert Selection("a[?b].{x: c, y: [d, @]}").of({"a": []}) == []


def test_a_schema_cannot_multiply_its_steps() -> None:
    """Twenty-five levels that refer to the next one twice."""
    levels = {f"a{n}": {"anyOf": [{"$ref": f"#/definitions/a{n + 1}"}] * 2} for n in range(25)}
    definitions = {**levels, "a25": {"type": "string"}}
    schema = {"definitions": definitions, "$ref": "#/definitions/a0"}
    assert schema_violation(schema) == limits.SCHEMA_WORK.exceeded()


@pytest.mark.parametrize(
    "template", ["{subject:>1000000000}", "{subject.__class__}", "{subject[0]}", "{subject:{hash}}"]
)
def test_a_commit_message_has_no_wide_fields_and_no_access(template: str) -> None:
    """Widths are bounded; a field is a name."""
    assert _template_violation(template)
    assert not _template_violation("{subject:.50} ({hash:>12}) {{x}}")


def test_the_lines_of_a_long_prompt_are_compared() -> None:
    """All of it is told, whatever repeats."""
    before, after = ["a", "b"] * 70_000, ["b", "c", "a"] * 46_000
    told: list[str] = []
    for tag, i1, i2, j1, j2 in LineMatcher(before, after).get_opcodes():
        assert tag != "equal" or before[i1:i2] == after[j1:j2]
        told += after[j1:j2]
    assert told == after


@pytest.mark.parametrize("schema_of", [validator, None], ids=["files", "server"])
def test_a_pattern_cannot_go_back_for_ever(schema_of: Callable[..., Any] | None) -> None:
    """Neither where files are checked nor in the embedded server; it is an error."""
    schema = {"type": "string", "pattern": "^((?=a)a+)+$"}
    value = "a" * 5_000 + "b"
    if schema_of is None:
        assert schema_errors(json.dumps(schema), value)
        return
    [error] = schema_of(schema).iter_errors(value)
    assert "Max limit for backtracking count exceeded" in error.message


def test_a_long_enum_cannot_multiply_the_items_of_a_list() -> None:
    """Each item is compared with each value; lists of country codes are no problem."""
    schema = {"type": "array", "items": {"enum": [{"a": [n]} for n in range(3_000)]}}
    assert value_violation(schema, [{"a": [5_000]}] * 10_000) == limits.SCHEMA_WORK.exceeded()
    assert not value_violation(schema, [{"a": [5]}] * 500)
    countries = {"type": "array", "items": {"enum": [f"c{n}" for n in range(250)]}}
    assert not value_violation(countries, [f"c{n % 250}" for n in range(5_000)])
