"""How long work is shown: a bar on a terminal, lines elsewhere, and waits for rate limits."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.progress import Task, TaskID

from langsync.cli.progress import Lines, RateColumn
from langsync.client.rates import duration
from langsync.local import LocalServer, RateLimit
from tests.conftest import Cli, write

ITEMS = "\n".join(f'{{"id": "i{n}", "input": {n}}}' for n in range(30)) + "\n"
FILES = {
    "langsync.yaml": "version: 1\n",
    "datasets/d.yaml": "items_from: [d.jsonl]\n",
    "datasets/d.jsonl": ITEMS,
}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (12.4, "12 s"),
        (89, "89 s"),
        (200, "about 3 min"),
        (5400, "about 1 h 30 min"),
    ],
)
def test_times_are_words(seconds: float, words: str) -> None:
    """As a person says them."""
    assert duration(seconds) == words


def test_a_line_every_five_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    """With the rate and the time left; none at the end, and none for quick work."""
    times = iter([0.0, 1.0, 4.9, 5.0, 6.0, 9.9, 10.0, 20.0])
    lines = Lines("Applying", 7, lambda: next(times))
    for _ in range(7):
        lines.step()
    assert capsys.readouterr().err == (
        "Applying: 3 of 7, 36/min, 7 s left\nApplying: 6 of 7, 36/min, 2 s left\n"
    )


def test_lines_without_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody knows how many requests reading takes."""
    times = iter([0.0, 8.0, 13.5])
    lines = Lines("Reading Langfuse", None, lambda: next(times))
    lines.step()
    lines.step()
    assert capsys.readouterr().err == (
        "Reading Langfuse: 1 request, 8/min\nReading Langfuse: 2 requests, 9/min\n"
    )


def test_a_bar_has_a_rate() -> None:
    """A second where that is one at least, else a minute; none before anything is known."""
    clock = iter(range(0, 100, 10))
    task = Task(TaskID(1), "Applying", 100, 0, _get_time=lambda: next(clock))
    assert RateColumn().render(task).plain == ""
    task.finished_speed = 12.4
    assert RateColumn().render(task).plain == "12/s"
    task.finished_speed = 0.5
    assert RateColumn().render(task).plain == "30/min"


def test_a_rate_limit_is_told(cli: Cli, repo: Path, process: pytest.MonkeyPatch) -> None:
    """That it is waited for; the next plan knows how long its requests will take."""
    write(repo, FILES)
    with LocalServer(rate_limit=RateLimit(12, window=1.4, path="dataset")) as server:
        project = server.projects[0]
        process.setenv("LANGFUSE_BASE_URL", server.url)
        process.setenv("LANGFUSE_PUBLIC_KEY", project.public_key)
        process.setenv("LANGFUSE_SECRET_KEY", project.secret_key)
        assert "take at least" not in cli("plan").out
        ended = cli("apply", "--yes")
        assert (ended.code, ended.out) == (0, "31 applied.\n")
        assert "Langfuse limits requests (datasets): waiting " in ended.err
        write(repo, {"datasets/d.jsonl": ITEMS.replace('"input": ', '"input": 1')})
        plan = cli("plan")
    assert "30 requests for datasets take at least " in plan.out
    assert "lets 12 through in " in plan.out
