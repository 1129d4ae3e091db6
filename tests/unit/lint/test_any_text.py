"""Whatever a text holds, it is looked at in time, and findings stand inside of the file."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langsync.config import Environment
from langsync.errors import Problem
from langsync.lint import lint
from langsync.load import load
from tests.conftest import Cli, write
from tests.unit.lint.findings import codes
from tests.unit.repository import config_of

PIECES = st.sampled_from(
    [
        "{",
        "{{",
        "}",
        "}}",
        "$",
        "name",
        " ",
        "\n",
        "```",
        "`",
        "\\x",
        "ß",
        "\u202e",
        "@@@",
        "#",
        "😀",
    ]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=25).map("".join)


def block(text: str) -> str:
    return "prompt: |2-\n" + "\n".join(f"  {line}" for line in text.split("\n")) + "\n"


def found(files: dict[str, str | bytes]) -> list[Problem]:
    with TemporaryDirectory() as folder:
        config = config_of(Path(folder).resolve(), files)
        loaded = load(config, Environment())
        findings = lint(config, loaded.warnings, loaded.texts, loaded.named)
        return [problem for problem, _ in findings]


@settings(max_examples=150)
@given(TEXTS)
def test_a_finding_stands_inside_of_the_file(text: str) -> None:
    """In a text in quotes, a block, and a file of its own; the same rules find the same."""
    forms: dict[str, dict[str, str | bytes]] = {
        "quoted": {"prompts/p.yaml": f"prompt: {json.dumps(text, ensure_ascii=False)}\n".encode()},
        "block": {"prompts/p.yaml": block(text).encode()},
        "file": {"prompts/p.yaml": "prompt: {file: p.md}\n", "prompts/p.md": f"{text}\n".encode()},
    }
    rules = []
    for form, files in forms.items():
        problems = found(files)
        rules.append(sorted(one.code for one in problems if one.code != "LS405"))
        content = files["prompts/p.md" if form == "file" else "prompts/p.yaml"]
        assert isinstance(content, bytes)
        lines = content.decode().split("\n")
        for one in problems:
            assert 1 <= one.line <= len(lines)
            assert 0 <= one.column <= len(lines[one.line - 1]) + 1
    assert rules[0] == rules[2]
    if text.strip() and not text.startswith((" ", "\n")) and not text.endswith((" ", "\n")):
        assert rules[0] == rules[1]


HUGE = {
    "open braces": "{{ab , " * 100_000,
    "one line": f"a{' ' * 200_000}b {{{{x }}}} " + "{name} " * 30_000,
    "fences": "```\n" * 100_000,
    "hidden": "a\u200bb" * 100_000,
    "spaces": "x \n" * 100_000,
    "dashes": "sk-sk-ant-" * 60_000,
}


@pytest.mark.parametrize("text", HUGE.values(), ids=list(HUGE))
def test_no_text_takes_forever(cli: Cli, repo: Path, text: str) -> None:
    """An expression that backtracks would take hours on them, past the time of any test."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": "prompt: {file: p.md}\n"})
    write(repo, {"prompts/p.md": text})
    assert all(isinstance(code, str) for code in codes(cli))
