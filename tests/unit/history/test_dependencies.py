"""What is read again from commit to commit: what depends on a difference, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from langsync.history.dependencies import Dependencies
from langsync.source import Boundary, Listing
from langsync.source.commit import CommitTree
from langsync.source.git import Git
from langsync.source.objects import Objects
from tests.unit.git import Repository
from tests.unit.history.conftest import Open, texts

FILES = {"texts/a.md": "a", "data/1.jsonl": "1", "data/x/2.jsonl": "2", "README.md": "x"}

Change = Callable[[Repository], object]
Read = Callable[[CommitTree, Path], object]


@pytest.fixture
def objects(repo: Repository) -> Iterator[Objects]:
    objects = Objects(Git.find(repo.folder), 40)
    yield objects
    objects.close()


def read(name: str) -> Read:
    return lambda tree, top: tree.is_file(top / name) and tree.read(top / name)


def glob(pattern: str) -> Read:
    return lambda tree, top: tree.glob(top / "data", pattern)


def commit(**files: str) -> Change:
    return lambda repo: repo.commit({name.replace("__", "/"): text for name, text in files.items()})


def link(path: str, target: str) -> Change:
    def change(repo: Repository) -> None:
        place = repo.folder / path
        if place.exists():
            place.rename(repo.folder / f"{path}.old")
        place.symlink_to(target)
        repo.commit()

    return change


@pytest.mark.parametrize(
    ("reading", "change", "affected"),
    [
        (read("texts/a.md"), {"texts/a.md": "b"}, True),
        (read("texts/a.md"), {"texts/b.md": "b"}, False),
        (read("texts/none.md"), {"texts/b.md": "b"}, False),
        (read("texts/none.md"), {"texts/none.md": "b"}, True),
        (read("none/none.md"), {"none/none.md": "b"}, True),
        (read("none/none.md"), {"none": "a file"}, False),
        (read("none/none.md"), ("none", "texts"), True),
        (read("none/../texts/a.md"), ("none", "data/x"), True),
        (read("texts/a.md"), ("texts", "data"), True),
        (read("texts"), {"texts/b.md": "b"}, False),
        (glob("*.jsonl"), {"data/1.jsonl": "b"}, True),
        (glob("*.jsonl"), {"data/b.jsonl": "b"}, True),
        (glob("*.jsonl"), {"data/b.md": "b"}, False),
        (glob("*.jsonl"), {"data/b/b.jsonl": "b"}, False),
        (glob("*/*.jsonl"), {"data/b/b.md": "b"}, True),
        (glob("**/*.jsonl"), {"data/x/b.jsonl": "b"}, True),
        (glob("**/2.jsonl"), {"data/x/b.jsonl": "b"}, True),
        (glob("none/*"), {"data/none/b": "b"}, True),
    ],
)
def test_a_reading_depends_on_what_it_asked(
    repo: Repository,
    objects: Objects,
    reading: Read,
    change: dict[str, str] | tuple[str, str],
    affected: bool,  # noqa: FBT001 - a column
) -> None:
    """Contents, existence, links, names that match a pattern; no other file counts."""
    repo.commit(FILES)
    before = repo.git("rev-parse", "HEAD^{tree}")
    tree = CommitTree(objects, before, Boundary(repo.folder))
    reading(tree, repo.folder)
    dependencies: Dependencies[str] = Dependencies(objects)
    dependencies.put("reading", tree)
    if isinstance(change, dict):
        repo.commit(change)
    else:
        link(*change)(repo)
    after = repo.git("rev-parse", "HEAD^{tree}")
    assert dependencies.changed(before, after)[0] == ({"reading"} if affected else set())
    assert dependencies.changed(after, before)[0] == ({"reading"} if affected else set())
    dependencies.remove("reading")
    assert dependencies.changed(before, after)[0] == set()


def test_a_submodule_comes_to_be_a_folder(repo: Repository, objects: Objects) -> None:
    """Once the commit that is pinned is here: its name and mode stay what they were."""
    here = repo.commit(FILES)

    def pin(commit: str) -> str:
        repo.git("update-index", "--add", "--cacheinfo", f"160000,{commit},data/sub")
        return repo.git("write-tree")

    absent, present = pin("1" * 40), pin(here)
    tree = CommitTree(objects, absent, Boundary(repo.folder))
    assert tree.list(repo.folder / "data").folders == ("x",)
    assert objects.absent == {"1" * 40}
    dependencies: Dependencies[str] = Dependencies(objects)
    dependencies.put("reading", tree)
    assert dependencies.changed(absent, present)[0] == {"reading"}
    after = CommitTree(objects, present, Boundary(repo.folder))
    assert after.list(repo.folder / "data").folders == ("sub", "x")
    assert after.read(repo.folder / "data/sub/texts/a.md") == b"a"


@pytest.fixture
def blobs(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The contents of files that are asked of Git."""
    found: list[bytes] = []
    original = Objects.prefetch

    def prefetch(self: Objects, hashes: list[str]) -> None:
        known = {*self._remembered}
        original(self, hashes)
        found.extend(content for one, content in self._remembered.items() if one not in known)

    monkeypatch.setattr(Objects, "prefetch", prefetch)
    return found


def test_each_content_is_asked_of_git_once(
    repo: Repository, opened: Open, blobs: list[bytes]
) -> None:
    """However many commits have it, and however often a file that names it changes."""
    prompts = {f"prompts/{n}.yaml": f"prompt: {{file: texts/{n}.md}}\n" for n in range(5)}
    included = {f"prompts/texts/{n}.md": f"text {n}\n" for n in range(5)}
    repo.commit({"langsync.yaml": "version: 1\n", **prompts, **included})
    for n in range(10):
        repo.commit({"prompts/0.yaml": f"tags: [t{n}]\n{prompts['prompts/0.yaml']}"})
        repo.commit({"README.md": f"{n}", "src/a.py": f"{n}"})
    history = opened(repo.folder)
    assert len(texts(history, "0")) == 11
    assert len(blobs) == len({*blobs}) == 1 + 5 + 5 + 10
    history.at("HEAD~3")
    assert len(blobs) == 21


def test_a_text_is_no_path(repo: Repository, opened: Open, blobs: list[bytes]) -> None:
    """Only what a kind names is read, not what a text happens to be called like."""
    prompt = {"prompts/p.yaml": "prompt: notes.md\nconfig: {file: notes.md}\n"}
    repo.commit({"langsync.yaml": "version: 1\n", **prompt, "prompts/notes.md": "notes"})
    assert texts(opened(repo.folder), "p") == ["notes.md"]
    assert b"notes" not in blobs


def test_only_folders_whose_names_change_are_listed_again(
    repo: Repository, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many others a kind's folder has, here the whole repository."""
    files = {f"f{n}/g{m}/p.yaml": f"prompt: v{n}\n" for n in range(5) for m in range(5)}
    repo.commit({"langsync.yaml": "version: 1\nprompts: .\n", **files})
    repo.commit({"f1/g1/p.yaml": "prompt: other\n"})
    repo.commit({"f2/g2/more.yaml": "prompt: more\n", "f3/notes.md": "x"})
    repo.commit({"f4/new/deep/p.yaml": "prompt: new\n"}, without="f0/g0/p.yaml")
    listed: list[str] = []
    original = CommitTree.list

    def list_(self: CommitTree, folder: Path, pattern: str = "*") -> Listing:
        listed.append(folder.relative_to(repo.folder).as_posix())
        return original(self, folder, pattern)

    monkeypatch.setattr(CommitTree, "list", list_)
    history = opened(repo.folder)
    assert texts(history, "f0/g0/p") == [None, "v0"]
    assert texts(history, "f4/new/deep/p") == ["new", None]
    first, again = listed[: 1 + 5 + 24 + 2], listed[1 + 5 + 24 + 2 :]
    assert len({*first}) == len(first)
    assert sorted(again) == ["f0", "f0/g0", "f2/g2", "f3", "f4"]
