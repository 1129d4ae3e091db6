"""render: a prompt as an application gets it, from the files alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Cli, RecordingServer
from tests.unit.repository import write

FILES = {
    "langsync.yaml": """
        version: 1
        default_environment: staging
        environments:
          staging: {labels: [staging], vars: {company: Acme}}
          production: {labels: [production, prod-a, prod-b], vars: {company: Acme Inc.}}
        """,
    "prompts/tone.yaml": "prompt: Be kind to {{who}}.\nlabels: [staging, production]\n",
    "prompts/support/greeting.yaml": """
        template: true
        prompt: |-
          @@@langfusePrompt:name=tone|label=${environment.label}@@@
          Welcome to ${vars.company}, {{ who }}!
        """,
    "prompts/chat.yaml": """
        prompt:
          - system: You help {{who}}.
          - placeholder: history
          - user: "{{question}}"
        """,
    "prompts/ab.yaml": """
        variants:
          - {prompt: Draft, labels: []}
          - {prompt: One, labels: [prod-a]}
          - {prompt: Two, labels: [prod-b, staging]}
        """,
}


@pytest.fixture
def files(repo: Path) -> Path:
    write(repo, FILES)
    return repo


@pytest.mark.parametrize("name", ["support/greeting", "prompt/support/greeting"])
def test_a_text_is_compiled(cli: Cli, files: Path, name: str) -> None:
    """References and values of the environment first, then variables."""
    ended = cli("render", name, "--var", "who=Ann")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "Be kind to Ann.\nWelcome to Acme, Ann!\n"
    ended = cli("render", name, "--var", "who=Ann", "--env", "production", "--format", "json")
    assert json.loads(ended.out) == "Be kind to Ann.\nWelcome to Acme Inc., Ann!"


def test_a_chat_is_compiled(cli: Cli, files: Path) -> None:
    """JSON is what the SDK returns; text is for people."""
    history = [{"role": "user", "content": "I am {{who}}"}, {"role": "tool", "tool_calls": [1]}]
    words = ["chat", "--var", "who=Ann", "--var", "question=Why? = why"]
    words += ["--placeholder", f"history={json.dumps(history)}"]
    ended = cli("render", *words, "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out) == [
        {"role": "system", "content": "You help Ann."},
        {"role": "user", "content": "I am Ann"},
        {"role": "tool", "tool_calls": [1], "content": ""},
        {"role": "user", "content": "Why? = why"},
    ]
    assert cli("render", *words).out.split("\n\n") == [
        "[system]\nYou help Ann.",
        "[user]\nI am Ann",
        "[tool]\ntool_calls: [1]",
        "[user]\nWhy? = why\n",
    ]


def test_what_is_not_given_stays_and_is_told(cli: Cli, files: Path) -> None:
    """As the SDK leaves it; notices go to stderr."""
    ended = cli("render", "chat", "--format", "json")
    assert ended.code == 0
    assert json.loads(ended.out) == [
        {"role": "system", "content": "You help {{who}}."},
        {"type": "placeholder", "name": "history"},
        {"role": "user", "content": "{{question}}"},
    ]
    assert ended.err.splitlines() == [
        "no value for 'who', 'question': such variables stay as they are (--var NAME=VALUE)",
        "no messages for 'history': such placeholders stay as they are (--placeholder NAME=JSON)",
    ]
    assert "[placeholder history]" in cli("render", "chat").out


def test_what_is_given_in_vain_is_told(cli: Cli, files: Path) -> None:
    """A misspelt name, a text for a placeholder."""
    ended = cli("render", "chat", *["--var", "wo=x", "--var", "history=x", "--var", "who=x"])
    assert ended.code == 0
    assert "the prompt has no 'wo'\n" in ended.err
    assert "'history' is a placeholder: it takes a list of messages" in ended.err
    assert "[NOT_GIVEN]\nx\n" in ended.out


def test_values_can_come_from_files(cli: Cli, files: Path) -> None:
    """One value, all values, messages; what the command line says wins."""
    write(
        files,
        {
            "who.txt": "Ann\nand Bob\n",
            "values.yaml": "{who: Eve, question: 5, history: [{role: user, content: Hi}], x: 1}\n",
            "values.json": '{\t"who": null}\n',
            "history.json": '[{"role": "user", "content": "Hello"}]',
        },
    )
    ended = cli("render", "tone", "--var", "who=@who.txt")
    assert (ended.out, ended.err) == ("Be kind to Ann\nand Bob.\n", "")
    ended = cli("render", "chat", "--vars", "values.yaml", "--format", "json")
    assert [one["content"] for one in json.loads(ended.out)] == ["You help Eve.", "Hi", "5"]
    assert ended.err == ""
    words = ["--vars", "values.yaml", "--var", "who=Ann", "--placeholder", "history=@history.json"]
    ended = cli("render", "chat", *words, "--format", "json")
    assert [one["content"] for one in json.loads(ended.out)] == ["You help Ann.", "Hello", "5"]
    assert cli("render", "tone", "--vars", "values.json").out == "Be kind to .\n"


@pytest.mark.parametrize(
    ("words", "out"),
    [
        ([], "Two\n"),
        (["--env", "production"], "One\n"),
        (["--env", "production", "--label", "prod-b"], "Two\n"),
        (["--label", "latest"], "Draft\n"),
    ],
)
def test_a_label_chooses_the_variant(cli: Cli, files: Path, words: list[str], out: str) -> None:
    """Else it is the first one that the environment deploys."""
    assert cli("render", "ab", *words).out == out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["supprt/greeting"], "a prompt 'supprt/greeting': did you mean 'support/greeting'?"),
        (["zzz"], "no file declares a prompt 'zzz'"),
        (["ab", "--label", "prod-a"], "no label 'prod-a' in this environment: its labels are"),
        (["tone", "--var", "who"], "--var 'who': write NAME=VALUE, or NAME=@FILE"),
        (["tone", "--var", "=x"], "--var '=x': write NAME=VALUE"),
        (["tone", "--var", "who=@none.txt"], "none.txt: error: there is no such file"),
        (["tone", "--vars", "none.yaml"], "none.yaml: error: there is no such file"),
        (["tone", "--vars", "prompts/list.txt"], "give a mapping of names to values"),
        (["chat", "--placeholder", "history=x"], "--placeholder history: this is not JSON"),
        (["chat", "--placeholder", 'history={"a": 1}'], "history: give a list of messages: [{"),
        (["chat", "--placeholder", "history=[1]"], "history: give a list of messages"),
        (
            ["chat", "--placeholder", 'history=[{"content": null}]'],
            "placeholder 'history': the content of message 0 must be a text",
        ),
        (["tone", "--env", "none"], "there is no environment 'none'"),
        (["tone", "--format", "markdown"], "markdown"),
    ],
)
def test_what_cannot_be_done_is_told(cli: Cli, files: Path, words: list[str], says: str) -> None:
    """With exit code 1 and an empty stdout."""
    write(files, {"prompts/list.txt": "[1]"})
    ended = cli("render", *words)
    assert (ended.code, ended.out) == (1, "")
    assert says in " ".join(ended.err.split())


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("name=none|label=staging", "none (label staging): it is declared in no file"),
        ("name=tone|version=2", "tone (version 2): only Langfuse knows the versions of a prompt"),
        ("name=tone|label=production", "tone (label production): the files deploy no such label"),
    ],
)
def test_a_reference_that_the_files_do_not_tell_is_an_error(
    cli: Cli, files: Path, tag: str, reason: str
) -> None:
    """It is named, with the reason."""
    write(files, {"prompts/a.yaml": f"prompt: 'a @@@langfusePrompt:{tag}@@@'\n"})
    ended = cli("render", "a")
    assert (ended.code, ended.out) == (1, "")
    assert f"error: reference to {reason}" in ended.err


def test_a_text_moves_no_cursor(cli: Cli, repo: Path) -> None:
    """Neither from a file nor from a value; JSON has it as it is."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/a.yaml": 'prompt: "\\e[2J{{x}}"\n'})
    assert cli("render", "a", "--var", "x=\x1b[1A").out == "\\u001b[2J\\u001b[1A\n"
    ended = cli("render", "a", "--var", "x=\x1b[1A", "--format", "json")
    assert json.loads(ended.out) == "\x1b[2J\x1b[1A"


def test_nothing_is_sent(cli: Cli, files: Path, langfuse: RecordingServer) -> None:
    """The files are enough."""
    assert cli("render", "support/greeting").code == 0
    assert langfuse.received == []
