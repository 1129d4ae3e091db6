"""Prompts whose resolved text changes since a snippet does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.formats.limits import RESOLVED_TEXT
from langsync.kinds.base import View
from langsync.kinds.prompt.state import PromptState, PromptVersion
from langsync.kinds.prompt.targets import Targets
from langsync.model import Address, Resource, State
from tests.conftest import Cli, RecordingServer
from tests.unit.repository import write

CONFIG = {"langsync.yaml": "version: 1\n"}


def tag(name: str, target: str = "label=production") -> str:
    return f"@@@langfusePrompt:name={name}|{target}@@@"


def declare(repo: Path, **texts: str) -> None:
    """Prompt files by name: a text, or a whole file where it has a line break."""
    files = {
        f"prompts/{name}.yaml": text if "\n" in text else json.dumps({"prompt": text})
        for name, text in texts.items()
    }
    write(repo, {**CONFIG, **files})


def by_hand(raw: httpx.Client, name: str, text: str, *labels: str) -> None:
    body = {"name": name, "prompt": text, "labels": labels or ["production"]}
    raw.post("/v2/prompts", json=body).raise_for_status()


def impacts(cli: Cli, *options: str) -> list[dict[str, Any]]:
    ended = cli("plan", "--format", "json", *options)
    assert ended.code == 0, ended.err
    found: list[dict[str, Any]] = json.loads(ended.out)["impacts"]
    return found


def told(cli: Cli, *options: str) -> dict[str, tuple[list[str], list[str], Any, Any]]:
    """What is impacted: labels, through what, before, after."""
    return {
        one["address"]: (one["labels"], one["through"], one["before"], one["after"])
        for one in impacts(cli, *options)
    }


@pytest.fixture
def deployed(repo: Path, cli: Cli, langfuse: RecordingServer) -> Path:
    """``top`` is made of ``middle``, that of ``snippet``; ``beside`` of nothing."""
    declare(
        repo,
        top=f"T {tag('middle')}",
        middle=f"M {tag('snippet')}",
        snippet="old",
        beside="x",
    )
    assert cli("apply", "--yes").code == 0
    langfuse.received.clear()
    return repo


SNIPPET = ["prompt/snippet"]


def test_all_who_are_made_of_it_are_named(deployed: Path, cli: Cli) -> None:
    """Through others, too, with the labels that show it."""
    declare(deployed, snippet="new")
    assert told(cli) == {
        "prompt/middle": (["production"], SNIPPET, "M old", "M new"),
        "prompt/top": (["production"], SNIPPET, "T M old", "T M new"),
    }


def test_a_plan_says_so_in_every_format(deployed: Path, cli: Cli) -> None:
    """The texts themselves only with ``--resolved``."""
    declare(deployed, snippet="new")
    for format in ("text", "markdown"):  # noqa: A001
        plain = cli("plan", "--format", format).out.replace("\\", "")
        resolved = cli("plan", "--format", format, "--resolved").out
        assert "prompt/top (production) through prompt/snippet" in plain
        assert "T M old" not in plain
        assert "T M old" in resolved
        assert "T M new" in resolved


def test_after_the_apply_the_server_says_the_same(
    deployed: Path, cli: Cli, raw: httpx.Client
) -> None:
    """What was announced is what applications get."""
    declare(deployed, snippet="new")
    announced = {address: one[3] for address, one in told(cli).items()}
    assert cli("apply", "--yes", "--overwrite-drift").code == 0
    for address, text in announced.items():
        name = address.removeprefix("prompt/")
        assert raw.get(f"/v2/prompts/{name}").json()["prompt"] == text


def test_a_prompt_that_is_new_counts_once_it_will_be_there(
    deployed: Path, cli: Cli, raw: httpx.Client
) -> None:
    """A changed prompt may refer to one that the same plan creates."""
    declare(deployed, snippet=f"new {tag('fresh')}", fresh="F")
    announced = told(cli)
    assert announced["prompt/top"] == (["production"], SNIPPET, "T M old", "T M new F")
    assert cli("apply", "--yes", "--overwrite-drift").code == 0
    assert raw.get("/v2/prompts/top").json()["prompt"] == "T M new F"


def test_a_version_that_is_named_stays(deployed: Path, cli: Cli) -> None:
    """Only labels move."""
    declare(deployed, pinned=tag("snippet", "version=1"))
    assert cli("apply", "--yes").code == 0
    declare(deployed, snippet="new")
    assert "prompt/pinned" not in told(cli)


def test_latest_follows_every_new_version(deployed: Path, cli: Cli) -> None:
    """Whatever label that one gets."""
    declare(deployed, newest=tag("snippet", "label=latest"))
    assert cli("apply", "--yes").code == 0
    declare(deployed, snippet="new")
    assert told(cli)["prompt/newest"] == (["production"], SNIPPET, "old", "new")


def test_a_label_that_moves_back_reaches_as_far(deployed: Path, cli: Cli) -> None:
    """A rollback makes no version, and changes the text all the same."""
    declare(deployed, snippet="new")
    assert cli("apply", "--yes", "--overwrite-drift").code == 0
    declare(deployed, snippet="old")
    assert told(cli)["prompt/top"] == (["production"], SNIPPET, "T M new", "T M old")


def test_other_labels_of_the_snippet_reach_nobody(deployed: Path, cli: Cli) -> None:
    """Only the label that is referred to counts."""
    variants = "variants:\n- {prompt: old, labels: [production]}\n- {prompt: n, labels: [beta]}\n"
    declare(deployed, snippet=variants)
    assert told(cli) == {}


def test_what_only_differs_in_its_config_reaches_nobody(deployed: Path, cli: Cli) -> None:
    """The text is the same."""
    declare(deployed, snippet="config: {a: 1}\nprompt: old\n")
    assert told(cli) == {}


def test_each_variant_counts_by_itself(deployed: Path, cli: Cli) -> None:
    """One is made of the snippet, the other is not; a draft is named so."""
    text = (
        f"variants:\n- {{prompt: 'A {tag('snippet')}', labels: [a]}}\n"
        f"- {{prompt: plain, labels: [b]}}\n- {{prompt: 'D {tag('snippet')}', labels: []}}\n"
    )
    declare(deployed, many=text)
    assert cli("apply", "--yes").code == 0
    declare(deployed, snippet="new")
    found = [one for one in impacts(cli) if one["address"] == "prompt/many"]
    assert [(one["labels"], one["after"]) for one in found] == [
        (["a"], "A new"),
        (["draft"], "D new"),
    ]


def test_a_chat_is_impacted_message_by_message(deployed: Path, cli: Cli) -> None:
    """Its resolved messages stand there whole."""
    declare(deployed, chat=f"prompt:\n- system: 'S {tag('snippet')}'\n- placeholder: h\n")
    assert cli("apply", "--yes").code == 0
    declare(deployed, snippet="new")
    placeholder = {"type": "placeholder", "name": "h"}
    assert told(cli)["prompt/chat"][3] == [{"role": "system", "content": "S new"}, placeholder]
    assert "S new" in cli("plan", "--resolved").out


def test_a_label_of_another_environment_on_the_same_version_is_named(
    repo: Path, cli: Cli, langfuse: RecordingServer
) -> None:
    """Its applications get the new text, too; the cache knows of it as Langfuse does."""
    environments = "{staging: {labels: [staging]}, production: {labels: [production]}}"
    both = "labels: [staging, production]\n"
    files = {
        "langsync.yaml": f"version: 1\nenvironments: {environments}\n",
        "prompts/top.yaml": f"{both}prompt: 'T {tag('snippet', 'label=staging')}'\n",
        "prompts/snippet.yaml": f"{both}prompt: old\n",
    }
    write(repo, files)
    for env in ("staging", "production"):
        assert cli("apply", "--yes", "--env", env).code == 0
    assert len(langfuse.writes) == 4
    write(repo, {"prompts/snippet.yaml": f"{both}prompt: new\n"})
    for options in ((), (), ("--no-cache",)):
        labels, _, _, after = told(cli, "--env", "staging", *options)["prompt/top"]
        assert (labels, after) == (["staging", "production"], "T new")


def test_a_new_prompt_is_not_impacted(deployed: Path, cli: Cli) -> None:
    """It has no text yet that could change."""
    declare(deployed, snippet="new", fresh=tag("snippet"))
    assert "prompt/fresh" not in told(cli)


def test_the_rest_of_the_project_is_read_when_asked(
    deployed: Path, cli: Cli, raw: httpx.Client, langfuse: RecordingServer
) -> None:
    """One GET for each label of each other prompt, and once only: then they are remembered."""
    by_hand(raw, "theirs", f"H {tag('snippet')}", "live", "beta")
    by_hand(raw, "theirs", "plain", "stable")
    by_hand(raw, "unrelated", "x")
    declare(deployed, snippet="new")
    assert "prompt/theirs" not in told(cli)
    langfuse.received.clear()
    found = told(cli, "--impact", "project")
    assert found["prompt/theirs"] == (["beta", "live"], SNIPPET, "H old", "H new")
    gets = [one.path for one in langfuse.received if "resolve=false" in one.path]
    assert sorted({path.split("?")[0] for path in gets}) == [
        "/v2/prompts/theirs",
        "/v2/prompts/unrelated",
    ]
    assert len(gets) == 3  # theirs v1, theirs v2, unrelated v1
    langfuse.received.clear()
    assert told(cli, "--impact", "project") == found
    assert [one.path for one in langfuse.received if "resolve=false" in one.path] == []


def test_labels_of_langsync_itself_are_not_shown(
    deployed: Path, cli: Cli, raw: httpx.Client
) -> None:
    """Markers stay hidden."""
    by_hand(raw, "theirs", f"H {tag('snippet')}", "production", "langsync.production")
    declare(deployed, snippet="new")
    by_hand(raw, "unlabeled", f"U {tag('snippet')}", "langsync.x")
    found = told(cli, "--impact", "project")
    assert found["prompt/theirs"][0] == ["production"]
    assert found["prompt/unlabeled"][0] == ["latest"]
    assert "langsync.production" not in cli("plan", "--impact", "project").out


def test_a_target_narrows_what_is_written_and_not_who_is_named(deployed: Path, cli: Cli) -> None:
    """Also by the text that Langfuse has, where the file of who is made of it is further on."""
    declare(deployed, snippet="new", top=f"Later {tag('middle')}")
    assert told(cli, "--target", "prompt/snippet") == {
        "prompt/middle": (["production"], SNIPPET, "M old", "M new"),
        "prompt/top": (["production"], SNIPPET, "T M old", "T M new"),
    }
    plan = json.loads(cli("plan", "--target", "prompt/snippet", "--format", "json").out)
    assert [one["address"] for one in plan["changes"]] == ["prompt/snippet"]
    assert (
        "prompt/top (production) through prompt/snippet"
        in cli("apply", "--target", "prompt/snippet", "--yes").err
    )


def test_a_target_that_nobody_refers_to_costs_no_more_requests(
    deployed: Path, cli: Cli, langfuse: RecordingServer
) -> None:
    """And one that is referred to reads the prompts that are made of it, each once."""
    declare(deployed, beside="y", snippet="new")
    assert not told(cli, "--no-cache", "--target", "prompt/beside")
    without = len(langfuse.received)
    langfuse.received.clear()
    assert len(told(cli, "--no-cache", "--target", "prompt/snippet")) == 2
    names = [one.path.split("?")[0] for one in langfuse.received]
    assert [names.count(f"/v2/prompts/{name}") for name in ("top", "middle", "beside")] == [1, 1, 0]
    assert without < len(langfuse.received)


def test_the_whole_project_counts_under_a_target_too(
    deployed: Path, raw: httpx.Client, cli: Cli
) -> None:
    """With ``--impact project`` it is read, and nothing of it is pruned."""
    by_hand(raw, "theirs", f"X {tag('snippet')}")
    declare(deployed, snippet="new")
    words = ("--target", "prompt/snippet", "--impact", "project")
    assert sorted(told(cli, *words)) == ["prompt/middle", "prompt/theirs", "prompt/top"]
    write(deployed, {"langsync.yaml": "version: 1\nprune: {prompts: ['*']}\n"})
    plan = json.loads(cli("plan", *words, "--allow-delete", "--format", "json").out)
    assert [one["address"] for one in plan["changes"]] == ["prompt/snippet"]


def test_what_references_bring_in_is_bounded() -> None:
    """Three prompts that name the next one a thousand times would bring in a million copies."""
    texts = {"a": tag("b") * 1000, "b": tag("c") * 1000, "c": "x" * 1000}
    remote = State(
        Resource(
            Address("prompt", name),
            PromptState(
                "text",
                (),
                1,
                {"production": 1},
                ("production",),
                {1: PromptVersion("id", text, {})},
            ),
        )
        for name, text in texts.items()
    )
    found = Targets(View(State(), remote))
    assert len(found.resolve(tag("a"))) < RESOLVED_TEXT.most + 100_000
    assert found.resolve(tag("c") * 1000) == "x" * 1_000_000
