"""What a small file can cost: each limit of langsync/docs/files.md, at it and past it.

``python -m tests.benchmarks.limits`` writes a Markdown table to stdout: for each case the CPU
seconds of a command, without what starting and importing take, and the peak memory of its process.
It fails where one takes more than `SECONDS` or `MEMORY`.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from langsync.cli import run
from langsync.formats import limits

SECONDS = 2.0
"""Of CPU, above what the same command takes for a file of one line."""

MEMORY = 300
"""MiB that its process may have at its peak."""

HANG = 30
"""Seconds of CPU after which a case is ended."""

ORDINARY = {
    "langsync.yaml": "version: 1\n",
    "prompts/p.yaml": "prompt: &a Hello\nconfig: {a: [*a]}\n",
    "datasets/d.yaml": "items_from: [d/*.jsonl, d/*.csv]\ninput_schema: {type: object}\n",
    "datasets/d/a.jsonl": '{"id": "a", "input": {}}\n',
    "datasets/d/a.csv": "id,input\nb,{}\n",
}
"""A repository that has something of everything, so that all that is needed is imported."""

Files = Mapping[str, str]


def prompt(text: str) -> Files:
    """A repository of one prompt."""
    return {"prompts/p.yaml": text}


def rows(name: str, text: str) -> Files:
    """A dataset of one file of rows."""
    return {"datasets/d.yaml": f"items_from: [{name}]\n", f"datasets/{name}": text}


def mapped(expression: str, row: object) -> Files:
    """A dataset whose items are picked out of rows."""
    named = json.dumps([{"file": "d.jsonl", "input": expression}])
    return {
        "datasets/d.yaml": f"items_from: {named}\n",
        "datasets/d.jsonl": f"{json.dumps(row)}\n",
    }


def checked(schema: object, value: object) -> Files:
    """A dataset whose one item is checked against a schema."""
    dataset = {"input_schema": schema, "items": [{"id": "a", "input": value}]}
    return {"datasets/d.yaml": json.dumps(dataset)}


def branching(levels: int) -> object:
    """A schema, each level of which refers to the next one twice."""
    definitions: dict[str, object] = {
        f"a{n}": {"anyOf": [{"$ref": f"#/definitions/a{n + 1}"}] * 2} for n in range(levels)
    }
    definitions[f"a{levels}"] = {"type": "string"}
    return {"definitions": definitions, "$ref": "#/definitions/a0"}


def recursive(inner: Mapping[str, object]) -> object:
    """A schema of lists of lists, each checked in two ways that refer to all of it."""
    return {
        "definitions": {"a": {"anyOf": [inner, inner, {"type": "string"}]}},
        "$ref": "#/definitions/a",
    }


def nested(levels: int) -> object:
    """A value of lists in lists."""
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


def overriding(environments: int) -> Files:
    """A prompt that differs in many environments."""
    names = [f"e{number}" for number in range(environments)]
    given = "".join(f"  {name}: {{config: {{a: 1}}}}\n" for name in names)
    declared = "".join(f"  {name}: {{labels: [{name}]}}\n" for name in names)
    return {
        "langsync.yaml": f"version: 1\ndefault_environment: e0\nenvironments:\n{declared}",
        "prompts/p.yaml": f"prompt: Hello\nconfig: {{{BIG_MAPPING}}}\noverrides:\n{given}",
    }


BIG_MAPPING = ", ".join(f"k{n}: {n}" for n in range(5_000))
TEXT = "x" * 1_000_000
SIZE = limits.FILE_SIZE.most
ROW = limits.ROW_SIZE.most
OBJECTS = {"type": "array", "items": {"$ref": "#/definitions/a"}}

CASES: dict[str, Callable[[], Files]] = {
    "YAML, a text of its size limit": lambda: prompt("prompt: " + "x" * (SIZE - 100) + "\n"),
    "YAML, a block of its size limit": lambda: prompt(
        "prompt: |\n" + "  lorem ipsum\n" * (SIZE // 14 - 1)
    ),
    "YAML, a list of its size limit": lambda: prompt("prompt:\n" + "- a: b\n" * (SIZE // 7 - 2)),
    "YAML, a flow of its size limit": lambda: prompt("prompt: [" + "a," * (SIZE // 2 - 10) + "]\n"),
    "YAML, keys of its size limit": lambda: prompt(
        "".join(f"k{n}: 1\n" for n in range(SIZE // 12))
    ),
    "YAML, documents of its size limit": lambda: prompt("prompt: a\n---\n" * (SIZE // 14 - 1)),
    "YAML, past its size limit": lambda: prompt("prompt: " + "x" * SIZE + "\n"),
    "YAML, values at their limit": lambda: {
        "datasets/d.yaml": "metadata: [" + "1," * (limits.VALUES.most - 10) + "]\n"
    },
    "YAML, wrong messages": lambda: prompt("prompt: [" + "a," * (limits.VALUES.most - 10) + "]\n"),
    "YAML, unknown keys": lambda: prompt("".join(f"k{n}: 1\n" for n in range(200_000))),
    "YAML, equal keys": lambda: prompt("config:\n" + "  a: 1\n" * 100_000),
    "YAML, rare syntax at its limit": lambda: prompt(
        "prompt: &a b\nconfig:\n" + "- c: *a\n" * (limits.EXACT_VALUES.most // 3 - 10)
    ),
    "YAML, rare syntax past its limit": lambda: prompt(
        "prompt: &a b\nconfig:\n" + "- c: *a\n" * (limits.EXACT_VALUES.most)
    ),
    "YAML, anchors": lambda: prompt(
        "prompt: b\nconfig:\n" + "".join(f"- &a{n} b\n" for n in range(30_000))
    ),
    "dashes": lambda: prompt("- " * 20_000 + "a\n"),
    "marks of values": lambda: prompt(": " * 20_000 + "a\n"),
    "question marks": lambda: prompt("? " * 20_000 + "a\n"),
    "brackets": lambda: prompt("[" * 2_000 + "]" * 2_000),
    "brackets, 5 MB": lambda: prompt("[" * (SIZE // 2)),
    "braces": lambda: prompt("{a: " * 2_000 + "}" * 2_000),
    "stairs": lambda: prompt("".join(" " * level + "a:\n" for level in range(3_000))),
    "nesting at its limit": lambda: prompt("prompt: a\nconfig: " + "[" * 98 + "]" * 98 + "\n"),
    "aliased text": lambda: prompt(f"a: &a {TEXT}\nb: [{', '.join(['*a'] * 20_000)}]\n"),
    "aliased text at its limit": lambda: prompt(
        f"prompt: a\nconfig: [&a {TEXT}, {', '.join(['*a'] * 9)}]\n"
    ),
    "aliased values": lambda: prompt(
        "config:\n- &a0 [1, 1]\n"
        + "".join(f"- &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    ),
    "aliased values at their limit": lambda: prompt(
        "prompt: a\nconfig:\n- &a0 [1, 1]\n"
        + "".join(f"- &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 15))
    ),
    "20 MB of items under one anchor": lambda: {
        "datasets/d.yaml": "items:\n- &a {id: a, input: [" + f"{TEXT}, " * 3 + "]}\n" + "- *a\n" * 7
    },
    "digits": lambda: prompt("prompt: a\nconfig: " + "9" * 100_000 + "\n"),
    "digits at their limit": lambda: prompt(
        "prompt: a\nconfig:\n" + f"- {'9' * limits.DIGITS.most}\n" * 2_000
    ),
    "blank lines": lambda: prompt("prompt: a\n" + "\n" * 600_000 + "tags: [b]\n"),
    "blank lines of a block": lambda: prompt("prompt: |\n  x\n" + "\n" * 600_000 + "tags: [b]\n"),
    "blank lines and an anchor": lambda: prompt(
        "prompt: &a |\n  x\n" + " \n" * 600_000 + "tags: [b]\n"
    ),
    "comments": lambda: prompt("prompt: a\n" + "#\n" * 600_000 + "tags: [b]\n"),
    "spaces at the end of lines": lambda: prompt("prompt: a" + " " * 1_000_000 + "\n"),
    "an included text of its size limit": lambda: {
        "prompts/p.yaml": "prompt: {file: p.md}\n",
        "prompts/p.md": "lorem ipsum\n" * (SIZE // 12),
    },
    "a large JSON Schema": lambda: {
        "datasets/d.yaml": "input_schema: {file: s.json}\n",
        "datasets/s.json": json.dumps({"enum": ["a" * 10 + str(n) for n in range(200_000)]}),
    },
    "nested JSON": lambda: {
        "datasets/d.yaml": "input_schema: {file: s.json}\n",
        "datasets/s.json": '{"a":' * 500_000 + "1" + "}" * 500_000,
    },
    "a row at its limit, JSON Lines": lambda: rows(
        "d.jsonl", '{"id": "a", "input": "' + "x" * (ROW - 100) + '"}\n'
    ),
    "a row past its limit, JSON Lines": lambda: rows("d.jsonl", "x" * (2 * ROW)),
    "a row of many values": lambda: rows(
        "d.jsonl", '{"id": "a", "input": [' + "{}," * (limits.ROW_VALUES.most - 100) + "{}]}\n"
    ),
    "a row of too many values": lambda: rows(
        "d.jsonl", '{"id": "a", "input": [' + "{}," * (ROW // 3 - 100) + "{}]}\n"
    ),
    "a row of too many values, CSV": lambda: rows(
        "d.csv", 'id,input\na,"[' + "{}," * (ROW // 3 - 100) + '{}]"\n'
    ),
    "nested rows": lambda: rows("d.jsonl", ("[" * 900 + "]" * 900 + "\n") * 1_000),
    "digits in rows": lambda: rows("d.jsonl", ('{"input": ' + "9" * 4_000 + "}\n") * 200),
    "a row at its limit, CSV": lambda: rows("d.csv", "id,input\na," + "x" * (ROW - 100) + "\n"),
    "a row past its limit, CSV": lambda: rows("d.csv", 'id,input\na,"' + "x\n" * ROW),
    "quotes in CSV": lambda: rows("d.csv", 'id,input\na,"' + '""' * (ROW // 2 - 100) + '"\n'),
    "columns past their limit": lambda: rows(
        "d.csv", ",".join(f"c{n}" for n in range(30_000)) + "\n"
    ),
    "columns at their limit": lambda: rows(
        "d.csv",
        "id,"
        + ",".join(f"c{n}" for n in range(limits.COLUMNS.most - 1))
        + "\n"
        + ("a" + ",1" * (limits.COLUMNS.most - 1) + "\n") * 20,
    ),
    "a JMESPath that doubles": lambda: mapped("[@,@] | " * 26 + "@", {"id": "a"}),
    "a JMESPath at its limit": lambda: mapped("[@,@] | " * 9 + "@", {"a": "x" * 10_000}),
    "a long JMESPath": lambda: mapped("a" + ".a" * 999, {"a": 1}),
    "a nested JMESPath": lambda: mapped("[" * 900 + "a" + "]" * 900, {"a": 1}),
    "a JMESPath of lists in lists": lambda: mapped(
        "a[?contains(@, 'a')]" * 50, {"a": [["a"] * 100] * 1_000}
    ),
    "a schema that branches": lambda: checked(branching(25), 1),
    "a schema that branches, at its limit": lambda: checked(branching(12), 1),
    "a recursive schema": lambda: checked(recursive(OBJECTS), nested(60)),
    "uniqueItems": lambda: checked(
        {"type": "array", "uniqueItems": True}, [{"a": [n, "b"]} for n in range(20_000)]
    ),
    "enum and items": lambda: checked(
        {"type": "array", "items": {"enum": [{"a": [n]} for n in range(3_000)]}},
        [{"a": [5_000]}] * 10_000,
    ),
    "a pattern that backtracks": lambda: checked(
        {"type": "string", "pattern": "^(a+)+$"}, "a" * 5_000 + "b"
    ),
    "a pattern with a look-around": lambda: checked(
        {"type": "string", "pattern": "^(?=(a+)+$)"}, "a" * 5_000 + "b"
    ),
    "a pattern with a backward reference": lambda: checked(
        {"type": "string", "pattern": r"^(a+)+\1$"}, "a" * 5_000 + "b"
    ),
    "a pattern of counts": lambda: checked(
        {"type": "string", "pattern": "((a{0,100}){0,100}){0,100}"}, "a" * 5_000 + "b"
    ),
    "a glob of many '**'": lambda: {
        "datasets/d.yaml": "items_from: ['**/*/**/*/**/*.jsonl']\n",
        **{f"datasets/{'a/' * n}a.jsonl": "" for n in range(60)},
    },
    "a glob of two '**'": lambda: {
        "datasets/d.yaml": "items_from: ['**/*/**/*.jsonl']\n",
        **{f"datasets/{'a/' * n}a.jsonl": "" for n in range(60)},
    },
    "a wide field": lambda: {
        "langsync.yaml": "version: 1\ncommit_message: '{subject:>1000000000}'\n"
    },
    "a wide field at its limit": lambda: {
        "langsync.yaml": "version: 1\ncommit_message: '" + "{subject:>999}" * 5_000 + "'\n"
    },
    "overrides of 200 environments": lambda: overriding(200),
}
"""The files of each case, in a repository whose other files are `ORDINARY`."""

COMMANDS = (["validate"],)


def write(folder: Path, files: Files) -> None:
    """Write a repository."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def commands() -> None:
    """Run the commands in the working folder."""
    for words in COMMANDS:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            run(words)


def measure_here(case: Path) -> None:
    """Run the commands in a folder, and print the seconds that they took and the peak memory."""
    commands()  # in the working folder, which holds an ordinary repository
    os.chdir(case)
    resource.setrlimit(resource.RLIMIT_CPU, (HANG, HANG))
    begun = time.process_time()
    commands()
    taken = time.process_time() - begun
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    print(taken, int(peak.split()[1]) / 1024)


def measure(files: Files) -> tuple[float, float]:
    """CPU seconds and peak MiB of a case, in a process of its own; infinite where it was ended."""
    with tempfile.TemporaryDirectory() as name:
        ordinary, case = Path(name, "ordinary"), Path(name, "case")
        write(ordinary, ORDINARY)
        write(case, {"langsync.yaml": "version: 1\n", **files})
        words = [sys.executable, "-m", "tests.benchmarks.limits", "--here", str(case)]
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path]).strip(os.pathsep)}
        ended = subprocess.run(
            words, cwd=ordinary, env=variables, capture_output=True, text=True, check=False
        )
    if ended.returncode:
        print(ended.stderr[-2_000:], file=sys.stderr)
        return float("inf"), float("inf")
    seconds, memory = map(float, ended.stdout.split())
    return seconds, memory


def main() -> int:
    """Measure, write the table, and say whether the bounds hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--case", action="append", help="only cases whose names have this in them")
    given = parser.parse_args()
    if given.here:
        measure_here(given.here)
        return 0
    print("| case | CPU seconds | peak MiB |\n|---|---:|---:|")
    broken = []
    for name, files in CASES.items():
        if given.case and not any(part in name for part in given.case):
            continue
        seconds, memory = measure(files())
        print(f"| {name} | {seconds:.2f} | {memory:.0f} |", flush=True)
        if seconds > SECONDS or memory > MEMORY:
            broken.append(name)
    if broken:
        print(f"\nPast {SECONDS} s or {MEMORY} MiB: {'; '.join(broken)}.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
