"""diff: two contents of a prompt, from Langfuse, the files or a commit."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from langsync.model import Json
from tests.conftest import Cli, Ended, RecordingServer, Servers, client_of, connect
from tests.unit.git import Repository, repository
from tests.unit.repository import write

ONE = "/v2/prompts/support%2Fgreeting"
CHAT = [
    {"role": "system", "content": "You help.\nBe kind."},
    {"type": "placeholder", "name": "history"},
    {"role": "user", "content": "{{question}}"},
]
FILE = """
    tags: [support]
    config: {model: gpt-4o, temperature: 0.5}
    prompt:
      - system: |-
          You help.
          Be brief.
      - placeholder: history
      - user: "{{question}}"
    """
FILES = {
    "langsync.yaml": "version: 1\n",
    "prompts/support/greeting.yaml": FILE,
    "prompts/ab.yaml": """
        variants:
          - {prompt: One, labels: [prod-a]}
          - {prompt: Two, labels: [prod-b]}
        """,
}


def create(raw: httpx.Client, name: str, prompt: Json, **more: Json) -> None:
    """Make a version as anybody else does."""
    kind = "text" if isinstance(prompt, str) else "chat"
    body = {"name": name, "prompt": prompt, "type": kind, **more}
    raw.post("/v2/prompts", json=body).raise_for_status()


@pytest.fixture
def prompt(raw: httpx.Client, langfuse: RecordingServer, repo: Path) -> RecordingServer:
    """Prompts in Langfuse and in the files, which are in no Git repository."""
    config = {"model": "gpt-4o", "temperature": 0.2}
    message = "Ask the question [langsync 0123456789ab]"
    labels = ["production", "langsync.production"]
    create(raw, "support/greeting", CHAT[:2], config={"model": "gpt-4o"})
    create(raw, "support/greeting", CHAT, config=config, labels=labels, commitMessage=message)
    create(raw, "support/greeting", CHAT, config=config, tags=["support", "tone"])
    for text, label in (("One", "prod-a"), ("Three", "prod-b")):
        create(raw, "ab", text, labels=[label])
    write(repo, FILES)
    langfuse.received.clear()
    return langfuse


def asked(langfuse: RecordingServer) -> list[str]:
    """What was asked since this was called last, all of it reading."""
    assert langfuse.writes == []
    found = [one.path for one in langfuse.received]
    langfuse.received.clear()
    return found


def parts(ended: Ended) -> tuple[list[str], list[str]]:
    """The heading and what differs, each as lines."""
    assert (ended.code, ended.err) == (0, "")
    head, _, rest = ended.out.partition("\n\n")
    return head.splitlines(), rest.splitlines()


def test_a_label_is_compared_with_the_files(cli: Cli, prompt: RecordingServer) -> None:
    """Message by message, key by key; each side says where it comes from."""
    (name, where, old, new), body = parts(cli("diff", "support/greeting", "production"))
    assert (name, where) == ("support/greeting", f"local at {prompt.url}")
    assert old.startswith("--- v2  label production, by API on 20")
    assert old.endswith(": Ask the question (checkout 0123456789ab)")
    assert new == "+++ files  prompts/support/greeting.yaml, label production"
    assert body == [
        'tags: ["support","tone"] → ["support"]',
        "prompt[0] system:",
        "    You help.",
        "  - Be kind.",
        "  + Be brief.",
        "config.temperature: 0.2 → 0.5",
    ]
    assert asked(prompt) == ["/projects", f"{ONE}?label=production&resolve=false"]


def test_versions_are_compared(cli: Cli, prompt: RecordingServer) -> None:
    """By number or label, with a GET each; what is there on one side only is added or removed."""
    for words in (["1", "2"], ["v1", "production"], ["v1", "label:production"]):
        _, body = parts(cli("diff", "support/greeting", *words))
        assert body == ["prompt[2] user:", "  + {{question}}", "config.temperature: added 0.2"]
        assert len(asked(prompt)) == 3
    _, body = parts(cli("diff", "prompt/support/greeting", "2", "1"))
    assert body == ["prompt[2] user:", "  - {{question}}", "config.temperature: removed 0.2"]


def test_no_difference_is_told(cli: Cli, prompt: RecordingServer) -> None:
    """Also that two names mean one version; the same name twice is asked once."""
    assert parts(cli("diff", "support/greeting", "2", "3"))[1] == ["No difference."]
    asked(prompt)
    assert parts(cli("diff", "support/greeting", "2", "production"))[1] == [
        "No difference: both are v2."
    ]
    assert len(asked(prompt)) == 3
    cli("diff", "support/greeting", "2", "v2")
    assert len(asked(prompt)) == 2


@pytest.mark.parametrize(("other", "code"), [("1", 2), ("3", 0)])
def test_the_exit_code_can_tell(cli: Cli, prompt: RecordingServer, other: str, code: int) -> None:
    """2 with --detailed-exitcode if anything differs; 0 without it."""
    for name in ("text", "json", "markdown"):
        words = ["diff", "support/greeting", "2", other, "--format", name]
        assert cli(*words).code == 0
        assert cli(*words, "--detailed-exitcode").code == code


def test_tags_and_types_are_compared(cli: Cli, prompt: RecordingServer, repo: Path) -> None:
    """Tags in any order, and only where the files manage them; a chat and a text line by line."""
    chat = FILE.replace("[support]", "[tone, support]")
    write(repo, {"prompts/support/greeting.yaml": chat})
    assert parts(cli("diff", "support/greeting", "production"))[1][0] == "prompt[0] system:"
    write(repo, {"prompts/support/greeting.yaml": "prompt: You help.\nconfig: {model: gpt-4o}\n"})
    assert parts(cli("diff", "support/greeting", "1"))[1] == [
        "type: chat → text",
        "prompt:",
        "  - [system]",
        "    You help.",
        "  - Be kind.",
        "  -",
        "  - [placeholder history]",
    ]


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (["prod-b"], ["prompt:", "  - Three", "  + Two"]),
        (["prod-a"], ["No difference."]),
        (["2"], ["prompt:", "  - Three", "  + One"]),
        (["2", "--label", "prod-b"], ["prompt:", "  - Three", "  + Two"]),
        (["files", "prod-b"], ["prompt:", "  - Two", "  + Three"]),
    ],
)
def test_the_variant_of_the_other_side_is_compared(
    cli: Cli, prompt: RecordingServer, words: list[str], body: list[str]
) -> None:
    """Else the one that is named, else the first."""
    assert parts(cli("diff", "ab", *words))[1] == body


@pytest.fixture
def git(repo: Path, process: pytest.MonkeyPatch) -> Repository:
    """Two commits, and the work tree as the second."""
    made = repository(repo)
    made.commit(FILES | {"prompts/support/greeting.yaml": FILE.replace("brief", "short")}, "Begin")
    made.git("tag", "v1.0")
    made.commit(FILES, "Be brief")
    return made


def test_commits_are_compared_offline(cli: Cli, git: Repository) -> None:
    """With the work tree or each other; no host and no keys are needed."""
    head, body = parts(cli("diff", "support/greeting", "git:v1.0"))
    first = git.git("rev-parse", "v1.0")[:12]
    file = "prompts/support/greeting.yaml, label production"
    assert head == [
        "support/greeting",
        f"--- git:v1.0  {file}, by Ada on 2023-11-14 22:14: Begin (checkout {first})",
        f"+++ files  {file}",
    ]
    assert body == ["prompt[0] system:", "    You help.", "  - Be short.", "  + Be brief."]
    assert parts(cli("diff", "support/greeting", "git:HEAD"))[1] == ["No difference."]
    assert parts(cli("diff", "support/greeting", "git:HEAD~1", "git:main"))[1] == body
    data = json.loads(cli("diff", "support/greeting", "git:v1.0", "--format", "json").out)
    assert data["project"] is None
    assert (data["before"]["by"], data["before"]["message"]) == ("Ada", "Begin")


def test_a_commit_is_compared_with_langfuse(
    cli: Cli, prompt: RecordingServer, git: Repository, repo: Path
) -> None:
    """Even while the files of the work tree are wrong."""
    write(repo, {"prompts/b.yaml": "promt: x\n"})
    _, body = parts(cli("diff", "support/greeting", "git:v1.0", "production"))
    assert body[1:5] == ["prompt[0] system:", "    You help.", "  - Be short.", "  + Be kind."]
    assert asked(prompt)[1:] == [f"{ONE}?label=production&resolve=false"]
    ended = cli("diff", "support/greeting", "production")
    assert (ended.code, ended.out) == (1, "")
    assert "unknown key 'promt'" in ended.err
    assert asked(prompt) == []


def test_as_json_both_sides_are_whole(cli: Cli, prompt: RecordingServer) -> None:
    """With the differences as data."""
    ended = cli("diff", "support/greeting", "production", "--format", "json")
    data = json.loads(ended.out)
    assert (data["name"], data["project"]["name"]) == ("support/greeting", "local")
    assert (data["before"]["title"], data["before"]["prompt"]) == ("v2", CHAT)
    assert (data["after"]["title"], data["after"]["tags"]) == ("files", ["support"])
    tags, message, config = data["differences"]
    assert tags["path"] == "tags"
    assert message["path"] == "prompt[0]"
    assert message["before"] == CHAT[0]
    assert config == {"path": "config.temperature", "before": 0.2, "after": 0.5}


def test_as_markdown_the_lines_are_fenced(
    cli: Cli, raw: httpx.Client, prompt: RecordingServer
) -> None:
    """As a diff, whatever they hold."""
    create(raw, "code", "```\nx\n```")
    create(raw, "code", "```\ny\x1b[2J\n```")
    out = cli("diff", "code", "1", "2", "--format", "markdown").out
    assert out.startswith("### code: v1 → v2\n\n- **v1**: by API on ")
    fence = "````diff\n# prompt\n ```\n-x\n+y\\u001b[2J\n ```\n````\n"
    assert out.endswith(f"\n\n{fence}")
    assert cli("diff", "code", "1", "v1", "--format", "markdown").out.endswith(
        "\n\nNo difference: both are v1.\n"
    )
    assert "\x1b" not in cli("diff", "code", "1", "2").out


def test_a_server_that_always_replaces_references_is_told_of(
    cli: Cli, servers: Servers, process: pytest.MonkeyPatch, repo: Path
) -> None:
    """The lines that differ may come from another prompt."""
    server = servers.get(knows_resolve=False)
    connect(server, process)
    with client_of(server) as raw:
        create(raw, "tone", "Be kind.", labels=["production"])
        create(raw, "a", "@@@langfusePrompt:name=tone|label=production@@@")
        create(raw, "a", "Be brief.")
    ended = cli("diff", "a", "1", "2")
    assert ended.err == "this server always replaces references: so does v1\n"


@pytest.mark.parametrize(
    ("words", "says", "requests"),
    [
        (["support/greeting", "v9"], "has no version 9: it has 1 to 3", 3),
        (["support/greeting", "prod"], "no label 'prod': its labels are latest, production", 3),
        (["support/greeting", "1", "prod"], "no label 'prod': its labels are latest, produ", 4),
        (["supprt/greeting", "1", "2"], "did you mean 'support/greeting'?", 4),
        (["supprt/greeting", "1"], "no file declares prompt 'supprt/greeting': did you mean", 0),
        (["zzz", "1"], "no file declares prompt 'zzz': compare with a version (v5), a label", 0),
        (["ab", "1", "--label", "x"], "'ab' with label 'x' in this environment: its labels", 0),
        (["ab", "1", "2", "--label", "x"], "--label chooses a variant of the files", 0),
        (["ab", "git:HEAD"], "the history is not at hand", 0),
        (["ab", "git:"], "git: needs a commit, such as git:HEAD; the work tree is 'files'", 0),
        (["ab", ""], "'' is nothing to compare: give a version (v5), a label", 0),
        (["ab", "label:"], "'label:' is nothing to compare", 0),
        (["dataset/x", "1"], "dataset/x is no prompt", 0),
    ],
)
def test_what_cannot_be_compared_is_told(
    cli: Cli, prompt: RecordingServer, words: list[str], says: str, requests: int
) -> None:
    """With what there is instead, exit code 1 and an empty stdout."""
    ended = cli("diff", *words)
    assert (ended.code, ended.out) == (1, "")
    assert says in ended.err
    assert len(asked(prompt)) == requests


@pytest.mark.parametrize(
    ("ref", "says"),
    [
        ("none", "there is no commit, branch or tag 'none'"),
        ("-1", "there is no commit, branch or tag '-1'"),
        ("empty", "empty has no langsync.yaml: it declares nothing"),
        ("v1.0", "git:v1.0 does not declare prompt 'new': compare with"),
    ],
)
def test_a_commit_that_does_not_tell_is_an_error(
    cli: Cli, git: Repository, repo: Path, ref: str, says: str
) -> None:
    """Before anything is asked of Langfuse."""
    git.git("checkout", "--quiet", "--orphan", "empty")
    git.git("rm", "--quiet", "-r", "--cached", ".")
    git.git("commit", "--quiet", "--allow-empty", "--message", "empty")
    git.git("checkout", "--quiet", "--force", "main")
    write(repo, {"prompts/new.yaml": "prompt: x\n"})
    ended = cli("diff", "new", f"git:{ref}")
    assert (ended.code, ended.out) == (1, "")
    assert says in ended.err


def test_versions_need_no_langsync_yaml(cli: Cli, prompt: RecordingServer, repo: Path) -> None:
    """The files do."""
    (repo / "langsync.yaml").unlink()
    assert cli("diff", "support/greeting", "1", "2").code == 0
    ended = cli("diff", "support/greeting", "1")
    assert ended.code == 1
    assert "no langsync.yaml in " in ended.err
