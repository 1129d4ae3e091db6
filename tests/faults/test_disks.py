"""Disks that are full, folders that cannot be written, caches that are not what they should be."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import invariants
from tests.faults.process import Ended
from tests.faults.scene import COMMANDS, STORIES, World
from tests.faults.trial import Scene, finish

pytestmark = pytest.mark.timeout(900)  # a seed starts four processes

TRIED = [
    ("second", "plan"),
    ("second", "apply"),
    ("drifted", "drift"),
    ("drifted", "pull"),
    ("observed", "export"),
]
"""A story, and a command that is tried in it."""


def _as_ever(scene: Scene, ended: Ended) -> None:
    """Hold that a command did what it does where nothing is wrong with any disk."""
    run = scene.run(ended, transparent=True)
    problems = invariants.broken(run) + finish(scene.place, run)
    assert not problems, f"{problems}\n{ended}"


@pytest.mark.parametrize("bytes_left", [5_000, 40_000])
@pytest.mark.parametrize(("story", "command"), TRIED)
def test_a_full_disk(scene: World, story: str, command: str, bytes_left: int) -> None:
    """What needs no disk is done; else the command fails, says why, and leaves no half a file."""
    at = Scene(scene, STORIES[story], command)
    ended = at.place.start(COMMANDS[command], largest_file=bytes_left).wait()
    run = at.run(ended)
    problems = invariants.broken(run) + finish(at.place, run)
    assert not problems, f"{problems}\n{ended}"
    if command in ("plan", "apply", "drift"):  # the cache is all that they write
        assert ended.code == run.reference.ended.code, ended


@pytest.mark.parametrize(
    ("story", "command", "said"),
    [
        ("second", "apply", "the Git history cannot tell whether somebody changed it in Langfuse"),
        ("drifted", "pull", "Git cannot tell whether files have changes that are not committed"),
    ],
)
def test_no_place_for_the_files_that_git_needs(
    scene: World, story: str, command: str, said: str
) -> None:
    """What cannot be known protects: nothing is written, and the cause is named."""
    at = Scene(scene, STORIES[story], command)
    ended = at.place.start(COMMANDS[command], largest_file=0).wait()
    assert ended.code == 3, ended
    assert said in ended.err
    assert "No usable temporary directory" in ended.err
    run = at.run(ended)
    problems = [*invariants.writes_nothing(run), *invariants.says_no_traceback(run)]
    assert not problems + finish(at.place, run)
    assert command == "apply" or run.files == run.files_before


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_full_standard_output(scene: World, command: str) -> None:
    """It says so; what was applied stays, and the next apply goes on."""
    at = Scene(scene, STORIES["second"], command)
    ended = at.place.start(COMMANDS[command], stdout=Path("/dev/full")).wait()
    assert ended.code == 1
    assert "No space left on device" in ended.err
    run = at.run(ended)
    assert not [*invariants.says_no_traceback(run), *finish(at.place, run)]


@pytest.mark.parametrize("option", ["--out", "--html"])
def test_a_full_disk_for_a_saved_plan(scene: World, option: str) -> None:
    """The plan is not there by half."""
    at = Scene(scene, STORIES["second"], "plan")
    ended = at.place.start((*COMMANDS["plan"], option, "file"), largest_file=100).wait()
    assert ended.code == 1
    assert ended.err.strip()
    run = at.run(ended)
    assert not [*invariants.says_no_traceback(run)], ended
    assert run.files == run.files_before


def _garbage(cache: Path) -> None:
    for file in _databases(cache):
        file.write_bytes(b"not a database" * 1000)


def _cut(cache: Path) -> None:
    for file in _databases(cache):
        file.write_bytes(file.read_bytes()[:3000])


def _empty(cache: Path) -> None:
    for file in _databases(cache):
        file.write_bytes(b"")


def _flipped(cache: Path) -> None:
    for file in _databases(cache):
        data = bytearray(file.read_bytes())
        data[4096::97] = bytes(byte ^ 255 for byte in data[4096::97])
        file.write_bytes(data)


def _newer(cache: Path) -> None:
    for file in _databases(cache):
        with sqlite3.connect(file) as database:
            database.execute("DROP TABLE entries")
            database.execute("CREATE TABLE entries (key TEXT, of_a_later_version TEXT)")
            database.execute("PRAGMA user_version=9999")
        database.close()


def _folders(cache: Path) -> None:
    for file in _databases(cache):
        file.unlink()
        file.mkdir()


def _a_file(cache: Path) -> None:
    shutil.rmtree(cache)
    cache.write_bytes(b"")


def _databases(cache: Path) -> list[Path]:
    files = [
        file for file in cache.rglob("*") if file.is_file() and file.read_bytes()[:6] == b"SQLite"
    ]
    assert files
    return files


DAMAGES = (_garbage, _cut, _empty, _flipped, _newer, _folders, _a_file)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(("story", "command"), [("second", "apply"), ("drifted", "pull")])
def test_a_cache_that_is_none(
    scene: World, story: str, command: str, damage: Callable[[Path], None]
) -> None:
    """A cache decides nothing: all is as ever."""
    at = Scene(scene, STORIES[story], command, cache=True)
    damage(at.place.folder / "cache")
    _as_ever(at, at.start().wait())


@pytest.mark.parametrize(("story", "command"), TRIED[:4])
def test_a_cache_that_another_process_holds(scene: World, story: str, command: str) -> None:
    """It is done without."""
    at = Scene(scene, STORIES[story], command, cache=True)
    held = [
        sqlite3.connect(file, isolation_level=None)
        for file in _databases(at.place.folder / "cache")
    ]
    for database in held:
        database.execute("BEGIN EXCLUSIVE")
    ended = at.start().wait()
    for database in held:
        database.close()
    _as_ever(at, ended)


@pytest.mark.parametrize("folder", ["/proc/cache", "/dev/null", "/dev/null/cache"])
def test_a_cache_folder_that_cannot_be(scene: World, folder: str) -> None:
    """Nothing is kept, and all is as ever."""
    at = Scene(scene, STORIES["second"], "apply")
    _as_ever(at, at.place.start(COMMANDS["apply"], variables={"LANGSYNC_CACHE": folder}).wait())


def test_a_home_that_cannot_be(scene: World) -> None:
    """Neither is there a place for a lock or for settings: a warning at most."""
    at = Scene(scene, STORIES["second"], "apply")
    variables = dict.fromkeys(
        (
            "HOME",
            "XDG_CACHE_HOME",
            "XDG_STATE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_RUNTIME_DIR",
            "TMPDIR",
        ),
        "/dev/null",
    )
    _as_ever(at, at.place.start(COMMANDS["apply"], variables=variables).wait())
