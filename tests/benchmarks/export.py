"""``python -m tests.benchmarks.export``: exports beside a bare loop, and what memory they take.

Each row is one run in a process of its own, on one server in another process: seconds without the
start of the interpreter, peak memory, and the rate as a share of the bare concurrent loop's.
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

from langsync.export.job import slices
from langsync.local.sample import START
from langsync.observability import Period
from langsync.observability.times import written

KEYS = ("pk-lf-local", "sk-lf-local")
FIELDS = "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context"
AT_ONCE = 8
ROUNDS = 3


async def bare(url: str, period: Period) -> int:
    """Reads the same slices with nothing but httpx, eight at once; gives the number of rows."""
    waiting = iter(slices(period))
    rows = 0
    async with httpx.AsyncClient(base_url=f"{url}/api/public", auth=KEYS, timeout=60) as client:

        async def work() -> None:
            nonlocal rows
            for one in waiting:
                assert one.start is not None
                assert one.end is not None
                params: dict[str, Any] = {"limit": 1000, "fields": FIELDS}
                params |= {"expandMetadata": "article"}
                params |= {"fromStartTime": written(one.start), "toStartTime": written(one.end)}
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
    from langsync.config import Connection
    from langsync.export import Job, export

    async with Client(Connection(url, *KEYS), Options(concurrency=AT_ONCE)) as client:
        project = await client.project()
        job, target = Job("observations", {}, period), folder / "a.jsonl"
        return (await export(client, project, job, target, resume=False)).rows


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


def measured(what: str, url: str, size: int) -> dict[str, float]:
    """The fastest of some runs."""
    words = [sys.executable, "-m", "tests.benchmarks.export", what, url, str(size)]
    runs = [
        json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        for _ in range(ROUNDS)
    ]
    best: dict[str, float] = min(runs, key=lambda one: one["seconds"])
    return best


def main(sizes: list[int]) -> None:
    """Writes a table."""
    print(f"{'rows':>8} {'':5} {'seconds':>8} {'rows/s':>8} {'peak MiB':>9} {'of bare':>8}")
    for size in sizes:
        words = [sys.executable, "-m", "langsync", "serve", "--port", "0", "--sample", str(size)]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            url = server.stderr.readline().split(" at ")[1].split(";")[0]
            found = {what: measured(what, url, size) for what in ("bare", "ours")}
            server.terminate()
        for what, one in found.items():
            share = found["bare"]["seconds"] / one["seconds"]
            print(
                f"{one['rows']:>8,} {what:5} {one['seconds']:>8.2f} "
                f"{one['rows'] / one['seconds']:>8,.0f} {one['peak'] / 2**20:>9.1f} {share:>8.0%}"
            )


if __name__ == "__main__":
    if sys.argv[1:2] in (["bare"], ["ours"]):
        one_run(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        main([int(text) for text in sys.argv[1:]] or [5000, 20000])
