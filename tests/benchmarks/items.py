"""Plan and apply of many dataset items, beside what the files and the server allow.

``python -m tests.benchmarks.items 1000 10000 100000`` writes a Markdown table to stdout. All
figures of a row come from one run: compare them with each other, not with another machine's.
It fails where a plan breaks a bound: exactly one request for 100 items, `SLOWER` times the bare
fetch of the same pages (of 100,000 items and more), `MEMORY`, `GROWTH`; and where a few edits are
not as many changes and writes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import httpx
import orjson

KEYS = ("pk-lf-local", "sk-lf-local")
CONCURRENCY = 16
CHANGED = 5

SLOWER = 1.5
"""How many times as long as the bare fetch of the same pages a plan may take."""

MEMORY = 100
"""MiB that a plan may have at its peak."""

GROWTH = 200
"""Bytes an item by which that may grow."""

FILLED = 10_000
"""Items from which on what has a fixed size, such as the pages read ahead, has that size."""


@dataclass(frozen=True)
class Run:
    """One run of a command.

    Args:
        seconds: How long it took, its start included.
        memory: Its peak, in MiB.
        reads: Requests that read items.
        writes: Requests that wrote items.
        out: What it printed.
    """

    seconds: float
    memory: float
    reads: int
    writes: int
    out: str


def item(number: int) -> dict[str, object]:
    """One item, as a line of the file."""
    question = f"How long can I return item {number}? {'lorem ipsum dolor ' * 5}"
    return {
        "id": f"case-{number:07}",
        "input": {"question": question, "lang": "en"},
        "expected_output": {"answer": f"{number % 60} days"},
        "metadata": {"n": number},
    }


def write_files(folder: Path, count: int) -> Path:
    """A repository with one dataset; gives the file of its items."""
    rows = folder / "datasets" / "qa" / "items.jsonl"
    rows.parent.mkdir(parents=True, exist_ok=True)
    (folder / "langsync.yaml").write_text("version: 1\n")
    (folder / "datasets" / "qa.yaml").write_text("items_from: [qa/*.jsonl]\n")
    with rows.open("w") as lines:
        lines.writelines(f"{json.dumps(item(number))}\n" for number in range(count))
    return rows


def change_some(rows: Path, count: int) -> None:
    """Edit a few items, spread over the file."""
    lines = rows.read_text().splitlines(keepends=True)
    for number in range(CHANGED):
        at = number * count // CHANGED
        lines[at] = json.dumps({**item(at), "expected_output": {"answer": "edited"}}) + "\n"
    rows.write_text("".join(lines))


@contextmanager
def serving(data: Path) -> Iterator[str]:
    """The embedded server in a process of its own; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "langsync", "serve", "--port", str(port), "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{url}/api/public/health")
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def fill(data: Path, count: int) -> None:
    """Put items into the server's database, as so many upserts would have."""
    with serving(data) as url:
        body = {"name": "qa"}
        httpx.post(f"{url}/api/public/v2/datasets", json=body, auth=KEYS).raise_for_status()
        one = {"datasetName": "qa", "id": "first", "input": {}}
        httpx.post(f"{url}/api/public/dataset-items", json=one, auth=KEYS).raise_for_status()
        httpx.delete(f"{url}/api/public/dataset-items/first", auth=KEYS).raise_for_status()
    [file] = [data] if data.is_file() else data.glob("*.*")
    database = sqlite3.connect(file)
    [(project, dataset)] = database.execute("SELECT project, seq FROM datasets")
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def rows() -> Iterator[tuple[object, ...]]:
        for number in range(count):
            values = item(number)
            texts = [json.dumps(values[key]) for key in ("input", "expected_output", "metadata")]
            yield (project, values["id"], dataset, "ACTIVE", *texts, now, 1, 0)

    with database:
        database.execute("DELETE FROM items")
        database.executemany(
            "INSERT INTO items (project, id, dataset, status, input, expected_output, metadata,"
            " valid_from, listed, deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows(),
        )
    database.close()


def langsync(url: str, folder: Path, *words: str) -> Run:
    """Run a command and count what it sent of items."""
    httpx.delete(f"{url}/_langsync/requests", auth=KEYS)
    variables = {
        **os.environ,
        "LANGFUSE_HOST": url,
        "LANGFUSE_PUBLIC_KEY": KEYS[0],
        "LANGFUSE_SECRET_KEY": KEYS[1],
        "LANGSYNC_CACHE": str(folder / ".cache"),
        "PYTHONPATH": os.pathsep.join(["", *sys.path]).strip(os.pathsep),
    }
    with tempfile.TemporaryFile() as out:
        begin = time.perf_counter()
        command = [sys.executable, "-m", "langsync", *words]
        process = subprocess.Popen(
            command, cwd=folder, env=variables, stdout=out, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode()
    if process.returncode:
        raise SystemExit(f"{words} ended with {process.returncode}: {text[-500:]}")
    sent = httpx.get(f"{url}/_langsync/requests", auth=KEYS, timeout=600).json()["requests"]
    items = Counter(one["method"] for one in sent if "/dataset-items" in one["path"])
    return Run(seconds, usage.ru_maxrss / 1024, items["GET"], items["POST"], text)


async def fetch_bare(url: str, count: int) -> None:
    """The same pages at one time, fetched by a plain loop."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")[:23] + "Z"
    waiting = iter(range(1, math.ceil(count / 100) + 1))
    async with httpx.AsyncClient(base_url=url, auth=KEYS, timeout=60) as client:

        async def work() -> None:
            for page in waiting:
                params: dict[str, str | int] = {"datasetName": "qa", "limit": 100, "page": page}
                params["version"] = now
                answer = await client.get("/api/public/dataset-items", params=params)
                orjson.loads(answer.raise_for_status().content)

        await asyncio.gather(*(work() for _ in range(CONCURRENCY)))


def timed(work: Callable[[], object]) -> float:
    """Seconds that something takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def read_bare(rows: Path) -> None:
    """The same file, read line by line."""
    with rows.open("rb") as lines:
        for line in lines:
            orjson.loads(line)


@dataclass(frozen=True)
class Measured:
    """What was measured of one number of items.

    Args:
        count: How many items.
        reading: Seconds of a bare loop over the files.
        fetching: Seconds of a bare loop over the pages; the shorter one of two.
        plan: A plan where nothing differs.
        edited: A plan after `CHANGED` edits.
        applied: Its apply.
        first: The first apply of all of them; None where that was not asked for.
    """

    count: int
    reading: float
    fetching: float
    plan: Run
    edited: Run
    applied: Run
    first: Run | None = None

    def cells(self) -> list[str]:
        """The cells of its row."""
        plan, first = self.plan, self.first
        return [
            f"{self.count:,}",
            f"{plan.reads:,}",
            f"{plan.seconds:.1f} s",
            f"{self.count / plan.seconds:,.0f}/s",
            f"{plan.memory:,.0f} MiB",
            f"{self.reading:.2f} s",
            f"{self.fetching:.1f} s",
            f"{plan.seconds / self.fetching:.2f}",
            f"{self.applied.writes} writes in {self.applied.seconds:.1f} s",
            f"{first.writes:,} writes in {first.seconds:,.0f} s" if first else "-",
            f"{first.writes / first.seconds:,.0f}/s" if first else "-",
            f"{first.memory:,.0f} MiB" if first else "-",
        ]

    def broken(self) -> Iterator[str]:
        """The bounds that it breaks."""
        plan, ratio = self.plan, self.plan.seconds / self.fetching
        if plan.reads != math.ceil(self.count / 100):
            yield f"{plan.reads} requests for {self.count} items"
        if self.count >= 100_000 and ratio > SLOWER:
            yield f"a plan of {self.count} items took {ratio:.2f} times the bare fetch"
        if plan.memory > MEMORY:
            yield f"a plan of {self.count} items had {plan.memory:.0f} MiB"
        shown = self.edited.out.count("\n~ dataset_item/")
        if (shown, self.applied.writes) != (CHANGED, CHANGED):
            yield f"{CHANGED} edits were {shown} changes and {self.applied.writes} writes"
        if self.first is not None and self.first.writes != self.count:
            yield f"the first apply of {self.count} items sent {self.first.writes}"


def measure(count: int, *, applying: bool) -> Measured:
    """One row of the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        repo, data = folder / "repo", folder / "langfuse.db"
        rows = write_files(repo, count)
        reading = timed(lambda: read_bare(rows))
        fill(data, count)
        with serving(data) as url:
            fetching = timed(lambda: asyncio.run(fetch_bare(url, count)))
            plan = langsync(url, repo, "plan")
            again = timed(lambda: asyncio.run(fetch_bare(url, count)))
            change_some(rows, count)
            edited = langsync(url, repo, "plan")
            applied = langsync(url, repo, "apply", "--yes")
        first = None
        if applying:
            write_files(repo, count)
            with serving(folder / "empty.db") as url:
                first = langsync(url, repo, "apply", "--yes")
    return Measured(count, reading, min(fetching, again), plan, edited, applied, first)


HEAD = [
    "items",
    "item requests of a plan",
    "plan",
    "items a second",
    "peak memory",
    "bare reading",
    "bare fetch",
    "plan / bare fetch",
    f"apply of {CHANGED} edits",
    "first apply",
    "items a second",
    "peak memory",
]


def main() -> None:
    """Measure, print, and fail where a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", type=int, nargs="+")
    parser.add_argument("--apply-up-to", type=int, default=10_000, help="for the first apply")
    given = parser.parse_args()
    print(f"| {' | '.join(HEAD)} |")
    print(f"|{' ---: |' * len(HEAD)}")
    measured = []
    for count in sorted(given.counts):
        found = measure(count, applying=count <= given.apply_up_to)
        print(f"| {' | '.join(found.cells())} |", flush=True)
        measured.append(found)
    broken = [words for found in measured for words in found.broken()]
    for less, more in pairwise(found for found in measured if found.count >= FILLED):
        grown = (more.plan.memory - less.plan.memory) * 1024 * 1024 / (more.count - less.count)
        print(f"\nFrom {less.count:,} to {more.count:,} items: {grown:.0f} bytes an item.")
        broken += [f"memory grew by {grown:.0f} bytes an item"] if grown > GROWTH else []
    sys.exit("\n".join(broken) or 0)


if __name__ == "__main__":
    main()
