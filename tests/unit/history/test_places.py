"""Where a history is looked for: clones, worktrees, hooks, and places that have none."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from langsync.errors import ConfigError
from langsync.history.remote import GitRemote
from langsync.model import Commit
from tests.unit.git import Repository, clone, repository
from tests.unit.history.conftest import Open, P, said, texts
from tests.unit.repository import write

FILES = {"langsync.yaml": "version: 1\n", "prompts/p.yaml": "prompt: a\n"}


def two_commits(repo: Repository) -> None:
    repo.commit(FILES)
    repo.commit({"prompts/p.yaml": "prompt: b\n"})


def no_repository(folder: Path, patch: pytest.MonkeyPatch) -> None:
    write(folder, FILES)


def no_commit(folder: Path, patch: pytest.MonkeyPatch) -> None:
    repository(folder)
    write(folder, FILES)


def no_program(folder: Path, patch: pytest.MonkeyPatch) -> None:
    repository(folder).commit(FILES)
    patch.setenv("PATH", str(folder))


def broken_program(folder: Path, patch: pytest.MonkeyPatch) -> None:
    repository(folder).commit(FILES)
    program = folder / "git"
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    patch.setenv("PATH", str(folder))


def broken_repository(folder: Path, patch: pytest.MonkeyPatch) -> None:
    repository(folder).commit(FILES)
    (folder / ".git/HEAD").write_text("nonsense")


def someone_elses(folder: Path, patch: pytest.MonkeyPatch) -> None:
    repository(folder).commit(FILES)
    patch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")


@pytest.mark.parametrize(
    ("make", "why", "unreadable"),
    [
        (no_repository, "not a git repository", False),
        (no_commit, "no commit yet", False),
        (no_program, "git is not installed", True),
        (broken_program, "git cannot be called", True),
        (broken_repository, "not a git repository", True),
        (someone_elses, "dubious ownership", True),
    ],
)
def test_without_a_history_nothing_fails(
    opened: Open,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path, pytest.MonkeyPatch], None],
    why: str,
    unreadable: bool,  # noqa: FBT001 - a column
) -> None:
    """Nothing is known then, and the reason can be told; that there are commits is protected."""
    make(tmp_path / "place", monkeypatch)
    history = opened(tmp_path / "place")
    assert why in history.why
    assert (history.known, history.shallow) == (False, False)
    assert (history.unreadable, history.has_commits) == (unreadable, unreadable)
    assert why in history.gap(P)
    assert (history.head, history.dirty) == (None, False)
    assert list(history.declarations(P)) == []
    assert history.touched(["prompts/p.yaml"]) is None
    assert not history.descends("0" * 40)
    assert history.departed([P]) == {}
    with pytest.raises(ConfigError, match=why):
        history.at("HEAD")


def test_a_shallow_clone_says_so(repo: Repository, opened: Open, tmp_path: Path) -> None:
    """What it has is told, but it is not the whole history."""
    two_commits(repo)
    shallow = clone(repo.folder, tmp_path / "shallow", "--depth=1")
    history = opened(shallow.folder)
    assert (history.known, history.shallow) == (True, True)
    assert "fetch-depth: 0" in history.gap(P)
    assert texts(history, "p") == ["b"]
    head = history.head
    assert history.touched(["prompts/p.yaml"]) == head
    with pytest.raises(ConfigError, match="shallow"):
        history.at("HEAD~1")


def test_a_clone_without_contents_is_read_as_far_as_it_goes(
    repo: Repository, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing is not fetched unasked; the history is not whole then."""
    two_commits(repo)
    repo.git("config", "uploadpack.allowFilter", "true")
    partial = clone(repo.folder, tmp_path / "partial", "--filter=blob:none")
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "none")  # for a git that knows no GIT_NO_LAZY_FETCH
    history = opened(partial.folder)
    assert texts(history, "p") == ["b"]
    assert history.gap(P)


def test_what_a_pattern_means_is_fetched_in_one_go(
    repo: Repository, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of the kinds' folders as well, where nothing else is fetched with it."""
    rows = {f"data/{n}.jsonl": f'{{"id": "i{n}", "input": 1}}\n' for n in range(6)}
    repo.commit({**FILES, "datasets/d.yaml": "items_from: ['../data/*.jsonl']\n", **rows})
    repo.commit({name: text.replace("1}", "2}") for name, text in rows.items()})
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    partial = clone(repo.folder, tmp_path / "partial", "--filter=blob:none")
    fetched: list[int] = []
    fetch = GitRemote.fetch

    def counted(self: GitRemote, hashes: Sequence[str]) -> None:
        fetched.append(len(hashes))
        fetch(self, hashes)

    monkeypatch.setattr(GitRemote, "fetch", counted)
    state = opened(partial.folder).at("HEAD~1").state
    assert [item.content.input for item in state.of_kind("dataset_item")] == [1] * 6
    assert len(fetched) == 1


def test_a_worktree_has_the_history_of_its_branch(
    repo: Repository, opened: Open, tmp_path: Path
) -> None:
    """``git worktree`` keeps the repository elsewhere."""
    two_commits(repo)
    repo.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"), "HEAD~1")
    side = Repository(tmp_path / "side", 5)
    side.commit({"prompts/p.yaml": "prompt: c\n"})
    assert texts(opened(side.folder), "p") == ["c", "a"]
    assert texts(opened(repo.folder), "p") == ["b", "a"]
    assert not opened(side.folder).dirty


def test_a_submodule_is_a_repository_of_its_own(
    repo: Repository, opened: Open, tmp_path: Path
) -> None:
    """And one inside a folder of prompts is passed over."""
    two_commits(repo)
    outer = repository(tmp_path / "outer")
    outer.commit({"langsync.yaml": "version: 1\n", "prompts/q.yaml": "prompt: x\n"})
    allow = ("-c", "protocol.file.allow=always")
    outer.git(*allow, "submodule", "--quiet", "add", f"file://{repo.folder}", "prompts/inner")
    outer.commit()
    assert texts(opened(outer.folder / "prompts/inner"), "p") == ["b", "a"]
    history = opened(outer.folder)
    assert texts(history, "q") == ["x"]
    assert not history.gap(P)


def test_a_link_to_the_work_tree_is_followed(
    repo: Repository, opened: Open, tmp_path: Path
) -> None:
    """The folder may be reached by another name."""
    two_commits(repo)
    (tmp_path / "link").symlink_to(repo.folder)
    assert texts(opened(tmp_path / "link"), "p") == ["b", "a"]


@pytest.mark.parametrize("words", [["commit", "--quiet"], ["commit", "--quiet", "--all"]])
def test_a_hook_sees_the_repository_around_langsync_yaml(
    repo: Repository, opened: Open, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """In a hook variables say where Git is at work; they are not about langsync.yaml."""
    app = {f"app/{name}": text for name, text in FILES.items()}
    repo.commit(app)
    repo.commit({"app/prompts/p.yaml": "prompt: b\n"})
    hook = repo.folder / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nenv -0 > .git/seen\n")
    hook.chmod(0o755)
    write(repo.folder, {"app/prompts/p.yaml": "prompt: c\n"})
    repo.git("add", "app/prompts/p.yaml")
    repo.git(*words, "-m", "c")
    seen = (repo.folder / ".git/seen").read_text().split("\0")
    given = dict(line.split("=", 1) for line in seen if line.startswith("GIT_"))
    assert "GIT_INDEX_FILE" in given
    repo.git("reset", "--quiet", "--soft", "HEAD~1")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.chdir(repo.folder)
    history = opened(Path("app"))
    assert texts(history, "p") == ["b", "a"]
    assert history.dirty


SETTINGS = {
    "color.ui": "always",
    "core.quotePath": "true",
    "core.pager": "false",
    "core.fsmonitor": "false-program-that-does-not-exist",
    "diff.external": "false",
    "diff.noprefix": "true",
    "diff.renames": "copies",
    "format.pretty": "oneline",
    "i18n.logOutputEncoding": "ISO-8859-1",
    "log.showSignature": "true",
    "log.showRoot": "false",
    "log.decorate": "full",
    "log.follow": "true",
    "status.short": "true",
    "status.branch": "true",
    "status.showStash": "true",
    "status.showUntrackedFiles": "no",
    "status.relativePaths": "true",
    "core.abbrev": "4",
}


def test_nobodys_settings_count(
    repo: Repository, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Git prints for people is not what is read."""
    two_commits(repo)
    repo.commit({"prompts/größe.yaml": "prompt: x\n"}, "Größe")
    for name, value in SETTINGS.items():
        words = ["git", "config", "--file", str(tmp_path / "settings"), name, value]
        subprocess.run(words, check=True)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "settings"))
    for name in ("GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("LANG", "tr_TR.UTF-8")
    history = opened(repo.folder)
    assert texts(history, "p") == ["b", "a"]
    assert history.head is not None
    assert history.head.subject == "Größe"
    assert not history.dirty
    write(repo.folder, {"prompts/größer.yaml": "prompt: y\n"})
    assert opened(repo.folder).dirty
    commit = history.touched(["prompts/größe.yaml"])
    assert commit == history.head


def test_a_program_that_dies_ends_the_walk(repo: Repository, opened: Open) -> None:
    """What was read stays; the history is not whole then, and other questions are answered."""
    two_commits(repo)
    for number in range(50):
        repo.commit({"README.md": str(number)})
    repo.commit({"prompts/p.yaml": "prompt: c\n"})
    history = opened(repo.folder)
    runs = history.declarations(P)
    assert said(next(runs)) == "c"
    process = history._repository.objects._process  # type: ignore[union-attr]
    assert process is not None
    process.kill()
    process.wait()
    assert [said(one) for one in runs] == ["b"]
    assert history.gap(P)
    assert len(history.at("HEAD").state) == 1


def test_a_repository_that_vanishes_ends_the_walk(repo: Repository, opened: Open) -> None:
    """Nothing is known then, but nothing fails."""
    two_commits(repo)
    head = repo.git("rev-parse", "HEAD")
    history = opened(repo.folder)
    (repo.folder / ".git/objects").rename(repo.folder / ".git/gone")
    assert history.head == Commit(head)
    assert list(history.declarations(P)) == []
    assert history.gap(P)
    assert history.touched(["prompts/p.yaml"]) is None


def test_without_room_for_a_private_folder_there_is_no_history(
    repo: Repository, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container without a folder for temporary files; a plan says so."""
    two_commits(repo)
    with monkeypatch.context() as full:
        full.setattr("tempfile.tempdir", str(tmp_path / "no-such-folder"))
        history = opened(repo.folder)
    assert list(history.declarations(P)) == []
    assert "no private folder" in history.gap(P)
    with pytest.raises(ConfigError, match="no private folder"):
        history.at("HEAD~1")


def test_the_work_tree_and_its_index_are_left_alone(repo: Repository, opened: Open) -> None:
    """Looking changes no file of the repository, not even the index that status could refresh."""
    two_commits(repo)
    os.utime(repo.folder / "prompts/p.yaml", (1, 1))
    before = {path: path.read_bytes() for path in repo.folder.rglob("*") if path.is_file()}
    history = opened(repo.folder)
    assert not history.dirty
    assert texts(history, "p") == ["b", "a"]
    history.at("HEAD~1")
    history.close()
    after = {path: path.read_bytes() for path in repo.folder.rglob("*") if path.is_file()}
    assert after == before
