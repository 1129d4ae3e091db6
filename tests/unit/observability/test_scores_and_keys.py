"""What is written: scores and API keys."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from langsync.cli import run
from langsync.local import Fault, LocalServer
from langsync.local.projects import ORGANIZATION_KEYS
from tests.unit.lost_answers import ALL, lost_answer


@pytest.fixture
def alone(there: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A server of its own."""
    monkeypatch.chdir(there)
    with LocalServer() as server:
        monkeypatch.setenv("LANGFUSE_BASE_URL", server.url)
        yield server


def listed(server: LocalServer) -> list[dict[str, object]]:
    """The scores as the API has them."""
    keys = (server.projects[0].public_key, server.projects[0].secret_key)
    params = {"fields": "details,subject"}
    answer = httpx.get(f"{server.url}/api/public/v3/scores", params=params, auth=keys)
    rows: list[dict[str, object]] = answer.json()["data"]
    return rows


@pytest.mark.parametrize(
    ("value", "more", "kind", "stored"),
    [
        ("0.25", [], "NUMERIC", 0.25),
        ("true", [], "BOOLEAN", True),
        ("rude", [], "CATEGORICAL", "rude"),
        ("True", [], "BOOLEAN", True),
        ("-1", [], "NUMERIC", -1),
        ("-.5e1", [], "NUMERIC", -5),
        ("7", ["--type", "categorical"], "CATEGORICAL", "7"),
        ("7", ["--type", "text"], "TEXT", "7"),
        ("0", ["--type", "boolean"], "BOOLEAN", False),
        ("nan", [], "CATEGORICAL", "nan"),
    ],
)
def test_a_score_is_what_its_value_looks_like(
    alone: LocalServer, value: str, more: list[str], kind: str, stored: object
) -> None:
    """Unless it is said to be a text."""
    words = ["scores", "create", "s", value, "--trace", "t", "--observation", "o", *more]
    assert run([*words, "--comment", "why"]) == 0
    (found,) = listed(alone)
    assert (found["dataType"], found["value"], found["comment"]) == (kind, stored, "why")
    assert found["subject"] == {"kind": "observation", "id": "o", "traceId": "t"}


def test_a_comma_in_a_name_parts_nothing(
    alone: LocalServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither in that of a score nor in what it is on: the API takes a comma for two values."""
    for name, on in (("a,b", "t"), ("a", "t"), ("b", "t,u"), ("a,b", "t,u")):
        assert run(["scores", "create", name, "1", "--trace", on, "--observation", "o"]) == 0
    for words, wanted in (
        (["--name", "a,b"], {("a,b", "t"), ("a,b", "t,u")}),
        (["--name", "a,b", "--trace", "t", "--limit", "1"], {("a,b", "t")}),
        (["--trace", "t,u"], {("b", "t,u"), ("a,b", "t,u")}),
    ):
        capfd.readouterr()
        assert run(["scores", "list", *words, "--format", "json"]) == 0
        found = json.loads(capfd.readouterr().out)
        assert {(one["name"], one["subject"]["traceId"]) for one in found} == wanted
    assert run(["dataset", "from-observations", "x.jsonl", "--score", "a,b"]) == 0


@pytest.mark.parametrize("handled", [True, False])
@pytest.mark.parametrize("lost", ["connection", "429", "500", "503", "truncated", "page"])
def test_a_score_whose_answer_is_lost_is_there_once(
    alone: LocalServer,
    lost: str,
    handled: bool,  # noqa: FBT001 - a column
) -> None:
    """It is sent again with the same id."""
    alone.faults.add(lost_answer(lost, "POST", "/api/public/scores", handled=handled))
    assert run(["scores", "create", "s", "1", "--session", "x"]) == 0
    assert len(listed(alone)) == 1


def test_a_score_of_which_nobody_knows_may_have_been_written(
    alone: LocalServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """The error gives the id with which the command can be repeated."""
    other = '{"status": "ok"}'
    fault = Fault("POST", "/api/public/scores", status=200, body=other, handled=True)
    alone.faults.add(fault)
    assert run(["scores", "create", "s", "1", "--session", "x"]) == 1
    error = capfd.readouterr().err
    assert "it may have been done" in error
    (score,) = listed(alone)
    assert f"--id {score['id']}" in error
    assert run(["scores", "create", "s", "1", "--session", "x", "--id", str(score["id"])]) == 0
    assert len(listed(alone)) == 1


def test_a_score_has_more_where_it_is_said(alone: LocalServer) -> None:
    """On a dataset run, with metadata, and the type of its config."""
    keys = (alone.projects[0].public_key, alone.projects[0].secret_key)
    config = httpx.post(
        f"{alone.url}/api/public/score-configs",
        json={"name": "s", "dataType": "BOOLEAN"},
        auth=keys,
    ).json()["id"]
    words = ["scores", "create", "s", "1", "--dataset-run", "r", "--metadata", '{"by": "ci"}']
    assert run([*words, "--config-id", config]) == 0
    (found,) = listed(alone)
    assert found["subject"] == {"kind": "experiment", "id": "r"}
    assert (found["dataType"], found["value"]) == ("BOOLEAN", True)
    assert (found["metadata"], found["configId"]) == ({"by": "ci"}, config)


@pytest.mark.parametrize(
    "words",
    [
        ["maybe", "--type", "boolean"],
        ["2", "--type", "boolean"],
        ["many", "--type", "numeric"],
        ["1", "--metadata", "[]"],
        ["1", "--metadata", "{"],
        ["--coment"],
        ["-1", "--coment", "x"],
    ],
)
def test_a_score_that_will_not_do_is_not_sent(alone: LocalServer, words: list[str]) -> None:
    """Refused before anything is sent."""
    assert run(["scores", "create", "s", *words, "--trace", "t"]) == 1
    assert not alone.requests


@pytest.mark.parametrize("on", [[], ["--trace", "t", "--session", "s"], ["--observation", "o"]])
def test_a_score_is_on_one_thing(alone: LocalServer, on: list[str]) -> None:
    """Refused before anything is sent."""
    assert run(["scores", "create", "s", "1", *on]) == 1
    assert not alone.requests


def test_keys(
    alone: LocalServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Made, listed without the secret, deleted; nothing secret is logged."""
    assert run(["keys", "list"]) == 1
    assert "LANGFUSE_ORG_PUBLIC_KEY" in capfd.readouterr().err
    for name, key in _organization():
        monkeypatch.setenv(f"LANGFUSE_ORG_{name}_KEY", key)
    assert run(["projects", "--format", "json"]) == 0
    assert json.loads(capfd.readouterr().out)[0]["id"] == alone.projects[0].id
    assert run(["keys", "create", "--note", "ci", "--format", "json", "--verbose"]) == 0
    out, err = capfd.readouterr()
    made = json.loads(out)
    assert made["secretKey"] not in err
    assert run(["keys", "list", "--format", "json", "--verbose"]) == 0
    out, err = capfd.readouterr()
    assert made["secretKey"] not in out + err
    assert [one["id"] for one in json.loads(out)] == [made["id"]]
    assert run(["keys", "delete", made["publicKey"]]) == 1  # nobody to ask
    assert run(["keys", "delete", "nothing", "--yes"]) == 1
    assert run(["keys", "delete", made["publicKey"], "--yes"]) == 0
    capfd.readouterr()
    assert run(["keys", "list", "--format", "json"]) == 0
    assert json.loads(capfd.readouterr().out) == []
    assert run(["keys", "list", "--project", "other"]) == 1
    assert "here: local" in capfd.readouterr().err


@pytest.fixture
def owned(alone: LocalServer, monkeypatch: pytest.MonkeyPatch) -> LocalServer:
    """The server, to whose organization the keys belong."""
    for name, key in _organization():
        monkeypatch.setenv(f"LANGFUSE_ORG_{name}_KEY", key)
    return alone


def created(server: LocalServer) -> list[str]:
    """The public keys that were created."""
    path = f"{server.url}/api/public/projects/{server.projects[0].id}/apiKeys"
    answer = httpx.get(path, auth=ORGANIZATION_KEYS)
    return [one["publicKey"] for one in answer.json()["apiKeys"]]


@pytest.mark.parametrize("note", [[], ["--note", "ci"]])
@pytest.mark.parametrize("lost", ALL)
def test_a_key_whose_secret_is_lost_is_named(
    owned: LocalServer, capfd: pytest.CaptureFixture[str], lost: str, note: list[str]
) -> None:
    """No other is created: the error says which one to delete. Older ones are not meant."""
    assert run(["keys", "create", *note]) == 0
    (older,) = created(owned)
    owned.faults.add(lost_answer(lost, "POST", "/apiKeys$", handled=True))
    assert run(["keys", "create", *note]) == 1
    (key,) = set(created(owned)) - {older}
    assert f"langsync keys delete {key}" in capfd.readouterr().err


@pytest.mark.parametrize("lost", ALL)
def test_a_key_that_was_not_created_is_created_then(owned: LocalServer, lost: str) -> None:
    """It is looked for first."""
    owned.faults.add(lost_answer(lost, "POST", "/apiKeys$", handled=False))
    assert run(["keys", "create"]) == 0
    assert len(created(owned)) == 1


def test_a_key_of_which_nobody_knows_may_have_been_created(
    owned: LocalServer, capfd: pytest.CaptureFixture[str]
) -> None:
    """The error says where to look."""
    owned.faults.add(lost_answer("503", "POST", "/apiKeys$", handled=False, times=None))
    assert run(["keys", "create"]) == 1
    error = capfd.readouterr().err
    assert "it may have been done" in error
    assert "langsync keys list" in error


@pytest.mark.parametrize(("answer", "left"), [(b"n\n", 1), (b"y\n", 0)])
def test_who_deletes_a_key_is_asked(alone: LocalServer, answer: bytes, left: int) -> None:
    """On a terminal; a no ends with 1, and nothing is deleted."""
    own = {f"LANGFUSE_ORG_{name}_KEY": key for name, key in _organization()}
    with httpx.Client(auth=ORGANIZATION_KEYS, base_url=f"{alone.url}/api/public") as client:
        path = f"/projects/{alone.projects[0].id}/apiKeys"
        made = client.post(path, json={"note": "ci"}).json()
        main, terminal = pty.openpty()
        words = [sys.executable, "-m", "langsync", "keys", "delete", made["id"]]
        with subprocess.Popen(
            words, env=os.environ | own, stdin=terminal, stdout=terminal, stderr=terminal
        ) as running:
            os.close(terminal)
            os.write(main, answer)
            assert running.wait(60) == left
        os.close(main)
        assert len(client.get(path).json()["apiKeys"]) == left


def _organization() -> Iterator[tuple[str, str]]:
    yield from zip(("PUBLIC", "SECRET"), ORGANIZATION_KEYS, strict=True)
