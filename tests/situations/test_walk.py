"""Whatever people do in Git and in Langfuse: what an apply leaves, and what it never takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Cli, RecordingServer
from tests.situations.contents import variants
from tests.situations.scene import (
    Scene,
    amend,
    commit,
    git,
    quiet_git,
    ui_create,
    ui_delete,
    ui_move,
)
from tests.unit.git import repository

LABELS = ("production", "staging")
GIT, UI = ("A", "B", "C"), ("U", "V")

Pair = tuple[str, str]
"""What is declared for each of the labels."""


@dataclass
class Walk:
    """A prompt on its way, and what is known of it without asking langsync.

    Args:
        scene: Where it happens.
        line: What each commit declares, oldest first.
        ever: Every text that any commit ever declared.
    """

    scene: Scene
    line: list[Pair] = field(default_factory=list)
    ever: set[str] = field(default_factory=set)

    def versions(self) -> dict[int, tuple[str, list[str]]]:
        """Each version in Langfuse with its text and its labels."""
        listed = self.scene.call("GET", "/v2/prompts", name="p")["data"]
        numbers = listed[0]["versions"] if listed else []
        read = [self.scene.call("GET", "/v2/prompts/p", version=number) for number in numbers]
        return {one["version"]: (one["prompt"], one["labels"]) for one in read}

    def at(self, label: str) -> str | None:
        """The text that a label stands on."""
        texts = [text for text, labels in self.versions().values() if label in labels]
        return texts[0] if texts else None

    # ---- steps

    def commit(self, pair: Pair) -> None:
        commit("step", p=variants(**dict(zip(LABELS, pair, strict=True))))(self.scene)
        self.line.append(pair)
        self.ever.update(pair)

    def go_back(self) -> None:
        """Declare what the commit before the newest one did."""
        self.commit(self.line[-2] if len(self.line) > 1 else self.line[-1])

    def adopt(self) -> None:
        """Declare what Langfuse has, as a pull does."""
        texts = [self.at(label) or "A" for label in LABELS]
        self.commit((texts[0], texts[1]))

    def amend(self, pair: Pair) -> None:
        amend("amended", p=variants(**dict(zip(LABELS, pair, strict=True))))(self.scene)
        self.line[-1] = pair
        self.ever.update(pair)

    def squash(self) -> None:
        """Make one commit of the newest two."""
        if len(self.line) > 2:
            git("reset", "--quiet", "--soft", "HEAD~2")(self.scene)
            commit("squashed")(self.scene)
            del self.line[-2]

    def ui_create(self, text: str, labels: list[str]) -> None:
        ui_create(text, *labels)(self.scene)

    def ui_move(self, label: str, number: int) -> None:
        versions = sorted(self.versions())
        if versions:
            ui_move(label, versions[number % len(versions)])(self.scene)

    def ui_delete(self, number: int) -> None:
        versions = sorted(self.versions())
        if versions:
            ui_delete(versions[number % len(versions)])(self.scene)

    def ui_delete_all(self) -> None:
        if self.versions():
            ui_delete()(self.scene)

    def plan(self) -> None:
        self._plan()

    def apply(self) -> None:
        """It goes through or is refused; what no commit ever declared stays."""
        before = {label: self.at(label) for label in LABELS}
        wanted = dict(zip(LABELS, self.line[-1], strict=True))
        foreign = {
            label
            for label, text in before.items()
            if text is not None and text not in self.ever and text != wanted[label]
        }
        changes = self._plan()["changes"]
        self.scene.langfuse.received.clear()
        ended = self.scene.run("apply", "--yes")
        assert ended.code in (0, 3)
        if ended.code == 3:
            assert not self.scene.langfuse.writes
            assert {one["origin"] for one in changes} & {"remote", "conflict"}
        else:
            assert not foreign
            self._right()

    def overwrite(self) -> None:
        """It always goes through."""
        assert self.scene.run("apply", "--yes", "--overwrite-drift").code == 0
        self._right()

    # ---- checks

    def _plan(self) -> dict[str, Any]:
        cached, read = (
            json.loads(self.scene.run("plan", "--format", "json", *options).out)
            for options in ((), ("--no-cache",))
        )
        for plan in (cached, read):
            for change in plan["changes"]:
                del change["basis"]
        assert cached == read
        return cached  # type: ignore[no-any-return]

    def _right(self) -> None:
        assert self._plan()["changes"] == []
        assert tuple(self.at(label) for label in LABELS) == self.line[-1]


texts = st.sampled_from(GIT + UI)
pairs = st.one_of(st.tuples(st.sampled_from(GIT), st.sampled_from(GIT)), st.tuples(texts, texts))
numbers = st.integers(0, 5)


def step(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.tuples(st.just(name), *arguments)


steps = st.one_of(
    step("apply"),
    step("apply"),
    step("overwrite"),
    step("commit", pairs),
    step("commit", pairs),
    step("go_back"),
    step("adopt"),
    step("amend", pairs),
    step("squash"),
    step("ui_create", texts, st.lists(st.sampled_from(LABELS), max_size=2, unique=True)),
    step("ui_create", st.sampled_from(UI), st.just(["production"])),
    step("ui_move", st.sampled_from(LABELS), numbers),
    step("ui_delete", numbers),
    step("ui_delete_all"),
    step("plan"),
)


@pytest.fixture
def begin(
    langfuse: RecordingServer,
    raw: httpx.Client,
    cli: Cli,
    process: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Callable[[], Walk]:
    """Begins a walk in a new repository, with an empty Langfuse and an empty cache."""
    quiet_git(process)

    def new() -> Walk:
        langfuse.reset()
        folder = tmp_path / f"walk{len(list(tmp_path.iterdir()))}"
        repo = repository(folder, "--template=")
        (folder / "langsync.yaml").write_text("version: 1\n")
        process.setenv("LANGSYNC_CACHE", str(folder / ".git" / "cache"))
        process.chdir(folder)
        walk = Walk(Scene(repo, langfuse, raw, cli, process))
        walk.commit(("A", "B"))
        return walk

    return new


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@pytest.mark.timeout(600)  # shrinking a failure takes its time
@given(way=st.lists(steps, min_size=3, max_size=8))
def test_walk(begin: Callable[[], Walk], way: list[tuple[Any, ...]]) -> None:
    """After each apply the plan is empty and every label right; a refused one sends nothing."""
    walk = begin()
    for name, *arguments in way:
        getattr(walk, name)(*arguments)
    walk.overwrite()
