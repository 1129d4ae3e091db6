"""``python -m tests.benchmarks.export``: exports beside a bare loop, and what memory they take.

Each row is one run in a process of its own, on one server in another process: seconds without the
start of the interpreter, peak memory, and the rate as a share of the bare concurrent loop's. What
breaks a bound is said, and the exit code is 1: all rows, at least 80 % of the bare loop from 20,000
rows on, and a peak that grows by less than the data would.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from langsync.export.job import shard_period
from langsync.local.sample import START
from langsync.observability import Period
from langsync.observability.times import format_time

KEYS = ("pk-lf-local", "sk-lf-local")
FIELDS = "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context"
AT_ONCE = 8
ROUNDS = 5
SLICES = 16  # what somebody would write who knows where the rows lie
MEANT = 20_000  # rows of an export for which the share is promised
SHARE = 0.8
GROWTH = 20 * 2**20  # bytes of memory; 15,000 rows are 75 MB as objects


async def bare(url: str, period: Period) -> int:
    """Reads slices with nothing but httpx, eight at once; gives the number of rows."""
    waiting = iter([shard_period(period, (number, SLICES)) for number in range(1, SLICES + 1)])
    rows = 0
    async with httpx.AsyncClient(base_url=f"{url}/api/public", auth=KEYS, timeout=60) as client:

        async def work() -> None:
            nonlocal rows
            for one in waiting:
                assert one.start is not None
                assert one.end is not None
                params: dict[str, Any] = {"limit": 1000, "fields": FIELDS}
                params |= {"expandMetadata": "article"}
                params |= {
                    "fromStartTime": format_time(one.start),
                    "toStartTime": format_time(one.end),
                }
                while True:
                    answer = orjson.loads(
                        (await client.get("/v2/observations", params=params)).content
                    )
                    rows += len(answer["data"])
                    if "cursor" not in answer["meta"]:
                        break
                    params["cursor"] = answer["meta"]["cursor"]

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return rows


async def ours(url: str, period: Period, folder: Path) -> int:
    """The same with langsync."""
    from langsync.client import Client, Options
    from langsync.client.cache import DiskCache
    from langsync.config import Connection
    from langsync.export import Job, Parts, export

    parts, job = Parts(folder / "a.jsonl"), Job("observations", {}, period)
    options, disk = Options(concurrency=AT_ONCE), DiskCache(folder / "cache")
    async with Client(Connection(url, *KEYS), options, disk=disk) as client:
        with parts.hold(resume=False):
            found = await export(client, await client.project(), job, parts, at_once=AT_ONCE)
    return found.rows if found.counted == found.rows else -1


def one_run(what: str, url: str, size: int) -> None:
    """In a process of its own: writes rows, seconds and bytes as JSON."""
    import langsync.client
    import langsync.export  # noqa: F401 - imported before the clock starts

    period = Period(START, START + timedelta(minutes=size / 3.4))  # a little more than there is
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        rows = asyncio.run(bare(url, period) if what == "bare" else ours(url, period, Path(folder)))
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "peak": peak}))


def measured(url: str, size: int) -> dict[str, dict[str, float]]:
    """The fastest of some runs of each; by turns, as other work on the machine comes and goes."""
    best: dict[str, dict[str, float]] = {}
    for what in ("bare", "ours") * ROUNDS:
        words = [sys.executable, "-m", "tests.benchmarks.export", what, url, str(size)]
        run = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        best[what] = min(best.get(what, run), run, key=lambda one: one["seconds"])
    return best


def broken(found: dict[int, dict[str, dict[str, float]]]) -> list[str]:
    """The bounds that do not hold, in words."""
    words = [
        f"{size:,} rows: {name} has {one['rows']:,}"
        for size, both in found.items()
        for name, one in both.items()
        if one["rows"] != size
    ]
    for size, both in found.items():
        share = both["bare"]["seconds"] / both["ours"]["seconds"]
        if size >= MEANT and share < SHARE:
            words.append(f"{size:,} rows: {share:.0%} of the bare loop, less than {SHARE:.0%}")
    peaks = [found[size]["ours"]["peak"] for size in sorted(found)]
    if peaks[-1] - peaks[0] > GROWTH:
        words.append(f"the peak grows by {(peaks[-1] - peaks[0]) / 2**20:.1f} MiB")
    return words


def main(sizes: list[int]) -> int:
    """Writes a table, and what is wrong with it; gives the exit code."""
    every: dict[int, dict[str, dict[str, float]]] = {}
    print(f"{'rows':>8} {'':5} {'seconds':>8} {'rows/s':>8} {'peak MiB':>9} {'of bare':>8}")
    for size in sizes:
        words = [sys.executable, "-m", "langsync", "serve", "--port", "0", "--sample", str(size)]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            url = server.stderr.readline().split(" at ")[1].split(";")[0]
            found = measured(url, size)
            server.terminate()
        every[size] = found
        for what, one in found.items():
            share = found["bare"]["seconds"] / one["seconds"]
            print(
                f"{one['rows']:>8,} {what:5} {one['seconds']:>8.2f} "
                f"{one['rows'] / one['seconds']:>8,.0f} {one['peak'] / 2**20:>9.1f} {share:>8.0%}"
            )
    wrong = broken(every)
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:2] in (["bare"], ["ours"]):
        one_run(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        sys.exit(main([int(text) for text in sys.argv[1:]] or [5000, 20000]))
