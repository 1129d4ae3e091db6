"""The README's tour prints what the README says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from langsync.cli.demo import examples
from langsync.local import LocalServer

README = Path(__file__).parent.parent / "README.md"
HOST = "http://127.0.0.1:3030"
BLOCK = re.compile(r"^```console\n(\$ .*?)^```$", re.MULTILINE | re.DOTALL)


def _steady(text: str) -> str:
    """Output without what differs from run to run: when a version was made."""
    return re.sub(r"on \d{4}-\d\d-\d\d \d\d:\d\d", "on 2026-11-24 09:00", text)


def walk(text: str, folder: Path, server: LocalServer) -> str:
    """Run the commands of a text's console blocks in order and put their real output in place."""
    config = folder / "langsync.yaml"
    config.write_text(config.read_text("utf-8").replace(HOST, server.url), "utf-8")
    own = ("LANGFUSE_", "LANGSYNC_")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(own)},
        "LANGSYNC_CACHE": str(folder.parent / "cache"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    def run(block: re.Match[str]) -> str:
        lines = []
        for command in re.findall(r"^\$ (.*)$", block[1], flags=re.MULTILINE):
            ended = subprocess.run(
                command.replace(HOST, server.url), shell=True,
                cwd=folder, env=environment, text=True, check=False,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            lines += [f"$ {command}", *_steady(ended.stdout.replace(server.url, HOST)).splitlines()]
        return "\n".join(["```console", *lines, "```"])

    return BLOCK.sub(run, text)


def test_the_tour_prints_what_the_readme_says(tmp_path: Path) -> None:
    """Each command of the tour, run in a copy of the examples, gives the output beside it.

    After a wanted change of the output: LANGSYNC_UPDATE_TOUR=1 pytest tests/test_tour.py.
    """
    folder = tmp_path / "examples"
    shutil.copytree(examples(), folder)
    text = README.read_text("utf-8")
    before, tour, after = re.split(
        r"(?=^## A five-minute tour$|^## Commands$)", text, flags=re.MULTILINE
    )
    with LocalServer() as server:
        walked = walk(tour, folder, server)
    if os.environ.get("LANGSYNC_UPDATE_TOUR"):
        README.write_text(before + walked + after, "utf-8")
    assert walked == tour
