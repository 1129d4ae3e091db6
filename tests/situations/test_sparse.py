"""Checkouts that leave files out: what HEAD declares in them is not gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.situations.scene import Scene, apply, commit, fresh_clone, ui_item
from tests.unit.git import repository
from tests.unit.repository import write

FILES: dict[str, str | None] = {
    "langsync.yaml": "version: 1\nprune: {prompts: ['*'], max_share: 1}\n",
    "datasets/d.yaml": "prune: delete\nitems_from: ['d/*.jsonl']\n",
    "datasets/d/a.jsonl": '{"id": "a", "input": 1}\n',
    "datasets/d/b.jsonl": '{"id": "b", "input": 1}\n',
    "prompts/in/p.yaml": "prompt: A\n",
    "prompts/out/q.yaml": "prompt: Q\n",
}


def sparse(scene: Scene) -> None:
    """Leave out a file of rows and a folder of prompts."""
    scene.repo.git("sparse-checkout", "set", "--no-cone", "/*", "!/datasets/d/b.jsonl", "!out/")
    assert not (scene.repo.folder / "datasets/d/b.jsonl").exists()
    assert not (scene.repo.folder / "prompts/out").exists()


@pytest.fixture
def deployed(scene: Scene) -> Scene:
    """Everything is deployed; then the checkout is made sparse."""
    commit("one", FILES)(scene)
    apply()(scene)
    sparse(scene)
    return scene


def names(scene: Scene) -> set[str]:
    """What there is in Langfuse."""
    items = scene.call("GET", "/dataset-items", datasetName="d")["data"]
    prompts = scene.call("GET", "/v2/prompts")["data"]
    return {one["id"] for one in items} | {one["name"] for one in prompts}


def test_what_a_sparse_checkout_leaves_out_is_not_deleted(deployed: Scene) -> None:
    """However much may be pruned; the plan says that it works on a part."""
    before = names(deployed)
    for options in ([], ["--allow-delete"], ["--allow-delete", "--impact", "project"]):
        plan = json.loads(deployed.run("plan", "--format", "json", *options).out)
        assert plan["changes"] == []
        assert (plan["unmanaged"], plan["unmanaged_count"]) == ({}, {})
        [warning] = plan["warnings"]
        assert warning.startswith("this checkout leaves out 2 files (sparse), which declare ")
        assert "dataset_item/d/b, prompt/out/q" in warning
        assert deployed.run("apply", "--yes", *options[:1]).code == 0
    assert names(deployed) == before == {"a", "b", "in/p", "out/q"}
    assert deployed.run("drift", "--all").code == 0


def test_what_was_removed_is_removed_all_the_same(deployed: Scene) -> None:
    """A file that HEAD does not have is left out by nobody."""
    deployed.repo.git("rm", "--quiet", "--sparse", "datasets/d/b.jsonl", "prompts/out/q.yaml")
    commit("two")(deployed)
    options = ("--allow-delete", "--allow-prune", "1")
    plan = json.loads(deployed.run("plan", "--format", "json", *options).out)
    assert {one["address"] for one in plan["changes"]} == {"dataset_item/d/b", "prompt/out/q"}
    assert deployed.run("apply", "--yes", *options).code == 0
    assert names(deployed) == {"a", "in/p"}


def test_an_item_of_nobody_is_pruned_in_a_sparse_checkout(deployed: Scene) -> None:
    """What no commit declares is not protected by what is left out."""
    ui_item("c", input=1)(deployed)
    ended = deployed.run("apply", "--yes", "--allow-prune", "1")
    assert ended.code == 0, ended.err
    assert "b" in names(deployed)
    assert "c" not in names(deployed)


def test_a_person_s_edit_is_protected_in_a_sparse_checkout(deployed: Scene) -> None:
    """The history is whole: what no commit declares is somebody's."""
    ui_item("a", input=9)(deployed)
    ended = deployed.run("apply", "--yes")
    assert ended.code == 3
    assert "--overwrite-drift" in ended.err


def test_a_reference_to_what_is_left_out_is_no_violation(deployed: Scene) -> None:
    """Neither to validate nor to a plan; pull does not declare it once more."""
    text = "@@@langfusePrompt:name=out/q|label=production@@@"
    commit("two", {"prompts/in/r.yaml": f"prompt: '{text}'\n"})(deployed)
    ended = deployed.run("validate", "--strict")
    assert ended.code == 0, ended.err
    assert "leaves out 2 files" in ended.err
    assert deployed.run("plan").code == 0
    ended = deployed.run("pull", "*/*")
    assert ended.code == 0, ended.err
    assert not (deployed.repo.folder / "prompts/out").exists()
    assert "leaves out 2 files" in ended.err
    ended = deployed.run("pull", "prompt/out/q")
    assert ended.code == 1
    assert "leaves out" in ended.err


def test_what_is_in_an_absent_submodule_is_not_deleted(scene: Scene, tmp_path: Path) -> None:
    """Nobody knows what it declares, so nothing is deleted that no file declares."""
    source = repository(tmp_path / "rows", "--template=")
    source.commit({"b.jsonl": '{"id": "b", "input": 1}\n'})
    allow = ("-c", "protocol.file.allow=always")
    files = {**FILES, "datasets/d.yaml": "prune: delete\nitems_from: ['**/*.jsonl']\n"}
    del files["datasets/d/b.jsonl"]
    write(scene.repo.folder, {name: text for name, text in files.items() if text})
    where = f"file://{source.folder}"
    scene.repo.git(*allow, "submodule", "--quiet", "add", where, "datasets/rows")
    commit("one")(scene)
    apply()(scene)
    before = names(scene)
    fresh_clone()(scene)
    for _ in range(2):
        ended = scene.run("apply", "--yes", "--allow-delete")
        assert ended.code == 0, ended.err
        assert "leaves out datasets/rows (a submodule)" in ended.err
        assert names(scene) == before
        write(scene.repo.folder, {"vendored.txt": "x"})


def test_an_absent_submodule_elsewhere_protects_nothing(scene: Scene, tmp_path: Path) -> None:
    """One that no declared file can be in is no reason not to prune."""
    source = repository(tmp_path / "other", "--template=")
    source.commit({"x": "x"})
    allow = ("-c", "protocol.file.allow=always")
    scene.repo.git(*allow, "submodule", "--quiet", "add", f"file://{source.folder}", "vendor")
    commit("one", FILES)(scene)
    apply()(scene)
    ui_item("c", input=1)(scene)
    fresh_clone()(scene)
    ended = scene.run("apply", "--yes", "--allow-prune", "1")
    assert (ended.code, "leaves out" in ended.err) == (0, False)
    assert "c" not in names(scene)
