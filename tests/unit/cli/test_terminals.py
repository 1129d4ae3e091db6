"""Terminals and pipes of every sort: what is printed can be read, and nothing fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import typer.main

from langsync.cli import app
from tests.conftest import RecordingServer, write

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
FILES = {
    "langsync.yaml": "version: 1\n",
    "prompts/größe.yaml": 'prompt: "Grüße {näme} → 😀"\ntags: [ß]\n',
}


def run(
    repo: Path, *words: str, ends: int = 0, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """A command in a process of its own, in which these variables are set."""
    ended = subprocess.run(
        [sys.executable, "-m", "langsync", *words],
        cwd=repo,
        env={**os.environ, **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in ended.stderr
    assert ended.returncode == ends, ended.stderr
    return ended


@pytest.mark.parametrize(
    "variables",
    [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}],
    ids=["C", "ascii", "latin-1"],
)
def test_any_encoding_will_do(
    repo: Path, langfuse: RecordingServer, variables: dict[str, str]
) -> None:
    """Of every command that prints texts."""
    write(repo, FILES)
    for words in ("validate", "list", "render größe", "plan", "apply --yes", "show größe"):
        run(repo, *words.split(), variables=variables)
    run(repo, "validate", "--strict", ends=1, variables=variables)


def test_characters_that_an_encoding_lacks_are_spelt_out(
    repo: Path, langfuse: RecordingServer
) -> None:
    """langsync's own signs in ASCII, all else as escapes."""
    write(repo, FILES)
    ended = run(repo, "plan", variables={"PYTHONIOENCODING": "ascii"})
    lines = ended.stdout.decode("ascii").splitlines()
    assert "+ prompt/gr\\u00f6\\u00dfe  create" in lines
    assert "    production -> v1 (new)" in lines
    assert any("Gr\\u00fc\\u00dfe {n\\u00e4me} -> \\ud83d\\ude00" in line for line in lines)


def test_json_is_the_same_in_any_encoding(repo: Path, langfuse: RecordingServer) -> None:
    """Its escapes keep what a text says, arrows too."""
    write(repo, FILES)
    plain = json.loads(run(repo, "plan", "--format", "json").stdout)
    ascii_only = run(repo, "plan", "--format", "json", variables={"PYTHONIOENCODING": "ascii"})
    assert json.loads(ascii_only.stdout.decode("ascii")) == plain
    assert plain["changes"][0]["after"]["prompt"] == "Grüße {näme} → 😀"


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("columns", ["1", "20"])
def test_help_fits_in_narrow_terminals(repo: Path, command: str, columns: str) -> None:
    """Every command's, in ASCII as well."""
    run(repo, command, "--help", variables={"COLUMNS": columns, "PYTHONIOENCODING": "ascii"})


def test_narrow_terminals_cut_nothing(repo: Path) -> None:
    """Lines are as long as they are: a terminal wraps them, and programs read them."""
    write(repo, FILES)
    wide, narrow = (
        run(repo, "validate", variables={"COLUMNS": columns}) for columns in ("200", "10")
    )
    assert (wide.stdout, wide.stderr) == (narrow.stdout, narrow.stderr)


def test_no_color_is_no_color(repo: Path, langfuse: RecordingServer) -> None:
    """Not even on a terminal, which FORCE_COLOR stands for."""
    write(repo, FILES)
    colored = run(repo, "plan", variables={"FORCE_COLOR": "1"})
    assert b"\x1b[32m" in colored.stdout or b"\x1b[1;32m" in colored.stdout
    for words in (("plan",), ("validate",), ("plan", "--help"), ("plan", "--target", "x")):
        ends = 1 if "x" in words else 0
        ended = run(repo, *words, ends=ends, variables={"FORCE_COLOR": "1", "NO_COLOR": "1"})
        for number in range(30, 48):
            assert f"{number}m".encode() not in ended.stdout + ended.stderr
