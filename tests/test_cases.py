"""Golden cases: each folder of ``tests/cases/`` runs through load, plan and apply.

A folder holds

- ``case.yaml``: ``about``, the sentence that the case proves; ``args`` for plan and apply; more
  for ``apply``; ``knows_resolve: false`` for an older server; ``reads``, how many GET requests
  a plan takes; ``xfail``, a defect that is known;
- ``repo/``: the files; without a ``langsync.yaml`` there is one that says ``version: 1``;
- ``remote.jsonl``: requests that prepare the server, one a line with ``method``, ``path`` and
  ``json``; with ``repeat`` one is sent that often, ``{n}`` in it counting from 001;
- ``plan.json``, ``plan.txt``, ``plan.md``, ``page.json`` (what a page of HTML shows): what is
  expected; ``pytest --update-cases`` writes it;
- ``after.json``: for paths of the API what a GET has to say once it is applied.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from langsync.model import Change, Json, Origin, Permission, Plan, Provenance, Request
from langsync.plan import refusal_reasons
from langsync.render import markdown
from langsync.render.html import data as page
from langsync.render.links import Links
from langsync.saved import read
from tests.conftest import Cli, Received, RecordingServer, Servers, client_of, connect

OVERWRITE = "--overwrite-drift"
"""There is no history in these folders: what langsync did not put there is a person's."""

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(folder for folder in CASES.iterdir() if (folder / "case.yaml").is_file())


@dataclass(frozen=True, slots=True)
class Case:
    """One folder: see the top of this module."""

    folder: Path
    about: str
    args: tuple[str, ...] = ()
    apply: tuple[str, ...] = ()
    knows_resolve: bool = True
    reads: int | None = None
    xfail: str = ""


def read_case(folder: Path) -> Case:
    found = YAML(typ="safe").load(folder / "case.yaml")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in found.items()
    }
    return Case(folder, **values)


def parameters() -> list[Any]:
    found = []
    for folder in FOLDERS:
        case = read_case(folder)
        marks = [pytest.mark.xfail(strict=True, reason=case.xfail)] if case.xfail else []
        found.append(pytest.param(case, id=folder.name, marks=marks))
    return found


@pytest.mark.parametrize("case", parameters())
def test_a_case_plans_and_applies_as_it_expects(
    case: Case,
    servers: Servers,
    process: pytest.MonkeyPatch,
    repo: Path,
    cli: Cli,
    pytestconfig: pytest.Config,
) -> None:
    """The plan is the expected one, apply sends exactly that, and another plan is empty."""
    server = servers.get(knows_resolve=case.knows_resolve)
    connect(server, process)
    prepare(server, case, repo)

    saved = repo.parent / "saved.json"
    planned = cli("plan", *case.args, "--out", str(saved))
    assert planned.code == 0, planned.err
    assert not server.writes
    plan = read(saved.read_bytes()).plan
    if case.reads is not None:
        assert len([one for one in server.received if one.path != "/projects"]) == case.reads
    texts = {
        "plan.txt": lasting(planned.out, server),
        "plan.md": lasting(markdown.plan(plan), server),
        "page.json": lasting(pretty(page.plan(plan, Links())) + "\n", server),
    }
    notices = [line for line in planned.err.splitlines() if not line.startswith("Saved the plan")]
    expect(
        case, {**as_json(plan), **({"notices": notices} if notices else {})}, texts, pytestconfig
    )
    check_apply(case, plan, server, cli)


def prepare(server: RecordingServer, case: Case, repo: Path) -> None:
    """Send what the case says is in Langfuse already, and write the files."""
    file = case.folder / "remote.jsonl"
    with client_of(server) as client:
        for line in file.read_text().splitlines() if file.is_file() else ():
            request = json.loads(line)
            for number in range(1, request.pop("repeat", 1) + 1):
                one = json.loads(json.dumps(request).replace("{n}", f"{number:03}"))
                answer = client.request(one["method"], one["path"], json=one.get("json"))
                assert answer.status_code < 400, answer.text
    server.received.clear()
    shutil.copytree(case.folder / "repo", repo, symlinks=True, dirs_exist_ok=True)
    if not (repo / "langsync.yaml").exists():
        (repo / "langsync.yaml").write_text("version: 1\n")


def as_json(plan: Plan) -> dict[str, Any]:
    """A plan without what is empty, and without what differs from run to run."""
    refusals = [
        {"address": str(one.address), "reason": one.reason, "allow": one.option}
        for one in plan.refusals
    ]
    found = {
        "environment": plan.environment,
        "changes": [change_as_json(change) for change in plan.changes],
        "unmanaged": {kind: list(names) for kind, names in plan.unmanaged.items()},
        "unmanaged_count": dict(plan.unmanaged_count),
        "other_labels": {label: list(names) for label, names in plan.other_labels.items()},
        "impacts": [[str(one.address), *map(str, one.through)] for one in plan.impacts],
        "warnings": list(plan.warnings),
        "refusals": refusals,
    }
    return {"unchanged": plan.unchanged, **{key: value for key, value in found.items() if value}}


def change_as_json(change: Change) -> dict[str, Any]:
    found = {
        "address": str(change.address),
        "action": change.action.value,
        "reasons": list(change.reasons),
        "warnings": list(change.warnings),
        "origin": "" if change.origin is Origin.GIT else change.origin.value,
        "provenance": [_where_from(one) for one in change.provenance],
        "needs": [str(address) for address in change.needs],
        "differences": [[one.path, one.before, one.after] for one in change.differences],
        "requests": [[one.method, _steady(one.path), one.body] for one in change.requests],
        "closing": [[one.method, _steady(one.path), one.body] for one in change.closing],
    }
    return {key: value for key, value in found.items() if value}


def _steady(path: str) -> str:
    """A path without the id that the server gave."""
    return re.sub(r"(?<=^/score-configs/)c[a-z0-9]{24}$", "<id>", path)


def _where_from(one: Provenance) -> list[Json]:
    """What differs, who made it so, on which version; without times and hashes."""
    found: list[Json] = [one.what, one.origin.value, one.version, one.by]
    return found if one.version is not None else found[:2]


def lasting(text: str, server: RecordingServer) -> str:
    """A text without what differs from run to run."""
    text = re.sub(r"(?<=/score-configs/)c[a-z0-9]{24}\b", "<id>", text)
    return _TIME.sub(" on <time>", text.replace(server.url, "<host>"))


def expect(case: Case, found: dict[str, Any], texts: dict[str, str], config: pytest.Config) -> None:
    """Compare with what the case expects, or write it down."""
    plan_file = case.folder / "plan.json"
    if config.getoption("--update-cases") and not case.xfail:
        plan_file.write_text(pretty(found) + "\n", "utf-8")
        for name, text in texts.items():
            (case.folder / name).write_text(text, "utf-8")
    expected = json.loads(plan_file.read_text("utf-8"))
    assert found == expected
    assert pretty(found) == pretty(expected)  # 1 is not true, and their order counts
    assert texts == {name: (case.folder / name).read_text("utf-8") for name in texts}


def check_apply(case: Case, plan: Plan, server: RecordingServer, cli: Cli) -> None:
    """Apply sends what the plan lists, in an order that its needs allow, or is refused."""
    server.received.clear()
    applied = cli("apply", *case.args, *case.apply, "--yes", "--format", "json")
    writes = [pretty(write.as_list()) for write in server.writes]
    allowed = [one for one in Permission if one.option in case.apply]
    if reasons := refusal_reasons(plan, allowed):
        assert (applied.code, writes) == (3, []), applied.err
        drift = Permission.OVERWRITE_DRIFT
        if drift not in allowed and not refusal_reasons(plan, [*allowed, drift]):
            assert reasons
            check_apply(replace(case, apply=(*case.apply, OVERWRITE)), plan, server, cli)
        return
    assert applied.code == 0, applied.out + applied.err
    opening = {one.address: places(one.requests, writes) for one in plan.changes}
    closing = {one.address: places(one.closing, writes) for one in plan.changes}
    sent = [place for part in (opening, closing) for found in part.values() for place in found]
    assert sorted(sent) == list(range(len(writes)))
    for change in plan.changes:
        mine = [*opening[change.address], *closing[change.address]]
        assert mine == sorted(mine)
        for need in change.needs:
            assert max(opening[need], default=-1) < min(mine)
            assert max(mine) < min(closing[need], default=len(writes))
    check_afterwards(case, server, cli)


def places(requests: Iterable[Request], writes: list[str]) -> list[int]:
    """When the server got the requests, as places in all that it got."""
    listed = [Received(one.method, one.path, one.body) for one in requests]
    return [writes.index(pretty(one.as_list())) for one in listed]


def check_afterwards(case: Case, server: RecordingServer, cli: Cli) -> None:
    """Another plan is empty and writes nothing; Langfuse holds what the case says."""
    server.received.clear()
    again = cli("plan", *case.args, "--detailed-exitcode", "--format", "json")
    assert again.code == 0, again.out
    assert json.loads(again.out)["changes"] == []
    assert not server.writes
    file = case.folder / "after.json"
    with client_of(server) as client:
        for path, wanted in json.loads(file.read_text()).items() if file.is_file() else ():
            answer = client.get(path)
            if wanted is None:
                assert answer.status_code == 404, path
                continue
            held = answer.json()
            assert {key: held.get(key) for key in wanted} == wanted, path


_TIME = re.compile(r" on \d{4}-\d\d-\d\d \d\d:\d\d")
_json = json.JSONEncoder(ensure_ascii=False).encode
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e]")


def pretty(value: Json, indent: str = "") -> str:
    """JSON with what fits into a line on one."""
    flat = _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", _json(value))
    if not isinstance(value, dict | list) or not value or len(indent + flat) <= 98:
        return flat
    inner = indent + "  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {pretty(item, inner)}" for key, item in value.items()]
        opening, closing = "{}"
    else:
        parts = [pretty(item, inner) for item in value]
        opening, closing = "[]"
    return f"{opening}\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}{closing}"
