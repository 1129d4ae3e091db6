"""What history does not tell: past the bound of items, and where Git LFS keeps the contents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

import pytest

from langsync.model import Address
from langsync.source.objects import Objects
from tests.unit.git import Repository
from tests.unit.history.conftest import Open, P, texts

CONFIG = {
    "langsync.yaml": "version: 1\n",
    "datasets/d.yaml": "items_from: [d.jsonl]\n",
    "datasets/e.yaml": "items_from: ['e/*.jsonl']\n",
}
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 10\n"
ITEM, OTHER = Address("dataset_item", "d/i"), Address("dataset_item", "e/j")


def row(text: object, name: str = "i") -> str:
    return f'{{"id": "{name}", "input": "{text}"}}\n'


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The contents of files of rows that are read."""
    found: list[bytes] = []
    original = Objects.read

    def read_(self: Objects, hashes: list[str]) -> Iterator[bytes]:
        for content in original(self, hashes):
            if content.startswith(b'{"id"'):
                found.append(content)
            yield content

    monkeypatch.setattr(Objects, "read", read_)
    return found


def test_items_are_followed_through_twenty_commits(
    repo: Repository, opened: Open, read: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that change files of their dataset; what is before is not known then.

    Small files are followed further: that costs little.
    """
    repo.commit({**CONFIG, "datasets/d.jsonl": row(0), "datasets/e/e.jsonl": row("x", "j")})
    for number in range(1, 25):
        repo.commit({"datasets/d.jsonl": row(number), "README.md": str(number)})
        repo.commit(
            {"datasets/e/f.jsonl": row(number, "f"), "prompts/p.yaml": f"prompt: v{number}"}
        )
    assert len(texts(opened(repo.folder), "d/i", "dataset_item")) == 25
    read.clear()
    monkeypatch.setattr("langsync.history.MAX_ITEM_BYTES", 100)
    history = opened(repo.folder)
    assert not history.gap(ITEM)
    found = texts(history, "d/i", "dataset_item")
    assert found == [str(number) for number in range(24, 4, -1)]
    assert len(read) <= 21
    assert "20 commits" in history.gap(ITEM)
    assert len(texts(history, "p")) == 25
    assert not history.gap(P)


@pytest.mark.parametrize("inline", [True, False])
def test_rows_count_whenever_they_are_read(
    repo: Repository,
    opened: Open,
    monkeypatch: pytest.MonkeyPatch,
    inline: bool,  # noqa: FBT001 - a column
) -> None:
    """Although only the file of their dataset changes."""
    long = "x" * 2000
    items = f"items: [{{id: i, input: {long}}}]" if inline else "items_from: [d.jsonl]"
    repo.commit({**CONFIG, "datasets/d.jsonl": row(long)})
    for number in range(30):
        repo.commit({"datasets/d.yaml": f"description: v{number}\n{items}\n"})
    monkeypatch.setattr("langsync.history.MAX_ITEM_BYTES", 24 * 2000)
    history = opened(repo.folder)
    assert texts(history, "d/i", "dataset_item") == [long]
    assert re.match(r"the last 2[34] commits", history.gap(ITEM))


def test_each_dataset_has_twenty_commits_of_its_own(
    repo: Repository, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many others are asked for, in one file with it or not."""
    monkeypatch.setattr("langsync.history.MAX_ITEM_BYTES", 100)
    f, g = Address("dataset_item", "f/i"), Address("dataset_item", "g/i")
    both = "items_from: [../f.jsonl]\nname: f\n---\nname: g\nitems_from: [../g.jsonl]\n"
    repo.commit({**CONFIG, "datasets/both.yaml": both, "f.jsonl": row("f"), "g.jsonl": row("g")})
    repo.commit({"datasets/d.jsonl": row("d"), "datasets/e/e.jsonl": row("e", "j")})
    for number in range(10):
        repo.commit({"f.jsonl": row(number)})
    for number in range(24):
        repo.commit({"datasets/d.jsonl": row(number)})
        repo.commit({"datasets/e/e.jsonl": row(number, "j")})
        repo.commit({"g.jsonl": row(number)})
    attended = [ITEM, OTHER, f, g, Address("dataset_item", "d/never")]
    together = opened(repo.folder)
    together.prefetch(attended)
    for address, count in zip(attended, [20, 20, 1, 20, 1], strict=True):
        alone = opened(repo.folder)
        found = texts(together, address.name, address.kind)
        assert found == texts(alone, address.name, address.kind)
        assert len(found) == count
        assert together.gap(address) == alone.gap(address)
        assert "20 commits" in alone.gap(address)


@pytest.mark.parametrize("seed", range(4))
def test_what_else_is_asked_for_changes_no_answer(
    repo: Repository, opened: Open, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """On whatever branches datasets change: those with more history end for themselves."""
    monkeypatch.setattr("langsync.history.MAX_ITEM_COMMITS", 4)
    monkeypatch.setattr("langsync.history.MAX_ITEM_BYTES", 0)
    random, names = Random(seed), ("a", "b", "c")
    files = {f"datasets/{name}.yaml": f"items_from: [{name}.jsonl]\n" for name in names}
    repo.commit({**CONFIG, **files, **{f"datasets/{name}.jsonl": row(0) for name in names}})
    for number in range(25):
        tips = repo.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()
        if random.random() < 0.4:
            repo.branch(f"branch{number}", random.choice(tips))
        elif random.random() < 0.6:
            repo.git("merge", "--quiet", "-s", "ours", "-m", "m", random.choice(tips))
        name = random.choice("aaabbc")
        repo.commit({f"datasets/{name}.jsonl": row(random.choice("xyz"))})
    repo.git("merge", "--quiet", "-s", "ours", "-m", "all", *tips)
    items = [Address("dataset_item", f"{name}/i") for name in names]
    together = opened(repo.folder)
    together.prefetch(items)
    for item in items:
        apart = opened(repo.folder)
        assert [*together.declarations(item)] == [*apart.declarations(item)]
        assert together.gap(item) == apart.gap(item)
    assert together.gap(items[0])


def test_twenty_commits_may_be_all(repo: Repository, opened: Open) -> None:
    """However many others there are: what was never declared then is known not to have been."""
    repo.commit({"README.md": "before"})
    for number in range(20):
        repo.commit({**CONFIG, "datasets/d.jsonl": row(number), "datasets/e/e.jsonl": row(1, "j")})
        repo.commit({"prompts/p.yaml": f"prompt: v{number}"})
    history = opened(repo.folder)
    assert texts(history, "d/i", "dataset_item")[-2:] == ["0", None]
    assert not history.gap(ITEM)


def test_what_departed_costs_no_rows_of_other_datasets(
    repo: Repository, opened: Open, read: list[bytes]
) -> None:
    """A prompt or a dataset that is in no file is looked for without any rows."""
    repo.commit({**CONFIG, "datasets/d.jsonl": row(1), "datasets/gone.yaml": "description: x\n"})
    repo.commit({"datasets/d.jsonl": row(2), "datasets/e/e.jsonl": row(1, "j")})
    repo.commit({"datasets/e/e.jsonl": row(1, "k")}, without="datasets/gone.yaml")
    history = opened(repo.folder)
    gone = Address("dataset", "gone")
    assert {*history.departed([gone, P, Address("dataset", "other")])} == {gone}
    assert read == []
    assert {*history.departed([OTHER, Address("dataset_item", "e/never")])} == {OTHER}
    assert [one for one in read if b'"i"' in one] == []


@pytest.mark.parametrize("always", [True, False])
def test_items_that_git_lfs_keeps_are_not_known(
    repo: Repository,
    opened: Open,
    always: bool,  # noqa: FBT001 - a column
) -> None:
    """Nor whether anybody changed them; the dataset itself is, and so are other datasets."""
    kept = {"datasets/d.jsonl": POINTER}
    repo.commit({**CONFIG, **kept, "datasets/e/e.jsonl": row(1, "j")})
    repo.commit(kept if always else {"datasets/d.jsonl": row(1)})
    history = opened(repo.folder)
    assert texts(history, "d/i", "dataset_item") == ([None] if always else ["1", None])
    assert texts(history, "e/j", "dataset_item") == ["1"]
    assert "Git LFS" in history.gap(ITEM)
    assert not history.gap(OTHER)
    assert not history.gap(Address("dataset", "d"))


def test_a_pattern_may_mean_what_git_lfs_keeps(repo: Repository, opened: Open) -> None:
    """The files of its dataset are not known then."""
    repo.commit({**CONFIG, "datasets/d.jsonl": row(1), "datasets/e/e.jsonl": row(1, "j")})
    repo.commit({"datasets/e/f.jsonl": POINTER.replace("10", "11")})
    history = opened(repo.folder)
    assert texts(history, "e/j", "dataset_item") == [None, "1"]
    assert "Git LFS" in history.gap(OTHER)


@pytest.mark.parametrize("name", ["prompts/p.yaml", "prompts/p.md"])
def test_prompts_that_git_lfs_keeps_are_not_known(
    repo: Repository, opened: Open, name: str
) -> None:
    """A file of documents hides whatever it may declare, an included text only its prompt."""
    files = {"prompts/p.yaml": "prompt: {file: p.md}\n", "prompts/p.md": "a\n"}
    repo.commit({**CONFIG, **files, "prompts/q.yaml": "prompt: q\n"})
    repo.commit({name: POINTER})
    repo.commit({"prompts/p.yaml": "prompt: b\n"})
    history = opened(repo.folder)
    texts(history, "p")
    assert "Git LFS" in history.gap(P)
    assert bool(history.gap(Address("prompt", "q"))) == (name == "prompts/p.yaml")
