"""Whether a dataset reads the file of rows that gets items of observations."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync.cli import run
from langsync.local import LocalServer
from tests.conftest import write

WORDS = ("--name", "llm", "--limit", "1")


@pytest.fixture
def url(there: Path, servers: dict[str, LocalServer]) -> str:
    """The server's, and a ``langsync.yaml`` in the folder."""
    write(there, {"langsync.yaml": "version: 1\n"})
    return servers["v4"].url


@pytest.mark.parametrize("pattern", ["obs/seen.jsonl", "obs/*.jsonl", "**/*.jsonl", "./obs/s*l"])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_file_that_is_read_by_a_mapping_is_refused(
    there: Path, url: str, capfd: pytest.CaptureFixture[str], pattern: str, *, is_there: bool
) -> None:
    """Nothing is written: what is added are items, not rows of that shape."""
    text = f"description: Rows\nitems_from:\n- {{file: '{pattern}', input: q}}\n"
    rows = {"datasets/obs/seen.jsonl": '{"q": 1}\n'} if is_there else {}
    write(there, {"datasets/a.yaml": ": no YAML: [", "datasets/obs.yaml": text, **rows})
    file = "datasets/obs/seen.jsonl"
    assert run(["dataset", "from-observations", file, *WORDS, "--host", url]) == 1
    assert f"{file}: datasets/obs.yaml:3:3 makes items of its rows by a mapping" in (
        capfd.readouterr().err
    )
    assert (there / file).exists() == is_there


@pytest.mark.parametrize(
    "entry", ["obs/seen.jsonl", "obs/*.jsonl", "{file: obs/seen.jsonl, key: input}"]
)
def test_a_file_that_is_named_needs_no_hint(
    there: Path, url: str, capfd: pytest.CaptureFixture[str], entry: str
) -> None:
    """Also by a glob, and before it is there."""
    write(there, {"datasets/obs.yaml": f"items_from:\n- {entry}\n"})
    file = "datasets/obs/seen.jsonl"
    assert run(["dataset", "from-observations", file, *WORDS, "--host", url]) == 0
    out, err = capfd.readouterr()
    assert (out, "Name the file" in err) == (f"{file}: 1 added\n", False)


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("datasets/obs/seen.jsonl", "obs/seen.jsonl"),
        ("datasets/seen.jsonl", "seen.jsonl"),
        ("seen.jsonl", "../seen.jsonl"),
    ],
)
def test_the_hint_is_what_a_dataset_has_to_say(
    there: Path, url: str, capfd: pytest.CaptureFixture[str], file: str, path: str
) -> None:
    """The file is valid once it stands there."""
    write(there, {"datasets/other.yaml": "items_from: ['obs/*.csv', 'obs/.s*', 'x/**/s*']\n"})
    assert run(["dataset", "from-observations", file, *WORDS, "--host", url]) == 0
    hint = f"Name the file in a dataset's file in datasets/: items_from: [{path}]"
    assert hint in capfd.readouterr().err
    write(there, {"datasets/other.yaml": f"items_from: [{path}]\n"})
    assert run(["validate"]) == 0
