"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from langsync.errors import LangsyncError
from langsync.source.files import write_file


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_holds_the_text_as_utf_8(tmp_path: Path) -> None:
    """Line breaks stay what they are; what was there is gone."""
    path = tmp_path / "a.txt"
    path.write_text("a much longer text than the next one")
    write_file(path, "é\r\n😀\n")
    assert path.read_bytes() == "é\r\n😀\n".encode()


def test_the_folder_is_made(tmp_path: Path) -> None:
    """All of it."""
    write_file(tmp_path / "a" / "b" / "c.txt", "x")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "x"


def test_nothing_else_is_left_behind(tmp_path: Path) -> None:
    """No temporary file, however long the name is."""
    name = "x" * 200
    write_file(tmp_path / name, "x")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("umask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_mode_is_the_one_that_new_files_have(tmp_path: Path, umask: int, expected: int) -> None:
    """As the process has it set, which stays as it is."""
    before = os.umask(umask)
    try:
        write_file(tmp_path / "a.txt", "x")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert mode(tmp_path / "a.txt") == expected


def test_a_file_keeps_its_mode(tmp_path: Path) -> None:
    """A script stays one, and what others may not read stays so."""
    for before in (0o755, 0o600):
        (tmp_path / "a.txt").write_text("x")
        (tmp_path / "a.txt").chmod(before)
        write_file(tmp_path / "a.txt", "y")
        assert mode(tmp_path / "a.txt") == before


def test_a_private_file_is_for_its_owner(tmp_path: Path) -> None:
    """Even if it was open to all before."""
    path = tmp_path / "a.txt"
    path.write_text("x")
    path.chmod(0o666)
    write_file(path, "secret", private=True)
    assert mode(path) == 0o600


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """And no half of the new one: a full disk, a lost folder."""
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if step == "fsync" else Path, step, fail)
    with pytest.raises(LangsyncError, match=r"a\.txt cannot be written: No space left on device"):
        write_file(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C is passed on."""

    def interrupt(number: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "a.txt", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    """Said as such."""
    (tmp_path / "a").write_text("x")
    with pytest.raises(LangsyncError, match="cannot be written"):
        write_file(tmp_path / "a" / "b.txt", "x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(LangsyncError, match="cannot be written"):
        write_file(tmp_path / "folder", "x")
