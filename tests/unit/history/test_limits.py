"""What history does not tell: past the bound of items, and where Git LFS keeps the contents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from langsync.history.objects import Objects
from langsync.model import Address
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
