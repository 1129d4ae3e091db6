"""What a person waits for: an edit that is served live, a completion, a check of many files.

``python -m tests.benchmarks.waiting`` writes a Markdown table to stdout, and fails where an edit
takes longer than the docs say.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from langsync.cli import run
from tests.unit.lint.test_any_text import HUGE

PROMPTS = 2_000
EDIT_SECONDS = 1.0
"""Within which ``langsync serve --live`` follows an edit, as langsync/docs/server.md says."""


def seconds(action: Callable[[], object], times: int = 3) -> float:
    """How long the fastest of some runs takes."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def repository(folder: Path, prompts: int, text: str) -> None:
    """Write that many prompts."""
    (folder / "prompts").mkdir(parents=True, exist_ok=True)
    (folder / "langsync.yaml").write_text("version: 1\n", "utf-8")
    for number in range(prompts):
        (folder / f"prompts/p{number}.yaml").write_text(f"prompt: {text}\n", "utf-8")


def completion() -> None:
    """Ask for labels as a shell does."""
    line = "langsync list --label x"
    words = {"COMP_WORDS": line, "COMP_CWORD": "3", "_LANGSYNC_COMPLETE": "complete_bash"}
    program = [sys.executable, "-m", "langsync"]
    subprocess.run(program, env={**os.environ, **words}, capture_output=True, check=False)


def quietly(*words: str) -> None:
    """Run a command in this process."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        run([*words])


def live_edit(folder: Path) -> float:
    """How long it takes until an edit is served; the fastest of a few."""
    words = [sys.executable, "-m", "langsync", "serve", "--live", "--port", "0"]
    with subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        place = re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())
        assert place is not None
        url = f"{place[0]}/api/public/v2/prompts/p0"
        with httpx.Client(auth=("pk-lf-local", "sk-lf-local")) as api:

            def edit() -> None:
                text = f"Edited at {time.time()}"
                (folder / "prompts/p0.yaml").write_text(f"prompt: {text}\n", "utf-8")
                while api.get(url).json().get("prompt") != text:
                    time.sleep(0.005)

            taken = seconds(edit, 5)
        server.terminate()
    return taken


def main() -> int:
    """Measure, write the table, and say whether the promise holds."""
    rows: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        repository(folder, 1, "Hello")
        os.chdir(folder)
        edit = rows["an edit, until it is served"] = live_edit(folder)
        rows["completion, one prompt"] = seconds(completion)
        for kind, text in HUGE.items():
            (folder / "prompts/p.yaml").write_text("prompt: {file: p.md}\n", "utf-8")
            (folder / "prompts/p.md").write_text(text, "utf-8")
            rows[f"validate, {kind} in {len(text):,} characters"] = seconds(
                lambda: quietly("validate"), 1
            )
        (folder / "prompts/p.yaml").unlink()
        repository(folder, PROMPTS, "x " * 500)
        rows[f"completion, {PROMPTS:,} prompts"] = seconds(completion)
        rows[f"validate, {PROMPTS:,} prompts"] = seconds(lambda: quietly("validate"), 1)
    print("| what | seconds |\n|---|---|")
    for what, took in rows.items():
        print(f"| {what} | {took:.2f} |")
    return 0 if edit < EDIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
