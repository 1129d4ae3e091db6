"""Two processes of one machine write to a project one after the other."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from langsync.engine.locking import lock_file, locked
from langsync.errors import LockedError
from langsync.model import Project
from tests.conftest import Cli, Ended, RecordingServer
from tests.unit.git import repository
from tests.unit.repository import write

COUNT = 5
APPLY = (sys.executable, "-m", "langsync", "apply", "--yes")


def files(word: str) -> dict[str, str]:
    """Prompts and a score config."""
    return {
        "langsync.yaml": "version: 1\n",
        **{f"prompts/p{number}.yaml": f"prompt: {word} {number}\n" for number in range(COUNT)},
        "score_configs/accuracy.yaml": "data_type: numeric\n",
    }


@pytest.fixture
def project(langfuse: RecordingServer) -> Project:
    """The project that is written to."""
    ours = langfuse.projects[0]
    return Project(ours.id, ours.name, langfuse.url)


async def both_at_once(project: Project, folders: list[Path]) -> list[Ended]:
    """Start an apply in each folder while the project is locked; let go once all of them wait."""
    async with locked(project):
        running = [
            await asyncio.create_subprocess_exec(
                *APPLY, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
            for folder in folders
        ]
        for one in running:
            assert one.stderr is not None
            line = (await one.stderr.readline()).decode()
            assert f"(process {os.getpid()}, since " in line, line
    ended = []
    for one in running:
        out, err = await one.communicate()
        ended.append(Ended(one.returncode or 0, out.decode(), err.decode()))
    return ended


def deployed(raw: httpx.Client) -> tuple[list[list[int]], set[str]]:
    """The versions of each prompt, and the first words of what they have in production."""
    rows: list[dict[str, Any]] = raw.get("/v2/prompts").json()["data"]
    prompts = [
        raw.get(f"/v2/prompts/{one['name']}", params={"label": "production"}).json()["prompt"]
        for one in rows
    ]
    return [one["versions"] for one in rows], {one.split()[0] for one in prompts}


def test_the_second_of_two_first_applies_finds_nothing_to_do(
    project: Project, repo: Path, raw: httpx.Client
) -> None:
    """Each version and each score config is there once; both are content."""
    write(repo, files("Hello"))
    first, second = asyncio.run(both_at_once(project, [repo, repo]))
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert {first.out, second.out} == {f"{COUNT + 1} applied.\n", "Nothing to do.\n"}
    assert deployed(raw) == ([[1]] * COUNT, {"Hello"})
    assert len(raw.get("/score-configs").json()["data"]) == 1


def test_two_commits_do_not_mix(
    project: Project, process: pytest.MonkeyPatch, tmp_path: Path, raw: httpx.Client
) -> None:
    """All prompts are those of one of them in the end."""
    folders = []
    for word in ("Hello", "Servus"):
        repo = repository(tmp_path / word)
        repo.commit(files(word))
        folders.append(repo.folder)
    first, second = asyncio.run(both_at_once(project, folders))
    assert (first.code, second.code) == (0, 0), first.err + second.err
    versions, words = deployed(raw)
    assert (versions, len(words)) == ([[1, 2]] * COUNT, 1)


def test_a_timeout_of_zero_says_at_once_who_holds_it(
    project: Project, repo: Path, cli: Cli, langfuse: RecordingServer
) -> None:
    """With its process and since when; nothing is sent, and the lock stays with who has it."""
    write(repo, files("Hello"))

    async def hold() -> Ended:
        async with locked(project):
            ended = await asyncio.to_thread(cli, "apply", "--yes", "--lock-timeout", "0")
            assert json.loads(lock_file(project).read_text())["pid"] == os.getpid()
            return ended

    ended = asyncio.run(hold())
    assert (ended.code, ended.out) == (1, "")
    assert f"(process {os.getpid()}, since 20" in ended.err
    assert "--lock-timeout" in ended.err
    assert not langfuse.writes
    assert cli("apply", "--yes", "--lock-timeout", "0").code == 0
    assert not lock_file(project).exists(), "nothing is left behind"


def test_a_killed_process_leaves_no_lock(project: Project) -> None:
    """Only its file, which the next one takes."""
    program = (
        "import asyncio, sys\n"
        "from langsync.engine.locking import locked\n"
        "from langsync.model import Project\n"
        "async def hold():\n"
        "    async with locked(Project(*sys.argv[1:])):\n"
        "        print('held', flush=True)\n"
        "        await asyncio.sleep(3600)\n"
        "asyncio.run(hold())\n"
    )
    words = (sys.executable, "-c", program, project.id, project.name, project.host)

    async def take() -> None:
        async with locked(project, 0):
            pass

    with subprocess.Popen(words, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"held\n"
        with pytest.raises(LockedError, match=f"process {running.pid}"):
            asyncio.run(take())
        running.kill()
    assert lock_file(project).exists()
    asyncio.run(take())
    assert not lock_file(project).exists()


def test_hosts_and_projects_have_locks_of_their_own() -> None:
    """Names of one host are one; the folder of the cache does not count."""
    one = Project("p", "name", "https://us.cloud.langfuse.com")
    same = [Project("p", "other", f"https://{host}") for host in (
        "US.cloud.langfuse.com", "us.cloud.langfuse.com:443", "us.cloud.langfuse.com/",
    )]  # fmt: skip
    assert {lock_file(each) for each in same} == {lock_file(one)}
    local = {lock_file(Project("p", "", f"http://{name}:3030")) for name in ("localhost", "[::1]")}
    assert local == {lock_file(Project("p", "", "http://127.0.0.1:3030"))}
    others = [
        Project("q", "name", one.host),
        Project("p", "name", "https://cloud.langfuse.com"),
        Project("p", "name", "http://127.0.0.1:3031"),
    ]
    assert len({lock_file(each) for each in (one, *others)} | local) == 5


def a_file_in_its_way(lock: Path) -> None:
    lock.parents[1].write_text("")


def a_link(lock: Path) -> None:
    lock.parent.mkdir(parents=True, mode=0o700)
    lock.symlink_to(lock.parents[2] / "precious")


def a_second_name(lock: Path) -> None:
    lock.parent.mkdir(parents=True, mode=0o700)
    lock.hardlink_to(lock.parents[2] / "precious")


def a_folder_of_everybody(lock: Path) -> None:
    lock.parent.mkdir(parents=True)
    lock.parent.chmod(0o777)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights and links")
@pytest.mark.parametrize("trap", [a_file_in_its_way, a_link, a_second_name, a_folder_of_everybody])
def test_where_there_can_be_no_lock_a_warning_says_so(
    trap: Callable[[Path], None], project: Project, repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """And the apply goes on; what a link leads to is as it was."""
    write(repo, files("Hello"))
    lock = lock_file(project)
    precious = lock.parents[2] / "precious"
    precious.parent.mkdir(parents=True, exist_ok=True)
    precious.write_text("keep me")
    trap(lock)
    ended = cli("apply", "--yes")
    assert ended.code == 0
    assert f"Warning: no lock in {lock.parent} (" in ended.err
    assert precious.read_text() == "keep me"
    assert deployed(raw)[0] == [[1]] * COUNT
