"""Files to desired state: which files count, and all that is wrong with them at once."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from langsync.config import Environment, choose_environment, read_config
from langsync.errors import InvalidFilesError
from langsync.kinds import all_kinds, folders
from langsync.kinds.base import Violation
from langsync.load import load, place
from langsync.model import Address, Resource, Source
from tests.unit.repository import config_of, loaded, problems, resources, write

PROMPT = "prompt: x\n"


def test_the_kinds_are_found_by_listing_their_folder() -> None:
    """Each has its name; those with files of their own have a folder."""
    assert {"dataset", "dataset_item", "prompt"} <= all_kinds().keys()
    assert all(kind.name == name for name, kind in all_kinds().items())
    assert folders().items() >= {"datasets": "datasets/", "prompts": "prompts/"}.items()
    assert "dataset_items" not in folders()


def test_an_empty_repository_declares_nothing(folder: Path) -> None:
    """A folder that is not there is an empty one."""
    found = loaded(folder, {})
    assert (dict(found.state), found.warnings, found.files) == ({}, (), 0)


def test_names_default_to_the_path_below_the_folder(folder: Path) -> None:
    """Without the ending; with slashes on every system."""
    files = {
        "prompts/a.yaml": PROMPT,
        "prompts/support/b.yml": PROMPT,
        "prompts/v1.2.yaml": PROMPT,
        "datasets/x/c.yaml": "items: []\n",
    }
    assert list(resources(folder, files)) == [
        "dataset/x/c",
        "prompt/a",
        "prompt/v1.2",
        "prompt/support/b",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "prompts/a.json",
        "prompts/a.md",
        "prompts/.hidden.yaml",
        "prompts/.folder/a.yaml",
        "prompts/a.YAML",
        "prompts/langsync.yaml",
        "prompts/langsync.yml",
        "other/a.yaml",
    ],
)
def test_other_files_are_not_read(folder: Path, name: str) -> None:
    """Hidden ones, and those with another ending or in another folder."""
    content = "version: 1\n" if "langsync" in name else "not: a prompt\n"
    assert resources(folder, {name: content}) == {}


@pytest.mark.parametrize("name", ["langsync.yaml", "langsync.yml"])
def test_a_folder_with_a_langsync_yaml_is_another_repository(folder: Path, name: str) -> None:
    """With all that is below it."""
    files = {
        "prompts/team/a/b.yaml": PROMPT,
        f"prompts/team/{name}": "version: 1\n",
        "prompts/c.yaml": PROMPT,
    }
    assert list(resources(folder, files)) == ["prompt/c"]


def test_folders_can_be_elsewhere(folder: Path) -> None:
    """Relative to the file that names them, inside the repository."""
    files = {
        ".git/config": "",
        "team/langsync.yaml": "version: 1\nprompts: ../shared/\n",
        "shared/a.yaml": PROMPT,
    }
    write(folder, files)
    config = read_config(folder / "team" / "langsync.yaml", folders())
    (resource,) = load(config, Environment()).state.values()
    assert (str(resource.address), resource.source) == ("prompt/a", Source("../shared/a.yaml"))


def test_a_file_of_several_documents_declares_several(folder: Path) -> None:
    """Each with its place."""
    text = f"name: a\n{PROMPT}---\n# none\n---\nname: b/c\n{PROMPT}"
    found = resources(folder, {"prompts/x.yaml": text})
    assert {name: one.source for name, one in found.items()} == {
        "prompt/a": Source("prompts/x.yaml", 0, 0),
        "prompt/b/c": Source("prompts/x.yaml", 0, 2),
    }


def test_an_address_is_declared_once(folder: Path) -> None:
    """The second one is told where the first is."""
    files = {"prompts/a.yaml": PROMPT, "prompts/b.yaml": f"name: a\n{PROMPT}"}
    (problem,) = problems(folder, files)
    assert problem.startswith("prompts/b.yaml:1:")
    assert problem.endswith("prompt/a is declared in prompts/a.yaml already")


def test_all_that_is_wrong_is_told_at_once(folder: Path) -> None:
    """In every file and of every kind, in the order of files and lines."""
    files: dict[str, str | bytes] = {
        "prompts/b.yaml": "prompt: 5\n",
        "prompts/a.yaml": "a: [\n",
        "datasets/d.yaml": "metadata:\nitems:\n  - {id: 5}\n",
        "prompts/c.yaml": b"prompt: \xff\n",
        "prompts/d.yaml": "prompt: '@@@langfusePrompt:name=e|label=a@@@'\n",
        "prompts/e.yaml": "prompt: []\nlabels: [a]\n",
    }
    places = [one.partition(": ")[0] for one in problems(folder, files)]
    assert places == [
        "datasets/d.yaml:1:1",
        "datasets/d.yaml:3:10",
        "prompts/a.yaml:2:1",
        "prompts/b.yaml:1:9",
        "prompts/c.yaml:1",
        "prompts/d.yaml:1:9",
    ]


def test_a_link_out_of_the_repository_is_not_read(folder: Path) -> None:
    """Neither to a file nor to nowhere, nor to itself."""
    config = config_of(folder, {"prompts/a.yaml": PROMPT})
    outside = folder.parent / "outside.yaml"
    outside.write_text("prompt: secret\n")
    (folder / "prompts" / "b.yaml").symlink_to(outside)
    (folder / "prompts" / "c.yaml").symlink_to(folder / "none")
    (folder / "prompts" / "d.yaml").symlink_to(folder / "prompts" / "d.yaml")
    with pytest.raises(InvalidFilesError) as caught:
        load(config, Environment())
    assert [one.file for one in caught.value.problems] == [
        "prompts/b.yaml",
        "prompts/c.yaml",
        "prompts/d.yaml",
    ]
    assert "secret" not in str(caught.value)


def test_a_link_inside_the_repository_is_read(folder: Path) -> None:
    """By its own name."""
    write(folder, {"shared/x.yaml": PROMPT})
    (folder / "prompts").mkdir()
    (folder / "prompts" / "a.yaml").symlink_to(folder / "shared" / "x.yaml")
    assert list(resources(folder, {})) == ["prompt/a"]


def test_a_file_that_declares_nothing_is_worth_a_look(folder: Path) -> None:
    """It may have been emptied by mistake."""
    found = loaded(folder, {"prompts/a.yaml": "# nothing\n", "prompts/b.yaml": PROMPT})
    assert list(map(str, found.warnings)) == ["prompts/a.yaml: this file declares nothing"]
    assert (len(found.state), found.files) == (1, 2)


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        ("version: 1\n", []),
        (
            "version: 1\nprompts: promts/\n",
            ["langsync.yaml: prompts: there is no folder 'promts/'"],
        ),
    ],
)
def test_a_folder_that_is_named_should_be_there(
    folder: Path, text: str, warnings: list[str]
) -> None:
    """The default one need not."""
    found = loaded(folder, {"langsync.yaml": text})
    assert list(map(str, found.warnings)) == warnings


def test_files_are_named_as_seen_from_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the place can be opened by a click."""
    write(folder, {"app/langsync.yaml": "version: 1\n", "app/prompts/a.yaml": "x: 1\n", "b/x": ""})
    monkeypatch.chdir(folder / "b")
    config = read_config(folder / "app" / "langsync.yaml", folders())
    with pytest.raises(InvalidFilesError, match=r"^\.\./app/prompts/a\.yaml:1:1: "):
        load(config, Environment())


def test_flaws_get_their_place(folder: Path) -> None:
    """By document, key and index, by line, or by address where a resource has no file."""
    text = "name: a\n---\nname: b\nprompt:\n  - user: x\n"
    config = config_of(folder, {"prompts/x.yaml": text, "datasets/r.jsonl": "{}\n"})
    address = Address("prompt", "b")

    def at(source: Source | None, *steps: str | int) -> str:
        return str(place(config, [Violation(Resource(address, {}, source), "wrong", steps)])[0])

    assert at(Source("prompts/x.yaml", 0, 1), "prompt", 0) == "prompts/x.yaml:5:5: wrong"
    assert at(Source("prompts/x.yaml", 0, 1)) == "prompts/x.yaml:3:1: wrong"
    assert at(Source("datasets/r.jsonl", 7), "input") == "datasets/r.jsonl:7: wrong"
    assert at(None) == "prompt/b: wrong"


def peak_of_loading(folder: Path, count: int) -> int:
    """Bytes that loading so many rows takes, at most."""
    line = '{{"id": "case-{0:06}", "input": {{"q": "{0} some question of a user"}}}}\n'
    rows = "".join(map(line.format, range(count)))
    files = {"datasets/d.yaml": "items_from: [d.jsonl]\n", "datasets/d.jsonl": rows}
    config = config_of(folder, files)
    del rows, files
    tracemalloc.start()
    try:
        found = load(config, choose_environment(config, None, {}))
        assert len(found.state) == count + 1
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_is_flat_in_the_number_of_rows(tmp_path: Path) -> None:
    """They are read as a stream and kept on disk."""
    few, many = (peak_of_loading(tmp_path / str(count), count) for count in (2_000, 12_000))
    assert (many - few) / 10_000 < 100
