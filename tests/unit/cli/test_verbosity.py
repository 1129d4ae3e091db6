"""``--quiet`` and ``--verbose``: what is said beside results."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from langsync.local import Fault
from tests.conftest import Cli, RecordingServer, write

FILES = {
    "langsync.yaml": "version: 1\n",
    "prompts/a.yaml": "prompt: Hello {name}\n",
    "datasets/d.yaml": "items: [{id: i, input: 1}]\n",
}
REQUEST = re.compile(r"^(GET|POST|PATCH) (/api/public/\S+) (\d{3}) (\d+) ms$", re.MULTILINE)


@pytest.mark.parametrize("words", [("validate", "--quiet"), ("-q", "validate")])
def test_quiet_says_the_result_alone(cli: Cli, repo: Path, words: tuple[str, ...]) -> None:
    """Before the command or behind it; no warnings, no notices."""
    write(repo, FILES)
    assert cli("validate").err
    ended = cli(*words)
    assert (ended.out, ended.err) == ("Valid: 1 dataset, 1 dataset item, 1 prompt.\n", "")
    assert cli("validate").err  # the next one is as loud as ever


def test_quiet_says_warnings_that_count_as_errors(cli: Cli, repo: Path) -> None:
    """Nothing fails without a word."""
    write(repo, FILES)
    ended = cli("validate", "--strict", "--quiet")
    assert ended.code == 1
    assert "[LS103]" in ended.err


def test_quiet_says_errors(cli: Cli, repo: Path) -> None:
    """They are no notices."""
    write(repo, {**FILES, "prompts/b.yaml": "promt: x\n"})
    assert "unknown key 'promt'" in cli("validate", "-q").err


def test_a_quiet_apply_shows_no_plan(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """Where nobody is asked; a refused one says why."""
    write(repo, FILES)
    ended = cli("apply", "--yes", "--quiet")
    assert (ended.out, ended.err) == ("3 applied.\n", "")
    write(repo, {"langsync.yaml": "version: 1\nproject: other\n"})
    assert cli("apply", "--yes", "--quiet").err.startswith("refused: ")


@pytest.mark.parametrize(
    "words",
    [
        ("plan",),
        ("apply", "--yes"),
        ("drift",),
        ("show", "a"),
        ("diff", "a", "production", "file"),
        ("doctor",),
    ],
)
def test_verbose_says_every_request(
    cli: Cli, repo: Path, langfuse: RecordingServer, words: tuple[str, ...]
) -> None:
    """With its status and time, on stderr; no key and no body."""
    write(repo, FILES)
    if words[0] in ("show", "diff"):
        cli("apply", "--yes")
    langfuse.received.clear()
    ended = cli(*words, "--verbose", "--no-cache") if words[0] != "doctor" else cli(*words, "-v")
    said = [(method, path) for method, path, _, _ in REQUEST.findall(ended.err)]
    sent = [(one.method, f"/api/public{one.path}") for one in langfuse.received]
    assert said
    assert sorted(said) == sorted(sent)
    key = langfuse.projects[0].secret_key
    assert key not in ended.out + ended.err
    assert "Basic" not in ended.err
    plain = cli(*words)
    assert not REQUEST.search(plain.err)


def test_verbose_says_what_was_refused(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """Each attempt by itself."""
    write(repo, FILES)
    langfuse.faults.add(Fault("GET", "/v2/prompts", status=503, times=1))
    ended = cli("plan", "-v")
    assert ended.code == 0
    statuses = [status for _, _, status, _ in REQUEST.findall(ended.err)]
    assert statuses.count("503") == 1


def test_verbose_says_what_got_no_answer(cli: Cli, repo: Path, langfuse: RecordingServer) -> None:
    """Why it takes so long, while it is tried again."""
    write(repo, FILES)
    ended = cli("plan", "-v", "--host", "http://127.0.0.1:1", "--timeout", "1")
    assert ended.code == 1
    first = ended.err.splitlines()[0]
    assert re.fullmatch(r"GET /api/public/projects no answer, \d+ ms", first)
