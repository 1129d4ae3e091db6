"""No program that the configuration of a repository names is run, whatever is asked of Git."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import Cli
from tests.situations.scene import Scene, commit, fresh_clone, ui_item
from tests.situations.test_clones import away, deployed
from tests.unit.git import repository

ATTRIBUTES = "* filter=evil diff=evil merge=evil\n"


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """The folder in which each program that is run leaves a file."""
    folder = tmp_path / "ran"
    folder.mkdir()
    return folder


def poison(git_folder: Path, ran: Path) -> None:
    """Name a program wherever the configuration of a repository can."""

    def program(name: str) -> str:
        file = ran.parent / f"program-{name}"
        file.write_text(f"#!/bin/sh\ntouch '{ran}/{name}'\nexit 1\n")
        file.chmod(0o755)
        return str(file)

    hooks = git_folder.parent / "evil-hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-index-change", "reference-transaction", "post-checkout", "pre-auto-gc"):
        hook = hooks / name
        hook.write_text(f"#!/bin/sh\ntouch '{ran}/hook-{name}'\n")
        hook.chmod(0o755)
    settings = f"""
[core]
    fsmonitor = {program("fsmonitor")}
    sshCommand = {program("ssh")}
    gitProxy = {program("proxy")}
    askPass = {program("askpass")}
    editor = {program("editor")}
    pager = {program("pager")}
    alternateRefsCommand = {program("alternates")}
    hooksPath = {hooks}
[pager]
    status = {program("pager-status")}
[credential]
    helper = {program("credential")}
[diff]
    external = {program("diff")}
[diff "evil"]
    command = {program("diff-driver")}
    textconv = {program("textconv")}
[merge "evil"]
    driver = {program("merge")} %O %A %B
[filter "evil"]
    clean = {program("clean")}
    smudge = {program("smudge")}
    process = {program("process")}
    required = true
[remote "origin"]
    uploadpack = {program("uploadpack")}
    receivepack = {program("receivepack")}
[uploadpack]
    packObjectsHook = {program("pack")}
[gpg]
    program = {program("gpg")}
[log]
    showSignature = true
[protocol]
    allow = always
[protocol "ext"]
    allow = always
[url "ext::sh -c touch% {ran}/instead"]
    insteadOf = https://instead.invalid/
[alias]
    status = !{program("alias")}
"""
    included = git_folder / "included"
    included.write_text(settings)
    with (git_folder / "config").open("a") as file:
        file.write(f"{settings}\n[include]\n    path = {included}\n")
    (git_folder / "info").mkdir(exist_ok=True)
    (git_folder / "info/attributes").write_text(ATTRIBUTES)


def ask_everything(scene: Scene) -> None:
    """Every command that asks Git, with something to tell and something to fetch."""
    scene.process.setenv("CI", "true")
    ui_item("a", input=9)(scene)
    (scene.repo.folder / "prompts/p.yaml").write_text("prompt: C\n")
    os.utime(scene.repo.folder / "datasets/d.yaml", (1, 1))
    for words in (
        ("plan",),
        ("apply", "--yes"),
        ("apply", "--yes", "--overwrite-drift", "--overwrite-unknown"),
        ("drift", "--all"),
        ("validate",),
        ("doctor",),
        ("list", "--changed"),
        ("diff", "p", "git:HEAD", "files"),
        ("dataset", "diff", "d"),
        ("promote", "p", "--from", "production", "--to", "production", "--yes"),
        ("init", "--yes"),
    ):
        scene.run(*words)
    ui_item("a", input=8)(scene)
    scene.run("pull", "--yes")
    scene.run("pull", "--yes", "--force")


CLONES = {
    "whole": (),
    "shallow": ("--depth=1",),
    "blob:none": ("--filter=blob:none",),
    "tree:0": ("--filter=tree:0",),
}


@pytest.mark.parametrize("words", CLONES.values(), ids=CLONES)
def test_no_program_of_a_repository_is_run(scene: Scene, ran: Path, words: tuple[str, ...]) -> None:
    """Whatever the clone lacks, and whether it is a work tree of its own or not."""
    deployed(scene)
    scene.repo.git("config", "uploadpack.allowFilter", "true")
    commit("attributes", {".gitattributes": ATTRIBUTES})(scene)
    fresh_clone(*words)(scene)
    poison(scene.repo.folder / ".git", ran)
    ask_everything(scene)
    assert sorted(one.name for one in ran.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c 'touch {ran}/ext'",
        "https://instead.invalid/x",
        "ssh://host.invalid/x",
        "evil::x",
        "-u{ran}/dash",
    ],
)
def test_no_program_is_run_by_the_address_of_a_remote(scene: Scene, ran: Path, url: str) -> None:
    """Nor by its own helper, even if the user's own remotes may name programs (``ext::``).

    Nothing is fetched, and the history counts as unreadable.
    """
    for name, value in (("COUNT", "1"), ("KEY_0", "protocol.ext.allow"), ("VALUE_0", "always")):
        scene.process.setenv(f"GIT_CONFIG_{name}", value)
    deployed(scene)
    scene.repo.git("config", "uploadpack.allowFilter", "true")
    fresh_clone("--filter=blob:none")(scene)
    away(scene)
    poison(scene.repo.folder / ".git", ran)
    scene.repo.git("config", "remote.origin.url", url.format(ran=ran))
    scene.repo.git("config", "remote.origin.vcs", "evil")
    ui_item("a", input=9)(scene)
    scene.langfuse.received.clear()
    ended = scene.run("apply", "--yes")
    assert ended.code == 3, ended.err
    assert "git fetch --refetch --no-filter" in ended.err
    assert not scene.langfuse.writes
    assert sorted(one.name for one in ran.iterdir()) == []


def test_no_program_of_a_submodule_is_run(scene: Scene, ran: Path, tmp_path: Path) -> None:
    """Its configuration is the repository's, too."""
    source = repository(tmp_path / "inner", "--template=")
    source.commit({"d.yaml": "items: [{id: a, input: 1}]\n", ".gitattributes": ATTRIBUTES})
    allow = ("-c", "protocol.file.allow=always")
    scene.repo.git(*allow, "submodule", "--quiet", "add", f"file://{source.folder}", "datasets")
    commit("one", p="A")(scene)
    assert scene.run("apply", "--yes").code == 0
    poison(scene.repo.folder / ".git/modules/datasets", ran)
    (scene.repo.folder / "datasets/d.yaml").write_text("items: [{id: a, input: 2}]\n")
    ask_everything(scene)
    assert sorted(one.name for one in ran.iterdir()) == []


def test_the_headers_of_a_repository_are_sent_and_kept_private(
    scene: Scene, cli: Cli, ran: Path
) -> None:
    """``actions/checkout`` keeps its token there: it is in no argument of a process."""
    from langsync.history.checkout import opened

    deployed(scene)
    scene.repo.git("config", "http.https://github.com/.extraheader", 'AUTH: "a\\b#c;d')
    scene.repo.git("config", "remote.origin.url", "https://github.com/o/r")
    scene.repo.git("config", "http.proxy", "http://proxy.invalid")
    scene.repo.git("config", "http.sslVerify", "false")
    with opened(scene.repo.folder.resolve()) as checkout:
        private = checkout.git
        header = private.run("config", "http.https://github.com/.extraheader")
        assert header.text == 'AUTH: "a\\b#c;d'
        assert private.run("config", "remote.origin.url").text == "https://github.com/o/r"
        assert private.run("config", "http.proxy").code == 1
        assert private.run("config", "http.sslverify").code == 1
        assert checkout.private.parent.stat().st_mode & 0o777 == 0o700
