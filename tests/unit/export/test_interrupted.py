"""Exports that are interrupted and go on."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from langsync.export import Parts
from langsync.local import Fault, LocalServer
from langsync.local.sample import observations
from tests.unit.export.conftest import rows
from tests.unit.observability.conftest import SAMPLE, Run

IDS = sorted(one.id for one in observations(SAMPLE))
TIMES = ("--from", "2026-01-01", "--to", "2026-01-02")
WORDS = ("export", "observations", "a.jsonl")


@pytest.fixture(autouse=True)
def _no_faults(server: LocalServer) -> None:
    server.faults.clear()


@pytest.fixture
def broken(server: LocalServer) -> Fault:
    """After some requests no more are answered."""
    fault = Fault("GET", "observations", times=None, skip=6, status=403)
    server.faults.add(fault)
    return fault


@pytest.mark.usefixtures("broken")
def test_what_was_read_is_kept(langsync: Run, server: LocalServer, there: Path) -> None:
    """Nothing stands under the name of the file before it is whole; --resume reads the rest."""
    assert "--resume goes on" in langsync(*WORDS, *TIMES, code=1)
    assert not (there / "a.jsonl").exists()
    server.faults.clear()
    assert "was interrupted: --resume goes on with it" in langsync(*WORDS, *TIMES, code=1)
    found = json.loads(langsync(*WORDS, *TIMES, "--resume", "--format", "json"))
    assert 0 < found["kept"] < found["parts"]
    assert found["rows"] == SAMPLE.observations
    assert sorted(row["id"] for row in rows("a.jsonl")) == IDS
    assert sorted(one.name for one in there.iterdir()) == ["a.jsonl", "cache"]


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize(
    "other",
    [
        (*TIMES, "--where", "type=SPAN"),
        ("--from", "2026-01-01T12:00", "--to", "2026-01-01T13:00"),
        ("--from", "2026-01-01"),
        (),
        ("--since", "7d"),
        (*TIMES, "--shard", "1/2"),
    ],
)
def test_another_export_does_not_go_on(
    langsync: Run, server: LocalServer, other: tuple[str, ...]
) -> None:
    """What was begun is said, and not that --resume goes on with this."""
    langsync(*WORDS, *TIMES, code=1)
    server.faults.clear()
    told = langsync(*WORDS, *other, "--resume", code=1)
    assert "something else: export observations --from 2026-01-01T00:00:00.000Z --to" in told
    assert "What was read is kept" not in told
    langsync(*WORDS, "--from", "2026-01-01T00:00Z", "--to", "2026-01-02", "--resume")


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("times", [("--since", "2000d"), ()])
def test_relative_times_go_on_with_what_they_meant_first(
    langsync: Run, server: LocalServer, there: Path, times: tuple[str, ...]
) -> None:
    """So does an export of all."""
    langsync(*WORDS, *times, code=1)
    server.faults.clear()
    state = (there / ".a.jsonl.parts" / "export.json").read_bytes()
    time.sleep(0.01)
    server.faults.add(Fault("GET", "observations", times=None, status=403))
    langsync(*WORDS, *times, "--resume", code=1)
    assert (there / ".a.jsonl.parts" / "export.json").read_bytes() == state
    server.faults.clear()
    langsync(*WORDS, *times, "--resume")
    assert sorted(row["id"] for row in rows("a.jsonl")) == IDS


@pytest.mark.usefixtures("broken")
def test_a_replacement_goes_on_as_one(langsync: Run, server: LocalServer, there: Path) -> None:
    """--force needs no repetition; a file that came meanwhile is left alone."""
    (there / "a.jsonl").write_text("mine", "utf-8")
    assert "--force replaces it" in langsync(*WORDS, code=1)
    langsync(*WORDS, "--force", code=1)
    server.faults.clear()
    assert "--resume goes on with it" in langsync(*WORDS, "--force", code=1)
    assert (there / "a.jsonl").read_text("utf-8") == "mine"
    langsync(*WORDS, "--resume")
    assert sorted(row["id"] for row in rows("a.jsonl")) == IDS
    server.faults.add(Fault("GET", "observations", times=None, skip=6, status=403))
    langsync("export", "observations", "b.jsonl", code=1)
    server.faults.clear()
    (there / "b.jsonl").write_text("mine", "utf-8")
    told = langsync("export", "observations", "b.jsonl", "--resume", code=1)
    assert "--resume --force replaces it" in told
    assert "What was read is kept" not in told
    langsync("export", "observations", "b.jsonl", "--resume", "--force")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"parts-2": []}', '{"version": 1}'])
def test_a_damaged_state_is_told(langsync: Run, there: Path, text: str) -> None:
    """And it is not called another export."""
    (there / ".a.jsonl.parts").mkdir()
    (there / ".a.jsonl.parts" / "export.json").write_text(text, "utf-8")
    assert "is damaged, or of another version" in langsync(*WORDS, "--resume", code=1)


def test_one_process_exports_to_a_file(langsync: Run, there: Path) -> None:
    """The other is told so, and nothing of the first is touched."""
    with Parts(there / "a.jsonl").hold(resume=False):
        for more in ((), ("--resume",)):
            told = langsync(*WORDS, *more, code=1)
            assert "another process exports to a.jsonl right now" in told
            assert "What was read is kept" not in told
    langsync(*WORDS)
    assert sorted(one.name for one in there.iterdir()) == ["a.jsonl", "cache"]


def test_what_never_began_leaves_nothing(langsync: Run, server: LocalServer, there: Path) -> None:
    """No folder, and no word of --resume."""
    server.faults.add(Fault("GET", "projects", times=None, status=401))
    assert "What was read is kept" not in langsync(*WORDS, code=1)
    assert not list(there.glob(".a*"))


def test_killed_while_the_file_is_written(there: Path, langsync: Run) -> None:
    """What was written of it is in the folder of the parts, and goes with that."""
    parts = Parts(there / "a.jsonl")
    with parts.hold(resume=False):
        (parts.folder / "whole").write_text("half of it", "utf-8")
        (parts.folder / "0_5.unfinished").write_text("half of it", "utf-8")
        parts.begun = True  # as if it were still under way
    langsync(*WORDS, "--resume")
    assert sorted(one.name for one in there.iterdir()) == ["a.jsonl", "cache"]
