"""Reading YAML, beside other readers.

``python -m tests.benchmarks.yaml`` writes a Markdown table to stdout: how often as fast langsync's
reader is as another one is, on about a megabyte of prompts, in one run.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ruamel.yaml import YAML

from langsync.formats import yaml, yaml_write

BYTES = 1_100_000


def prompts() -> str:
    """Many prompts as documents of one file."""
    value = {
        "name": "support/answer",
        "tags": ["support", "customer-facing"],
        "config": {"model": "gpt-4.1-mini", "temperature": 0.2, "tools": [{"name": "get_order"}]},
        "prompt": [
            {"system": "You are the assistant of {{shop}}.\n\n" + "- Be kind, and brief.\n" * 10},
            {"user": "{{question}}"},
        ],
    }
    one = yaml_write.document(value)
    return "---\n".join([one] * (BYTES // len(one)))


def seconds(read: Callable[[str], object], text: str, times: int = 1) -> float:
    """How long the fastest of some readings takes."""
    found = []
    for number in range(times):
        other = f"{text}# {number}\n"  # langsync remembers texts that it has read
        begin = time.perf_counter()
        read(other)
        found.append(time.perf_counter() - begin)
    return min(found)


def main() -> None:
    """Measure and write the table."""
    text = prompts()
    ours = seconds(lambda given: yaml.read(given, ""), text, 3)
    others = {
        "ruamel.yaml, pure Python": YAML(typ="safe", pure=True),
        "ruamel.yaml, round trip": YAML(),
    }
    print(f"{len(text):,} characters\n\n| reader | seconds | times langsync's |\n|---|---|---|")
    print(f"| langsync | {ours:.2f} | 1 |")
    for name, reader in others.items():
        took = seconds(lambda given, reader=reader: list(reader.load_all(given)), text)  # type: ignore[misc]
        print(f"| {name} | {took:.2f} | {took / ours:.0f} |")


if __name__ == "__main__":
    main()
