"""Whatever prompts refer to one another: what langsync lets through, the server takes."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from langsync.apply import apply
from langsync.client import Client
from langsync.config import Connection
from langsync.engine.planning import make_plan
from langsync.engine.workspace import Workspace, open_workspace
from langsync.errors import InvalidFilesError
from langsync.kinds.prompt.compiled import resolve
from langsync.local import LocalServer
from langsync.model import Outcome, Plan, Report, State

NAMES = "abcdef"
THEIRS = "uvw"
LABELS = ("production", "other", "latest")

REFERENCES = st.one_of(
    st.builds(
        "@@@langfusePrompt:name={}|label={}@@@".format,
        st.sampled_from(NAMES + THEIRS),
        st.sampled_from(LABELS),
    ),
    st.builds(
        "@@@langfusePrompt:name={}|version={}@@@".format,
        st.sampled_from(NAMES + THEIRS),
        st.integers(1, 2),
    ),
)
TEXTS = st.lists(st.one_of(REFERENCES, st.sampled_from(["x", "y"])), max_size=2).map(" ".join)
CHATS = TEXTS.map(lambda text: [{"role": "user", "content": text}])
PROMPTS = st.one_of(TEXTS, TEXTS, TEXTS, CHATS)
FILES = st.one_of(
    PROMPTS.map(lambda prompt: {"prompt": prompt}),
    st.tuples(TEXTS, TEXTS, st.sampled_from(([], ["other"]))).map(
        lambda two: {
            "variants": [
                {"prompt": two[0], "labels": ["production"]},
                {"prompt": two[1], "labels": two[2]},
            ]
        }
    ),
)
Files = dict[str, dict[str, Any]]
DECLARED = st.dictionaries(st.sampled_from(NAMES), FILES, min_size=1)
BY_HAND = st.lists(st.tuples(st.sampled_from(THEIRS), PROMPTS), max_size=4)


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


async def deploy(server: LocalServer, workspace: Workspace) -> tuple[Plan, Report, Plan]:
    keys = server.projects[0]
    async with Client(Connection(server.url, keys.public_key, keys.secret_key)) as client:
        plan = await make_plan(client, workspace)
        return plan, await apply(client, plan), await make_plan(client, workspace)


def check(server: LocalServer, api: httpx.Client, declared: Files) -> None:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "langsync.yaml"
        config.write_text("version: 1\n")
        (config.parent / "prompts").mkdir()
        for name, file in declared.items():
            (config.parent / "prompts" / f"{name}.yaml").write_text(json.dumps(file))
        before = len(server.requests)
        try:
            workspace = open_workspace(config, None, None)
            plan, report, again = asyncio.run(deploy(server, workspace))
        except InvalidFilesError:
            assert {one.method for one in server.requests[before:]} <= {"GET"}
            return
    replaced = [one for one in report.results if "depends on" in one.detail]
    if replaced:
        return  # a changed type: only Langfuse knows what older versions refer to
    assert [one for one in report.results if one.outcome is not Outcome.APPLIED] == []
    assert again.changes == ()
    for name in declared:
        assert api.get(f"/v2/prompts/{name}").status_code == 200
    check_texts(api, plan, workspace.desired)


def check_texts(api: httpx.Client, plan: Plan, declared: State) -> None:
    """What langsync says that applications get is what the server gives them."""
    for impact in plan.impacts:
        label = "latest" if impact.labels[0] == "draft" else impact.labels[0]
        params = {"label": label}
        answer = api.get(f"/v2/prompts/{impact.address.name}", params=params).json()
        assert answer["prompt"] == impact.after
    for prompt in declared.of_kind("prompt"):
        for variant in prompt.content.variants:
            text, left = resolve(variant.prompt, declared)
            for label in () if left else variant.labels:
                answer = api.get(f"/v2/prompts/{prompt.address.name}", params={"label": label})
                assert answer.json()["prompt"] == text


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.timeout(600)  # shrinking a failure takes its time
@given(theirs=BY_HAND, first=DECLARED, second=DECLARED)
def test_what_langsync_accepts_the_server_accepts(
    server: LocalServer, theirs: list[tuple[str, Any]], first: Files, second: Files
) -> None:
    """Every create works, and every deployed prompt resolves; else nothing was sent."""
    server.reset()
    keys = server.projects[0]
    base = f"{server.url}/api/public"
    with httpx.Client(base_url=base, auth=(keys.public_key, keys.secret_key)) as api:
        for name, prompt in theirs:
            kind = "text" if isinstance(prompt, str) else "chat"
            body = {"name": name, "type": kind, "prompt": prompt, "labels": ["production"]}
            api.post("/v2/prompts", json=body)
        check(server, api, first)
        check(server, api, second)
