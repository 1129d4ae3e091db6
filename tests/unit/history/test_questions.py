"""What else can be asked: HEAD, changes in the work tree, files, other commits, what is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync.errors import ConfigError
from langsync.model import Address, Commit
from tests.unit.git import Repository, clone
from tests.unit.history.conftest import Open, P, texts
from tests.unit.repository import Files, write

FILES = {"langsync.yaml": "version: 1\n", "prompts/p.yaml": "prompt: a\n"}


def subject(commit: Commit | None) -> str | None:
    return commit.subject if commit else None


def test_head_is_the_commit_that_is_checked_out(repo: Repository, opened: Open) -> None:
    """It is the one of the moment when the history was opened."""
    first = repo.commit(FILES, "begins")
    history = opened(repo.folder)
    repo.commit({"prompts/p.yaml": "prompt: b\n"})
    assert history.head == Commit(first, "begins", "Ada", "2023-11-14T22:14:20+00:00")
    assert texts(history, "p") == ["a"]


DIRTY: dict[str, tuple[Files, bool]] = {
    "clean": ({}, False),
    "same": ({"prompts/p.yaml": "prompt: a\n"}, False),
    "modified": ({"prompts/p.yaml": "prompt: b\n"}, True),
    "untracked document": ({"prompts/q.yaml": "prompt: b\n"}, True),
    "untracked text": ({"prompts/q.md": "b"}, True),
    "tracked text beside": ({"texts/x.md": "b"}, True),
    "langsync.yaml": ({"langsync.yaml": "version: 1\nproject: x\n"}, True),
    "untracked elsewhere": ({"plan.json": "{}"}, False),
    "ignored elsewhere": ({".env": "KEY=1"}, False),
    "ignored document": ({"prompts/secret.yaml": "prompt: b\n"}, True),
    "ignored rubbish": ({"prompts/.idea/x.yaml": "x", "prompts/x.pyc": "x"}, False),
}


@pytest.mark.parametrize("case", DIRTY)
def test_dirty_means_that_something_that_is_read_differs(
    repo: Repository, opened: Open, case: str
) -> None:
    """Files that langsync would not read, such as a saved plan, do not count."""
    ignored = {".gitignore": ".env\nsecret.yaml\n.idea/\n*.pyc\n"}
    repo.commit({**FILES, **ignored, "texts/x.md": "a"})
    files, expected = DIRTY[case]
    write(repo.folder, files)
    assert opened(repo.folder).dirty is expected


def test_an_ignored_document_of_a_named_hidden_folder_makes_dirty(
    repo: Repository, opened: Open
) -> None:
    """It is read, though its path has a hidden step; what is hidden below the folder is not."""
    config = {"langsync.yaml": "version: 1\nprompts: .github/prompts\n"}
    repo.commit({**config, ".github/prompts/p.yaml": "prompt: a\n", ".gitignore": "secret.yaml\n"})
    write(repo.folder, {".github/prompts/.idea/secret.yaml": "x", ".github/secret.yaml": "x"})
    assert not opened(repo.folder).dirty
    write(repo.folder, {".github/prompts/secret.yaml": "prompt: b\n"})
    assert opened(repo.folder).dirty


def test_staged_and_removed_files_make_dirty(repo: Repository, opened: Open) -> None:
    """What is in the index alone differs from HEAD as well."""
    repo.commit(FILES)
    (repo.folder / "prompts/p.yaml").unlink()
    assert opened(repo.folder).dirty
    repo.git("rm", "--quiet", "prompts/p.yaml")
    assert opened(repo.folder).dirty
    repo.commit()
    assert not opened(repo.folder).dirty


def test_only_the_project_and_its_folders_make_dirty(repo: Repository, opened: Open) -> None:
    """Other projects of the repository do not count; a folder outside that is named does."""
    config = {"app/langsync.yaml": "version: 1\nprompts: ../shared [x]\n"}
    repo.commit({**config, "shared [x]/p.yaml": "prompt: a\n", "README.md": "hello"})
    write(repo.folder, {"README.md": "changed", "other/new.yaml": "x", "shared x/p.yaml": "x"})
    assert not opened(repo.folder / "app").dirty
    write(repo.folder, {"shared [x]/q.yaml": "prompt: b\n"})
    assert opened(repo.folder / "app").dirty


def test_touched_is_the_newest_commit_of_several_files(repo: Repository, opened: Open) -> None:
    """Each file counts from the commit that made it what it is at HEAD."""
    repo.commit({**FILES, "prompts/texts/x.md": "x", "README.md": "r"}, "one")
    repo.commit({"prompts/texts/x.md": "y", "notes/n.md": "n"}, "two")
    repo.commit({"prompts/q.yaml": "prompt: q\n"}, "three")
    repo.commit({"prompts/texts/x.md": "z"}, "four")
    repo.commit({"prompts/texts/x.md": "y", "shared.md": "s"}, "five")
    write(repo.folder, {"prompts/new.yaml": "prompt: n\n"})
    history = opened(repo.folder)
    for files, expected in [
        (["prompts/p.yaml"], "one"),
        (["prompts/p.yaml", "prompts/q.yaml"], "three"),
        (["prompts/p.yaml", "prompts/texts/x.md"], "five"),
        (["README.md"], "one"),
        (["notes/n.md"], "two"),
        (["langsync.yaml", "shared.md"], "five"),
        (["prompts/p.yaml", "prompts/new.yaml"], "one"),
        (["prompts/new.yaml"], None),
        (["no/such/file"], None),
        (["../outside"], None),
        ([], None),
    ]:
        assert subject(history.touched(files)) == expected, files


def test_touched_looks_past_branches_that_changed_nothing(repo: Repository, opened: Open) -> None:
    """A merge brings what its branch did, and no branch takes the credit for what it kept."""
    repo.commit(FILES, "adds")
    repo.branch("side")
    repo.commit({"prompts/q.yaml": "prompt: q\n"}, "adds q")
    repo.checkout("main")
    repo.commit({"prompts/p.yaml": "prompt: b\n"}, "changes p")
    repo.merge("side")
    history = opened(repo.folder)
    assert subject(history.touched(["prompts/p.yaml"])) == "changes p"
    assert subject(history.touched(["prompts/q.yaml"])) == "adds q"
    assert subject(history.touched(["prompts/q.yaml", "prompts/p.yaml"])) == "adds q"


def test_touched_reads_no_further_than_it_has_to(repo: Repository, opened: Open) -> None:
    """A file that was changed lately is found lately, for all that comes before."""
    repo.commit(FILES)
    for number in range(5):
        repo.commit({"prompts/p.yaml": f"prompt: {number}\n"})
    history = opened(repo.folder)
    assert subject(history.touched(["prompts/p.yaml"])) == "commit 6"
    assert len(history._repository.commits._nodes) == 2  # type: ignore[union-attr]


def test_touched_knows_nothing_of_commits_past_the_bound(
    repo: Repository, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No commit is better than a wrong one."""
    repo.commit(FILES)
    for number in range(5):
        repo.commit({"README.md": str(number)})
    monkeypatch.setattr("langsync.history.timeline.MAX_VISITED", 3)
    assert opened(repo.folder).touched(["prompts/p.yaml"]) is None


def test_descends_means_a_known_commit_that_came_after(repo: Repository, opened: Open) -> None:
    """Commits behind, beside and elsewhere do not, nor HEAD itself."""
    behind = repo.commit(FILES)
    here = repo.commit({"prompts/p.yaml": "prompt: b\n"})
    ahead = repo.commit({"prompts/p.yaml": "prompt: c\n"})
    further = repo.commit({"prompts/p.yaml": "prompt: d\n"})
    repo.branch("beside", behind)
    beside = repo.commit({"prompts/p.yaml": "prompt: e\n"})
    repo.checkout(here)
    repo.git("branch", behind[:12], further)  # a branch whose name looks like a hash
    history = opened(repo.folder)
    assert history.descends(ahead)
    assert history.descends(ahead[:12])
    assert history.descends(further[:12])
    tree = repo.git("rev-parse", f"{ahead}^{{tree}}")
    for other in (here, here[:12], behind, behind[:12], beside, beside[:12], tree):
        assert not history.descends(other), other
    for unknown in ("0" * 40, "f" * 12, "main", "HEAD", "--all", "", ahead[:12].upper() + "\n"):
        assert not history.descends(unknown), unknown


def test_descends_knows_what_was_fetched(repo: Repository, opened: Open, tmp_path: Path) -> None:
    """A job that is run again for an older commit has the newer ones in its clone."""
    old = repo.commit(FILES)
    new = repo.commit({"prompts/p.yaml": "prompt: b\n"})
    job = clone(repo.folder, tmp_path / "job")
    job.checkout(old)
    assert opened(job.folder).descends(new[:12])


def test_declared_gives_what_one_commit_has(repo: Repository, opened: Open) -> None:
    """By its hash or the beginning of it; nothing for a commit that HEAD does not descend from."""
    first = repo.commit(FILES)
    middle = repo.commit({"prompts/p.yaml": "prompt: b\n"})
    head = repo.commit({"prompts/p.yaml": "prompt: c\n"})
    repo.branch("beside", first)
    beside = repo.commit({"prompts/p.yaml": "prompt: d\n"})
    repo.checkout(head)
    history = opened(repo.folder)
    address = Address("prompt", "p")
    expected = {middle: "b", head: "c", first: "a", beside: None, "0" * 40: None}
    for commit, text in expected.items():
        for digits in (7, 10, 12, 20, 40):
            found = history.declared(address, commit[:digits])
            assert (found and found.content.variants[0].prompt) == text
    assert history.declared(address, "main") is None
    assert history.declared(Address("prompt", "other"), head) is None


def test_at_gives_what_a_commit_declares(repo: Repository, opened: Open) -> None:
    """Branches, tags and hashes work; the work tree does not count."""
    first = repo.commit(FILES)
    repo.git("tag", "-a", "v1", "-m", "one")
    repo.commit({"prompts/p.yaml": "prompt: b\n", "prompts/q.yaml": "prompt: x\n"})
    repo.git("branch", "topic/two")
    repo.commit({"prompts/broken.yaml": "prompt: [\n"}, without="prompts/q.yaml")
    write(repo.folder, {"prompts/p.yaml": "prompt: work tree\n"})
    history = opened(repo.folder)
    for ref, expected in [
        ("HEAD", {"p": "b"}),
        ("topic/two", {"p": "b", "q": "x"}),
        ("HEAD~1", {"p": "b", "q": "x"}),
        ("v1", {"p": "a"}),
        (first[:10], {"p": "a"}),
        ("@{0}", {"p": "b"}),
    ]:
        state = history.at(ref).state
        found = {
            address.name: resource.content.variants[0].prompt for address, resource in state.items()
        }
        assert found == expected, ref
    source = history.at("v1").state[P].source
    assert source is not None
    assert source.file == "prompts/p.yaml"


@pytest.mark.parametrize(
    "ref",
    ["nowhere", "HEAD~9", "", "--all", "-h", "--output=x", "HEAD:prompts", "a b", "a\nb", "\0"],
)
def test_at_says_which_commit_there_is_not(repo: Repository, opened: Open, ref: str) -> None:
    """Nothing that a user writes becomes an option of Git."""
    repo.commit(FILES)
    with pytest.raises(ConfigError, match="no commit, branch or tag"):
        opened(repo.folder).at(ref)


def test_at_needs_a_langsync_yaml(repo: Repository, opened: Open) -> None:
    """A commit before it declares nothing, which is hardly what was meant."""
    repo.commit({"README.md": "hello"})
    repo.commit({f"app/{name}": text for name, text in FILES.items()})
    with pytest.raises(ConfigError, match=r"HEAD~1 has no app/langsync\.yaml"):
        opened(repo.folder / "app").at("HEAD~1")


def test_departed_tells_who_took_what_out(repo: Repository, opened: Open) -> None:
    """The commit that removed it, and what was declared last; also if it was there twice."""
    repo.commit({**FILES, "prompts/q.yaml": "prompt: x\n"}, "adds")
    repo.commit({"prompts/p.yaml": "prompt: b\n"}, "changes")
    repo.commit(subject="removes", without="prompts/p.yaml")
    repo.commit({"README.md": "hello"}, "writes")
    repo.commit({"prompts/p.yaml": "prompt: c\n"}, "brings back")
    repo.commit({"README.md": "hello you"}, "writes again")
    repo.git("mv", "prompts/p.yaml", "prompts/renamed.yaml")
    repo.commit(subject="renames")
    repo.commit({"README.md": "bye"}, "writes once more")
    (repo.folder / "prompts/q.yaml").unlink()
    names = ["p", "q", "never"]
    found = opened(repo.folder).departed([Address("prompt", name) for name in names])
    assert {
        address.name: (subject(commit), resource.content.variants[0].prompt)
        for address, (commit, resource) in found.items()
    } == {"p": ("renames", "c"), "q": (None, "x")}


def test_departed_sees_what_went_with_a_merge(repo: Repository, opened: Open) -> None:
    """The commit of the branch took it out, the merge only brought that."""
    repo.commit(FILES, "adds")
    repo.branch("clean")
    repo.commit(subject="removes", without="prompts/p.yaml")
    repo.checkout("main")
    repo.commit({"README.md": "hello"})
    repo.merge("clean")
    found = opened(repo.folder).departed([P])
    commit, resource = found[P]
    assert subject(commit) == "removes"
    assert resource.content.variants[0].prompt == "a"
