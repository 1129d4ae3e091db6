"""``langsync api`` against the embedded server and its own reference."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from langsync.api import fetch_reference
from langsync.cli import run
from langsync.client import Client, Options
from langsync.config import Connection
from langsync.errors import ConnectionFailedError, LangsyncError
from langsync.local import Fault, LocalServer, Sample

Run = Callable[..., tuple[str, str]]


@pytest.fixture(scope="module")
def shared() -> Iterator[LocalServer]:
    with LocalServer(sample=Sample(250, 60)) as server:
        yield server


@pytest.fixture
def server(shared: LocalServer) -> LocalServer:
    shared.faults.clear()
    shared.app.requests.clear()
    return shared


@pytest.fixture
def api(
    server: LocalServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """Runs the command in an empty folder; gives stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk-lf-local")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-lf-local")
    monkeypatch.setenv("LANGSYNC_CACHE", str(tmp_path / "cache"))

    def call(*words: str, code: int = 0) -> tuple[str, str]:
        found = run(["api", *words, "--host", server.url])
        out, err = capfd.readouterr()
        assert found == code, out + err
        return out, err

    return call


def paths(server: LocalServer) -> list[str]:
    """What was asked."""
    return [f"{one.method} {one.path}" for one in server.requests]


def test_everything_is_listed(api: Run, server: LocalServer) -> None:
    """By tag; asked for once, then known, without keys too."""
    out, _ = api()
    assert "\nPrompts\n" in out
    rows = json.loads(api("list", "--format", "json")[0])
    assert {"prompts_list", "observations_getMany", "scores_create"} <= {
        row["operation"] for row in rows
    }
    assert {row["tag"] for row in json.loads(api("list", "prompts", "--format", "json")[0])} == {
        "Prompts"
    }
    assert len(server.requests) == 1
    assert "there is no tag" in api("list", "nothing", code=1)[1]


def test_an_operation_is_described(api: Run) -> None:
    """Its parameters, its body, an example."""
    out, _ = api("describe", "scores_create")
    assert "dataType: NUMERIC | CATEGORICAL" in out
    assert "langsync api scores_create --body" in out
    found = json.loads(api("describe", "prompts_list", "--format", "json")[0])
    assert {"page", "limit"} <= {one["name"] for one in found["parameters"]}


def test_a_call_with_parameters(api: Run, server: LocalServer) -> None:
    """Options are parameters; those that mean something here go by --param."""
    words = ("--type=SPAN", "--limit", "3", "--isRootObservation", "-p", "fields=core,io")
    out, _ = api("observations_getMany", *words)
    rows = json.loads(out)["data"]
    assert len(rows) == 3
    assert all(row["type"] == "SPAN" and "input" in row for row in rows)
    assert "isRootObservation=true" in paths(server)[-1]


def test_a_raw_path_needs_no_reference(api: Run, server: LocalServer) -> None:
    """It is called as it is."""
    out, _ = api("get", "/v3/scores?limit=2", "--name", "helpful")
    assert len(json.loads(out)["data"]) == 2
    assert paths(server) == ["GET /api/public/v3/scores?limit=2&name=helpful"]
    assert "below /api/public" in api("GET", "/../../x", code=1)[1]


@pytest.mark.parametrize(
    ("path", "limit", "count"), [("/v2/observations", "60", 250), ("/v3/scores", "25", 60)]
)
def test_all_follows_cursors(api: Run, path: str, limit: str, count: int) -> None:
    """Each row once."""
    rows = [
        json.loads(line)
        for line in api("GET", path, "--limit", limit, "--all", "--format", "jsonl")[0].splitlines()
    ]
    assert len({row["id"] for row in rows}) == len(rows) == count


def test_all_follows_pages(api: Run, server: LocalServer) -> None:
    """By their numbers; and a query sees all rows."""
    keys = ("pk-lf-local", "sk-lf-local")
    for number in range(7):
        body = {"name": f"d{number}"}
        httpx.post(f"{server.url}/api/public/v2/datasets", json=body, auth=keys)
    words = ("datasets_list", "--limit", "3", "--all", "--query", "data[].name")
    assert sorted(json.loads(api(*words)[0])) == [f"d{number}" for number in range(7)]


def test_a_body_from_anywhere(api: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON, a file, stdin."""
    import io

    body = json.dumps({"traceId": "t", "name": "n", "value": 1, "id": "mine"})
    (tmp_path / "body.json").write_text(body, "utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO(body))
    for given in (body, "@body.json", "-"):
        assert json.loads(api("scores_create", "--body", given)[0]) == {"id": "mine"}
    assert "no JSON" in api("scores_create", "--body", "{", code=1)[1]


def test_what_is_wrong_is_told_before_anything_is_sent(api: Run, server: LocalServer) -> None:
    """All of it at once."""
    api()
    server.app.requests.clear()
    body = '{"nam": "n", "value": 1}'
    _, err = api("scores_create", "--body", body, "--force", code=1)
    assert "there is no --force" in err
    assert "did you mean name?" in err
    assert '"name" is a required property' in err
    assert not server.requests


def test_errors_are_in_the_words_of_the_server(api: Run) -> None:
    """As it answers."""
    _, err = api("GET", "/v2/observations", "--cursor", "nonsense", code=1)
    assert "Invalid cursor format" in err


def test_a_create_whose_answer_is_lost_is_not_sent_again(api: Run, server: LocalServer) -> None:
    """It may have worked."""
    api()
    server.app.requests.clear()
    server.faults.add(Fault("POST", "/scores", drop="after"))
    body = '{"traceId": "t", "name": "lost", "value": 1}'
    api("scores_create", "--body", body, code=1)
    assert [one for one in paths(server) if "POST" in one] == ["POST /api/public/scores"]


def test_an_answer_that_is_not_as_it_should_be_is_shown(
    api: Run, server: LocalServer, tmp_path: Path
) -> None:
    """With a notice; the exit code is 0."""
    api()
    (kept,) = (tmp_path / "cache").glob("reference-*.json")
    found = json.loads(kept.read_bytes())
    schema = {"type": "object", "required": ["nowhere"]}
    answer = found["document"]["paths"]["/api/public/health"]["get"]["responses"]["200"]
    answer["content"]["application/json"]["schema"] = schema
    kept.write_text(json.dumps(found), "utf-8")
    out, err = api("health_health")
    assert json.loads(out)["status"] == "OK"
    assert "not what the API reference says" in err
    assert server.requests


async def _fetch(server_url: str, folder: Path, **options: object) -> int:
    connection = Connection(server_url, "pk-lf-local", "sk-lf-local")
    async with Client(connection, Options(attempts=1)) as client:
        found = await fetch_reference(client, folder, **options)  # type: ignore[arg-type]
    return len(found.operations)


def test_a_reference_is_current_for_a_day(server: LocalServer, tmp_path: Path) -> None:
    """Then it is asked for by its ETag, and taken as it is where nothing answers."""
    import asyncio

    now, warnings = [0.0], list[str]()
    options: dict[str, object] = {"clock": lambda: now[0], "warn": warnings.append}
    count = asyncio.run(_fetch(server.url, tmp_path, **options))
    now[0] = 23 * 3600.0
    assert asyncio.run(_fetch(server.url, tmp_path, **options)) == count
    assert len(server.requests) == 1
    now[0] = 25 * 3600.0
    assert asyncio.run(_fetch(server.url, tmp_path, **options)) == count
    assert [one.status for one in server.requests] == [200, 304]
    asyncio.run(_fetch(server.url, tmp_path, **options))
    assert len(server.requests) == 2
    asyncio.run(_fetch(server.url, tmp_path, **options, refresh=True))
    assert len(server.requests) == 3
    server.faults.add(Fault("GET", "openapi", drop="before", times=None))
    assert asyncio.run(_fetch(server.url, tmp_path, **options, refresh=True)) == count
    assert "taking the API reference that is kept" in warnings[0]
    with pytest.raises(ConnectionFailedError):
        asyncio.run(_fetch(server.url, tmp_path / "empty"))


def test_a_server_without_a_reference_is_told(server: LocalServer, tmp_path: Path) -> None:
    """It is no Langfuse, or an old one."""
    import asyncio

    server.faults.add(Fault("GET", "openapi", status=404, times=None))
    with pytest.raises(LangsyncError, match="no API reference"):
        asyncio.run(_fetch(server.url, tmp_path))
