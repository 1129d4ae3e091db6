"""What no commit has: it is called so, and nobody is blamed for it."""

from __future__ import annotations

import json
from typing import Any

from tests.situations.scene import Scene, apply, commit, edit, git, ui_item, ui_move
from tests.unit.repository import write

ITEM = "datasets/d.yaml"


def dataset(value: object) -> dict[str, str | None]:
    return {ITEM: json.dumps({"items": [{"id": "a", "input": value}]})}


def message(scene: Scene, version: int, name: str = "p") -> str:
    return str(scene.call("GET", f"/v2/prompts/{name}", version=version)["commitMessage"])


def head(scene: Scene, ref: str = "HEAD") -> str:
    return scene.repo.git("rev-parse", ref)[:12]


def provenance(scene: Scene) -> list[dict[str, Any]]:
    [change] = json.loads(scene.run("plan", "--format", "json").out)["changes"]
    found: list[dict[str, Any]] = change["provenance"]
    return found


def test_hash_and_subject_are_of_one_commit(scene: Scene) -> None:
    """Also where the commit that touched a prompt is not the one that is checked out."""
    commit("touches p", p="A")(scene)
    commit("touches q", q="Q")(scene)
    apply()(scene)
    assert message(scene, 1) == f"touches p ({head(scene, 'HEAD~1')}) [langsync {head(scene)}]"
    assert message(scene, 1, "q") == f"touches q [langsync {head(scene)}]"


def test_a_text_of_no_commit_is_called_uncommitted(scene: Scene) -> None:
    """In the message, the stamp and the next plan, whose commit is that of the hash."""
    commit("touches p", p="A")(scene)
    commit("touches q", q="Q")(scene)
    edit(p="B")(scene)
    apply()(scene)
    assert message(scene, 1) == f"uncommitted changes [langsync {head(scene)}+dirty]"
    edit(p="C")(scene)
    [one] = provenance(scene)
    assert one["commit"] == f"uncommitted changes on {head(scene)} touches q"
    shown = scene.run("plan").out
    assert f"from uncommitted changes on {head(scene)} touches q" in shown
    ended = scene.run("show", "p", "--version", "1")
    assert f"(checkout {head(scene)} with uncommitted changes)" in ended.out, ended.err


def test_a_file_of_its_own_is_uncommitted_by_its_text(scene: Scene) -> None:
    """Whichever of a prompt's files is edited, new or ignored."""
    files: dict[str, str | None] = {
        ".gitignore": "secret.md\n",
        "prompts/p.yaml": "prompt: {file: p.md}\n",
        "prompts/p.md": "A\n",
    }
    commit("one", files)(scene)
    write(scene.repo.folder, {"prompts/p.md": "B\n"})
    apply()(scene)
    assert message(scene, 1).startswith("uncommitted changes ")
    scene.repo.git("checkout", "--quiet", ".")
    write(scene.repo.folder, {"prompts/secret.md": "C\n", "prompts/q.yaml": "prompt: Q\n"})
    commit("two", {"prompts/p.yaml": "prompt: {file: secret.md}\n"})(scene)
    apply()(scene)
    assert message(scene, 2).startswith("uncommitted changes ")
    assert message(scene, 1, "q") == f"two [langsync {head(scene)}]"


def test_values_of_an_edited_langsync_yaml_are_uncommitted(scene: Scene) -> None:
    """Where they change what is declared, and only there."""
    settings = "version: 1\nenvironments: {e: {labels: [production], vars: {X: %s}}}\n"
    files: dict[str, str | None] = {
        "langsync.yaml": settings % "1",
        "prompts/p.yaml": "template: true\nprompt: '${vars.X}'\n",
        "prompts/q.yaml": "prompt: Q\n",
    }
    commit("one", files)(scene)
    write(scene.repo.folder, {"langsync.yaml": settings % "2"})
    apply()(scene)
    assert message(scene, 1).startswith("uncommitted changes ")
    assert message(scene, 1, "q") == f"one [langsync {head(scene)}+dirty]"


def test_an_item_applied_uncommitted_and_edited_again(scene: Scene) -> None:
    """The first hour: nobody is said to have changed it, and nothing is overwritten unasked."""
    commit("one", dataset(1))(scene)
    apply()(scene)
    edit(dataset(2))(scene)
    apply()(scene)
    edit(dataset(3))(scene)
    [one] = provenance(scene)
    assert (one["origin"], one["uncommitted"]) == ("remote", True)
    ended = scene.run("apply", "--yes")
    assert ended.code == 3
    assert "was changed in Langfuse" not in ended.err
    assert "or it was applied from files that were not committed" in ended.err
    assert "langsync pull dataset/d" in ended.err
    assert "--overwrite-drift" in ended.err
    drifted = scene.run("drift")
    assert drifted.code == 2
    assert "or applied from files that were not committed" in drifted.out
    assert scene.run("apply", "--yes", "--overwrite-drift").code == 0
    commit("two", dataset(3))(scene)
    commit("three", dataset(4))(scene)
    assert scene.run("apply", "--yes").code == 0


def test_many_items_applied_uncommitted_are_one_refusal(scene: Scene) -> None:
    """In words that hold for all of them."""

    def items(value: int) -> dict[str, str | None]:
        return {ITEM: json.dumps({"items": [{"id": f"i{n}", "input": value} for n in range(9)]})}

    commit("one", items(1))(scene)
    apply()(scene)
    edit(items(2))(scene)
    apply()(scene)
    edit(items(3))(scene)
    ended = scene.run("apply", "--yes")
    assert ended.code == 3
    assert "9 items of dataset/d" in ended.err
    assert "or they were applied from files that were not committed" in ended.err
    assert "were changed in Langfuse" not in ended.err


def test_without_markers_a_work_tree_that_was_applied_is_no_edit(scene: Scene) -> None:
    """The stamp tells that langsync made the version; that nobody moved the label is not known."""
    commit("one", {"langsync.yaml": "version: 1\ndeployment_markers: false\n"}, p="A")(scene)
    apply()(scene)
    edit(p="X")(scene)
    apply()(scene)
    git("checkout", "--quiet", ".")(scene)
    ended = scene.run("apply", "--yes")
    assert ended.code == 3
    assert "was changed in Langfuse" not in ended.err
    assert f"from uncommitted changes on {head(scene)} one" in ended.err


def test_what_a_person_did_is_still_said(scene: Scene) -> None:
    """A label that left its marker was moved by somebody."""
    commit("one", dataset(1), p="A")(scene)
    apply()(scene)
    commit("two", p="B")(scene)
    apply()(scene)
    ui_move("production", 1)(scene)
    ui_item("a", input=1)(scene)
    ended = scene.run("apply", "--yes")
    assert ended.code == 3
    assert "production (v1) was changed in Langfuse" in ended.err
