"""The Python API, as a script or a test of a team uses it."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import langsync
from langsync.cli.demo import examples
from langsync.local import LocalServer
from tests.conftest import Cli
from tests.unit.calls import create, seen
from tests.unit.repository import write

NAME = "prompts/greeting.yaml"


@pytest.fixture
def repository(folder: Path, connection: langsync.Connection) -> langsync.Repository:
    write(folder, {"langsync.yaml": "version: 1\n", NAME: "prompt: Hello\n"})
    return langsync.load(folder, connection=connection)


def applied(repository: langsync.Repository) -> langsync.Report:
    return langsync.apply(repository, langsync.plan(repository))


def edited(folder: Path, repository: langsync.Repository) -> langsync.Repository:
    write(folder, {NAME: "prompt: Hi\n"})
    return langsync.load(folder, connection=repository.connection)


def copy_examples(folder: Path, server: LocalServer) -> None:
    """Copy the examples, with this server's address."""
    for file in examples().rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            text = file.read_text("utf-8").replace("http://127.0.0.1:3030", server.url)
            write(folder, {file.relative_to(examples()).as_posix(): text.encode()})


def test_load_gives_what_the_files_declare(repository: langsync.Repository) -> None:
    """By address, with where it stands."""
    address = langsync.Address("prompt", "greeting")
    assert list(repository.declared) == [address]
    resource = repository.declared[address]
    assert resource.source is not None
    assert resource.source.file == NAME
    assert resource.content.variants[0].prompt == "Hello"
    assert (repository.environment, repository.warnings) == ("", ())


def test_load_finds_the_file_above_a_folder(repository: langsync.Repository, folder: Path) -> None:
    """Or takes the one that is named; targets narrow it."""
    write(folder, {"prompts/deep/other.yaml": "prompt: x\n"})
    assert len(langsync.load(folder / "prompts" / "deep").declared) == 2
    assert len(langsync.load("langsync.yaml").declared) == 2
    narrowed = langsync.load(folder, targets=["prompt/deep/*"]).declared
    assert [str(address) for address in narrowed] == ["prompt/deep/other"]


def test_files_that_are_wrong_raise_with_every_place(folder: Path) -> None:
    """As the command line shows them."""
    write(folder, {"langsync.yaml": "version: 1\n", NAME: "prompt: 1\ntag: x\n"})
    with pytest.raises(langsync.InvalidFilesError) as caught:
        langsync.load(folder)
    assert [problem.line for problem in caught.value.problems] == [1, 2]


def test_fetch_and_diff_tell_what_differs(repository: langsync.Repository, folder: Path) -> None:
    """Nothing after an apply; the fields after an edit."""
    assert applied(repository).ok
    remote = langsync.fetch(repository)
    assert list(remote.state) == [langsync.Address("prompt", "greeting")]
    assert langsync.diff(repository, remote).changes == ()
    (change,) = langsync.diff(edited(folder, repository), remote).changes
    assert [(one.path, one.before, one.after) for one in change.differences[-1:]] == [
        ("prompt", "Hello", "Hi")
    ]


def test_plan_then_apply_then_nothing(repository: langsync.Repository, server: LocalServer) -> None:
    """The plan lists the requests, the report what became of them."""
    plan = langsync.plan(repository, message="from a script")
    (change,) = plan.changes
    assert change.action is langsync.Action.CREATE
    assert change.requests[0].body["commitMessage"] == "from a script"
    assert not any(one.startswith("POST") for one in seen(server))
    report = langsync.apply(repository, plan)
    assert [one.outcome for one in report.results] == [langsync.Outcome.APPLIED]
    assert langsync.plan(repository).changes == ()


def test_apply_refuses_a_stale_plan(repository: langsync.Repository, server: LocalServer) -> None:
    """Somebody changed Langfuse after it was made: nothing is sent."""
    plan = langsync.plan(repository)
    assert repository.connection is not None
    create(repository.connection, {"name": "greeting", "prompt": "x", "labels": ["production"]})
    with pytest.raises(langsync.RefusedError, match="was created in Langfuse since"):
        langsync.apply(repository, plan)
    assert sum(one.startswith("POST") for one in seen(server)) == 1


def test_apply_refuses_drift_unless_told(
    repository: langsync.Repository, server: LocalServer, folder: Path
) -> None:
    """The permissions are the options of the command line."""
    assert applied(repository).ok
    assert repository.connection is not None
    create(repository.connection, {"name": "greeting", "prompt": "x", "labels": ["production"]})
    with pytest.raises(langsync.RefusedError, match="--overwrite-drift"):
        applied(repository)
    plan = langsync.plan(repository)
    assert plan.changes[0].origin is langsync.Origin.REMOTE
    assert langsync.apply(repository, plan, allow=["overwrite-drift"]).ok
    assert langsync.plan(repository).changes == ()


def test_apply_refuses_a_plan_for_another_project(repository: langsync.Repository) -> None:
    """Its keys are for one project alone."""
    plan = langsync.plan(repository)
    with LocalServer() as other:
        project = other.projects[0]
        keys = langsync.Connection(other.url, project.public_key, project.secret_key)
        elsewhere = langsync.Repository(repository.workspace, keys)
        with pytest.raises(langsync.RefusedError, match="the plan is for local at"):
            langsync.apply(elsewhere, plan)
        assert not any(one.startswith("POST") for one in seen(other))


def test_what_is_no_permission_or_no_file_is_told(repository: langsync.Repository) -> None:
    """Rather than ignored."""
    with pytest.raises(langsync.ConfigError, match=r"allow takes overwrite.*not allow_d"):
        langsync.plan(repository, allow=["allow_delete"])  # type: ignore[list-item]
    with pytest.raises(langsync.ConfigError, match="nowhere: there is no such file or folder"):
        langsync.load("nowhere")


def test_it_works_beside_an_event_loop(repository: langsync.Repository) -> None:
    """In a notebook, or in an application that is asynchronous."""

    async def inside() -> langsync.Report:
        return applied(repository)

    assert asyncio.run(inside()).ok


def test_keys_come_from_the_variables_where_none_are_given(
    repository: langsync.Repository,
    connection: langsync.Connection,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As for the command line; loading needs none."""
    loaded = langsync.load(folder)
    with pytest.raises(langsync.ConfigError, match="no host"):
        langsync.plan(loaded)
    monkeypatch.setenv("LANGFUSE_HOST", connection.host)
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", connection.public_key)
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", connection.secret_key)
    assert len(langsync.plan(loaded).changes) == 1


def test_every_export_is_there_and_no_other_is_promised() -> None:
    """What type checkers see is what there is, and each function is documented."""
    tree = ast.parse(Path(langsync.__file__).read_text("utf-8"))
    typed = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("langsync.")
        for alias in node.names
    ]
    homes = [name for names in langsync._HOMES.values() for name in names]
    assert sorted(typed) == sorted(homes) == sorted(langsync.__all__)
    assert (
        {"load", "fetch", "diff", "plan", "apply", "pull", "write"}
        <= set(langsync.__all__)
        <= set(dir(langsync))
    )
    for name in set(langsync.__all__) - {"UNMANAGED", "__version__", "Permission"}:
        assert getattr(langsync, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        langsync.nothing  # type: ignore[attr-defined] # noqa: B018


def test_a_function_stays_one_when_its_module_is_imported() -> None:
    """Five of them have the names of stages."""
    import langsync.load
    from langsync.load import Loaded

    assert Loaded.__module__ == "langsync.load"
    assert callable(langsync.load)
    assert callable(langsync.plan)


def test_importing_langsync_imports_next_to_nothing() -> None:
    """What an application does not use does not cost it time."""
    words = "import sys; import langsync; print(*(n for n in sys.modules if n[:9] == 'langsync.'))"
    heavy = "; print(*{'pydantic', 'httpx', 'typer', 'importlib.metadata'} & {*sys.modules})"
    ended = subprocess.run(
        [sys.executable, "-c", words + heavy], capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == []


def test_the_python_api_loads_no_command_line() -> None:
    """Neither a module of the CLI nor what it prints with, but for what httpx itself loads."""
    code = (
        "import sys, httpx; before = {*sys.modules}; import langsync; langsync.plan\n"
        "new = {'.'.join(name.split('.')[:2]) for name in {*sys.modules} - before}\n"
        "print(*(n for n in new if n.split('.')[0] in ('typer', 'rich') or n == 'langsync.cli'))\n"
        "assert 'langsync.engine' in new"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == []


@pytest.mark.parametrize("program", [["deploy.py"], ["-m", "pytest", "-q", "test_prompts.py"]])
def test_the_examples_run(program: list[str], server: LocalServer, tmp_path: Path) -> None:
    """The script deploys them; the tests hold for them."""
    copy_examples(tmp_path, server)
    ended = subprocess.run(
        [sys.executable, *program],
        cwd=tmp_path,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ("create prompt/support/greeting" in ended.stdout) == (program == ["deploy.py"])


def test_the_guide_runs(server: LocalServer, folder: Path) -> None:
    """Each of its blocks of Python, one after the other."""
    copy_examples(folder, server)
    guide = (Path(langsync.__file__).parent / "docs" / "python.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    test = names["test_every_judge_is_exact"]
    assert callable(test)
    test()
    assert len(blocks) == 3


def test_a_pull_from_python(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Tells what it would write, and writes that."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/a.yaml": "prompt: One\n"})
    assert cli("apply", "--yes").code == 0
    body = {"name": "a", "type": "text", "prompt": "Two", "labels": ["production"]}
    raw.post("/v2/prompts", json=body).raise_for_status()
    repository = langsync.load(repo)
    pulled = langsync.pull(repository)
    (change,) = pulled.files
    assert (change.path, change.old) == ("prompts/a.yaml", "prompt: One\n")
    assert (repo / change.path).read_text() == change.old
    langsync.write(repository, pulled)
    assert (repo / change.path).read_text() == change.new == "prompt: Two\n"
    assert langsync.plan(langsync.load(repo)).changes == ()
    with pytest.raises(langsync.LangsyncError, match="was changed while"):
        langsync.write(repository, pulled)
