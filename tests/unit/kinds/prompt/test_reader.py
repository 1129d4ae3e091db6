"""What is asked of Langfuse, and what the cache on disk answers: it is never wrong."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.client import Client
from langsync.client.cache import DiskCache
from langsync.config import Connection
from langsync.kinds.base import Scope
from langsync.kinds.prompt import KIND
from langsync.local import LocalProject, LocalServer
from langsync.model import Resource
from tests.conftest import Cli, RecordingServer, client_of, connect
from tests.unit.calls import FAST
from tests.unit.repository import loaded, write

TWO = """
    variants:
      - {prompt: A, labels: [production]}
      - {prompt: B, labels: [staging]}
    """
LIST = ["GET /projects", "GET /v2/prompts?limit=100&page=1"]


def at(selected: str, name: str = "p") -> str:
    return f"GET /v2/prompts/{name}?{selected}&resolve=false"


def by_hand(raw: httpx.Client, text: str, *labels: str, name: str = "p") -> None:
    body = {"name": name, "prompt": text, "labels": labels}
    raw.post("/v2/prompts", json=body).raise_for_status()


def move(raw: httpx.Client, label: str, version: int) -> None:
    where = f"/v2/prompts/p/versions/{version}"
    raw.patch(where, json={"newLabels": [label]}).raise_for_status()


def delete(raw: httpx.Client, **which: int) -> None:
    raw.delete("/v2/prompts/p", params=which).raise_for_status()


def planned(cli: Cli, *options: str) -> list[dict[str, Any]]:
    """The changes of a plan."""
    ended = cli("plan", "--format", "json", *options)
    assert ended.code == 0, ended.err
    found: list[dict[str, Any]] = json.loads(ended.out)["changes"]
    return found


def asked(langfuse: RecordingServer, cli: Cli, *options: str) -> list[str]:
    """The requests of a plan, those of one moment in any order."""
    langfuse.received.clear()
    planned(cli, *options)
    return sorted(f"{one.method} {one.path}" for one in langfuse.received)


def methods(langfuse: RecordingServer) -> list[str]:
    return [one.method for one in langfuse.received if one.method != "GET"]


@pytest.fixture
def deployed(repo: Path, langfuse: RecordingServer, raw: httpx.Client) -> Path:
    """Two labels on two versions, as the file has them; the cache is cold."""
    by_hand(raw, "A", "production")
    by_hand(raw, "B", "staging")
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": TWO})
    langfuse.received.clear()
    return repo


BOTH = [*LIST, at("label=production"), at("label=staging")]


@pytest.mark.usefixtures("deployed")
def test_cold_a_get_for_each_label_and_warm_none(langfuse: RecordingServer, cli: Cli) -> None:
    """Without the cache it is as cold as ever, and leaves the cache alone."""
    assert asked(langfuse, cli) == sorted(BOTH)
    assert asked(langfuse, cli) == LIST
    assert asked(langfuse, cli, "--no-cache") == sorted(BOTH)
    assert asked(langfuse, cli) == LIST


@pytest.mark.usefixtures("deployed")
def test_without_a_cache_nothing_is_kept(
    langfuse: RecordingServer, cli: Cli, process: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No file is made."""
    process.setenv("LANGSYNC_CACHE", str(tmp_path / "elsewhere"))
    assert asked(langfuse, cli, "--no-cache") == sorted(BOTH)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.usefixtures("deployed")
def test_a_label_that_was_moved_is_seen(
    langfuse: RecordingServer, cli: Cli, raw: httpx.Client
) -> None:
    """Each label is asked for again; the versions that they are on are known."""
    asked(langfuse, cli)
    move(raw, "production", 2)
    [change] = planned(cli)
    assert change["requests"][0]["path"].endswith("/versions/1")
    langfuse.received.clear()
    move(raw, "production", 1)
    assert planned(cli) == []
    gets = [one.path for one in langfuse.received if one.method == "GET" and "version=" in one.path]
    assert gets == []


@pytest.mark.usefixtures("deployed")
def test_a_label_that_was_taken_away_is_seen(
    langfuse: RecordingServer, cli: Cli, raw: httpx.Client
) -> None:
    """With its version."""
    asked(langfuse, cli)
    delete(raw, version=1)
    [change] = planned(cli)
    assert change["after"]["labels"] == {"production": 3}


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("kept", [True, False])
def test_a_number_that_was_given_again_is_seen(
    langfuse: RecordingServer,
    cli: Cli,
    raw: httpx.Client,
    kept: bool,  # noqa: FBT001 - a column
) -> None:
    """The newest version, or all of them: the same numbers and labels, other texts."""
    asked(langfuse, cli)
    if kept:
        delete(raw, version=2)
        by_hand(raw, "C", "staging")
    else:
        delete(raw)
        by_hand(raw, "C", "production")
        by_hand(raw, "C", "staging")
    changed = {"staging"} if kept else {"production", "staging"}
    [change] = planned(cli)
    assert set(change["after"]["labels"]) == changed
    assert [change["basis"]] == [one["basis"] for one in planned(cli, "--no-cache")]
    assert [change] == planned(cli)


@pytest.mark.usefixtures("deployed")
def test_an_older_version_is_not_taken_for_one_of_the_same_number(
    langfuse: RecordingServer, cli: Cli, raw: httpx.Client, repo: Path
) -> None:
    """A rollback finds what is there now, not what was remembered under its number."""
    by_hand(raw, "C", "staging")
    write(repo, {"prompts/p.yaml": "prompt: B\n"})
    [change] = planned(cli)
    assert change["requests"][0]["path"].endswith("/versions/2")
    delete(raw)
    for text in ("B", "X", "A"):
        by_hand(raw, text, "production")
    [change] = planned(cli)
    assert change["requests"][0]["path"].endswith("/versions/1")
    assert langfuse.writes[-1].method == "POST"


@pytest.mark.usefixtures("deployed")
def test_a_prompt_that_is_gone_is_created(
    langfuse: RecordingServer, cli: Cli, raw: httpx.Client
) -> None:
    """However much is remembered of it."""
    asked(langfuse, cli)
    delete(raw)
    [change] = planned(cli)
    assert change["action"] == "create"


@pytest.mark.usefixtures("deployed")
def test_the_cache_never_decides_a_write(
    langfuse: RecordingServer, cli: Cli, raw: httpx.Client, repo: Path
) -> None:
    """What an apply writes is read again, though a plan would know it."""
    write(repo, {"prompts/p.yaml": "prompt: A2\n"})
    planned(cli)
    assert at("label=production") not in asked(langfuse, cli)
    langfuse.received.clear()
    assert cli("apply", "--yes", "--overwrite-drift").code == 0
    sent = [f"{one.method} {one.path}" for one in langfuse.received]
    assert methods(langfuse) == ["POST"]
    assert at("label=production") in sent[: sent.index("POST /v2/prompts")]
    assert raw.get("/v2/prompts/p").json()["prompt"] == "A2"


@pytest.mark.usefixtures("deployed")
def test_a_cache_that_lies_writes_nothing_wrong(
    langfuse: RecordingServer, cli: Cli, raw: httpx.Client, repo: Path, tmp_path: Path
) -> None:
    """One that was copied from before a rollback, with all its checksums right."""
    write(repo, {"prompts/p.yaml": "prompt: B\n"})
    cli("plan")
    row = raw.get("/v2/prompts", params={"name": "p"}).json()["data"][0]
    poisoned(tmp_path / "cache", langfuse, row, labels={"production": 2})
    assert planned(cli) == []  # the lie is believed as long as nothing is written
    write(repo, {"prompts/p.yaml": "prompt: A\n"})
    assert len(planned(cli)) == 1
    langfuse.received.clear()
    assert cli("apply", "--yes", "--overwrite-drift").code == 0
    assert methods(langfuse) == []


def poisoned(
    folder: Path, langfuse: RecordingServer, row: dict[str, Any], labels: dict[str, int]
) -> None:
    """Put into the cache that labels are elsewhere."""
    with DiskCache(folder) as disk:
        cache = disk.scope(langfuse.url, langfuse.projects[0].id)
        known = cache.get("prompt", "p")
        assert known["row"][0] == row["lastUpdatedAt"]
        cache.put({**known, "labels": {**known["labels"], **labels}}, "prompt", "p")


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize("damage", [b"", b"SQLite format 3\0 no", os.urandom(4096)])
def test_a_damaged_cache_is_a_cold_one(
    langfuse: RecordingServer, cli: Cli, tmp_path: Path, damage: bytes
) -> None:
    """Nobody hears of it, and the next run is warm."""
    asked(langfuse, cli)
    (file,) = (tmp_path / "cache").glob("*.sqlite3")
    for other in (tmp_path / "cache").iterdir():
        other.unlink()
    file.write_bytes(damage)
    ended = cli("plan")
    assert (ended.code, ended.err) == (0, "")
    assert asked(langfuse, cli) == LIST


@pytest.mark.usefixtures("deployed")
def test_a_cache_that_cannot_be_written_is_a_cold_one(
    langfuse: RecordingServer, cli: Cli, process: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every time."""
    (tmp_path / "file").write_text("no folder")
    process.setenv("LANGSYNC_CACHE", str(tmp_path / "file" / "cache"))
    for _ in range(2):
        assert asked(langfuse, cli) == sorted(BOTH)


def test_what_is_known_does_not_depend_on_where_it_was_read(
    deployed: Path, langfuse: RecordingServer, raw: httpx.Client, tmp_path: Path
) -> None:
    """A version comes with its labels from the cache, too."""
    move(raw, "langsync.production", 1)
    move(raw, "other", 2)
    project = langfuse.projects[0]
    connection = Connection(langfuse.url, project.public_key, project.secret_key)
    state = loaded(deployed, {"prompts/p.yaml": TWO}).state

    async def read() -> list[Resource]:
        with DiskCache(tmp_path / "cache") as disk:
            async with Client(connection, FAST, disk=disk) as client:
                await client.project()
                found = await KIND.fetch(client, state.of_kind("prompt"), Scope(state))
        return list(found.state.values())

    cold = asyncio.run(read())
    langfuse.received.clear()
    assert asyncio.run(read()) == cold
    assert [one.path.split("?")[0] for one in langfuse.received] == ["/projects", "/v2/prompts"]
    assert cold[0].content.labels["langsync.production"] == 1


@pytest.fixture
def two_projects() -> Iterator[RecordingServer]:
    """A server of two projects."""
    with RecordingServer() as server:
        yield server


@pytest.mark.usefixtures("deployed")
def test_another_host_answers_for_itself(
    langfuse: RecordingServer,
    two_projects: RecordingServer,
    cli: Cli,
    process: pytest.MonkeyPatch,
) -> None:
    """Though project, keys, names and numbers are the same."""
    asked(langfuse, cli)
    with client_of(two_projects) as raw:
        by_hand(raw, "X", "production")
        by_hand(raw, "Y", "staging")
    connect(two_projects, process)
    [change] = planned(cli)
    assert change["before"]["prompt"] == "X"
    connect(langfuse, process)
    assert asked(langfuse, cli) == LIST


def test_another_project_answers_for_itself(
    repo: Path, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """On the same host, with the same names and numbers."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": "prompt: A\n"})
    projects = LocalProject(), LocalProject("other", "other", "pk-lf-2", "sk-lf-2")
    with LocalServer(projects=projects) as server:
        process.setenv("LANGFUSE_BASE_URL", server.url)
        for project, text in zip(projects, "AB", strict=True):
            keys = project.public_key, project.secret_key
            with httpx.Client(base_url=f"{server.url}/api/public", auth=keys) as raw:
                by_hand(raw, text, "production")
        for project, changes in [*zip(projects, (0, 1), strict=True)] * 2:
            process.setenv("LANGFUSE_PUBLIC_KEY", project.public_key)
            process.setenv("LANGFUSE_SECRET_KEY", project.secret_key)
            assert len(planned(cli)) == changes


def test_an_old_server_leaves_nothing_wrong_behind(
    repo: Path, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """It always resolves: what a text is made of can change while its version does not."""
    tag = "@@@langfusePrompt:name=tone|label=production@@@"
    files = {"prompts/p.yaml": f"prompt: 'Be {tag}'\n", "prompts/tone.yaml": "prompt: kind\n"}
    write(repo, {"langsync.yaml": "version: 1\n", **files})
    with RecordingServer(knows_resolve=False) as old:
        connect(old, process)
        assert cli("apply", "--yes").code == 0
        assert at("label=production") in asked(old, cli)
        warm = asked(old, cli)  # what has references is asked for again, the other one is not
        assert at("label=production") in warm
        assert at("label=production", "tone") not in warm
        write(repo, {"prompts/tone.yaml": "prompt: stern\n"})
        assert [one["address"] for one in planned(cli)] == ["prompt/tone"]
        assert cli("apply", "--yes", "--overwrite-drift").code == 0
        assert planned(cli) == []


@pytest.mark.usefixtures("deployed")
def test_processes_share_a_cache(langfuse: RecordingServer, cli: Cli, raw: httpx.Client) -> None:
    """Several at once while somebody edits: each is right, and so is the next."""
    command = [sys.executable, "-m", "langsync", "plan", "--format", "json"]

    def plan(_: int) -> int:
        ended = subprocess.run(command, capture_output=True, check=True)
        return len(json.loads(ended.stdout)["changes"])

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(plan, range(2))) == [0] * 2
        delete(raw)
        by_hand(raw, "X", "production", "staging")
        assert list(pool.map(plan, range(2))) == [1] * 2
    assert len(planned(cli)) == 1
    assert asked(langfuse, cli) == LIST
