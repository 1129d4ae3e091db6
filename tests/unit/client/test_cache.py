"""What was read stays on disk; nothing that befalls the disk gives an error or a wrong value."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langsync.client.cache import Cache, DiskCache, NoCache, database, generations
from tests.unit.strategies import JSON

posix = pytest.mark.skipif(os.name != "posix", reason="about modes and limits of POSIX")

BEGIN = """
import sys
from pathlib import Path
from langsync.client.cache import DiskCache, database
database.BUSY_TIMEOUT = 30
disk = DiskCache(Path(sys.argv[1]))
cache, name = disk.scope("host", "project"), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the cache will be; it does not exist yet."""
    return tmp_path / "cache"


@contextmanager
def opened(folder: Path, **options: Any) -> Iterator[Cache]:
    """The cache of one project, closed in the end."""
    with DiskCache(folder, **options) as disk:
        yield disk.scope("host", "project")


def fill(folder: Path, count: int = 300) -> None:
    with opened(folder) as cache:
        for number in range(count):
            cache.put(entry(number), "prompt", str(number))


def entry(number: int) -> dict[str, Any]:
    return {"number": number, "text": f"{number} " * 100}


def file_of(folder: Path) -> Path:
    (file,) = folder.glob("*.sqlite3")
    return file


def start(folder: Path, name: str, script: str) -> subprocess.Popen[str]:
    """A process that has loaded langsync and waits for ``go``."""
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN + script, str(folder), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def go(*processes: subprocess.Popen[str]) -> None:
    """Let processes begin at once, as nearly as can be."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()


def ended(*processes: subprocess.Popen[str]) -> None:
    """Wait for them; none of them failed or complained."""
    found = [process.communicate() for process in processes]
    assert {err for _, err in found} == {""}
    assert {process.returncode for process in processes} == {0}


# What it keeps


def test_no_cache_remembers_nothing() -> None:
    """What is put there is not found."""
    cache: Cache = NoCache()
    cache.put(1, "a")
    cache.drop("a")
    assert cache.get("a") is None


def test_nothing_is_created_before_the_first_use(folder: Path) -> None:
    """A command that reads nothing leaves nothing behind."""
    with opened(folder):
        pass
    assert not folder.exists()


def test_a_value_is_found_at_once_and_after_reopening(folder: Path) -> None:
    """Before it is written as well as in the next run."""
    with opened(folder) as cache:
        cache.put({"a": [1, None, "ü"]}, "prompt", "greeting")
        assert cache.get("prompt", "greeting") == {"a": [1, None, "ü"]}
    with opened(folder) as cache:
        assert cache.get("prompt", "greeting") == {"a": [1, None, "ü"]}
        assert cache.get("prompt") is None
        assert cache.get("prompt", "greeting", "1") is None


def test_a_value_that_is_changed_by_who_got_it_stays_as_it_was(folder: Path) -> None:
    """Each reader gets a value of its own."""
    with opened(folder) as cache:
        value = {"labels": ["a"]}
        cache.put(value, "x")
        value["labels"].append("b")
        cache.get("x")["labels"].append("c")
        assert cache.get("x") == {"labels": ["a"]}


def test_projects_and_hosts_share_nothing(folder: Path) -> None:
    """One project's drop leaves the other's values alone, whatever their names."""
    with DiskCache(folder) as disk:
        scopes = [disk.scope(*names) for names in (("h", "p"), ("h", "pp"), ("hp", "p"), ("p", ""))]
        for number, scope in enumerate(scopes):
            scope.put(number, "x")
        disk.flush()
        scopes[0].drop()
        assert [scope.get("x") for scope in scopes] == [None, 1, 2, 3]


def test_a_drop_forgets_what_lies_below_and_nothing_else(folder: Path) -> None:
    """Names that only begin alike are other names."""
    gone = [("a",), ("a", "b"), ("a", ""), ("a", "b", "c"), ("a", "é" * 300)]
    kept = [(), ("ab",), ("ab", "a"), ("",), ("", "a"), ("A", "b"), ("1:a",), ("a/b",)]
    for wait in (True, False):
        with DiskCache(folder) as disk:
            cache = disk.scope("host", "project")
            for key in gone + kept:
                cache.put("/".join(key), *key)
            if not wait:
                disk.flush()
            cache.drop("a")
            assert [cache.get(*key) for key in gone] == [None] * len(gone)
        with opened(folder) as cache:
            assert [cache.get(*key) for key in gone] == [None] * len(gone)
            assert [cache.get(*key) for key in kept] == ["/".join(key) for key in kept]


@pytest.mark.parametrize(
    "text", ["", " ", "a|b", "a/b", "'\"`;--", "%_*?[", "é", "e\u0301", "😀", "\ud800", "\0", "1:"]
)
def test_any_text_is_a_key(folder: Path, text: str) -> None:
    """No character in a name means anything, and no two spellings are one."""
    with opened(folder) as cache:
        cache.put(1, text)
        cache.put(2, text, text)
        cache.put(3, text + text + "x")
    with opened(folder) as cache:
        found = [cache.get(text), cache.get(text, text), cache.get(text + text + "x")]
    assert found == [1, 2, 3]


@pytest.mark.parametrize(
    "value", [float("nan"), [float("inf")], (1, 2), {1: 2}, "\ud800", 2**70, object(), {"a"}]
)
def test_a_value_that_json_cannot_hold_is_not_kept(folder: Path, value: object) -> None:
    """Nor is the one before, which is no longer true."""
    with DiskCache(folder) as disk:
        cache = disk.scope("host", "project")
        cache.put("old", "x")
        disk.flush()
        cache.put(value, "x")
        assert cache.get("x") is None
    with opened(folder) as cache:
        assert cache.get("x") is None


def test_a_drop_is_on_disk_at_once(folder: Path) -> None:
    """A process that ends without closing has forgotten what it dropped."""
    fill(folder, 3)
    disk = DiskCache(folder)
    disk.scope("host", "project").drop("prompt", "1")
    with opened(folder) as cache:
        assert [cache.get("prompt", str(number)) for number in range(3)] == [
            entry(0),
            None,
            entry(2),
        ]
    disk.close()


def test_a_closed_cache_is_silent(folder: Path) -> None:
    """It may be closed twice, and used after: it knows nothing then."""
    disk = DiskCache(folder)
    cache = disk.scope("host", "project")
    cache.put(1, "x")
    disk.close()
    disk.close()
    cache.put(2, "y")
    assert cache.get("x") is None
    with opened(folder) as again:
        assert (again.get("x"), again.get("y")) == (1, None)


TEXT = st.sampled_from(["", "a", "ab", "b", "a/b", "1:a", "é"]) | st.text(max_size=3)
KEY = st.lists(TEXT, max_size=3).map(tuple)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEY, JSON),
        st.tuples(st.just("drop"), KEY, st.none()),
        st.tuples(st.sampled_from(["flush", "reopen"]), st.just(()), st.none()),
    ),
    max_size=25,
)


@settings(max_examples=30)
@given(STEPS)
def test_it_behaves_like_a_dictionary(steps: list[tuple[str, tuple[str, ...], Any]]) -> None:
    """Whenever it is flushed or opened again, and whatever is dropped."""
    expected: dict[tuple[str, ...], Any] = {}
    keys = {key for _, key, _ in steps}
    with tempfile.TemporaryDirectory() as folder:
        disk = DiskCache(Path(folder))
        for step, key, value in steps:
            if step == "put":
                disk.scope("h", "p").put(value, *key)
                expected[key] = value
            elif step == "drop":
                disk.scope("h", "p").drop(*key)
                expected = {k: v for k, v in expected.items() if k[: len(key)] != key}
            elif step == "flush":
                disk.flush()
            else:
                disk.close()
                disk = DiskCache(Path(folder))
            cache = disk.scope("h", "p")
            assert {one: cache.get(*one) for one in keys} == {
                one: expected.get(one) for one in keys
            }
        disk.close()


# How much it keeps


class Clock:
    """A clock that the test sets, in hours."""

    def __init__(self) -> None:
        self.hours = 0

    def __call__(self) -> float:
        return self.hours * 3600.0


def test_what_was_used_least_recently_goes_first(folder: Path) -> None:
    """A value that was read of late outlives those that were put after it."""
    clock = Clock()
    for number in range(60):
        clock.hours = number
        with opened(folder, max_bytes=500_000, clock=clock) as cache:
            cache.put(f"{number:05}" * 4000, str(number))
            assert cache.get("0") is not None
        assert file_of(folder).stat().st_size <= 500_000
    with opened(folder, max_bytes=500_000, clock=clock) as cache:
        left = [number for number in range(60) if cache.get(str(number))]
    assert left == [0, *range(61 - len(left), 60)]
    assert 10 < len(left) < 25


def test_a_long_run_stays_within_the_bound(folder: Path) -> None:
    """What waits is written as it grows, and what is older makes room for it."""
    with opened(folder, max_bytes=2_000_000) as cache:
        for number in range(3000):
            cache.put(random.Random(number).randbytes(2500).hex(), str(number))
            if number % 100 == 0 and number:
                assert file_of(folder).stat().st_size <= 2_000_000
    with opened(folder) as cache:
        left = [number for number in range(3000) if cache.get(str(number))]
    assert left == list(range(3000 - len(left), 3000))
    assert len(left) > 200


def test_a_value_that_is_too_large_is_not_kept(folder: Path) -> None:
    """It would push out all others; what it replaces goes."""
    with opened(folder, max_bytes=1_000_000) as cache:
        cache.put("small", "x")
        cache.put("other", "y")
    with opened(folder, max_bytes=1_000_000) as cache:
        cache.put("x" * 50_000, "x")
        assert cache.get("x") is None
    with opened(folder, max_bytes=1_000_000) as cache:
        assert (cache.get("x"), cache.get("y")) == (None, "other")


def test_a_run_that_only_reads_writes_nothing(folder: Path) -> None:
    """Last use is renewed once an hour: a plan in CI leaves the file as it was."""
    fill(folder, 5)
    before = file_of(folder).read_bytes()
    with opened(folder) as cache:
        assert cache.get("prompt", "1") == entry(1)
    assert file_of(folder).read_bytes() == before


# Who may read it


@posix
def test_only_its_owner_can_read_it(folder: Path) -> None:
    """Prompts may be confidential, whatever the umask: the log and its index included."""
    mask = os.umask(0)
    try:
        with DiskCache(folder / "below") as disk:
            disk.scope("host", "project").put("secret", "x")
            disk.flush()
            files = {file.suffix: file.stat().st_mode for file in (folder / "below").iterdir()}
    finally:
        os.umask(mask)
    assert set(files) == {".sqlite3", ".sqlite3-wal", ".sqlite3-shm"}
    assert {stat.S_IMODE(mode) for mode in files.values()} == {0o600}
    assert stat.S_IMODE((folder / "below").stat().st_mode) == 0o700


@posix
def test_a_file_that_others_may_read_is_closed_to_them(folder: Path) -> None:
    """A restored backup, say; the mode of a folder that was there is the user's."""
    fill(folder, 1)
    folder.chmod(0o755)
    file_of(folder).chmod(0o644)
    with opened(folder) as cache:
        assert cache.get("prompt", "0") == entry(0)
    assert stat.S_IMODE(file_of(folder).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


# Several processes


def test_several_processes_write_at_once(folder: Path) -> None:
    """Nothing is lost, from the first moment, when each finds no file and makes it."""
    script = """
for number in range(100):
    cache.put([name, number], name, str(number))
    cache.put(number, "shared", str(number))
    if number % 10 == 0:
        disk.flush()
        assert cache.get(name, str(number)) == [name, number]
disk.close()
"""
    names = ["a", "b", "c"]
    writers = [start(folder, name, script) for name in names]
    go(*writers)
    ended(*writers)
    with opened(folder) as cache:
        for number in range(100):
            assert [cache.get(name, str(number)) for name in names] == [[n, number] for n in names]
            assert cache.get("shared", str(number)) == number


def test_a_killed_writer_leaves_what_it_had_written(folder: Path) -> None:
    """Whole transactions, and a file that others go on using."""
    script = """
for number in range(1_000_000):
    for part in range(20):
        cache.put([number, "x" * 500], str(number % 100), str(part))
    disk.flush()
    if number == 150:
        print("many", flush=True)
"""
    writer = start(folder, "", script)
    go(writer)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "many\n"
    writer.kill()
    writer.communicate()
    with opened(folder) as cache:
        for number in range(100):
            group = [cache.get(str(number), str(part)) for part in range(20)]
            assert all(value == group[0] for value in group)
            assert group[0][0] >= 50
        cache.put("more", "x")
    with opened(folder) as cache:
        assert cache.get("x") == "more"


def test_several_processes_replace_a_damaged_file(folder: Path) -> None:
    """Each finds it damaged; one new file is left, which works and has what did not get lost."""
    fill(folder, 1)
    file_of(folder).write_bytes(random.Random(1).randbytes(50_000))
    script = """
cache.put(name, name)
disk.flush()
assert cache.get(name) in (None, name)
disk.close()
"""
    writers = [start(folder, name, script) for name in ("a", "b", "c")]
    go(*writers)
    ended(*writers)
    with opened(folder) as cache:
        assert {cache.get(name) for name in ("a", "b", "c")} & {"a", "b", "c"}
        cache.put("new", "x")
    with opened(folder) as cache:
        assert cache.get("x") == "new"
    assert [file.name for file in folder.iterdir()] == ["langsync-1-1.sqlite3"]


# What may befall it


def _overwrite(file: Path, start: int, length: int) -> None:
    with file.open("r+b") as stream:
        stream.seek(start)
        stream.write(random.Random(length).randbytes(length))


def _other_tables(file: Path) -> None:
    file.unlink()
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE entries (name TEXT)")
    connection.close()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "random bytes": lambda file: file.write_bytes(random.Random(0).randbytes(30_000)),
    "another format": lambda file: file.write_text("no database at all\n" * 100),
    "the first page": lambda file: _overwrite(file, 0, 4096),
    "the tables": lambda file: _overwrite(file, 100, 3900),
    "all but the first page": lambda file: _overwrite(file, 4096, file.stat().st_size - 4096),
    "truncated": lambda file: os.truncate(file, file.stat().st_size // 2),
    "truncated amid a page": lambda file: os.truncate(file, 5000),
    "one page left": lambda file: os.truncate(file, 4096),
    "a few bytes left": lambda file: os.truncate(file, 10),
    "empty": lambda file: os.truncate(file, 0),
    "other tables": _other_tables,
    "values": lambda file: file.write_bytes(file.read_bytes().replace(b"7 7 7 7", b"8 8 8 8")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_replaced(folder: Path, damage: str) -> None:
    """It gives no error and no wrong value, and the next file works."""
    fill(folder)
    DAMAGES[damage](file_of(folder))
    with opened(folder) as cache:
        for number in range(300):
            assert cache.get("prompt", str(number)) in (None, entry(number))
        cache.put("new", "x")
    with opened(folder) as cache:
        assert cache.get("x") == "new"
        cache.drop()
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_waits_is_written_to_the_file_that_replaces_a_damaged_one(
    folder: Path, damage: str
) -> None:
    """Where the first use is a write as well as where it is a read."""
    fill(folder)
    DAMAGES[damage](file_of(folder))
    with opened(folder) as cache:
        cache.put("new", "prompt", "77")
        cache.drop("prompt", "7")
    with opened(folder) as cache:
        assert cache.get("prompt", "7") is None
        assert cache.get("prompt", "77") in (None, "new")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file with 300 values."""
    folder = tmp_path_factory.mktemp("filled")
    fill(folder)
    return file_of(folder).read_bytes()


@settings(max_examples=20)
@given(st.data())
def test_no_damage_gives_a_wrong_value(filled: bytes, data: st.DataObject) -> None:
    """Wherever bytes were changed."""
    changed = bytearray(filled)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(filled) - 1))
        some = data.draw(st.binary(min_size=1, max_size=40))
        changed[at : at + len(some)] = some
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "langsync-1-0.sqlite3").write_bytes(changed)
        with opened(folder) as cache:
            for number in range(300):
                assert cache.get("prompt", str(number)) in (None, entry(number))
            cache.put("new", "prompt", "7")
            cache.drop("prompt", "8")
        with opened(folder) as cache:
            assert cache.get("prompt", "7") in (None, entry(7), "new")
            assert cache.get("prompt", "8") is None


def test_the_log_of_another_file_gives_no_wrong_value(folder: Path) -> None:
    """A log that is not of this file, or is no log, is not believed."""
    fill(folder)
    file = file_of(folder)
    file.with_name(f"{file.name}-wal").write_bytes(random.Random(3).randbytes(20_000))
    with opened(folder) as cache:
        for number in range(300):
            assert cache.get("prompt", str(number)) in (None, entry(number))


def test_the_file_of_another_version_is_dropped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newer or older, it is removed rather than understood; other files stay."""
    fill(folder, 2)
    (folder / "notes.sqlite3").write_text("mine")
    monkeypatch.setattr(generations, "LAYOUT", 2)
    with opened(folder) as cache:
        assert cache.get("prompt", "1") is None
        cache.put("two", "x")
    assert {one.name for one in folder.iterdir()} == {"langsync-2-0.sqlite3", "notes.sqlite3"}
    monkeypatch.setattr(generations, "LAYOUT", 1)
    with opened(folder) as cache:
        assert cache.get("x") is None


def _uses(folder: Path) -> list[Any]:
    """What a whole run finds."""
    with opened(folder) as cache:
        found = [cache.get("prompt", "0")]
        cache.put("new", "x")
        found.append(cache.get("y"))
        cache.drop("prompt")
        return found


@pytest.mark.parametrize("below", ["", "one", "one/two"])
def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path, below: str) -> None:
    """There is a file in its place."""
    (tmp_path / "file").write_text("")
    assert _uses(tmp_path / "file" / below) == [None, None]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_is_read_only_is_no_error(folder: Path) -> None:
    """Nothing is remembered where nothing can be written."""
    folder.mkdir(mode=0o500)
    assert _uses(folder) == [None, None]
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["a b", "ü", "100%", "a#b", "a'b"])
def test_any_folder_will_do(tmp_path: Path, name: str) -> None:
    """Whatever its name means elsewhere."""
    fill(tmp_path / name, 1)
    assert [file.name for file in (tmp_path / name).iterdir()] == ["langsync-1-0.sqlite3"]
    with opened(tmp_path / name) as cache:
        assert cache.get("prompt", "0") == entry(0)


def test_a_relative_folder_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken from where langsync runs."""
    monkeypatch.chdir(tmp_path)
    fill(Path("below"), 1)
    assert file_of(tmp_path / "below").stat().st_size


def test_a_folder_that_refuses_every_file_is_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that was mounted to be read only."""

    def refuse(*_: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "open", refuse)
    assert _uses(folder) == [None, None]


def test_a_file_that_turns_read_only_is_no_error(folder: Path) -> None:
    """What was put is not found again, and what was dropped is gone all the same."""
    fill(folder, 2)
    with DiskCache(folder) as disk:
        cache = disk.scope("host", "project")
        assert cache.get("prompt", "0") == entry(0)
        assert disk._database is not None
        disk._database._connection.execute("PRAGMA query_only=ON")
        cache.put("new", "prompt", "0")
        cache.drop("prompt", "1")
    with opened(folder) as cache:
        assert cache.get("prompt", "0") is None
        assert cache.get("prompt", "1") is None


@posix
def test_a_full_disk_is_no_error(folder: Path) -> None:
    """What was there stays there, and what was dropped is gone all the same."""
    fill(folder, 3)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
    putter = start(folder, "", limit + "cache.put(1, 'x')\ndisk.close()")
    go(putter)
    ended(putter)
    with opened(folder) as cache:
        assert [cache.get("prompt", str(number)) for number in range(3)] == [*map(entry, range(3))]
        assert cache.get("x") is None
    dropper = start(folder, "", limit + "cache.drop('prompt', '1')\ndisk.close()")
    go(dropper)
    ended(dropper)
    with opened(folder) as cache:
        assert cache.get("prompt", "1") is None


def test_a_database_that_stays_locked_is_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for once, not for each value; what was dropped is gone all the same."""
    fill(folder, 2)
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.01)
    other = sqlite3.connect(file_of(folder), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with opened(folder) as cache:
        assert cache.get("prompt", "0") == entry(0)
        cache.put("new", "x")
    with opened(folder) as cache:
        assert [cache.get("x"), cache.get("prompt", "1")] == [None, entry(1)]
        cache.drop("prompt", "1")
        assert cache.get("prompt", "0") is None
    other.execute("ROLLBACK")
    other.close()
    with opened(folder) as cache:
        assert cache.get("prompt", "1") is None
        cache.put("works", "x")
    with opened(folder) as cache:
        assert cache.get("x") == "works"


def test_a_file_that_is_replaced_while_another_has_it_open_harms_neither(folder: Path) -> None:
    """The other goes on with what it had; the next run finds the new file."""
    fill(folder, 2)
    with DiskCache(folder) as first:
        early = first.scope("host", "project")
        assert early.get("prompt", "0") == entry(0)
        first._generations.supersede()
        with opened(folder) as late:
            assert late.get("prompt", "0") is None
            late.put("new", "x")
            early.put("lost", "x")
            first.flush()
            assert early.get("prompt", "1") in (None, entry(1))
    with opened(folder) as cache:
        assert cache.get("x") == "new"
