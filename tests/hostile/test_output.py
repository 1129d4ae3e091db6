"""Nothing that others write is a command of the workflow that runs langsync, in any output."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import httpx
import pytest

from langsync.cli.rows import RowFormat, show_rows
from langsync.client import Options, delivery
from langsync.local import Fault
from tests.conftest import Cli, Ended, RecordingServer, write
from tests.unit.git import repository

BREAKS = ("\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029")
COMMANDS = ("::error::forged", "  ::add-mask::production", "##[add-mask]production", "##vso[x]y")
TEXT = "".join(f"{start}{command}" for start in BREAKS for command in COMMANDS)
"""A text with every command after every line break."""

COMMAND = re.compile(r"##[a-zA-Z]*\[")
COLOR = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask as often as ever, without the pauses."""
    monkeypatch.setattr("langsync.engine.workspace.options", lambda *_: Options(backoff=0.001))
    monkeypatch.setattr(delivery, "LOOKUP_DELAYS", (0.0,) * len(delivery.LOOKUP_DELAYS))


def check(ended: Ended) -> None:
    """No line of what was printed is a command, whatever ends lines to the reader."""
    for line in (ended.out + "\n" + ended.err).splitlines():
        plain = COLOR.sub("", line)
        assert not plain.lstrip().startswith("::"), line
        assert not COMMAND.search(plain), line


SHOWN = [
    ("plan", "--full", "--resolved"),
    ("drift",),
    ("list", "--remote"),
    ("show", "a"),
    ("show", "a", "--version", "latest"),
    ("diff", "a", "production", "file"),
    ("validate",),
    ("pull", "--check"),
    ("apply", "--yes"),
]
"""Commands that show what is in files, in Langfuse and in Git."""


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_texts_and_names_are_no_commands(
    cli: Cli, repo: Path, langfuse: RecordingServer, raw: httpx.Client, form: str
) -> None:
    """Those of prompts, items, files, commits and versions, in every command and format."""
    git = repository(repo)
    quoted = json.dumps(TEXT)
    files = {
        "langsync.yaml": "version: 1\n",
        "prompts/a.yaml": f"prompt: {quoted}\nconfig: {{key: {quoted}}}\n",
        "prompts/::error::b.yaml": "prompt: x\n",
        "prompts/\n::error::c.yaml": "prompt: x\nname: c\n",
        "datasets/d.yaml": f"description: {quoted}\nitems: [{{id: i, input: {quoted}}}]\n",
    }
    git.commit(files, f"::error::subject{TEXT}")
    body = {
        "name": "a",
        "prompt": f"Old{TEXT}",
        "labels": ["production"],
        "commitMessage": TEXT[:200],
    }
    raw.post("/v2/prompts", json=body).raise_for_status()
    raw.post("/v2/prompts", json={"name": "::error::u", "prompt": TEXT}).raise_for_status()
    codes = set()
    for words in SHOWN:
        ended = cli(*words, "--format", form)
        check(ended)
        if form == "json" and ended.out:
            json.loads(ended.out)
        codes.add(ended.code)
    assert codes <= {0, 1, 2, 3}
    assert 0 in codes


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_what_a_server_says_is_no_command(
    cli: Cli, repo: Path, langfuse: RecordingServer, status: int, form: str
) -> None:
    """Its error, its words on a write, the name of its project."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/a.yaml": "prompt: x\n"})
    body = json.dumps({"message": f"no{TEXT}", "error": f"::error::x{TEXT}"})
    for method, path in (("POST", "prompts"), ("GET", "prompts"), ("GET", "projects")):
        langfuse.faults.clear()
        langfuse.faults.add(Fault(method, path, status=status, body=body, times=9))
        check(cli("apply", "--yes", "--format", form))
    langfuse.faults.clear()
    project = {"id": "p", "name": f"p{TEXT}", "organization": {"id": "o", "name": TEXT}}
    named = json.dumps({"data": [project | {"metadata": {}}]})
    langfuse.faults.add(Fault("GET", "projects", status=200, body=named, times=9))
    ended = cli("plan", "--format", form)
    check(ended)
    assert ended.code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--env", TEXT),
        ("plan", "--host", f"http://x{TEXT}"),
        ("plan", "--target", TEXT),
        ("plan", "--config", TEXT),
        ("apply", TEXT),
        ("show", TEXT),
        ("api", "GET", TEXT),
        (TEXT,),
    ],
)
def test_words_of_the_command_line_are_no_commands(
    cli: Cli, repo: Path, langfuse: RecordingServer, words: tuple[str, ...]
) -> None:
    """A workflow may take them from the name of a branch."""
    write(repo, {"langsync.yaml": "version: 1\nenvironments: {a: {}}\n"})
    ended = cli(*words)
    check(ended)
    assert ended.code in (1, 2)


STEERING = "\x1b]8;;http://evil.example\x07here\x1b]8;;\x07\x9b2J\x7f\u202edrowssap\u2066\u200f"
"""A link, a cleared screen and a turned direction, to terminals that heed them."""
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_nothing_steers_a_terminal(
    cli: Cli, repo: Path, langfuse: RecordingServer, raw: httpx.Client, form: str
) -> None:
    """JSON stays what it is; in the rest such characters are spelt out."""
    quoted = json.dumps(STEERING)
    files = {
        "langsync.yaml": f"version: 1\nenvironments: {{{quoted}: {{labels: [production]}}}}\n",
        "prompts/a.yaml": f"prompt: {quoted}\ntags: [{quoted}]\nconfig: {{{quoted}: {quoted}}}\n",
        "datasets/d.yaml": f"metadata: {{{quoted}: 1}}\nitems: [{{id: i, input: {quoted}}}]\n",
        "datasets/\u202eb\x9b.yaml": f"items: [{{id: i2, {quoted}: {quoted}}}]\n",
    }
    write(repo, files)
    raw.post("/v2/prompts", json={"name": "a", "prompt": STEERING, "labels": ["production"]})
    wrong = [cli("validate", "--format", form)]
    (repo / "datasets/\u202eb\x9b.yaml").unlink()
    right = [cli(*words, "--format", form) for words in (*SHOWN, ("environments",))]
    for ended in (*wrong, *right):
        assert not STEERS.search(COLOR.sub("", ended.out + ended.err)), ended
    if form == "json":
        assert json.loads(right[-1].out)["environments"][0]["name"] == STEERING


@pytest.mark.parametrize("terminal", [True, False])
def test_rows_steer_no_terminal(
    capsys: pytest.CaptureFixture[str], process: pytest.MonkeyPatch, *, terminal: bool
) -> None:
    """CSV has no escapes: in a file or a pipe it holds what the server says."""
    process.setattr(sys.stdout, "isatty", lambda: terminal)
    show_rows([{"comment": STEERING}], RowFormat.CSV, None, ())
    assert bool(STEERS.search(capsys.readouterr().out)) is not terminal
