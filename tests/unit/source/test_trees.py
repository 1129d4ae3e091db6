"""A work tree and a commit of it are read alike."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from langsync.formats.limits import FILE_SIZE
from langsync.source import Boundary, SourceTree, WorkTree
from langsync.source.commit import CommitTree
from langsync.source.git import Git
from langsync.source.objects import Objects
from langsync.source.tree import OutsideError
from tests.unit.git import Repository, repository

FILES = {
    "prompts/a.yaml": "prompt: a\n",
    "prompts/deep/er/b.yaml": "prompt: b\n",
    "prompts/.hidden/c.yaml": "prompt: c\n",
    "data/1.jsonl": "{}\n",
    "data/x/2.jsonl": "{}\n",
    "data/x/y/3.jsonl": "{}\n",
    "data/x/y/.4.jsonl": "{}\n",
    "data/notes.md": "notes\n",
    ".env": "SECRET=1\n",
}
LINKS = {
    "prompts/link.yaml": "../data/notes.md",
    "prompts/texts": "../data/x",
    "prompts/broken.yaml": "none.yaml",
    "prompts/loop.yaml": "loop.yaml",
    "prompts/secret.yaml": "../.env",
    "prompts/out.yaml": "../../outside.yaml",
    "data/linked": "x/y",
}

Open = Callable[[], SourceTree]


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A repository with links of all kinds, and a file beside it."""
    repo = repository(tmp_path.resolve() / "repo")
    for path, target in LINKS.items():
        (repo.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (repo.folder / path).symlink_to(target)
    (tmp_path / "outside.yaml").write_text("prompt: outside\n")
    repo.commit(FILES)
    return repo


@pytest.fixture
def commit(repo: Repository) -> Iterator[Open]:
    """Opens the tree of HEAD."""
    objects = Objects(Git.find(repo.folder), 40)
    head = repo.git("rev-parse", "HEAD^{tree}")
    yield lambda: CommitTree(objects, head, Boundary(repo.folder))
    objects.close()


def clear(repo: Repository) -> None:
    """Delete everything but what Git has."""
    for path in repo.folder.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def answers(tree: SourceTree, folder: Path) -> list[object]:
    """What a tree says of everything that is there, and of some things that are not."""
    inside = [name for name in LINKS if name != "prompts/out.yaml"]
    names = [*FILES, *inside, "none", "prompts/none/x", "data/x/../notes.md", "prompts/texts/../1"]
    paths = [folder / name for name in ("", *names, "prompts/texts/y/3.jsonl")]
    folders = [folder / name for name in ("prompts", "data", "data/linked", "none", ".env")]
    found: list[object] = [
        [tree.is_file(path), tree.is_folder(path), tree.is_link(path), tree.may_read(path)]
        for path in paths
    ]
    found += [tree.list(one, pattern) for one in folders for pattern in ("*", "*.yaml", "d*")]
    found += [tree.read(path) for path in paths if tree.may_read(path) and tree.is_file(path)]
    found += [tree.resolve(path) for path in paths if tree.may_read(path)]
    return found


def test_a_commit_answers_as_its_work_tree(repo: Repository, commit: Open) -> None:
    """Files, folders, links; without anything of it on disk."""
    on_disk = answers(WorkTree.below(repo.folder), repo.folder)
    clear(repo)
    assert answers(commit(), repo.folder) == on_disk
    assert answers(WorkTree.below(repo.folder), repo.folder) != on_disk


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.jsonl", "1.jsonl"),
        ("*/*.jsonl", "linked/3.jsonl x/2.jsonl"),
        ("**/*.jsonl", "1.jsonl x/2.jsonl x/y/3.jsonl"),
        ("**/y/*", "x/y/3.jsonl"),
        ("*/**/3.jsonl", "linked/3.jsonl x/y/3.jsonl"),
        ("x/[xyz]/?.jsonl", "x/y/3.jsonl"),
        ("**/.4.jsonl", ""),
        ("x/*/", ""),
        ("**", ""),
        ("none/*", ""),
        ("*.jsonl/*", ""),
    ],
)
def test_a_pattern_means_the_same_files_in_both(
    repo: Repository, commit: Open, pattern: str, names: str
) -> None:
    """Nothing hidden, no folder; ``**`` follows no links."""
    data = repo.folder / "data"
    for tree in (WorkTree.below(repo.folder), commit()):
        found = tree.glob(data, pattern)
        assert [path.relative_to(data).as_posix() for path in found] == names.split()


@pytest.mark.parametrize("name", ["prompts/secret.yaml", "prompts/out.yaml", ".env", ".git/config"])
def test_the_boundary_holds_in_both(repo: Repository, commit: Open, name: str) -> None:
    """Whatever a link or a path leads to."""
    for tree in (WorkTree.below(repo.folder), commit()):
        assert not tree.may_read(repo.folder / name)


def test_the_limit_of_a_file_holds_in_both(
    repo: Repository, commit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows have none: `open` gives files of any size."""
    monkeypatch.setattr("langsync.source.files.FILE_SIZE", FILE_SIZE.__class__("size", 5, "bytes"))
    path = repo.folder / "data/notes.md"
    for tree in (WorkTree.below(repo.folder), commit()):
        with pytest.raises(OSError, match="the limit is 5 bytes"):
            tree.read(path)
        with tree.open(path) as file:
            assert file.read() == b"notes\n"


def test_what_is_no_file_cannot_be_opened(repo: Repository, commit: Open) -> None:
    """The same errors in both."""
    for tree in (WorkTree.below(repo.folder), commit()):
        with pytest.raises(FileNotFoundError):
            tree.open(repo.folder / "none.md")
        with pytest.raises(IsADirectoryError):
            tree.open(repo.folder / "data")
        with pytest.raises(FileNotFoundError):
            tree.resolve(repo.folder / "prompts/broken.yaml", strict=True)


def test_a_pattern_looks_at_nothing_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops at the link that leads there."""
    top, outside = tmp_path.resolve() / "top", tmp_path.resolve() / "outside"
    for folder in (top / "a", outside / "deep"):
        folder.mkdir(parents=True)
        (folder / "x.jsonl").write_text("")
    (top / "link").symlink_to(outside)
    listed: list[Path] = []
    scan = os.scandir

    def scandir(path: Path) -> Iterator[os.DirEntry[str]]:
        listed.append(path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    tree = WorkTree.below(top)
    with pytest.raises(OutsideError) as caught:
        tree.glob(top, "*/**/x.jsonl")
    assert caught.value.folder == top / "link"
    assert tree.glob(top, "**/x.jsonl") == [top / "a" / "x.jsonl"]
    assert not any(path.resolve().is_relative_to(outside) for path in listed)


def test_a_commit_knows_what_was_asked_of_it(repo: Repository, commit: Open) -> None:
    """Paths without links, the links on the way, and steps that may become links."""
    tree = commit()
    assert isinstance(tree, CommitTree)
    tree.read(repo.folder / "prompts/texts/2.jsonl")
    assert tree.asked == {"prompts/texts", "prompts", "data/x/2.jsonl"}
    assert tree.sizes == {repo.folder / "data/x/2.jsonl": 3}
    tree.is_file(repo.folder / "none/../data/notes.md")
    assert tree.asked >= {"none", "data/notes.md"}
    assert not tree.listed
    tree.glob(repo.folder / "prompts/texts", "y/*.jsonl")
    assert tree.listed == {("data/x", "y"), ("data/x/y", "*.jsonl")}
