"""Plan and apply of many dataset items, beside what the files and the server allow.

``python -m tests.benchmarks.items 1000 10000 100000`` writes a Markdown table to stdout. All
figures of a row come from one run: compare them with each other, not with another machine's.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson

KEYS = ("pk-lf-local", "sk-lf-local")
CONCURRENCY = 16
CHANGED = 5


@dataclass(frozen=True)
class Run:
    """One run of a command: seconds, peak memory in MiB, requests, and what it printed."""

    seconds: float
    memory: float
    requests: int
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
    """Run a command and count what it sent."""
    httpx.delete(f"{url}/_langsync/requests")
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
    sent = httpx.get(f"{url}/_langsync/requests", timeout=60).json()["requests"]
    items = [one for one in sent if "/dataset-items" in one["path"]]
    return Run(seconds, usage.ru_maxrss / 1024, len(items), text)


async def fetch_bare(url: str, count: int) -> None:
    """The same pages, fetched by a plain loop."""
    waiting = iter(range(1, math.ceil(count / 100) + 1))
    async with httpx.AsyncClient(base_url=url, auth=KEYS, timeout=60) as client:

        async def work() -> None:
            for page in waiting:
                params: dict[str, str | int] = {"datasetName": "qa", "limit": 100, "page": page}
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


def measure(count: int, *, applying: bool) -> list[str]:
    """The cells of one row of the table."""
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
            apply = langsync(url, repo, "apply", "--yes")
            assert apply.out == f"{CHANGED} applied.\n", apply.out[-500:]
        first = "-"
        if applying:
            write_files(repo, count)
            with serving(folder / "empty.db") as url:
                run = langsync(url, repo, "apply", "--yes")
            first = f"{count / run.seconds:,.0f}/s, {run.memory:,.0f} MiB"
    bare = min(fetching, again)
    return [
        f"{count:,}",
        f"{plan.requests:,}",
        f"{plan.seconds:.1f} s",
        f"{plan.memory:,.0f} MiB",
        f"{reading:.2f} s",
        f"{bare:.1f} s",
        f"{plan.seconds / bare:.2f}",
        f"{apply.requests:,} in {apply.seconds:.1f} s",
        first,
    ]


HEAD = [
    "items",
    "item requests of a plan",
    "plan",
    "peak memory",
    "bare reading",
    "bare fetch",
    "plan / bare fetch",
    f"apply of {CHANGED} changes",
    "first apply",
]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", type=int, nargs="+")
    parser.add_argument("--apply-up-to", type=int, default=10_000, help="for the first apply")
    given = parser.parse_args()
    print(f"| {' | '.join(HEAD)} |")
    print(f"|{' ---: |' * len(HEAD)}")
    for count in given.counts:
        cells = measure(count, applying=count <= given.apply_up_to)
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
