"""Whatever things are called and say: pull, then plan is empty, and no file is elsewhere."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from langsync.kinds.names import name_violation
from tests.conftest import Cli, write
from tests.hostile import NAMES, TEXTS
from tests.unit.pull.remote import agrees, put_dataset, put_prompt, tree
from tests.unit.strategies import STORABLE


def accepted(raw: httpx.Client, name: str, text: str = "Hello") -> bool:
    """Put a prompt into Langfuse, if that takes it."""
    body = {"name": name, "prompt": text, "type": "text", "labels": ["production"]}
    return raw.post("/v2/prompts", json=body).is_success


def pulled(cli: Cli, repo: Path, *words: str) -> dict[str, str]:
    ended = cli("pull", "--yes", *words)
    assert ended.code == 0, ended.err
    assert "left alone" not in ended.err
    agrees(cli)
    return tree(repo)


def test_any_name_gets_a_file_of_its_own(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Also where case and Unicode forms are the same: no path is another one there."""
    names = [
        name
        for name in NAMES
        if not name_violation(name, what="prompt name") and accepted(raw, name)
    ]
    assert len(names) > 60
    write(repo, {"langsync.yaml": "version: 1\n"})
    files = pulled(cli, repo)
    assert len(files) == len(names) + 1
    assert len({name.casefold() for name in files}) == len(files)
    assert {path.name for path in repo.parent.iterdir()} <= {"repo", "cache"}
    for name in files:
        assert all(
            len(step.encode()) <= 100 and not step.startswith(".") for step in name.split("/")
        )
        assert name.isprintable()
    for name in names:
        put_prompt(raw, name, f"Hello\n{name}")
    later = pulled(cli, repo)
    assert later.keys() == files.keys()
    assert cli("apply", "--yes").code == 0


def test_any_text_comes_home(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """As the first text of a prompt, and in place of any other one."""
    count = len(TEXTS)
    for shift in (0, 1, 17, 40):
        for number in range(count):
            text = TEXTS[(number + shift) % count]
            put_prompt(raw, f"text/{number}", text)
            messages = [{"role": "system", "content": text}, {"role": "user", "content": "{{q}}"}]
            put_prompt(raw, f"chat/{number}", messages)
        write(repo, {"langsync.yaml": "version: 1\n"})
        pulled(cli, repo)


def test_any_item_comes_home(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """In a list and in rows; its id, input and metadata."""
    for shift in (0, 7):
        for name, number in (("few", 40), ("many", len(TEXTS))):
            texts = [TEXTS[(one + shift) % len(TEXTS)] for one in range(number)]
            items = [
                {"id": f"{name} {one}/é", "input": {"q": text}, "metadata": text or None}
                for one, text in enumerate(texts)
            ]
            put_dataset(raw, name, *items)
        write(repo, {"langsync.yaml": "version: 1\n"})
        pulled(cli, repo)


@pytest.mark.parametrize("form", ["prompt: {}\n", "labels: [production]\nprompt: {}\n# end"])
@given(first=STORABLE, second=STORABLE)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_takes_the_place_of_any_other(
    repo: Path, cli: Cli, raw: httpx.Client, form: str, first: str, second: str
) -> None:
    """In a file that a person wrote."""
    if not (first.strip() and second.strip()):
        return
    put_prompt(raw, "p", first)
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": form.format("old")})
    pulled(cli, repo)
    put_prompt(raw, "p", second)
    assert pulled(cli, repo)["prompts/p.yaml"].endswith("# end" if "# end" in form else "\n")


def test_a_link_on_the_way_is_not_followed(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Neither the folder, nor one in it, nor a file."""
    outside = repo.parent / "outside"
    outside.mkdir()
    put_prompt(raw, "linked/a")
    put_prompt(raw, "b")
    write(repo, {"langsync.yaml": "version: 1\n"})
    (repo / "prompts").mkdir()
    (repo / "prompts" / "linked").symlink_to(outside)
    assert sorted(pulled(cli, repo)) == [
        "langsync.yaml", "prompts/b.yaml", "prompts/linked-a.yaml",
    ]  # fmt: skip
    (outside / "b.yaml").write_text("prompt: mine\nname: b\n")
    (repo / "prompts" / "b.yaml").unlink()
    (repo / "prompts" / "b.yaml").symlink_to(outside / "b.yaml")
    ended = cli("pull", "--yes")
    assert (outside / "b.yaml").read_text() == "prompt: mine\nname: b\n"
    assert ended.code in (0, 1)
    (repo / "prompts" / "b.yaml").unlink()
    (repo / "prompts" / "linked").unlink()
    for path in (repo / "prompts").iterdir():
        path.unlink()
    (repo / "prompts").rmdir()
    (repo / "prompts").symlink_to(outside)
    (outside / "b.yaml").unlink()
    ended = cli("pull", "--yes")
    assert list(outside.iterdir()) == []


def git(folder: Path, *words: str) -> None:
    identity = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a"}
    environment = {**os.environ, **identity, "GIT_COMMITTER_EMAIL": "a@b"}
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, env=environment)


def test_uncommitted_changes_are_kept(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """A folder without a repository, or without a commit, has nothing to lose by --force only."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": "prompt: One\n"})
    put_prompt(raw, "p", "Two")
    git(repo, "init", "--quiet")
    assert pulled(cli, repo)["prompts/p.yaml"] == "prompt: Two\n"
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "one")
    put_prompt(raw, "p", "Three")
    assert pulled(cli, repo)["prompts/p.yaml"] == "prompt: Three\n"
    put_prompt(raw, "p", "Four")
    refused = cli("pull", "--yes")
    assert refused.code == 3
    assert "prompts/p.yaml has changes that are not committed" in refused.err
    assert pulled(cli, repo, "--force")["prompts/p.yaml"] == "prompt: Four\n"


def test_a_name_that_no_file_can_declare_is_said(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """And the others come."""
    assert accepted(raw, "a\x01b")
    put_prompt(raw, "b")
    write(repo, {"langsync.yaml": "version: 1\n"})
    ended = cli("pull", "--yes")
    assert ended.code == 0
    assert "is left alone: prompt name has a control character" in ended.err
    assert sorted(tree(repo)) == ["langsync.yaml", "prompts/b.yaml"]
