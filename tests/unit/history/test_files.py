"""Files that documents name, links, and trees that mean harm, at commits of long ago."""

from __future__ import annotations

import gc
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from langsync.config import Environment
from langsync.history import History
from tests.unit.git import Repository
from tests.unit.history.conftest import Open, texts
from tests.unit.repository import config_of, write

CONFIG = {"langsync.yaml": "version: 1\n"}


def prompt(text: str) -> dict[str, str]:
    return {"prompts/p.yaml": f"prompt: {text}\n"}


def included(repo: Repository) -> str:
    files = {**CONFIG, "prompts/p.yaml": "prompt: {file: texts/p.md}\n"}
    repo.commit({**files, "prompts/texts/p.md": "a\n"})
    repo.commit({"prompts/texts/p.md": "b\n"})
    repo.commit({"prompts/texts/q.md": "unrelated\n"})
    return ""


def included_from_outside_the_folder(repo: Repository) -> str:
    files = {**CONFIG, "prompts/p.yaml": "prompt: {file: ../texts/p.md}\n"}
    repo.commit({**files, "texts/p.md": "a\n"})
    repo.commit({"texts/p.md": "b\n"})
    repo.commit({"texts/q.md": "unrelated\n"})
    return ""


def included_from_outside_the_root(repo: Repository) -> str:
    files = {"app/langsync.yaml": "version: 1\n", "shared/p.md": "a"}
    repo.commit({**files, "app/prompts/p.yaml": "prompt: {file: ../../shared/p.md}\n"})
    repo.commit({"shared/p.md": "b\r\n"})
    return "app"


def included_only_long_ago(repo: Repository) -> str:
    """What a document named once counts for as long as it named it."""
    files = {**CONFIG, "prompts/p.yaml": "prompt: {file: ../texts/p.md}\n"}
    repo.commit({**files, "texts/p.md": "a\n"})
    repo.commit({"texts/p.md": "b\n"})
    repo.commit(prompt("b"))
    return ""


def included_before_it_was_there(repo: Repository) -> str:
    repo.commit({**CONFIG, "prompts/p.yaml": "prompt: {file: ../texts/p.md}\n"})
    repo.commit({"texts/p.md": "a"})
    repo.commit({"texts/p.md": "b"})
    return ""


def odd_names(repo: Repository) -> str:
    name = 'täxt "1"\t🎈.md'
    repo.commit({**CONFIG, "prompts/p.yaml": f"prompt: {{file: {name!r}}}\n"})
    repo.commit(
        {"prompts/p.yaml": 'prompt: {file: "täxt \\"1\\"\\t🎈.md"}\n', f"prompts/{name}": "a"}
    )
    repo.commit({f"prompts/{name}": "b", "prompts/line\nbreak.yaml": "prompt: x"})
    return ""


def linked_file(repo: Repository) -> str:
    repo.commit({**CONFIG, "shared/p.yaml": "prompt: a\n", "prompts/README.md": ""})
    (repo.folder / "prompts/p.yaml").symlink_to("../shared/p.yaml")
    repo.commit()
    repo.commit({"shared/p.yaml": "prompt: b\n"})
    return ""


def linked_folder(repo: Repository) -> str:
    repo.commit({**CONFIG, "shared/v1/p.md": "a", "shared/v2/p.md": "b"})
    (repo.folder / "prompts").mkdir()
    (repo.folder / "prompts/texts").symlink_to("../shared/v1")
    repo.commit({"prompts/p.yaml": "prompt: {file: texts/p.md}\n"})
    (repo.folder / "prompts/texts").unlink()
    (repo.folder / "prompts/texts").symlink_to("../shared/v2")
    repo.commit()
    return ""


def link_becomes_folder(repo: Repository) -> str:
    repo.commit({**CONFIG, "shared/p.md": "a"})
    (repo.folder / "prompts").mkdir()
    (repo.folder / "prompts/texts").symlink_to("../shared")
    repo.commit({"prompts/p.yaml": "prompt: {file: texts/p.md}\n"})
    (repo.folder / "prompts/texts").unlink()
    repo.commit({"prompts/texts/p.md": "b"})
    return ""


def linked_kind_folder(repo: Repository) -> str:
    repo.commit({**CONFIG, "shared/p.yaml": "prompt: a\n"})
    (repo.folder / "prompts").symlink_to("shared")
    repo.commit()
    repo.commit({"shared/p.yaml": "prompt: b\n"})
    return ""


def folder_becomes_file(repo: Repository) -> str:
    files = {**CONFIG, "prompts/p.yaml": "prompt: {file: x}\n"}
    repo.commit({**files, "prompts/x/y.yaml": "prompt: inner\n"})
    (repo.folder / "prompts/x/y.yaml").unlink()
    (repo.folder / "prompts/x").rmdir()
    repo.commit({"prompts/x": "a"})
    repo.commit({"prompts/x": "b"})
    return ""


def nested_project(repo: Repository) -> str:
    """A folder with a langsync.yaml of its own belongs to that one, for as long as it has it."""
    repo.commit({**CONFIG, "prompts/sub/x.yaml": "name: p\nprompt: a\n"})
    repo.commit({"prompts/sub/langsync.yaml": "version: 1\n"})
    repo.commit({"prompts/p.yaml": "prompt: b\n"})
    return ""


def line_endings(repo: Repository) -> str:
    repo.commit({**CONFIG, "prompts/p.yaml": b"prompt: a\n"})
    repo.commit({"prompts/p.yaml": b"\xef\xbb\xbfprompt: a\r\n"})
    repo.commit({"prompts/p.yaml": b"prompt: b\r\n"})
    return ""


def large_file_pointer(repo: Repository) -> str:
    repo.commit({**CONFIG, **prompt("a")})
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 10\n"
    repo.commit({"prompts/p.yaml": pointer})
    repo.commit(prompt("b"))
    return ""


@dataclass(frozen=True)
class Case:
    """A history that gives the folder of its langsync.yaml, and the texts of ``p``."""

    make: Callable[[Repository], str]
    texts: list[str | None]


CASES = [
    Case(included, ["b", "a"]),
    Case(included_from_outside_the_folder, ["b", "a"]),
    Case(included_from_outside_the_root, ["b", "a"]),
    Case(included_only_long_ago, ["b", "a"]),
    Case(included_before_it_was_there, ["b", "a", None]),
    Case(odd_names, ["b", "a", None]),
    Case(linked_file, ["b", "a", None]),
    Case(linked_folder, ["b", "a", None]),
    Case(link_becomes_folder, ["b", "a", None]),
    Case(linked_kind_folder, ["b", "a", None]),
    Case(folder_becomes_file, ["b", "a", None]),
    Case(nested_project, ["b", None, "a"]),
    Case(line_endings, ["b", "a"]),
    Case(large_file_pointer, ["b", None, "a"]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.make.__name__)
def test_documents_are_read_with_the_files_of_their_time(
    repo: Repository, opened: Open, case: Case
) -> None:
    """Included files, links and folders are those of the same commit."""
    root = case.make(repo)
    assert texts(opened(repo.folder / root), "p") == case.texts


ITEMS = "items_from: [{}]\n"


def row(text: str) -> str:
    return f'{{"id": "i", "input": "{text}"}}\n'


def test_items_come_from_the_files_that_matched_at_the_time(repo: Repository, opened: Open) -> None:
    """A file that appears, changes and goes is seen, though no YAML file changes."""
    keep = {"datasets/d/keep.jsonl": '{"id": "k", "input": 1}\n'}
    repo.commit({**CONFIG, "datasets/d.yaml": ITEMS.format('"d/*.jsonl"'), **keep})
    repo.commit({"datasets/d/more.jsonl": row("a")})
    repo.commit({"datasets/d/more.jsonl": row("b"), "datasets/d/notes.md": "?"})
    repo.commit(without="datasets/d/more.jsonl")
    history = opened(repo.folder)
    assert texts(history, "d/i", "dataset_item") == [None, "b", "a", None]
    assert texts(history, "d/k", "dataset_item") == ["1"]


def test_items_outside_of_the_folder_and_in_folders_below_match(
    repo: Repository, opened: Open
) -> None:
    """A pattern may lead out of the kind's folder, and into all folders below."""
    files = {"data/x/one.jsonl": '{"id": "k", "input": 1}\n', "data/x/two.csv": "a,b\n"}
    repo.commit({**CONFIG, "datasets/d.yaml": ITEMS.format('"../data/**/*.jsonl"'), **files})
    repo.commit({"data/y/z/more.jsonl": row("a")})
    repo.commit({"data/y/z/more.jsonl": row("b")})
    history = opened(repo.folder)
    assert texts(history, "d/i", "dataset_item") == ["b", "a", None]


def test_a_link_out_of_the_repository_is_not_followed(
    repo: Repository, opened: Open, tmp_path: Path
) -> None:
    """What it leads to is no part of any commit."""
    (tmp_path / "secret.yaml").write_text("prompt: secret\n")
    repo.commit({**CONFIG, "prompts/README.md": ""})
    (repo.folder / "prompts/p.yaml").symlink_to("../../secret.yaml")
    (repo.folder / "prompts/q.yaml").symlink_to(tmp_path / "secret.yaml")
    (repo.folder / "prompts/r.yaml").symlink_to("r.yaml")
    (repo.folder / "up").symlink_to("..")
    repo.commit({"prompts/s.yaml": "prompt: {file: ../up/secret.yaml}\n"})
    history = opened(repo.folder)
    for name in "pqrs":
        assert texts(history, name) == [None]


def test_no_link_of_the_private_folder_leads_out_of_it(
    repo: Repository, opened: Open, tmp_path: Path
) -> None:
    """Not even into the folder around it, where others keep their files."""
    shared = {"shared/p.yaml": "prompt: a\n", "prompts/README.md": ""}
    write(repo.folder, {**CONFIG, **shared})
    for name, target in {"p": "../shared/p", "q": "../../q", "r": "../x/../../r"}.items():
        (repo.folder / f"prompts/{name}.yaml").symlink_to(f"{target}.yaml")
    repo.commit()
    history = opened(repo.folder)
    assert texts(history, "p") == ["a"]
    links = [path for path in (tmp_path / "scratch").rglob("*.yaml") if path.is_symlink()]
    assert [path.name for path in links] == ["p.yaml"]


def write_object(repo: Repository, kind: str, content: bytes) -> str:
    """Put an object into a repository unchecked; gives its hash."""
    words = ["git", "hash-object", "-w", "-t", kind, "--literally", "--stdin"]
    ended = subprocess.run(
        words, cwd=repo.folder, input=content, stdout=subprocess.PIPE, check=True
    )
    return ended.stdout.decode().strip()


def tree(repo: Repository, rows: dict[str, tuple[str, str]]) -> str:
    """Write a folder: for each name the mode and the hash of what it holds."""
    content = b"".join(
        f"{mode} {name}".encode() + b"\0" + bytes.fromhex(object_)
        for name, (mode, object_) in rows.items()
    )
    return write_object(repo, "tree", content)


def test_names_that_lead_elsewhere_are_left_out(
    repo: Repository, opened: Open, tmp_path: Path
) -> None:
    """A tree may hold any bytes as names; nothing is written outside of the private folder."""
    bad = "100644", write_object(repo, "blob", b"prompt: escaped\n")
    good = "100644", write_object(repo, "blob", b"prompt: fine\n")
    config = "100644", write_object(repo, "blob", b"version: 1\n")
    evil = "40000", tree(repo, {"escaped.yaml": bad})
    prompts = {
        "..": evil,
        "../../../escaped.yaml": bad,
        ".git": evil,
        f"{tmp_path}/escaped.yaml": bad,
        "p.yaml": good,
        "submodule": ("160000", "0" * 40),
    }
    top = tree(repo, {"langsync.yaml": config, "prompts": ("40000", tree(repo, prompts))})
    repo.git("update-ref", "refs/heads/main", repo.git("commit-tree", top, "-m", "harm"))
    (repo.folder / "langsync.yaml").write_text("version: 1\n")
    history = opened(repo.folder)
    assert texts(history, "p") == ["fine"]
    assert [str(address) for address in history.at("HEAD").state] == ["prompt/p"]
    assert list(tmp_path.rglob("escaped.yaml")) == []


def test_a_file_in_the_place_of_a_link_does_not_go_through_it(
    repo: Repository, opened: Open, tmp_path: Path
) -> None:
    """From commit to commit a name may be a link and then a folder of the same name."""
    outside = tmp_path / "scratch" / "outside"
    repo.commit(
        {**CONFIG, "prompts/texts/p.md": "a", "prompts/p.yaml": "prompt: {file: texts/p.md}"}
    )
    (repo.folder / "prompts/texts/p.md").unlink()
    (repo.folder / "prompts/texts").rmdir()
    (repo.folder / "prompts/texts").symlink_to(outside)
    repo.commit()
    (repo.folder / "prompts/texts").unlink()
    (repo.folder / "prompts/texts").symlink_to("../../outside")
    repo.commit()
    assert texts(opened(repo.folder), "p") == [None, "a"]
    assert not outside.exists()


def test_the_private_folder_is_closed_to_others_and_goes_with_the_history(
    repo: Repository, opened: Open, tmp_path: Path
) -> None:
    """So is the Git directory that borrows the repository's objects."""
    repo.commit({**CONFIG, **prompt("a")})
    scratch = tmp_path / "scratch"
    history = opened(repo.folder)
    (private,) = scratch.iterdir()
    assert texts(history, "p") == ["a"]
    folders = {*scratch.iterdir()}
    assert len(folders) == 2
    assert {one.stat().st_mode & 0o777 for one in folders} == {0o700}
    history.at("HEAD")
    assert {*scratch.iterdir()} == folders > {private}
    history.close()
    assert list(scratch.iterdir()) == []


def test_a_history_that_is_forgotten_cleans_up(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without ``close`` the folder and the processes end with the object."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    config = config_of(repo.folder, prompt("a"))
    repo.commit()
    history = History.open(config, Environment())
    assert texts(history, "p") == ["a"]
    assert len(list(scratch.iterdir())) == 2
    del history
    gc.collect()
    assert list(scratch.iterdir()) == []
