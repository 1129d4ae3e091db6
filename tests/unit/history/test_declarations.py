"""What commits declare for one address, whatever way they went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.unit.git import Repository
from tests.unit.history.conftest import Open, P, declarations, said, texts

CONFIG = {"langsync.yaml": "version: 1\n"}


def prompt(text: str, name: str = "p") -> dict[str, str]:
    return {f"prompts/{name}.yaml": f"prompt: {text}\n"}


def linear(repo: Repository) -> None:
    repo.commit({**CONFIG, **prompt("a")}, "adds")
    repo.commit({"README.md": "unrelated"}, "writes")
    repo.commit(prompt("b"), "changes")
    repo.commit({"README.md": "again"}, "writes again")


def added_late(repo: Repository) -> None:
    repo.commit(CONFIG, "begins")
    repo.commit(prompt("a"), "adds")


def reverted(repo: Repository) -> None:
    linear(repo)
    repo.commit(prompt("a"), "reverts")


def reverted_twice(repo: Repository) -> None:
    reverted(repo)
    repo.commit(prompt("b"), "reverts the revert")


def removed_and_back(repo: Repository) -> None:
    repo.commit({**CONFIG, **prompt("a")}, "adds")
    repo.commit(subject="removes", without="prompts/p.yaml")
    repo.commit(prompt("b"), "brings back")


def merged(repo: Repository) -> None:
    """Adopted on a branch, then merged, while others went on with something else."""
    repo.commit({**CONFIG, **prompt("a")}, "adds")
    repo.branch("adopt")
    repo.commit(prompt("b"), "adopts")
    repo.checkout("main")
    repo.commit(prompt("x", "other"), "goes on")
    repo.merge("adopt")


def merged_with_more(repo: Repository) -> None:
    """Adopted on a branch, and changed further by the merge."""
    repo.commit({**CONFIG, **prompt("a")}, "adds")
    repo.branch("adopt")
    repo.commit(prompt("b"), "adopts")
    repo.checkout("main")
    repo.commit(prompt("x", "other"), "goes on")
    repo.merge("adopt", files=prompt("c"))


def stale_branch(repo: Repository) -> None:
    """A branch that never touched the prompt kept an old text until it was merged."""
    repo.commit({**CONFIG, **prompt("a")}, "adds")
    repo.branch("slow")
    repo.commit(prompt("x", "other"), "does something else")
    repo.commit(prompt("y", "other"), "goes on with it")
    repo.checkout("main")
    repo.commit(prompt("b"), "changes")
    repo.commit(prompt("c"), "changes again")
    repo.merge("slow")


def branch_takes_main(repo: Repository) -> None:
    """A branch merges main, later main merges the branch."""
    repo.commit({**CONFIG, **prompt("a")}, "adds")
    repo.branch("long")
    repo.commit(prompt("x", "other"), "does something else")
    repo.checkout("main")
    repo.commit(prompt("b"), "changes")
    repo.checkout("long")
    repo.merge("main")
    repo.checkout("main")
    repo.commit(prompt("z", "third"), "goes on")
    repo.merge("long")


def both_made_it(repo: Repository) -> None:
    """Two branches bring the same text, as after a cherry-pick."""
    repo.commit({**CONFIG, **prompt("a")}, "adds")
    repo.branch("pick")
    repo.commit(prompt("b"), "picks")
    repo.checkout("main")
    repo.commit(prompt("b"), "changes")
    repo.merge("pick")


def undone_on_a_branch(repo: Repository) -> None:
    """A branch tried something and took it back before it was merged."""
    repo.commit({**CONFIG, **prompt("a")}, "adds")
    repo.branch("try")
    repo.commit(prompt("b"), "tries")
    repo.commit(prompt("a"), "takes back")
    repo.checkout("main")
    repo.commit(prompt("x", "other"), "goes on")
    repo.merge("try")


def merge_keeps_the_old(repo: Repository) -> None:
    """A merge that decides for what main had replaced already."""
    repo.commit({**CONFIG, **prompt("a")}, "adds")
    repo.branch("old")
    repo.commit(prompt("x", "other"), "does something else")
    repo.checkout("main")
    repo.commit(prompt("b"), "changes")
    repo.merge("old", files=prompt("a"))


def squashed(repo: Repository) -> None:
    """Only the end of a branch comes to main."""
    repo.commit({**CONFIG, **prompt("a")}, "adds")
    repo.branch("work")
    repo.commit(prompt("b"), "half")
    repo.commit(prompt("c"), "whole")
    repo.checkout("main")
    repo.git("merge", "--quiet", "--squash", "work")
    repo.commit(subject="squashes")


def octopus(repo: Repository) -> None:
    repo.commit({**CONFIG, **prompt("a")}, "adds")
    for name in ("one", "two"):
        repo.branch(name, "main")
        repo.commit(prompt("x" if name == "one" else "b", name if name == "one" else "p"), name)
    repo.checkout("main")
    repo.commit({"README.md": "hello"}, "goes on")
    repo.merge("one", "two")


def unrelated_roots(repo: Repository) -> None:
    """Two histories that were begun apart become one."""
    repo.commit({**CONFIG, **prompt("a")}, "adds")
    repo.git("checkout", "--quiet", "--orphan", "elsewhere")
    repo.git("rm", "-rfq", ".")
    repo.commit({"README.md": "hello"}, "begins elsewhere")
    repo.checkout("main")
    repo.merge("elsewhere", "--allow-unrelated-histories")


def removed_on_a_branch(repo: Repository) -> None:
    repo.commit({**CONFIG, **prompt("a")}, "adds")
    repo.branch("clean")
    repo.commit(subject="removes", without="prompts/p.yaml")
    repo.checkout("main")
    repo.commit(prompt("x", "other"), "goes on")
    repo.merge("clean")


def detached(repo: Repository) -> None:
    linear(repo)
    repo.checkout("HEAD~2")


def moved_with_name(repo: Repository) -> None:
    repo.commit({**CONFIG, "prompts/old.yaml": "name: p\nprompt: a\n"}, "adds")
    repo.commit({"prompts/new.yaml": "name: p\nprompt: a\n"}, "moves", without="prompts/old.yaml")
    repo.commit({"prompts/new.yaml": "name: p\nprompt: b\n"}, "changes")


def moved_without_name(repo: Repository) -> None:
    repo.commit({**CONFIG, **prompt("a", "old")}, "adds")
    repo.commit(prompt("a"), "moves", without="prompts/old.yaml")


def twice_then_once(repo: Repository) -> None:
    """Two files declared one name for a while; the first by path counted."""
    repo.commit({**CONFIG, "prompts/z.yaml": "name: p\nprompt: a\n"}, "adds")
    repo.commit({"prompts/b.yaml": "name: p\nprompt: b\n"}, "doubles")
    repo.commit(subject="cleans", without="prompts/z.yaml")


def broken_once(repo: Repository) -> None:
    repo.commit({**CONFIG, **prompt("a"), **prompt("x", "other")}, "adds")
    repo.commit({"prompts/p.yaml": "prompt: [unclosed\n"}, "breaks")
    repo.commit(prompt("b"), "mends")


def several_documents(repo: Repository) -> None:
    both = "name: p\nprompt: {}\n---\nname: q\nprompt: {}\n"
    repo.commit({**CONFIG, "prompts/all.yaml": both.format("a", "x")}, "adds")
    repo.commit({"prompts/all.yaml": both.format("a", "y")}, "changes q")
    repo.commit({"prompts/all.yaml": both.format("b", "y")}, "changes p")


def other_key_order(repo: Repository) -> None:
    """A file that says the same in other words."""
    repo.commit({**CONFIG, "prompts/p.yaml": "config: {a: 1, b: 2}\nprompt: a\n"}, "adds")
    repo.commit({"prompts/p.yaml": "# new\nprompt: 'a'\nconfig: {b: 2, a: 1.0}\n"}, "rewrites")


@dataclass(frozen=True)
class Case:
    """A history, and the runs that it has: text and the subject of the commit that brought it."""

    make: Callable[[Repository], None]
    runs: list[tuple[str | None, str]]
    positions: list[int] = field(default_factory=list)


CASES = [
    Case(linear, [("b", "changes"), ("a", "adds")], [0, 2]),
    Case(added_late, [("a", "adds"), (None, "begins")], [0, 1]),
    Case(reverted, [("a", "reverts"), ("b", "changes"), ("a", "adds")], [0, 1, 3]),
    Case(
        reverted_twice,
        [("b", "reverts the revert"), ("a", "reverts"), ("b", "changes"), ("a", "adds")],
        [0, 1, 2, 4],
    ),
    Case(removed_and_back, [("b", "brings back"), (None, "removes"), ("a", "adds")], [0, 1, 2]),
    Case(merged, [("b", "adopts"), ("a", "adds")]),
    Case(merged_with_more, [("c", "Merge adopt"), ("b", "adopts"), ("a", "adds")]),
    Case(stale_branch, [("c", "changes again"), ("b", "changes"), ("a", "adds")]),
    Case(branch_takes_main, [("b", "changes"), ("a", "adds")]),
    Case(both_made_it, [("b", "picks"), ("a", "adds")]),
    Case(undone_on_a_branch, [("a", "takes back"), ("b", "tries"), ("a", "adds")]),
    Case(merge_keeps_the_old, [("a", "Merge old"), ("b", "changes"), ("a", "adds")]),
    Case(squashed, [("c", "squashes"), ("a", "adds")]),
    Case(octopus, [("b", "two"), ("a", "adds")]),
    Case(unrelated_roots, [("a", "Merge elsewhere"), (None, "begins elsewhere"), ("a", "adds")]),
    Case(removed_on_a_branch, [(None, "removes"), ("a", "adds")]),
    Case(detached, [("a", "adds")]),
    Case(moved_with_name, [("b", "changes"), ("a", "adds")]),
    Case(moved_without_name, [("a", "moves"), (None, "adds")]),
    Case(twice_then_once, [("b", "doubles"), ("a", "adds")]),
    Case(broken_once, [("b", "mends"), (None, "breaks"), ("a", "adds")]),
    Case(several_documents, [("b", "changes p"), ("a", "adds")]),
    Case(other_key_order, [("a", "adds")]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.make.__name__)
def test_runs_are_the_commits_that_decided(repo: Repository, opened: Open, case: Case) -> None:
    """Each run has the commit that brought it, and what a branch merely kept is no decision."""
    case.make(repo)
    history = opened(repo.folder)
    found = declarations(history, "p")
    assert [(said(one), one.commit.subject) for one in found] == case.runs
    positions = [one.position for one in found]
    assert positions[0] == 0
    assert positions == sorted(set(positions))
    if case.positions:
        assert positions == case.positions
    assert not history.gap(P)


def test_an_address_that_no_commit_declares_has_one_empty_run(
    repo: Repository, opened: Open
) -> None:
    """Nothing was ever there, back to the first commit."""
    linear(repo)
    found = declarations(opened(repo.folder), "never")
    assert [(said(one), one.commit.subject) for one in found] == [(None, "adds")]


def test_all_addresses_share_one_walk(repo: Repository, opened: Open) -> None:
    """The answers do not depend on what was asked before, or on who is in the middle of it."""
    reverted_twice(repo)
    repo.commit(prompt("x", "other"))
    history = opened(repo.folder)
    expected = texts(opened(repo.folder), "p")
    halfway = iter(history.declarations(declarations(history, "other")[0].resource.address))  # type: ignore[union-attr]
    next(halfway)
    assert texts(history, "p") == texts(history, "p") == expected == ["b", "a", "b", "a"]
    assert [said(one) for one in halfway] == [None]


def test_only_as_much_is_read_as_is_asked_for(repo: Repository, opened: Open) -> None:
    """The newest run of an address is known once the commit that brought it is."""
    linear(repo)
    for text in "cdefgh":
        repo.commit(prompt(text))
    history = opened(repo.folder)
    first = next(history.declarations(declarations(opened(repo.folder), "p")[0].resource.address))  # type: ignore[union-attr]
    assert said(first) == "h"
    assert history._walk(P)[1]._visited == 2


def test_commits_tell_who_and_when(repo: Repository, opened: Open) -> None:
    """The author, the moment of the commit and the first line of its message are given."""
    made = repo.commit({**CONFIG, **prompt("a")}, "Größe: wächst\n\nand more")
    (found,) = declarations(opened(repo.folder), "p")
    commit = found.commit
    assert (commit.hash, commit.subject, commit.author) == (made, "Größe: wächst", "Ada")
    assert commit.at == "2023-11-14T22:14:20+00:00"


@pytest.mark.parametrize("words", [[], ["--object-format=sha256"]], ids=["sha1", "sha256"])
def test_both_formats_of_hashes_are_read(tmp_path: Path, opened: Open, words: list[str]) -> None:
    """Hashes of 64 digits are hashes too."""
    from tests.unit.git import repository

    repo = repository(tmp_path / "hashes", *words)
    linear(repo)
    history = opened(repo.folder)
    assert texts(history, "p") == ["b", "a"]
    head = history.head
    assert head is not None
    assert len(head.hash) == (64 if words else 40)


def test_the_bound_ends_the_walk(
    repo: Repository, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past it nothing is known: the oldest commit that was seen stands for what is before."""
    monkeypatch.setattr("langsync.history.MAX_COMMITS", 3)
    linear(repo)
    for text in "cdefgh":
        repo.commit(prompt(text))
    history = opened(repo.folder)
    assert not history.gap(P)
    assert texts(history, "p") == ["h", "g", "f"]
    assert history.gap(P)


def test_commits_that_change_nothing_do_not_count_for_the_bound(
    repo: Repository, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository of much else is walked as far as one of prompts alone."""
    monkeypatch.setattr("langsync.history.MAX_COMMITS", 3)
    repo.commit({**CONFIG, **prompt("a")})
    for number in range(6):
        repo.commit({"README.md": str(number)})
    repo.commit(prompt("b"))
    history = opened(repo.folder)
    assert texts(history, "p") == ["b", "a"]
    assert not history.gap(P)
