"""Going from commit to commit gives what reading each commit on its own gives."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from langsync import kinds
from langsync.config import read_config
from langsync.errors import ConfigError, InvalidFilesError
from langsync.formats.values import equal_contents
from langsync.history import History
from langsync.history.commits import Commits
from langsync.load import load
from langsync.model import Address, Resource, State
from tests.unit.git import Repository
from tests.unit.history.conftest import Open, P
from tests.unit.repository import write

LIVE = "version: 1\nenvironments: {live: {labels: [%s]}}\n"
CONFIGS = [
    LIVE % "a",
    LIVE % "b",
    LIVE % "a" + "prompts: other\n",
    LIVE % "a" + "prompts: .\n",
    "version: [\n",
]
PLACES = ["prompts/p.yaml", "prompts/q.yaml", "prompts/sub/p.yaml", "other/p.yaml", "other/x.yaml"]
TEXTS = [
    "prompts/t.md",
    "texts/t.md",
    "prompts/sub/t.md",
    "prompts/d/1.jsonl",
    "datasets/d/2.jsonl",
]
DOCUMENTS = [
    "prompt: {0}\n",
    "name: p\nprompt: {0}\n",
    "name: p\nprompt: {0}\n---\nname: q\nprompt: {1}\n",
    "prompt: {{file: t.md}}\n",
    "prompt: {{file: ../texts/t.md}}\n",
    "name: q\nprompt: {{file: sub/t.md}}\n",
    "name: p\nprompt: [\n",
]
DATASETS = [
    "items_from: ['d/*.jsonl']\n",
    "items_from: ['../prompts/**/*.jsonl', d/2.jsonl]\n",
    "items: [{{id: '{0}', input: {1}}}]\n",
]
LINKS = [("prompts/sub", "../texts"), ("prompts/t.md", "../texts/t.md"), ("other", "prompts")]


def change(folder: Path, random: Random) -> None:
    """Do something to the files."""
    values = random.sample("abcdef", 2)
    match random.randrange(10):
        case 0:
            put(folder, "langsync.yaml", random.choice(CONFIGS))
        case 1:
            put(folder, "datasets/d.yaml", random.choice(DATASETS).format(*values))
        case 2:
            path, target = random.choice(LINKS)
            clear(folder / path)
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).symlink_to(target)
        case 3:
            clear(folder / random.choice([*PLACES, *TEXTS, "prompts/sub", "langsync.yaml"]))
        case 4:
            put(folder, "prompts/sub/langsync.yaml", "version: 1\n")
        case 5:
            name = random.choice(TEXTS)
            row = f'{{"id": "{values[0]}", "input": "{values[1]}"}}\n'
            put(folder, name, row if name.endswith("jsonl") else values[0])
        case 6:
            for name in ("prompts", "other", "datasets"):
                clear(folder / name)
            put(folder, random.choice(PLACES), "name: p\nprompt: " + values[0])
            put(folder, "langsync.yaml", random.choice(CONFIGS))
        case 7:
            put(folder, "prompts/sub/t.md", values[0])
            put(folder, "prompts/q.yaml", "prompt: {file: sub/t.md}\n")
        case _:
            put(folder, random.choice(PLACES), random.choice(DOCUMENTS).format(*values))


def put(folder: Path, name: str, text: str) -> None:
    for parent in reversed(Path(name).parents):
        if (folder / parent).is_symlink() or (folder / parent).is_file():
            (folder / parent).unlink()
    clear(folder / name)
    write(folder, {name: text.encode()})


def clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.is_symlink() or path.is_file():
        path.unlink()


def live(repo: Repository, random: Random, steps: int) -> None:
    """Change, branch and merge at random; in the end all branches lead to HEAD."""
    repo.commit({"langsync.yaml": CONFIGS[0], "prompts/p.yaml": "prompt: a\n"})
    for number in range(steps):
        tips = repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()
        luck = random.random()
        if luck < 0.15:
            repo.branch(f"branch{number}", random.choice(tips))
        elif luck < 0.3:
            repo.git("merge", "--quiet", "-s", "ours", "-m", "m", random.choice(tips))
        change(repo.folder, random)
        repo.commit()
    clear(repo.folder / "langsync.yaml")
    repo.git("merge", "--quiet", "-s", "ours", "-m", "all", *tips)
    repo.commit({"langsync.yaml": CONFIGS[0]}, "ends")


def checked_out(repo: Repository, commit: str) -> State | None:
    """What is loaded from the work tree of a commit; None if anything is wrong in it."""
    repo.checkout(commit)
    try:
        config = read_config(repo.folder / "langsync.yaml", kinds.folders())
        return load(config, config.environments["live"]).state
    except InvalidFilesError:
        return None


def same(left: Mapping[Address, Resource], right: Mapping[Address, Resource]) -> bool:
    return left.keys() == right.keys() and all(
        equal_contents(left[one].content, right[one].content) for one in left
    )


def every_address(history: History, commits: Commits) -> set[Address]:
    """What any commit declares."""
    found: set[Address] = set()
    position = 0
    while node := commits.at(position):
        if has_config(history, node.commit.hash):
            found |= history.at(node.commit.hash).state.keys()
        position += 1
    return found


@pytest.mark.parametrize("seed", range(5))
def test_a_walk_reads_each_commit_as_it_is(
    repo: Repository, opened: Open, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever changed in between: documents, texts, links, folders, settings, branches."""
    monkeypatch.setattr("langsync.history.MAX_ITEM_COMMITS", 1000)
    live(repo, Random(seed), 30)
    history = opened(repo.folder)
    commits = history._repository.commits  # type: ignore[union-attr]
    every = every_address(history, commits)
    history.prefetch(every)
    walks = {one.kind: history._walk(one)[1] for one in every if one.kind != "dataset"}
    addresses = [(kind, one) for kind, walk in walks.items() for one in walk.all_keys()]
    assert not history.gap(P)
    loaded = position = 0
    while node := commits.at(position):
        walked = {
            one: walks[kind]._at(one, position) for kind, one in addresses if one.kind == kind
        }
        declared = {one: resource for one, resource in walked.items() if resource is not None}
        if has_config(history, node.commit.hash):
            assert same(declared, compared(history.at(node.commit.hash).state)), position
            state = checked_out(repo, node.commit.hash)
            if state is not None:
                assert same(declared, compared(state)), position
                loaded += 1
        else:
            assert declared == {}
        position += 1
    assert position > 30
    assert loaded > 2


def compared(state: State) -> dict[Address, Resource]:
    """All but datasets: those of a file whose rows are wrong have a history, but are not loaded."""
    return {address: one for address, one in state.items() if address.kind != "dataset"}


def has_config(history: History, ref: str) -> bool:
    try:
        return history.at(ref) is not None
    except ConfigError:
        return False
