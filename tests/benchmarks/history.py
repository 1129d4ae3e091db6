"""What history asks of Git: processes, contents of files and folders, for each kind of question.

``python -m tests.benchmarks.history`` writes a Markdown table to stdout, of a generated repository.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from langsync import kinds
from langsync.config import choose_environment, read_config
from langsync.history import History
from langsync.model import Address
from langsync.source.git import Git
from langsync.source.objects import Objects
from tests.unit.git import Repository, repository

COMMITS, PROMPTS, DATASETS, ROWS = 150, 60, 8, 50

ITEMS = [
    Address("dataset_item", f"d{n}/{n}-{i}") for n in range(DATASETS) for i in range(0, ROWS, 10)
]


def files() -> dict[str, str]:
    """Prompts, a third of them with texts of their own; datasets with rows; other files."""
    found = {"langsync.yaml": "version: 1\n"}
    for n in range(PROMPTS):
        found[f"prompts/p{n}.yaml"] = f"prompt: {{file: texts/p{n}.md}}\n"
        if n % 3:
            found[f"prompts/p{n}.yaml"] = f"prompt: text {n}\n"
        else:
            found[f"prompts/texts/p{n}.md"] = f"text {n}\n"
    for n in range(DATASETS):
        found[f"datasets/d{n}.yaml"] = f"items_from: ['d{n}/*.jsonl']\n"
        rows = (json.dumps({"id": f"{n}-{i}", "input": i}) for i in range(ROWS))
        found[f"datasets/d{n}/rows.jsonl"] = "".join(f"{row}\n" for row in rows)
    return found | {f"src/m{n}/a.py": "x\n" for n in range(40)}


def live(repo: Repository, random: Random) -> None:
    """Change some files in each commit."""
    now = files()
    repo.commit(now)
    names = sorted(now.keys() - {"langsync.yaml"})
    for number in range(COMMITS):
        for name in random.sample(names, random.choice((1, 1, 2, 5))):
            if name.endswith(".jsonl"):
                now[name] = re.sub(r'"input": \d+', f'"input": {number}', now[name], count=1)
            elif name.startswith("datasets"):
                now[name] = f"description: v{number}\n{now[name][now[name].index('items') :]}"
            elif "file:" in now[name]:
                now[name] = f"tags: [t{number}]\n{now[name][now[name].index('prompt:') :]}"
            else:
                now[name] = f"prompt: v{number}\n" if name.endswith("yaml") else f"v{number}\n"
        repo.commit(now)


def counted(repo: Repository, question: Callable[[History], object]) -> Counter[str]:
    """What a question asks of Git."""
    counts: Counter[str] = Counter()
    config = read_config(repo.folder / "langsync.yaml", kinds.folders())
    originals = Git.run, Git.start, Objects.read, Objects.preload

    def run(self: Git, *words: str, **options: Any) -> object:
        counts["processes"] += 1
        return originals[0](self, *words, **options)

    def start(self: Git, *words: str, **options: Any) -> object:
        counts["processes"] += 1
        return originals[1](self, *words, **options)

    def read(self: Objects, hashes: Sequence[str]) -> Iterator[bytes]:
        counts["objects"] += len(hashes)
        return originals[2](self, hashes)

    def preload(self: Objects, trees: Sequence[str]) -> None:
        before = counts["objects"]
        originals[3](self, trees)
        counts["folders"] += counts["objects"] - before

    with (
        patch.multiple(Git, run=run, start=start),
        patch.multiple(Objects, read=read, preload=preload),
        History.open(config, choose_environment(config, None, {})) as history,
    ):
        question(history)
    return counts


def every_prompt(history: History) -> None:
    for n in range(PROMPTS):
        list(history.declarations(Address("prompt", f"p{n}")))


def some_items(history: History) -> None:
    history.prefetch(ITEMS)
    for item in ITEMS:
        list(history.declarations(item))


def fifteen_commits(history: History) -> None:
    for n in range(0, COMMITS, 10):
        history.at(f"HEAD~{n}")


def main() -> None:
    """Print the table."""
    questions = (every_prompt, some_items, lambda history: history.at("HEAD"), fifteen_commits)
    names = ("every prompt", "some items", "HEAD", "fifteen commits")
    with tempfile.TemporaryDirectory() as folder:
        repo = repository(Path(folder))
        live(repo, Random(1))
        print("| question | processes | contents | folders |\n|---|---|---|---|")
        for name, question in zip(names, questions, strict=True):
            found = counted(repo, question)
            contents = found["objects"] - found["folders"]
            print(f"| {name} | {found['processes']} | {contents} | {found['folders']} |")


if __name__ == "__main__":
    main()
