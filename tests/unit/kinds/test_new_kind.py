"""A new kind is one new module in the folder of kinds: every stage takes it as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import langsync
from langsync import kinds
from langsync.engine import workspace as work
from langsync.engine.following import Live
from langsync.local import LocalServer, contents, routing
from langsync.local.endpoint import PAGING, Call, Endpoint, Response, json_response
from langsync.model import Json, Resource, fields_of
from tests.conftest import Cli, write
from tests.unit.git import Repository, repository
from tests.unit.pull.remote import agrees, tree

FOLDER = Path(__file__).parent / "made_up"
"""Holds the module of the new kind, and nothing else."""

FILES = {
    "langsync.yaml": "version: 1\n",
    "prices/small.yaml": "# Of the small one\nunit: tokens  # each\ninput: 0.5\n",
    "prices/large.yaml": "input: 2\ntiers: [10, 20]\n",
}


@pytest.fixture(autouse=True)
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The kind's module, found as langsync finds those of its own folder."""
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(FOLDER)])
    kinds.all_kinds.cache_clear()
    yield
    monkeypatch.undo()
    kinds.all_kinds.cache_clear()


@pytest.fixture(autouse=True)
def prices(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """What the embedded server holds of it: a list, and an upsert by name."""
    rows: dict[str, dict[str, Any]] = {}

    def list_prices(call: Call) -> Response:
        data = sorted(rows.values(), key=lambda row: str(row["name"]))
        total = {"page": 1, "limit": 100, "totalItems": len(data), "totalPages": 1}
        return json_response({"data": data, "meta": total})

    def put_price(call: Call) -> Response:
        rows[call.body["name"]] = call.body
        return json_response({"id": call.body["name"], **call.body})  # as all of Langfuse's

    get = Endpoint("GET", "/prices", "prices_list", "List them", list_prices, query=PAGING)
    post = Endpoint("POST", "/prices", "prices_upsert", "Upsert one", put_price)
    methods = {"GET": get, "POST": post}
    templates = routing._TEMPLATES
    monkeypatch.setitem(templates, 1, [*templates[1], (("prices",), methods)])
    monkeypatch.setitem(contents.FORGET, "price", lambda _store, _id, name: rows.pop(name, None))
    return rows


@pytest.fixture
def git(repo: Path) -> Repository:
    """A repository with two prices."""
    made = repository(repo)
    made.commit(FILES)
    return made


@pytest.mark.usefixtures("git")
def test_files_of_it_are_checked_listed_and_laid_out(cli: Cli, repo: Path) -> None:
    """Offline: validate, list, fmt, schema and what editors ask for."""
    assert "2 prices" in cli("validate").out
    assert cli("fmt", "--check").code == 0
    listed = json.loads(cli("list", "prices", "--format", "json").out)["resources"]
    assert [(one["address"], one["type"], one["file"]) for one in listed] == [
        ("price/large", "tokens", "prices/large.yaml"),
        ("price/small", "tokens", "prices/small.yaml"),
    ]
    assert json.loads(cli("schema", "price").out)["title"] == "PriceFile"
    write(repo, {"prices/small.yaml": "inputs: 1\n"})
    ended = cli("validate")
    assert (ended.code, "prices/small.yaml:1:1: error: " in ended.err) == (1, True)


@pytest.mark.usefixtures("langfuse", "git")
def test_it_is_planned_and_applied(cli: Cli, repo: Path, prices: dict[str, dict[str, Any]]) -> None:
    """A saved plan, too; a plan is empty then."""
    plan = json.loads(cli("plan", "--format", "json", "--out", "plan.json").out)
    assert [(one["address"], one["action"]) for one in plan["changes"]] == [
        ("price/large", "create"),
        ("price/small", "create"),
    ]
    assert cli("apply", "plan.json", "--yes").code == 0
    assert prices["large"] == {"name": "large", "unit": "tokens", "input": 2, "tiers": [10, 20]}
    (repo / "plan.json").unlink()
    agrees(cli)
    for words in (["--format", "markdown"], ["--format", "text"], ["--html", "plan.html"]):
        write(repo, {"prices/large.yaml": "input: 3\n"})
        assert cli("plan", "--detailed-exitcode", "--target", "price/l*", *words).code == 2


@pytest.mark.usefixtures("langfuse", "git")
@pytest.mark.parametrize("name", ["price", "dataset_price"])
def test_what_is_declared_counts_where_it_is_read_once_more(
    raw: httpx.Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Before it is written, for what a change is based on; whatever the kind is called."""
    kind = kinds.all_kinds()["price"]
    monkeypatch.setattr(kind, "name", name)
    kinds.all_kinds.cache_clear()

    def basis(desired: Resource, remote: Resource) -> Json:
        return {key: getattr(remote.content, key) for key in fields_of(desired.content)}

    monkeypatch.setattr(kind, "basis", basis)
    row = {"name": "small", "unit": "tokens", "input": 9, "tiers": []}
    raw.post("/prices", json=row).raise_for_status()
    repository = langsync.load()
    plan = langsync.plan(repository, allow=["overwrite-drift"])
    raw.post("/prices", json={**row, "input": 8}).raise_for_status()
    with pytest.raises(langsync.RefusedError, match=f"{name}/small was changed in Langfuse"):
        langsync.apply(repository, plan, allow=["overwrite-drift"])
    raw.post("/prices", json=row).raise_for_status()
    assert langsync.apply(repository, plan, allow=["overwrite-drift"]).ok


def test_it_drifts_and_comes_home(
    cli: Cli, repo: Path, git: Repository, raw: httpx.Client, prices: dict[str, dict[str, Any]]
) -> None:
    """What was changed in Langfuse is edited in place; nothing differs then."""
    assert cli("apply", "--yes").code == 0
    assert cli("drift").code == 0
    changed = {**prices["small"], "input": 0.25, "tiers": [5]}
    raw.post("/prices", json=changed).raise_for_status()
    drifted = cli("drift")
    assert (drifted.code, "price/small" in drifted.out) == (2, True)
    assert cli("apply", "--yes").code == 3
    assert cli("pull", "--check").code == 2
    assert cli("pull", "--yes").code == 0
    assert tree(repo)["prices/small.yaml"] == (
        "# Of the small one\nunit: tokens  # each\ninput: 0.25\ntiers: [5]\n"
    )
    assert cli("fmt", "--check").code == 0
    git.commit()
    assert cli("drift").code == 0
    agrees(cli)
    del prices["large"]
    assert "price/large is not in Langfuse" in cli("pull", "--yes").err
    assert cli("pull", "--yes", "--prune").code == 0
    assert sorted(tree(repo / "prices")) == ["small.yaml"]


def test_all_of_it_comes_to_an_empty_repository(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """By name or everything; no file says what goes without saying."""
    for name in ("a/b", "c: d"):
        row: dict[str, Any] = {"name": name, "unit": "tokens", "input": 1, "tiers": []}
        raw.post("/prices", json=row).raise_for_status()
    write(repo, {"langsync.yaml": "version: 1\n"})
    listed = json.loads(cli("list", "prices", "--remote", "--format", "json").out)["resources"]
    assert [(one["address"], one["type"]) for one in listed] == [
        ("price/a/b", "tokens"),
        ("price/c: d", "tokens"),
    ]
    assert cli("pull", "--yes", "price/a/*").code == 0
    assert tree(repo / "prices") == {"a/b.yaml": "input: 1\n"}
    assert cli("pull", "--yes", "--all").code == 0
    assert tree(repo / "prices") == {
        "a/b.yaml": "input: 1\n",
        "c- d.yaml": 'name: "c: d"\ninput: 1\n',
    }
    assert cli("fmt", "--check").code == 0
    agrees(cli)


@pytest.mark.usefixtures("git")
def test_it_is_served_from_the_files(
    repo: Path, prices: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they are edited; one that no file declares is gone."""
    with LocalServer() as server:
        live = Live(server.app, None, None, work.read(None))
        assert len(live.follow().changed) == 2
        write(repo, {"prices/small.yaml": "input: 7\n"})
        (repo / "prices/large.yaml").unlink()
        followed = live.follow()
        assert [*map(str, followed.changed), *map(str, followed.gone)] == [
            "price/small",
            "price/large",
        ]
        assert prices == {"small": {"name": "small", "unit": "tokens", "input": 7, "tiers": []}}
        monkeypatch.delitem(contents.FORGET, "price")
        write(repo, {"prices/small.yaml": "input: 8\n"})
        (problem,) = live.follow().problems
        assert "price/small cannot be served: the embedded server has no price" in problem.message


def test_the_embedded_server_forgets_every_kind() -> None:
    """Those of langsync itself, and the one that is made up here."""
    assert contents.FORGET.keys() == kinds.all_kinds().keys()
