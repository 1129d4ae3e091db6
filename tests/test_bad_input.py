"""Bad input is told with its place, all of it at once, and nothing is sent.

``tests/cases/bad-input/`` holds what can be written as text: one YAML document a case, with
``about``, the sentence that it proves; ``files``; ``args`` of the command; ``config: false`` where
no ``langsync.yaml`` is made; ``says``, the lines of the errors, each as texts in their order with
`` … `` between them; ``xfail``, a defect that is known.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from langsync.client import Options
from langsync.model import Action, Address, Change, Plan, Project, Resource, State
from langsync.plan import moved
from tests.conftest import Cli, RecordingServer, says, write

BAD_INPUT = Path(__file__).parent / "cases" / "bad-input"
VALID = "version: 1\n"


@dataclass(frozen=True, slots=True)
class Bad:
    """One document of ``tests/cases/bad-input/``."""

    about: str
    files: dict[str, str]
    says: tuple[str, ...]
    args: tuple[str, ...] = ()
    config: bool = True
    online: bool = False
    remote: tuple[dict[str, Any], ...] = ()
    xfail: str = ""


def parameters() -> list[Any]:
    found = []
    for file in sorted(BAD_INPUT.glob("*.yaml")):
        for values in YAML(typ="safe").load_all(file):
            bad = Bad(
                **{key: tuple(one) if isinstance(one, list) else one for key, one in values.items()}
            )
            marks = [pytest.mark.xfail(strict=True, reason=bad.xfail)] if bad.xfail else []
            found.append(pytest.param(bad, id=bad.about, marks=marks))
    return found


@pytest.mark.parametrize("bad", parameters())
def test_bad_files_are_told_without_a_request(
    bad: Bad, repo: Path, langfuse: RecordingServer, raw: httpx.Client, cli: Cli
) -> None:
    """Every place in the files that is wrong is named; only what needs Langfuse asks it."""
    for request in bad.remote:
        raw.request(**request).raise_for_status()
    langfuse.received.clear()
    write(repo, {"langsync.yaml": VALID, **bad.files} if bad.config else bad.files)
    planned = cli("plan", *bad.args)
    assert (planned.code, planned.out) == (1, "")
    says(planned, *bad.says)
    assert not langfuse.writes
    if not bad.online:
        assert cli("validate", *bad.args) == planned
        assert not langfuse.received


@dataclass(frozen=True, slots=True)
class Made:
    """Files that no text can show, and what is said of them."""

    about: str
    says: tuple[str, ...]
    files: dict[str, Any] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


MADE = [
    Made(
        "a file that is not UTF-8 is told with its line",
        ("datasets/a.jsonl … UTF-8", "prompts/a.yaml:2: … not UTF-8", "t.md:1: … not UTF-8"),
        {
            "prompts/a.yaml": b"prompt: x\nname: \xff\n",
            "prompts/b.yaml": "prompt: {file: t.md}\n",
            "prompts/t.md": b"\xfe",
            "datasets/a.yaml": "items_from: [a.jsonl]\n",
            "datasets/a.jsonl": b'{"id": "\xff"}\n',
        },
    ),
    Made(
        "a text of more than Langfuse takes in one request is told before it is sent",
        ("prompts/a.yaml:1:9 … 1,048,", "prompts/b.yaml:1:9 … 1 MB"),
        {
            "prompts/a.yaml": "prompt: " + "x" * (1024 * 1024 - 50) + "\n",
            "prompts/b.yaml": "prompt: {file: t.md}\n",
            "prompts/t.md": "ä" * (512 * 1024),
            "prompts/fits.yaml": "prompt: " + "x" * (1024 * 1024 - 3000) + "\n",
        },
    ),
    Made(
        "an item of more than Langfuse takes in one request is told with its line",
        ("datasets/qa.jsonl:2: … 4.5 MB",),
        {
            "datasets/qa.yaml": "items_from: [qa.jsonl]\n",
            "datasets/qa.jsonl": '{"id": "fits", "input": "%s"}\n{"id": "big", "input": "%s"}\n'
            % ("x" * (4500 * 1024 - 5000), "x" * (4500 * 1024)),
        },
    ),
    Made(
        "a commit message of more than 500 characters is told",
        ("prompts/a.yaml:2:17 … at most 500 characters, not 501",),
        {
            "prompts/a.yaml": f"prompt: x\ncommit_message: {'m' * 501}\n",
            "prompts/b.yaml": f"prompt: x\ncommit_message: {'m' * 500}\n",
        },
    ),
    Made(
        "an id of more than 255 characters is told",
        ("datasets/qa.yaml:2:10 … at most 255 characters",),
        {"datasets/qa.yaml": f"items:\n  - {{id: {'i' * 256}}}\n  - {{id: {'i' * 255}}}\n"},
    ),
    Made(
        "a link out of the repository is not followed",
        (
            "datasets/a.yaml:1:14 … outside the repository",
            "prompts/a.yaml … out of the repository",
            "prompts/b.yaml:1:9 … outside the repository",
        ),
        {
            "prompts/b.yaml": "prompt: {file: t.md}\n",
            "datasets/a.yaml": "items_from: ['*.jsonl']\n",
            "../outside.yaml": "prompt: secret\n",
        },
        {
            "prompts/a.yaml": "../../outside.yaml",
            "prompts/t.md": "../../outside.yaml",
            "datasets/x.jsonl": "../../outside.yaml",
        },
    ),
    Made(
        "a link to nothing is told",
        ("prompts/a.yaml … no such file",),
        links={"prompts/a.yaml": "gone.yaml"},
    ),
]
LOOP = Made(
    "a link to itself is told",
    ("prompts/a.yaml …",),
    links={"prompts/a.yaml": "a.yaml"},
)
LOOPS = pytest.mark.xfail(strict=True, reason="RuntimeError: Symlink loop, a traceback")


@pytest.mark.parametrize(
    "made",
    [
        *(pytest.param(made, id=made.about) for made in MADE),
        pytest.param(LOOP, id=LOOP.about, marks=LOOPS),
    ],
)
def test_bad_bytes_and_links_are_told_without_a_request(
    made: Made, repo: Path, langfuse: RecordingServer, cli: Cli
) -> None:
    """Sizes, encodings and links are checked before anything is sent."""
    write(repo, {"langsync.yaml": VALID, **made.files})
    for name, target in made.links.items():
        (repo / name).parent.mkdir(exist_ok=True)
        (repo / name).symlink_to(target)
    planned = cli("plan")
    assert (planned.code, planned.out) == (1, "")
    says(planned, *made.says)
    assert not langfuse.received


def test_a_nested_langsync_yml_ends_the_outer_repository(
    repo: Path, langfuse: RecordingServer, cli: Cli
) -> None:
    """Files below another langsync.yaml or langsync.yml are not read, nor is that itself."""
    write(
        repo, {"langsync.yaml": VALID, "prompts/in/langsync.yaml": VALID, "prompts/in/a.yaml": "x"}
    )
    assert cli("validate").code == 0


@pytest.mark.xfail(strict=True, reason="only langsync.yaml is looked for, not langsync.yml")
def test_a_nested_langsync_yml_counts_like_a_yaml(
    repo: Path, langfuse: RecordingServer, cli: Cli
) -> None:
    """Files below another langsync.yml are not read, nor is that itself."""
    write(
        repo, {"langsync.yaml": VALID, "prompts/in/langsync.yml": VALID, "prompts/in/a.yaml": "x"}
    )
    assert cli("validate").code == 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"LANGFUSE_PUBLIC_KEY": ""}, "error: LANGFUSE_PUBLIC_KEY is not set … doctor"),
        ({"LANGFUSE_SECRET_KEY": " "}, "error: LANGFUSE_SECRET_KEY is not set"),
        ({"LANGFUSE_SECRET_KEY": "wrong"}, "error: … does not know these keys … both keys"),
        ({"LANGFUSE_BASE_URL": "localhost:3000"}, "error: host 'localhost:3000' is no URL"),
        ({"LANGFUSE_BASE_URL": "http://[::1"}, "error: host 'http://[::1' is no URL"),
        ({"LANGFUSE_BASE_URL": "http://{closed}"}, "error: cannot reach … nothing listens there"),
        ({"LANGFUSE_BASE_URL": "https://{closed}"}, "error: cannot reach … nothing listens there"),
        ({"LANGFUSE_BASE_URL": "http://host.invalid"}, "error: cannot reach … name is unknown"),
        ({"LANGFUSE_BASE_URL": "{url}/app"}, "error: … 404 with an HTML page … base URL"),
        ({"LANGFUSE_ADDITIONAL_HEADERS": "[]"}, "error: LANGFUSE_ADDITIONAL_HEADERS must be"),
        ({"LANGSYNC_ENV": "prod"}, "error: there is no environment 'prod'"),
    ],
)
def test_a_bad_connection_is_told(
    change: dict[str, str],
    expected: str,
    repo: Path,
    langfuse: RecordingServer,
    cli: Cli,
    process: pytest.MonkeyPatch,
) -> None:
    """What is wrong with host or keys ends a command with 1, and nothing is written."""
    write(repo, {"langsync.yaml": VALID, "prompts/a.yaml": "prompt: x\n"})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = "{}:{}".format(*free.getsockname())
        for name, value in change.items():
            process.setenv(name, value.replace("{url}", langfuse.url).replace("{closed}", closed))
        process.setattr("langsync.cli.workspace.options", lambda *_: Options(backoff=0.001))
        applied = cli("apply", "--yes")
    assert (applied.code, applied.out) == (1, "")
    says(applied, expected)
    assert not langfuse.writes


def test_no_host_names_the_regions(repo: Path, process: pytest.MonkeyPatch, cli: Cli) -> None:
    """Without a host the error lists Langfuse's regions and the local server."""
    write(repo, {"langsync.yaml": VALID})
    ended = cli("plan")
    assert (ended.code, ended.out) == (1, "")
    assert "no host: set LANGFUSE_BASE_URL" in ended.err
    assert "https://us.cloud.langfuse.com" in ended.err
    assert "langsync serve" in ended.err


def test_a_named_variable_that_is_not_set_is_no_fallback(
    repo: Path, langfuse: RecordingServer, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """An environment that names its keys' variables never uses others."""
    keys = "{public_key_env: PROD_PUBLIC_KEY, secret_key_env: PROD_SECRET_KEY}"
    write(repo, {"langsync.yaml": f"version: 1\nenvironments:\n  prod: {keys}\n"})
    says(cli("plan"), "error: PROD_PUBLIC_KEY is not set: environment 'prod' names it")
    process.setenv("PROD_PUBLIC_KEY", "x")
    says(cli("plan"), "error: PROD_SECRET_KEY is not set: environment 'prod' names it")
    assert not langfuse.received


def test_keys_of_another_project_are_refused(
    repo: Path, langfuse: RecordingServer, cli: Cli
) -> None:
    """A project that is not the one of langsync.yaml is refused with exit code 3."""
    write(repo, {"langsync.yaml": VALID + "project: other\n", "prompts/a.yaml": "prompt: x\n"})
    for command in (("plan",), ("apply", "--yes")):
        ended = cli(*command)
        assert (ended.code, ended.out) == (3, "")
        says(ended, "refused: … 'local' (id proj-local) … langsync.yaml names 'other'")
    assert [one.path for one in langfuse.received] == ["/projects"] * 2


def test_a_usage_error_is_told(repo: Path, cli: Cli) -> None:
    """An unknown option ends with 1."""
    ended = cli("plan", "--no-such-option")
    assert (ended.code, ended.out) == (1, "")
    assert "--no-such-option" in ended.err


def ask(process: pytest.MonkeyPatch, answer: Callable[[], bool]) -> None:
    """Put a person before the terminal."""
    terminal = SimpleNamespace(isatty=lambda: True)
    process.setattr("langsync.cli.apply.sys", SimpleNamespace(stdin=terminal, stderr=terminal))
    process.setattr("typer.confirm", lambda *_, **__: answer())


@pytest.fixture
def two_prompts(repo: Path, langfuse: RecordingServer) -> None:
    write(repo, {"langsync.yaml": VALID, "prompts/a.yaml": "prompt: one\n"})
    write(repo, {"prompts/b.yaml": "prompt: two\n"})


def test_apply_asks_and_sends_after_yes(
    two_prompts: None, langfuse: RecordingServer, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """After yes the affected state is read once more, and what was shown is sent."""
    ask(process, lambda: True)
    ended = cli("apply")
    assert (ended.code, ended.out) == (0, "2 applied.\n")
    assert [write.body["name"] for write in langfuse.writes] == ["a", "b"]


def test_apply_sends_nothing_after_no(
    two_prompts: None, langfuse: RecordingServer, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """After no apply ends with 1."""
    ask(process, lambda: False)
    ended = cli("apply")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.endswith("Nothing was sent.\n")
    assert not langfuse.writes


def test_apply_without_a_terminal_needs_yes(two_prompts: None, langfuse: RecordingServer) -> None:
    """A process without a terminal ends with 1 and without a traceback; nothing is sent."""
    words = [sys.executable, "-m", "langsync", "apply"]
    ended = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.endswith("error: there is no terminal to ask on: run apply with --yes\n")
    assert not langfuse.writes


@pytest.mark.parametrize("changed", ["a", "c"])
def test_apply_stops_where_langfuse_moved_while_it_asked(
    changed: str,
    two_prompts: None,
    langfuse: RecordingServer,
    raw: httpx.Client,
    cli: Cli,
    process: pytest.MonkeyPatch,
) -> None:
    """A plan that is stale when yes is said is refused; what it does not touch may change."""

    def answer() -> bool:
        body = {"name": changed, "prompt": "Theirs", "labels": ["production"]}
        raw.post("/v2/prompts", json=body).raise_for_status()
        langfuse.received.clear()
        return True

    ask(process, answer)
    ended = cli("apply")
    if changed == "c":
        assert (ended.code, len(langfuse.writes)) == (0, 2)
        return
    assert (ended.code, ended.out) == (3, "")
    assert "refused: prompt/a was changed in Langfuse since the plan was made" in ended.err
    assert "prompt/b was changed" not in ended.err
    assert not langfuse.writes


@pytest.mark.xfail(strict=True, reason="the second reading asks less, and so finds less")
def test_a_plan_is_not_stale_while_nothing_moved(
    repo: Path,
    langfuse: RecordingServer,
    raw: httpx.Client,
    cli: Cli,
    process: pytest.MonkeyPatch,
) -> None:
    """A snippet that an unchanged prompt refers to by another label is applied after yes."""
    parent = "See @@@langfusePrompt:name=a|label=beta@@@"
    for body in (
        {"name": "a", "prompt": "Beta", "labels": ["beta"]},
        {"name": "a", "prompt": "Old", "labels": ["production"]},
        {"name": "parent", "prompt": parent, "labels": ["production"]},
    ):
        raw.post("/v2/prompts", json=body).raise_for_status()
    write(repo, {"langsync.yaml": VALID, "prompts/a.yaml": "prompt: New\n"})
    write(repo, {"prompts/parent.yaml": f"prompt: '{parent}'\n"})
    ask(process, lambda: True)
    assert cli("apply").code == 0


def test_moved_compares_what_a_plan_was_based_on() -> None:
    """A change is stale where its resource differs, appeared or is gone."""
    names = ("same", "other", "gone", "new", "absent")
    same, other, gone, new, absent = (Address("prompt", name) for name in names)
    before = {one: Resource(one, {"v": 1}) for one in (same, other, gone)}
    changes = [
        Change(one, Action.UPDATE, None, None, basis=before[one].digest() if one in before else "")
        for one in (same, other, gone, new, absent)
    ]
    plan = Plan(Project("id", "name", "host"), changes=tuple(changes))
    remote = State([before[same], Resource(other, {"v": 2}), Resource(new, {"v": 1})])
    words = "was changed in Langfuse since the plan was made"
    assert moved(plan, remote) == [f"{one} {words}" for one in (other, gone, new)]


def test_targets_narrow_an_apply(two_prompts: None, langfuse: RecordingServer, cli: Cli) -> None:
    """Only what a target means is sent."""
    assert cli("apply", "--yes", "--target", "prompt/b*").code == 0
    assert [write.body["name"] for write in langfuse.writes] == ["b"]
