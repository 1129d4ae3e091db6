"""show: the versions of a prompt in Langfuse, or one of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.model import Json
from tests.conftest import Cli, Ended, RecordingServer, Servers, client_of, connect, write

LIST = "/v2/prompts?name=support%2Fgreeting&limit=100"
ONE = "/v2/prompts/support%2Fgreeting"
STAMP = "[langsync 0123456789ab]"
CHAT = [
    {"role": "system", "content": "You help.\n@@@langfusePrompt:name=tone|label=production@@@"},
    {"type": "placeholder", "name": "history"},
    {"role": "user", "content": "{{question}}"},
]


def create(raw: httpx.Client, name: str, prompt: Json = "x", **more: Any) -> None:
    """Make a version as anybody else does."""
    kind = "text" if isinstance(prompt, str) else "chat"
    body = {"name": name, "prompt": prompt, "type": kind, **more}
    raw.post("/v2/prompts", json=body).raise_for_status()


def move(raw: httpx.Client, version: int, *labels: str) -> None:
    """Put labels on a version."""
    where = f"{ONE}/versions/{version}"
    raw.patch(where, json={"newLabels": list(labels)}).raise_for_status()


@pytest.fixture
def prompt(raw: httpx.Client, langfuse: RecordingServer, repo: Path) -> RecordingServer:
    """A prompt of three versions, of which one was made by langsync, and no langsync.yaml."""
    create(raw, "tone", "Be kind.", labels=["production"])
    create(raw, "support/greeting", [CHAT[0]], labels=["production"], commitMessage="By hand")
    deployed = ["staging", "langsync.staging"]
    message = f"Ask the question {STAMP}"
    create(raw, "support/greeting", CHAT, labels=deployed, commitMessage=message)
    config = {"model": "gpt-4o"}
    create(raw, "support/greeting", CHAT, config=config, tags=["support", "tone"])
    langfuse.received.clear()
    return langfuse


def many(raw: httpx.Client, langfuse: RecordingServer, count: int) -> None:
    """Make a prompt of many versions, the first one deployed."""
    for number in range(1, count + 1):
        create(raw, "support/greeting", f"{number}", labels=["production"] if number == 1 else [])
    langfuse.received.clear()


def asked(langfuse: RecordingServer) -> list[str]:
    """What was asked since this was called last, all of it reading."""
    assert langfuse.writes == []
    found = [one.path for one in langfuse.received]
    langfuse.received.clear()
    return found


def rows(ended: Ended) -> list[list[str]]:
    """The table of a text, its cells told by two spaces, without the times."""
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.split("\n\n")[1].splitlines()
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]


def numbers(ended: Ended) -> list[str]:
    """The versions of the table."""
    return [row[0] for row in rows(ended)[1:]]


@pytest.mark.parametrize("name", ["support/greeting", "prompt/support/greeting"])
def test_versions_are_listed_newest_first(cli: Cli, prompt: RecordingServer, name: str) -> None:
    """With labels but no markers, who, commit and message; a name or an address will do."""
    ended = cli("show", name)
    assert ended.out.splitlines()[:2] == [
        "support/greeting  chat, 3 versions, tags support, tone",
        f"local at {prompt.url}",
    ]
    assert [row[:2] + row[3:] for row in rows(ended)] == [
        ["version", "labels", "who", "commit", "message"],
        ["v3", "latest", "API"],
        ["v2", "staging", "API", "0123456789ab", "Ask the question"],
        ["v1", "production", "API", "By hand"],
    ]


def test_each_version_is_read_once(cli: Cli, prompt: RecordingServer) -> None:
    """One request for the project, one for the list, one a version; then the first two alone."""
    first = cli("show", "support/greeting")
    project, listed, *versions = asked(prompt)
    assert [project, listed] == ["/projects", LIST]
    assert sorted(versions) == [f"{ONE}?version={number}&resolve=false" for number in (1, 2, 3)]
    second = cli("show", "support/greeting")
    assert asked(prompt) == ["/projects", LIST]
    assert first == second


def test_without_the_cache_each_version_is_read_again(cli: Cli, prompt: RecordingServer) -> None:
    """Five requests each time."""
    for _ in range(2):
        assert cli("show", "support/greeting", "--no-cache").code == 0
        assert len(asked(prompt)) == 5


def test_a_moved_label_costs_one_request_a_label(
    cli: Cli, raw: httpx.Client, prompt: RecordingServer
) -> None:
    """What they return tells that the remembered versions still hold."""
    cli("show", "support/greeting")
    move(raw, 1, "staging")
    prompt.received.clear()
    data = json.loads(cli("show", "support/greeting", "--format", "json").out)
    labels = {one["version"]: one["labels"] for one in data["versions"]}
    assert labels == {3: ["latest"], 2: [], 1: ["production", "staging"]}
    assert asked(prompt)[2:] == [
        f"{ONE}?label=latest&resolve=false",
        f"{ONE}?label=production&resolve=false",
    ]


def test_a_new_version_costs_no_reading_of_the_others(
    cli: Cli, raw: httpx.Client, langfuse: RecordingServer, repo: Path
) -> None:
    """One request for it, one for another label, one that tells whether the rest still holds."""
    many(raw, langfuse, 10)
    cli("show", "support/greeting")
    create(raw, "support/greeting", "new")
    langfuse.received.clear()
    assert numbers(cli("show", "support/greeting"))[0] == "v11"
    assert asked(langfuse)[2:] == [
        f"{ONE}?label=latest&resolve=false",
        f"{ONE}?label=production&resolve=false",
        f"{ONE}?version=10&resolve=false",
    ]


def test_what_was_deleted_and_made_anew_is_not_remembered(
    cli: Cli, raw: httpx.Client, prompt: RecordingServer
) -> None:
    """Numbers begin again at 1, with other contents."""
    cli("show", "support/greeting")
    raw.delete(ONE).raise_for_status()
    for message in ("one", "two", "three"):
        create(raw, "support/greeting", "new", commitMessage=message)
    shown = rows(cli("show", "support/greeting"))
    assert [row[-1] for row in shown] == ["message", "three", "two", "one"]


def test_the_newest_and_those_with_a_label_are_listed(
    cli: Cli, raw: httpx.Client, langfuse: RecordingServer, repo: Path
) -> None:
    """Twenty and what is deployed; how many are left out is told; --all leaves none out."""
    many(raw, langfuse, 23)
    ended = cli("show", "support/greeting")
    assert numbers(ended) == [*(f"v{number}" for number in range(23, 3, -1)), "v1"]
    assert len(asked(langfuse)) == 2 + 21
    assert ended.out.endswith("\n\n2 older versions are left out: --all shows them.\n")
    ended = cli("show", "support/greeting", "--all")
    assert numbers(ended) == [f"v{number}" for number in range(23, 0, -1)]
    assert len(asked(langfuse)) == 2 + 2
    assert "left out" not in ended.out


@pytest.mark.parametrize("words", [["--version", "2"], ["--version", "v2"], ["--label", "staging"]])
def test_one_version_is_one_request(cli: Cli, prompt: RecordingServer, words: list[str]) -> None:
    """Its messages by role, then its config, as they are stored."""
    ended = cli("show", "support/greeting", *words)
    head, *parts = ended.out.split("\n\n")
    assert head.splitlines()[0] == "support/greeting v2  staging"
    assert head.splitlines()[1].endswith(": Ask the question (checkout 0123456789ab)")
    assert parts == [
        "[system]\nYou help.\n@@@langfusePrompt:name=tone|label=production@@@",
        "[placeholder history]",
        "[user]\n{{question}}\n",
    ]
    assert len(asked(prompt)) == 2


def test_a_version_has_its_config(cli: Cli, prompt: RecordingServer) -> None:
    """As JSON, a key on a line."""
    out = cli("show", "support/greeting", "--version", "3").out
    assert out.endswith('\n\n[config]\n{\n  "model": "gpt-4o"\n}\n')


def test_a_text_is_shown_as_it_is(cli: Cli, prompt: RecordingServer) -> None:
    """Below who made it."""
    assert cli("show", "tone", "--label", "production").out.endswith("\n\nBe kind.\n")


def test_references_can_be_replaced(cli: Cli, prompt: RecordingServer) -> None:
    """By the server, as for applications: still one request."""
    ended = cli("show", "support/greeting", "--label", "latest", "--resolved")
    assert "[system]\nYou help.\nBe kind.\n" in ended.out
    assert asked(prompt) == ["/projects", f"{ONE}?label=latest"]


def test_a_server_that_always_replaces_references_is_told_of(
    cli: Cli, servers: Servers, process: pytest.MonkeyPatch, repo: Path
) -> None:
    """A notice on stderr, unless it was asked for."""
    server = servers.get(knows_resolve=False)
    connect(server, process)
    with client_of(server) as raw:
        create(raw, "tone", "Be kind.", labels=["production"])
        create(raw, "support/greeting", CHAT)
    words = ["show", "support/greeting", "--version", "1"]
    assert cli(*words).err == "this server always replaces references: so does what is shown\n"
    assert cli(*words, "--resolved").err == ""


def test_the_list_as_json(cli: Cli, prompt: RecordingServer) -> None:
    """A row for each version, without its text."""
    data = json.loads(cli("show", "support/greeting", "--format", "json").out)
    assert (data["name"], data["type"], data["count"]) == ("support/greeting", "chat", 3)
    assert data["project"] == {"id": "proj-local", "name": "local", "host": prompt.url}
    assert [one.pop("version") for one in data["versions"]] == [3, 2, 1]
    second = data["versions"][1]
    assert second.pop("id")
    assert second.pop("created_at").endswith("Z")
    assert second == {
        "labels": ["staging"],
        "created_by": "API",
        "commit_message": "Ask the question",
        "commit": "0123456789ab",
        "dirty": False,
    }


def test_a_version_as_json_is_whole(cli: Cli, prompt: RecordingServer) -> None:
    """Text, config, labels and tags among it."""
    words = ["show", "support/greeting", "--label", "latest", "--format", "json"]
    data = json.loads(cli(*words).out)
    assert (data["version"], data["labels"], data["tags"]) == (3, ["latest"], ["support", "tone"])
    assert (data["prompt"], data["config"]) == (CHAT, {"model": "gpt-4o"})


def test_the_list_as_markdown(cli: Cli, prompt: RecordingServer) -> None:
    """A heading and a table."""
    lines = cli("show", "support/greeting", "--format", "markdown").out.splitlines()
    assert lines[0] == "### support/greeting: chat, 3 versions, tags support, tone"
    assert lines[4] == "| version | labels | when | who | commit | message |"
    assert lines[6].startswith("| v3 | latest | ")


def test_a_version_as_markdown(cli: Cli, raw: httpx.Client, prompt: RecordingServer) -> None:
    """Texts are fenced, whatever they hold."""
    create(raw, "code", "Answer so:\n```\nx\n```", config={"a": 1})
    out = cli("show", "code", "--label", "latest", "--format", "markdown").out
    assert out.startswith("### code v1 (latest)\n\n- by API on ")
    assert "\n\n````\nAnswer so:\n```\nx\n```\n````\n\n**config**\n\n```json\n" in out
    chat = cli("show", "support/greeting", "--version", "2", "--format", "markdown").out
    assert "\n**system**\n\n```\nYou help.\n" in chat
    assert "\n**placeholder history**\n\n**user**\n\n```\n{{question}}\n```\n" in chat


@pytest.mark.parametrize("name", ["text", "markdown"])
def test_a_text_moves_no_cursor(cli: Cli, raw: httpx.Client, repo: Path, name: str) -> None:
    """Neither a prompt's nor a commit message's; JSON has them as they are."""
    create(raw, "a", "\x1b[2J", commitMessage="\x1b[1A\nb")
    for words in (["show", "a"], ["show", "a", "--version", "1"]):
        ended = cli(*words, "--format", name)
        assert (ended.code, ended.err) == (0, "")
        assert "\x1b" not in ended.out
    data = json.loads(cli("show", "a", "--version", "1", "--format", "json").out)
    assert (data["prompt"], data["commit_message"]) == ("\x1b[2J", "\x1b[1A\nb")


@pytest.mark.parametrize(
    ("words", "says", "requests"),
    [
        (["support/greting"], "no prompt 'support/greting' in Langfuse: did you mean 'support", 3),
        (["zzz"], "no prompt 'zzz' in Langfuse: there are support/greeting, tone", 3),
        (["zzz", "--version", "1"], "no prompt 'zzz' in Langfuse: there are support/greet", 4),
        (["tone", "--version", "7"], "prompt 'tone' has no version 7: it has 1", 3),
        (
            ["support/greeting", "--label", "prod"],
            "prompt 'support/greeting' has no label 'prod': its labels are latest, production, st",
            3,
        ),
        (["dataset/x"], "dataset/x is no prompt (a prompt of this name is prompt/dataset/x)", 0),
        ([""], "prompt name is empty", 0),
        (["tone", "--version", "one"], "--version 'one' is no number of a version", 0),
        (["tone", "--label", ""], "--label is empty", 0),
        (["tone", "--label", "a", "--version", "1"], "--version and --label both say which", 0),
        (["tone", "--resolved"], "--resolved needs a version: give --version or --label", 0),
        (["tone", "--all", "--version", "1"], "--all lists versions", 0),
        (["tone", "--env", "staging"], "no langsync.yaml in ", 0),
    ],
)
def test_what_cannot_be_shown_is_told(
    cli: Cli, prompt: RecordingServer, words: list[str], says: str, requests: int
) -> None:
    """With what there is instead, exit code 1 and an empty stdout."""
    ended = cli("show", *words)
    assert (ended.code, ended.out) == (1, "")
    assert says in ended.err
    assert len(asked(prompt)) == requests


def test_deleted_versions_are_not_offered(
    cli: Cli, raw: httpx.Client, prompt: RecordingServer
) -> None:
    """The numbers that there are are told as ranges."""
    create(raw, "support/greeting", CHAT)
    raw.delete(ONE, params={"version": 3}).raise_for_status()
    ended = cli("show", "support/greeting", "--version", "3")
    assert ended.err.endswith("has no version 3: it has 1 to 2, 4\n")


def test_an_empty_project_is_told(cli: Cli, langfuse: RecordingServer, repo: Path) -> None:
    """There is nothing to choose from."""
    assert "no prompt 'a' in Langfuse: the project has no prompts" in cli("show", "a").err


def test_the_environment_says_where_to_look(
    cli: Cli, prompt: RecordingServer, repo: Path, process: pytest.MonkeyPatch
) -> None:
    """Host and project of langsync.yaml count; keys of another project are refused."""
    process.delenv("LANGFUSE_BASE_URL")
    text = "version: 1\nproject: {}\nenvironments: {{live: {{host: '{}'}}}}\n"
    write(repo, {"langsync.yaml": text.format("local", prompt.url)})
    assert cli("show", "tone", "--env", "live").code == 0
    assert "there is no environment 'prod'" in cli("show", "tone", "--env", "prod").err
    write(repo, {"langsync.yaml": text.format("other", prompt.url)})
    ended = cli("show", "tone")
    assert (ended.code, ended.out) == (3, "")
    assert "refused: these keys belong to project 'local'" in ended.err


def test_it_reads_while_files_are_wrong(cli: Cli, prompt: RecordingServer, repo: Path) -> None:
    """What the files declare has nothing to do with it."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/a.yaml": "promt: x\n"})
    assert cli("show", "tone").code == 0
