"""Rows as a table: what fits on a terminal, and nothing that is shown once is cut."""

from __future__ import annotations

import pytest
from rich.console import Console

from langsync.cli import console
from langsync.cli.rows import RowFormat, queried, show_rows, show_value
from langsync.errors import ConfigError

ROW = {
    "id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "empty": None,
    "text": "word " * 30,
    "name": "a",
    "other": "b" * 30,
}


def terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """Let results go to a terminal of a width."""
    shown = Console(width=width, force_terminal=True)
    monkeypatch.setattr(console, "out", lambda: shown)


@pytest.mark.parametrize(("width", "columns"), [(80, 3), (120, 4), (200, 4)])
def test_a_table_has_as_many_columns_as_fit(
    width: int, columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of those that have a value; what is left out is said, and ids are whole."""
    terminal(monkeypatch, width)
    show_rows([ROW, {**ROW, "name": "c"}], RowFormat.TABLE)
    out, err = capsys.readouterr()
    header, *rows = out.splitlines()
    assert header.split() == ["id", "text", "name", "other"][:columns]
    assert max(map(len, out.splitlines())) <= width
    assert all(row.startswith(str(ROW["id"])) for row in rows)
    assert ("No room for other: choose with --fields." in err) is (width == 80)


def test_a_table_that_is_no_terminal_s_has_all_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """And those that are chosen are shown in any case."""
    show_rows([ROW], RowFormat.TABLE)
    assert capsys.readouterr().out.split()[:4] == ["id", "text", "name", "other"]
    show_rows([ROW], RowFormat.TABLE, "empty,other")
    assert capsys.readouterr().out.split()[:2] == ["empty", "other"]


def test_chosen_columns_are_shown_on_any_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A field that no row has is said."""
    terminal(monkeypatch, 40)
    show_rows([ROW], RowFormat.TABLE, "other,id,nowhere")
    out, err = capsys.readouterr()
    assert out.split()[:3] == ["other", "id", "nowhere"]
    assert str(ROW["id"]) in out
    assert "'nowhere' finds nothing" in err


def test_an_object_is_shown_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A secret is shown once: a cut one is lost."""
    terminal(monkeypatch, 80)
    secret = "sk-lf-" + "x" * 200
    show_value({"publicKey": "pk", "secretKey": secret, "at": {"a": 1}}, RowFormat.TABLE)
    out = capsys.readouterr().out
    assert out == f'publicKey  pk\nsecretKey  {secret}\nat         {{"a":1}}\n'


def test_rows_that_are_no_objects_have_values(capsys: pytest.CaptureFixture[str]) -> None:
    """In every format."""
    show_rows(["a", 1], RowFormat.CSV, "value")
    assert capsys.readouterr().out == "value\na\n1\n"


@pytest.mark.parametrize("query", ["(" * 20_000, "[?", "abs('x')", "nowhere(@)"])
def test_a_query_that_is_none_is_told(query: str) -> None:
    """Without a traceback."""
    with pytest.raises(ConfigError, match="--query"):
        queried({"a": 1}, query)
