"""An export of the size that is promised."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync.cli import run
from langsync.export import Job
from langsync.local import Sample
from langsync.local.server import create_app
from langsync.observability import SOURCES
from tests.unit.export.conftest import exported


def test_20000_observations_and_5000_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``serve --sample 20000`` has so many, and all of them arrive, each once."""
    made = list[Sample]()
    monkeypatch.setattr("langsync.local.serve", lambda _, **options: made.append(options["sample"]))
    assert run(["serve", "--sample", "20000"]) == 0
    assert made == [Sample(20_000, 5_000)]
    app = create_app(sample=made[0])
    for source, count in (("observations", 20_000), ("scores", 5_000)):
        found = exported(app, Job(source), tmp_path / f"{source}.jsonl")
        assert found.said.rows == found.said.counted == count
        assert len({row["id"] for row in found.rows}) == count
        time = SOURCES[source].v4.time
        assert [row[time] for row in found.rows] == sorted(
            (row[time] for row in found.rows), reverse=True
        )
