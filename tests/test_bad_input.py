"""Bad input is told with its place, all of it at once, and nothing is sent.

``tests/cases/bad-input/`` has one YAML document a case, with

- ``about``, the sentence that it proves;
- ``files``, their texts, in which ``<x*500>`` stands for 500 times x; with ``latin: true`` each
  character is one byte; ``links``, symbolic links and where they lead;
- ``args`` of the command; ``config: false`` where no ``langsync.yaml`` is made;
- ``online: true`` where Langfuse is needed to see it; ``remote``, the requests before;
- ``validates: true`` where the files are right and only a plan has to know more;
- ``says``, the lines of the errors, each as texts in their order with `` … `` between them;
- ``xfail``, a defect that is known.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from langsync.client import Options
from langsync.model import Action, Address, Change
from langsync.plan import movements
from tests.conftest import Cli, Ended, RecordingServer, ask, says, write

BAD_INPUT = Path(__file__).parent / "cases" / "bad-input"
VALID = "version: 1\n"


class Bad(BaseModel):
    """One document of ``tests/cases/bad-input/``: see the top of this module."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    says: tuple[str, ...]
    files: dict[str, str] = {}
    latin: bool = False
    links: dict[str, str] = {}
    args: tuple[str, ...] = ()
    config: bool = True
    online: bool = False
    validates: bool = False
    remote: tuple[dict[str, Any], ...] = ()
    xfail: str = ""

    def make(self, repo: Path) -> None:
        """Write the files and links."""
        files = {"langsync.yaml": VALID, **self.files} if self.config else self.files
        for name, text in files.items():
            long = re.sub(r"<(.)\*(\d+)>", lambda match: match[1] * int(match[2]), text)
            write(repo, {name: long.encode("latin-1" if self.latin else "utf-8")})
        for name, target in self.links.items():
            (repo / name).parent.mkdir(exist_ok=True)
            (repo / name).symlink_to(target)


def parameters() -> list[Any]:
    found = []
    for file in sorted(BAD_INPUT.glob("*.yaml")):
        for values in YAML(typ="safe").load_all(file):
            bad = Bad.model_validate(values)
            marks = [pytest.mark.xfail(strict=True, reason=bad.xfail)] if bad.xfail else []
            found.append(pytest.param(bad, id=bad.about, marks=marks))
    return found


@pytest.mark.parametrize("bad", parameters())
def test_bad_files_are_told_and_nothing_is_sent(
    bad: Bad, repo: Path, langfuse: RecordingServer, raw: httpx.Client, cli: Cli
) -> None:
    """Every place in the files that is wrong is named; only what needs Langfuse asks it."""
    for request in bad.remote:
        raw.request(**request).raise_for_status()
    langfuse.received.clear()
    bad.make(repo)
    planned = cli("plan", *bad.args)
    assert (planned.code, planned.out) == (1, "")
    says(planned, *bad.says)
    assert not langfuse.writes
    if not bad.online:
        assert cli("validate", *bad.args).code == (0 if bad.validates else 1)
        assert not langfuse.received


def test_errors_of_one_place_have_one_order(repo: Path) -> None:
    """Whatever the hashes of a process are, the same errors come in the same order."""
    write(repo, {"langsync.yaml": VALID, "prompts/a.yaml": "promt: x\n"})
    said = {
        subprocess.run(
            [sys.executable, "-m", "langsync", "validate"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=False,
        ).stderr
        for seed in ("1", "2")
    }
    assert len(said) == 1


@pytest.mark.parametrize("name", ["langsync.yaml", "langsync.yml"])
def test_a_nested_repository_is_left_out(name: str, repo: Path, cli: Cli) -> None:
    """Files below another langsync.yaml or langsync.yml are not read, nor is that itself."""
    write(repo, {"langsync.yaml": VALID, f"prompts/in/{name}": VALID, "prompts/in/a.yaml": "x"})
    assert cli("validate").code == 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"LANGFUSE_BASE_URL": ""}, "error: no host: set LANGFUSE_BASE_URL"),
        ({"LANGFUSE_PUBLIC_KEY": ""}, "error: LANGFUSE_PUBLIC_KEY is not set … doctor"),
        ({"LANGFUSE_SECRET_KEY": " "}, "error: LANGFUSE_SECRET_KEY is not set"),
        ({"LANGFUSE_SECRET_KEY": "wrong"}, "error: … does not know these keys … both keys"),
        ({"LANGFUSE_BASE_URL": "localhost:3000"}, "error: host 'localhost:3000' is no URL"),
        ({"LANGFUSE_BASE_URL": "http://[::1"}, "error: host 'http://[::1' is no URL"),
        ({"LANGFUSE_BASE_URL": "http://{closed}"}, "error: cannot reach … nothing listens there"),
        ({"LANGFUSE_BASE_URL": "https://{closed}"}, "error: cannot reach … nothing listens there"),
        ({"LANGFUSE_BASE_URL": "https://host.invalid"}, "error: cannot reach … name is unknown"),
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
        process.setattr("langsync.engine.workspace.options", lambda *_: Options(backoff=0.001))
        applied = cli("apply", "--yes")
    assert (applied.code, applied.out) == (1, "")
    says(Ended(1, "", applied.err.splitlines()[0]), expected)
    assert not langfuse.writes


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


def post(raw: httpx.Client, name: str, text: str, *labels: str) -> None:
    """Create a version of a prompt behind langsync's back."""
    body = {"name": name, "prompt": text, "labels": labels}
    raw.post("/v2/prompts", json=body).raise_for_status()


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
    ended = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert ended.stderr.endswith(b"there is no terminal to ask on: say --yes\n")
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
        post(raw, changed, "Theirs", "production")
        langfuse.received.clear()
        return True

    ask(process, answer)
    ended = cli("apply")
    if changed == "c":
        assert (ended.code, len(langfuse.writes)) == (0, 2)
        return
    assert (ended.code, ended.out) == (3, "")
    assert "refused: prompt/a was created in Langfuse since the plan was made" in ended.err
    assert "prompt/b was" not in ended.err
    assert not langfuse.writes


def test_a_plan_is_not_stale_for_a_label_that_only_others_ask_for(
    repo: Path, langfuse: RecordingServer, raw: httpx.Client, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """A snippet that an unchanged prompt refers to by another label is applied after yes."""
    parent = "See @@@langfusePrompt:name=a|label=beta@@@"
    post(raw, "a", "Beta", "beta")
    post(raw, "a", "New")
    post(raw, "a", "Old", "production")
    post(raw, "parent", parent, "production")
    write(repo, {"langsync.yaml": VALID, "prompts/a.yaml": "prompt: New\n"})
    write(repo, {"prompts/parent.yaml": f"prompt: '{parent}'\n"})
    ask(process, lambda: True)
    assert cli("apply", "--overwrite-drift").code == 0


def test_a_plan_is_not_stale_for_a_list_that_is_read_in_part(
    repo: Path, langfuse: RecordingServer, raw: httpx.Client, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """One changed prompt of several far down a long list is applied after yes."""
    for number in range(205):
        post(raw, f"p-{number}", "Same", "production")
    post(raw, "q-1", "Older")
    post(raw, "q-1", "Old", "production")
    files = {f"prompts/{name}.yaml": "prompt: Same\n" for name in ("p-98", "p-99")}
    write(repo, {"langsync.yaml": VALID, "prompts/q-1.yaml": "prompt: New\n", **files})
    ask(process, lambda: True)
    assert cli("apply", "--overwrite-drift").code == 0


def test_moved_compares_what_a_plan_was_based_on() -> None:
    """A change is stale where what it is based on differs, appeared or is gone."""
    same, other, gone, new, absent = (Address("prompt", name) for name in "abcde")
    then = {same: "1", other: "1", gone: "1", new: "", absent: ""}
    changes = tuple(Change(one, Action.UPDATE, None, None, basis=then[one]) for one in then)
    now = {same: "1", other: "2", new: "1", absent: ""}
    verbs = {other: "changed", gone: "deleted", new: "created"}
    words = "was {} in Langfuse since the plan was made"
    assert movements(changes, now) == {one: words.format(verb) for one, verb in verbs.items()}


def test_what_is_allowed_is_not_called_refused(
    repo: Path, langfuse: RecordingServer, raw: httpx.Client, cli: Cli
) -> None:
    """A replacement that --allow-replace allows is applied, and nobody reads of a refusal."""
    post(raw, "a", "Text", "production")
    write(repo, {"langsync.yaml": VALID, "prompts/a.yaml": "prompt: [{user: x}]\n"})
    ended = cli("apply", "--yes", "--allow-replace", "--overwrite-drift")
    assert ended.code == 0
    assert "Refused" not in ended.err


def test_targets_narrow_an_apply(two_prompts: None, langfuse: RecordingServer, cli: Cli) -> None:
    """Only what a target means is sent."""
    assert cli("apply", "--yes", "--target", "prompt/b*").code == 0
    assert [write.body["name"] for write in langfuse.writes] == ["b"]
