"""What a change does to the applications that call a prompt, in words, in every output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from langsync.kinds.prompt.contract import breaking_changes, broken_names
from langsync.kinds.prompt.spec import PromptVariant
from langsync.model import Json
from tests.conftest import Cli, RecordingServer
from tests.unit.repository import write


def new(name: str) -> str:
    return f"variable {{{{{name}}}}} is new: applications have to pass it"


def gone(name: str) -> str:
    return f"variable {{{{{name}}}}} is gone: what applications pass for it has no effect"


def renamed(old: str, name: str) -> str:
    words = f"applications that pass {old} have to follow"
    return f"variable {{{{{old}}}}} is now {{{{{name}}}}}: {words}"


def spaced(form: str) -> str:
    return f"{{{{{form}}}}} has spaces: the SDKs fill it in, Langfuse's UI does not see it"


@pytest.mark.parametrize(
    ("before", "after", "warnings"),
    [
        ("{{a}}", "{{a}} and {{a}}", []),
        ("{{a}} {{b}}", "{{b}} {{a}}", []),
        ("x", "{{a}}", [new("a")]),
        ("{{a}}", "x", [gone("a")]),
        ("{{a}}", "{{b}}", [renamed("a", "b")]),
        ("{{a}} {{c}}", "{{c}} {{b}}", [renamed("a", "b")]),
        ("{{a}} {{b}}", "{{c}}", [gone("a"), gone("b"), new("c")]),
        ("{{a}}", "{{b}} {{c}}", [gone("a"), new("b"), new("c")]),
        ("{{a}} {{b}}", "{{c}} {{d}}", [gone("a"), gone("b"), new("c"), new("d")]),
        ("{{a}}", "{{ a }}", [spaced(" a ")]),
        ("{{ a }}", "{{ a }} x", []),
        ("{{ a }}", "{{a}}", []),
        ("{{ a }}", "{{a }}", [spaced("a ")]),
        ("x", "{{ a }}", [new("a"), spaced(" a ")]),
        ("{{a}}", "{{ b }}", [renamed("a", "b"), spaced(" b ")]),
        ("{a} {{a", "{{a}}", [new("a")]),
        ("x", "{{user.name}} {{1}}", [new("user.name"), new("1")]),
        ("{{a}}", "{{A}}", [renamed("a", "A")]),
        ("{{a}}", "{{a}} {{ a }}", [spaced(" a ")]),
    ],
)
def test_variables_that_come_and_go(before: str, after: str, warnings: list[str]) -> None:
    """One gone and one come is a new name; a spaced one is told where it is new."""
    assert list(broken_names(before, after)) == warnings


def chat(*messages: str) -> list[dict[str, str]]:
    """Messages: ``role: content``, or ``<name>`` for a placeholder."""
    return [
        {"type": "placeholder", "name": one[1:-1]}
        if one.startswith("<")
        else dict(zip(("role", "content"), one.split(": "), strict=True))
        for one in messages
    ]


PLACEHOLDER_GONE = "placeholder h is gone: what applications pass for it has no effect"
PLACEHOLDER_NEW = "placeholder h is new: applications have to pass it"


@pytest.mark.parametrize(
    ("before", "after", "warnings"),
    [
        (chat("<h>"), chat("<h>"), []),
        (chat("user: x"), chat("user: x", "<h>"), [PLACEHOLDER_NEW]),
        (chat("<h>", "user: x"), chat("user: x"), [PLACEHOLDER_GONE]),
        (
            chat("<h>"),
            chat("<history>"),
            ["placeholder h is now history: applications that pass h have to follow"],
        ),
        (chat("<h>", "user: x"), chat("user: x", "<h>"), []),
        (chat("user: {{h}}"), chat("<h>"), [gone("h"), PLACEHOLDER_NEW]),
        (
            chat("system: x", "user: y"),
            chat("user: y", "system: x"),
            ["the roles are user, system; they were system, user"],
        ),
        (
            chat("user: x"),
            chat("user: x", "assistant: y"),
            ["the roles are user, assistant; they were user"],
        ),
        (chat("user: x"), chat("user: y"), []),
        (
            chat("user: {{a}}"),
            chat("user: x", "user: {{a}}"),
            ["the roles are user, user; they were user"],
        ),
        (chat(), chat("user: x"), []),
        ("x", chat("user: x"), []),
    ],
)
def test_placeholders_and_roles(before: Json, after: Json, warnings: list[str]) -> None:
    """Placeholders by name, roles by their order; where one side has none there is no order."""
    sides = (PromptVariant(prompt, {}) for prompt in (before, after))
    assert list(breaking_changes(*sides)) == warnings


@pytest.mark.parametrize(
    ("before", "after", "warnings"),
    [
        ({"model": "m"}, {"model": "m", "temperature": 1}, []),
        ({"model": "m"}, {"model": "n"}, ["the model is n; it was m"]),
        ({"model": "m"}, {}, ["the model is not named; it was m"]),
        ({}, {"model": "n"}, ["the model is n; it was not named"]),
        ([1], {"model": 5}, []),
        (None, "model", []),
    ],
)
def test_the_model_in_the_config(before: Json, after: Json, warnings: list[str]) -> None:
    """Where it is a text; a config can be anything."""
    sides = (PromptVariant("x", config) for config in (before, after))
    assert list(breaking_changes(*sides)) == warnings


OLD = "config: {model: m}\nprompt: [{system: 'For {{company}}'}, {user: '{{question}}'}]\n"
NEW = "config: {model: n}\nprompt: [{user: '{{ query }}'}, {placeholder: history}]\n"
WARNINGS = [
    gone("company"),
    gone("question"),
    new("query"),
    PLACEHOLDER_NEW.replace("placeholder h", "placeholder history"),
    spaced(" query "),
    "the roles are user; they were system, user",
    "the model is n; it was m",
]


@pytest.fixture
def edited(repo: Path, cli: Cli, langfuse: RecordingServer) -> Cli:
    """A deployed prompt, and an edit that breaks every promise."""
    assert langfuse.writes == []
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": OLD})
    assert cli("apply", "--yes").code == 0
    write(repo, {"prompts/p.yaml": NEW})
    return cli


def test_a_plan_as_json_holds_every_warning(edited: Cli) -> None:
    """With the change that it is about."""
    (change,) = json.loads(edited("plan", "--format", "json").out)["changes"]
    assert change["warnings"] == WARNINGS


def test_a_plan_as_text_shows_every_warning(edited: Cli) -> None:
    """Below the change, a line each."""
    lines = edited("plan").out.splitlines()
    assert [one.strip() for one in lines if "Warning: " in one and one.startswith("    ")] == [
        f"Warning: {warning}" for warning in WARNINGS
    ]


def test_a_plan_as_markdown_shows_every_warning(edited: Cli) -> None:
    """In the alert above the table, with the address."""
    out = edited("plan", "--format", "markdown").out
    found = [one for one in out.splitlines() if one.startswith("> - prompt/p: ")]
    plain = [one.replace("\\", "") for one in found]
    assert plain == [f"> - prompt/p: {warning}" for warning in WARNINGS]


@pytest.mark.parametrize("format", ["text", "json", "markdown"])
def test_an_apply_tells_them_before_it_asks(edited: Cli, format: str) -> None:  # noqa: A002
    """Whoever answers has seen them; without a terminal nothing is sent."""
    ended = edited("apply", "--format", format)
    assert ended.code == 1
    assert "the model is n; it was m" in ended.out + ended.err


def test_a_snippet_breaks_the_promises_of_who_refers_to_it(
    repo: Path, cli: Cli, langfuse: RecordingServer
) -> None:
    """The variables of the resolved text count, in every output."""
    tag = "@@@langfusePrompt:name=snippet|label=production@@@"
    files = {"langsync.yaml": "version: 1\n", "prompts/top.yaml": f"prompt: 'See {tag}'\n"}
    write(repo, {**files, "prompts/snippet.yaml": "prompt: 'Hi {{name}}'\n"})
    assert cli("apply", "--yes").code == 0
    assert len(langfuse.writes) == 2
    write(repo, {"prompts/snippet.yaml": "prompt: 'Hi {{user}}'\n"})
    words = renamed("name", "user")
    plan = json.loads(cli("plan", "--format", "json").out)
    assert [one["warnings"] for one in plan["impacts"]] == [[words]]
    assert cli("plan").out.count(f"Warning: {words}") == 2
    markdown = cli("plan", "--format", "markdown").out.replace("\\", "")
    assert f"> - prompt/top: {words}" in markdown
    assert f"> - prompt/snippet: {words}" in markdown
