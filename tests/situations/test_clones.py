"""Clones that do not tell everything: whatever is missing, nobody's edit is overwritten."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import langsync
from tests.conftest import Ended, ask
from tests.situations.scene import Scene, commit, fresh_clone, ui_item
from tests.unit.git import IDENTITY, repository

ITEM = "/dataset-items/a"
ROWS = "datasets/d.jsonl"


def rows(**inputs: object) -> str:
    return "".join(f"{json.dumps({'id': one, 'input': inputs[one]})}\n" for one in inputs)


def declare(scene: Scene, value: object) -> None:
    """Commit an item with an input, and a prompt that nobody touches."""
    files = {"datasets/d.yaml": "items_from: [d.jsonl]\n", ROWS: rows(a=value)}
    commit(f"input {value}", files, p="A")(scene)


def deployed(scene: Scene) -> None:
    """Three commits, of which the first is deployed."""
    declare(scene, 1)
    assert scene.run("apply", "--yes").code == 0
    declare(scene, 2)
    declare(scene, 3)


def stored(scene: Scene) -> object:
    return scene.call("GET", ITEM)["input"]


def in_folder(scene: Scene, command: str) -> None:
    """Run what a message says."""
    ended = subprocess.run(
        ["bash", "-c", command],
        cwd=scene.repo.folder,
        env={**os.environ, **IDENTITY, "GIT_CONFIG_GLOBAL": os.environ["GIT_CONFIG_GLOBAL"]},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()


def away(scene: Scene) -> Callable[[], None]:
    """Take the remote of a clone away; gives what brings it back."""
    remote = Path(scene.repo.git("config", "remote.origin.url").removeprefix("file://"))
    remote.rename(gone := remote.with_name("away"))
    return lambda: (gone.rename(remote), None)[1]


def partial(filter_: str) -> Callable[[Scene], None]:
    """Go on in a partial clone."""

    def clone(scene: Scene) -> None:
        scene.repo.git("config", "uploadpack.allowFilter", "true")
        fresh_clone(f"--filter={filter_}")(scene)

    return clone


def owned_by_somebody(scene: Scene) -> None:
    """The checkout belongs to another user."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    for path in [scene.repo.folder, *scene.repo.folder.rglob("*")]:
        os.chown(path, 12345, 12345, follow_symlinks=False)


@pytest.fixture
def settings(scene: Scene, tmp_path: Path) -> Path:
    """The user's configuration of Git, which a message may say to change."""
    file = tmp_path / "gitconfig"
    scene.process.setenv("GIT_CONFIG_GLOBAL", str(file))
    return file


@dataclass(frozen=True, slots=True)
class Case:
    """A clone that does not tell.

    Args:
        make: Makes it of the repository.
        cause: What Git says.
        cure: What the message says to run.
        offline: Whether its remote cannot be reached until the cure is run.
    """

    make: Callable[[Scene], None]
    cause: str
    cure: str
    offline: bool = False


CASES = {
    "ownership": Case(
        owned_by_somebody,
        "detected dubious ownership in repository at '",
        "git config --global --add safe.directory ",
    ),
    "shallow": Case(fresh_clone("--depth=1"), "this clone is shallow", "git fetch --unshallow"),
    "blob:none": Case(
        partial("blob:none"), "lacks the object ", "git fetch --refetch --no-filter", offline=True
    ),
    "tree:0": Case(
        partial("tree:0"), "lacks the object ", "git fetch --refetch --no-filter", offline=True
    ),
}


def refused(scene: Scene, *options: str) -> Ended:
    """An apply that nobody watches refuses, and sends nothing."""
    scene.langfuse.received.clear()
    ended = scene.run("apply", "--yes", *options)
    assert ended.code == 3, ended.err
    assert not scene.langfuse.writes
    return ended


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_edit_is_protected_until_the_history_tells(
    scene: Scene, settings: Path, case: Case
) -> None:
    """The message has Git's own words and a command that works; then it is known whose it is."""
    deployed(scene)
    case.make(scene)
    back = away(scene) if case.offline else None
    ui_item("a", input=9)(scene)
    ended = refused(scene)
    assert "--overwrite-unknown" in ended.err
    assert case.cause in ended.err
    assert case.cure in ended.err
    command = re.search(rf"run '?({re.escape(case.cure)}[^';)\s]*)", ended.err)
    assert command is not None
    if back is not None:
        back()
    in_folder(scene, command[1])
    if case.offline:
        away(scene)
    ended = refused(scene)
    assert "--overwrite-drift" in ended.err
    assert "--overwrite-unknown" not in ended.err
    assert stored(scene) == 9


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_may_be_somebodys_is_overwritten_when_told(
    scene: Scene, settings: Path, case: Case
) -> None:
    """By the option, or by a person who is shown it; a label with its marker needs no history."""
    deployed(scene)
    commit("prompt", p="B")(scene)
    case.make(scene)
    if case.offline:
        away(scene)
    ui_item("a", input=9)(scene)
    assert "refused: prompt/p" not in refused(scene).err
    ask(scene.process, lambda: False)
    ended = scene.run("apply")
    assert (ended.code, stored(scene)) == (1, 9)
    assert "dataset_item/d/a: the Git history cannot tell" in ended.err
    ask(scene.process, lambda: True)
    assert scene.run("apply").code == 0
    assert stored(scene) == 3
    ui_item("a", input=8)(scene)
    assert scene.run("apply", "--yes", "--overwrite-unknown").code == 0
    assert stored(scene) == 3


@pytest.mark.parametrize("name", ["blob:none", "tree:0"])
@pytest.mark.parametrize("edited", [True, False])
def test_a_partial_clone_is_read_where_its_remote_answers(
    scene: Scene,
    name: str,
    edited: bool,  # noqa: FBT001 - a column
) -> None:
    """What is missing is fetched; nothing of that is kept in the repository."""
    deployed(scene)
    CASES[name].make(scene)
    objects = scene.repo.git("count-objects", "-v")
    if edited:
        ui_item("a", input=9)(scene)
        assert "--overwrite-drift" in refused(scene).err
    else:
        assert scene.run("apply", "--yes").code == 0
        assert stored(scene) == 3
    assert scene.repo.git("count-objects", "-v") == objects


@pytest.mark.parametrize("edited", [True, False])
def test_a_shallow_clone_is_deepened_in_ci(
    scene: Scene,
    edited: bool,  # noqa: FBT001 - a column
) -> None:
    """Elsewhere nobody asked for the older commits; the clone itself stays as it is."""
    deployed(scene)
    fresh_clone("--depth=1")(scene)
    if edited:
        ui_item("a", input=9)(scene)
    assert "--overwrite-unknown" in refused(scene).err
    scene.process.setenv("CI", "true")
    if edited:
        assert "--overwrite-drift" in refused(scene).err
    else:
        assert scene.run("apply", "--yes").code == 0
        assert stored(scene) == 3
    assert scene.repo.git("rev-parse", "--is-shallow-repository") == "true"


def test_a_shallow_clone_whose_remote_is_gone_says_so(scene: Scene) -> None:
    """In CI, too, with Git's own words."""
    deployed(scene)
    fresh_clone("--depth=1")(scene)
    away(scene)
    scene.process.setenv("CI", "true")
    ended = refused(scene)
    assert "does not appear to be a git repository" in ended.err
    assert "fetch-depth: 0" in ended.err


@pytest.mark.parametrize("inside", [True, False])
def test_a_workspace_of_github_actions_is_trusted(
    scene: Scene,
    settings: Path,
    tmp_path: Path,
    inside: bool,  # noqa: FBT001 - a column
) -> None:
    """Whoever owns it, and no other folder; the user's configuration is not written to."""
    deployed(scene)
    owned_by_somebody(scene)
    scene.process.setenv("GITHUB_ACTIONS", "true")
    workspace = scene.repo.folder if inside else tmp_path / "elsewhere"
    scene.process.setenv("GITHUB_WORKSPACE", str(workspace))
    ui_item("a", input=9)(scene)
    ended = refused(scene)
    assert ("--overwrite-drift" in ended.err) == inside
    assert ("--overwrite-unknown" in ended.err) != inside
    assert not settings.exists()


def test_the_bound_of_items_can_be_raised(scene: Scene, process: pytest.MonkeyPatch) -> None:
    """What older commits declare is Git's, once so many are read."""
    process.setattr("langsync.history.MAX_ITEM_COMMITS", 2)
    process.setattr("langsync.history.MAX_ITEM_BYTES", 0)
    deployed(scene)
    ended = refused(scene)
    assert "the last 2 commits that change its files are read" in ended.err
    assert "--history-commits" in ended.err
    declared = langsync.load(scene.repo.folder)
    [refusal] = langsync.plan(declared).refusals
    assert refusal.option == "--overwrite-unknown"
    assert langsync.plan(declared, history_commits=3).refusals == ()
    assert scene.run("apply", "--yes", "--history-commits", "3").code == 0
    assert stored(scene) == 3


def test_what_git_lfs_keeps_is_read_where_it_was_fetched(scene: Scene) -> None:
    """``git lfs fetch --all`` puts the contents below ``.git``; without them nothing is known."""
    contents = [rows(a=number) for number in (1, 2)]
    digests = [hashlib.sha256(one.encode()).hexdigest() for one in contents]
    for content, digest in zip(contents, digests, strict=True):
        (scene.repo.folder / "datasets").mkdir(exist_ok=True)
        (scene.repo.folder / ROWS).write_text(content)
        pointer = (
            "version https://git-lfs.github.com/spec/v1\n"
            f"oid sha256:{digest}\nsize {len(content)}\n"
        )
        files = {"datasets/d.yaml": "items_from: [d.jsonl]\n", ROWS: pointer}
        commit("kept", files)(scene)
        (scene.repo.folder / ROWS).write_text(content)  # as its filter checks it out
        if content is contents[0]:
            assert scene.run("apply", "--yes").code == 0
    ended = refused(scene)
    assert "git lfs fetch --all" in ended.err
    for content, digest in zip(contents, digests, strict=True):
        place = scene.repo.folder / ".git/lfs/objects" / digest[:2] / digest[2:4]
        place.mkdir(parents=True)
        (place / digest).write_text(content)
    ui_item("a", input=9)(scene)
    assert "--overwrite-drift" in refused(scene).err
    ui_item("a", input=1)(scene)
    assert scene.run("apply", "--yes").code == 0
    assert stored(scene) == 2


ALLOW = ("-c", "protocol.file.allow=always")


@pytest.fixture
def inner(scene: Scene, tmp_path: Path) -> Path:
    """A submodule that holds the datasets, of two commits; the first one is deployed."""
    source = repository(tmp_path / "inner", "--template=")
    files = {"d.yaml": "items_from: [d.jsonl]\n", "d.jsonl": rows(a=1)}
    source.commit(files)
    scene.repo.git(*ALLOW, "submodule", "--quiet", "add", f"file://{source.folder}", "datasets")
    commit("one")(scene)
    assert scene.run("apply", "--yes").code == 0
    source.commit({"d.jsonl": rows(a=2)})
    scene.repo.git("-C", "datasets", *ALLOW, "pull", "--quiet")
    commit("two")(scene)
    return scene.repo.folder / "datasets"


def test_files_in_a_submodule_have_a_history(scene: Scene, inner: Path) -> None:
    """What a pinned commit declared is Git's, what none did is a person's."""
    assert scene.run("apply", "--yes").code == 0
    assert stored(scene) == 2
    ui_item("a", input=9)(scene)
    assert "--overwrite-drift" in refused(scene).err


def test_a_submodule_that_lacks_pinned_commits_protects(scene: Scene, inner: Path) -> None:
    """A shallow submodule cannot tell; the message says how to complete it."""
    scene.repo.git("clone", "--quiet", f"file://{scene.repo.folder}", "../outer")
    scene.repo.folder = scene.repo.folder.parent / "outer"
    scene.repo.git(*ALLOW, "submodule", "--quiet", "update", "--init", "--depth=1")
    scene.process.chdir(scene.repo.folder)
    ui_item("a", input=9)(scene)
    ended = refused(scene)
    assert "submodule" in ended.err
    assert "--overwrite-unknown" in ended.err
    scene.repo.git("-C", "datasets", *ALLOW, "fetch", "--quiet", "--unshallow")
    assert "--overwrite-drift" in refused(scene).err


@pytest.mark.parametrize("edit", ["other commit", "other file", None])
def test_an_edit_in_a_submodule_is_uncommitted(scene: Scene, inner: Path, edit: str | None) -> None:
    """A work tree whose submodule differs from what is pinned says so in its stamp."""
    commit("three", q="Q")(scene)
    if edit == "other commit":
        scene.repo.git("-C", "datasets", "checkout", "--quiet", "HEAD~1")
    elif edit == "other file":
        (inner / "d.jsonl").write_text(rows(a=5))
    ended = scene.run("apply", "--yes", "--target", "prompt/q")
    assert ended.code == 0, ended.err
    message = scene.call("GET", "/v2/prompts/q")["commitMessage"]
    assert message.endswith("+dirty]") == (edit is not None)


def test_a_command_in_a_message_is_quoted_for_a_shell(scene: Scene, settings: Path) -> None:
    """A folder's name may hold what a shell takes for something else."""
    deployed(scene)
    folder = scene.repo.folder.with_name("it's $HOME")
    scene.repo.folder.rename(folder)
    scene.repo.folder = folder
    scene.process.chdir(folder)
    owned_by_somebody(scene)
    ui_item("a", input=9)(scene)
    assert f"safe.directory {shlex.quote(str(folder))}" in refused(scene).err
