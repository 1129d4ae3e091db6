"""The Python API: the stages, put together for scripts and tests.

Everything here is exported by `langsync`, which imports it when it is first used.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from langsync import model
from langsync.apply import apply as send
from langsync.client import Client
from langsync.config import (
    Connection,
    Trust,
    check_connection,
    connect,
    find_config,
    read_variables,
)
from langsync.diff import Differences
from langsync.diff import diff as compare
from langsync.engine import planning, pulling
from langsync.engine import workspace as work
from langsync.engine.locking import TIMEOUT, locked_project
from langsync.engine.rechecking import check_unmoved
from langsync.errors import ConfigError, Problem, RefusedError
from langsync.fetch import Remote
from langsync.model import Plan, PlanOptions, Pulled, Report, State
from langsync.plan import left_out, refusal_reasons

Permission = Literal[
    "overwrite-drift",
    "overwrite-unknown",
    "skip-drift",
    "allow-delete",
    "allow-replace",
    "allow-older",
]
"""What is not done unasked, by the names of `langsync.model.Permission`."""

Result = TypeVar("Result")

_CONCURRENCY = 16
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Repository:
    """What a repository declares for one environment, and where it is deployed.

    Args:
        workspace: What was read.
        connection: Host and keys; None takes them from the environment and the variables of the
            process, as the command line does, once they are needed.
    """

    workspace: work.Workspace
    connection: Connection | None = None

    @property
    def declared(self) -> State:
        """The declared resources by `Address`, those that the targets narrow it to."""
        return self.workspace.desired

    @property
    def environment(self) -> str:
        """The name of the chosen environment; empty where none is declared."""
        return self.workspace.environment.name

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What ``langsync validate`` warns of."""
        return self.workspace.loaded.warnings


def load(
    path: Path | str = ".",
    *,
    env: str | None = None,
    targets: Iterable[str] = (),
    connection: Connection | None = None,
) -> Repository:
    """Read and check all files; nothing is sent, no keys are needed.

    Args:
        path: A ``langsync.yaml``, or a folder: the nearest one at or above it counts.
        env: The environment; by default ``LANGSYNC_ENV``, ``default_environment``, or the only one.
        targets: Globs of addresses, such as ``prompt/support/*``, that narrow what is declared.
        connection: Host and keys, where they are not those of the environment.

    Raises:
        InvalidFilesError: Something is wrong in the files; all of it is listed.
        ConfigError: There is no ``langsync.yaml``, no such environment, or a target means nothing.
    """
    where = Path(path)
    if not where.exists():
        raise ConfigError(f"{path}: there is no such file or folder")
    file = find_config(where.resolve()) if where.is_dir() else where
    return Repository(work.open_workspace(file, env, list(targets)), connection)


def fetch(repository: Repository) -> Remote:
    """Read what Langfuse holds of the declared resources, and no more than that needs.

    Raises:
        RefusedError: The keys belong to another project than ``langsync.yaml`` names.
        ApiError: A request to Langfuse failed.
    """
    return _ask(repository, lambda client: planning.read(client, repository.workspace))


def diff(repository: Repository, remote: Remote) -> Differences:
    """Compare what is declared with what was fetched; nothing is sent.

    Args:
        repository: What is declared.
        remote: What `fetch` gave.
    """
    return compare(planning.view_of(repository.workspace, remote.state), remote.unmanaged)


def plan(
    repository: Repository,
    *,
    allow: Iterable[Permission] = (),
    message: str | None = None,
    allow_prune: int = 0,
    whole_project: bool = False,
    history_commits: int = 0,
) -> Plan:
    """What `apply` would send, in order, and why it would refuse to; nothing is changed.

    Args:
        repository: What is declared.
        allow: What is to be done although it is not done unasked.
        message: The commit message of created versions, in place of the usual one.
        allow_prune: How many prompts, duplicates of score configs, and items of each dataset may be
            pruned, whatever share that is.
        whole_project: Whether prompts that no file declares are looked at, too, for whether
            their text changes.
        history_commits: How many commits are read to find out who made a change, if that is more
            than the usual bounds.

    Raises:
        InvalidFilesError: What is declared cannot work with what Langfuse holds.
        RefusedError: The keys belong to another project than ``langsync.yaml`` names.
        ApiError: A request to Langfuse failed.
    """
    plan_options = PlanOptions(
        _allowed(allow), message, whole_project, allow_prune, history_commits
    )
    workspace = replace(repository.workspace, plan_options=plan_options)
    return _ask(repository, lambda client: planning.make_plan(client, workspace))


def apply(
    repository: Repository,
    plan: Plan,
    *,
    allow: Iterable[Permission] = (),
    lock_timeout: float = TIMEOUT,
) -> Report:
    """Send what a plan lists, unless Langfuse has changed since it was made.

    A change that fails does not stop the others: see `Report.ok` and `Report.results`. What
    somebody else changes in Langfuse meanwhile is not written, see `Outcome.STALE`.

    Args:
        repository: What the plan was made of.
        plan: What `plan` gave.
        allow: What is to be done although it is not done unasked, as it was given to `plan`.
        lock_timeout: Seconds that another process on this machine is waited for which writes to
            the same project.

    Raises:
        LockedError: It has not ended in time.
        RefusedError: A guard refused, and nothing was sent: the plan is refused or stale, or the
            keys belong to another project.
        ApiError: A request to Langfuse failed before anything was written.
    """
    plan_options = PlanOptions(_allowed(allow))
    workspace = replace(repository.workspace, plan_options=plan_options)
    if reasons := refusal_reasons(plan, plan_options.allowed):
        raise RefusedError(reasons)

    async def inside(client: Client) -> Report:
        async with locked_project(client, lock_timeout) as project:
            if project != plan.project:
                target = f"the plan is for {plan.project.name} at {plan.project.host}"
                raise RefusedError([f"{target}, the keys are for {project.name} at {project.host}"])
            skipped = left_out(plan, plan_options.allowed)
            sent = [change for change in plan.changes if change.address not in skipped]
            checks = await check_unmoved(client, workspace, sent)
            return await send(
                client, plan, concurrency=_CONCURRENCY, checks=checks, left_out=skipped
            )

    return _ask(repository, inside)


def pull(
    repository: Repository,
    addresses: Iterable[str] = (),
    *,
    everything: bool = False,
    prune: bool = False,
) -> Pulled:
    """What the files would have to contain to match Langfuse; nothing is written.

    Args:
        repository: What is declared.
        addresses: Globs of what is pulled, declared or not; none for all that is declared.
        everything: Whether all that Langfuse has is pulled.
        prune: Whether what Langfuse does not have leaves the files.

    Raises:
        LangsyncError: An address is neither in the files nor in Langfuse.
        RefusedError: The keys belong to another project than ``langsync.yaml`` names.
        ApiError: A request to Langfuse failed.
    """
    workspace, globs = repository.workspace, list(addresses)
    return _ask(
        repository,
        lambda client: pulling.make_pull(
            client, workspace, globs, everything=everything, prune=prune
        ),
    )


def write(repository: Repository, pulled: Pulled, *, force: bool = False) -> None:
    """Write the files of a pull.

    Args:
        repository: What the pull was made of; `load` it again to see what it declares now.
        pulled: What `pull` gave.
        force: Whether files are written over that have changes which no commit has.

    Raises:
        RefusedError: A file has such changes, and nothing was written.
        LangsyncError: One cannot be written, or is no longer what it was.
    """
    pulling.write(repository.workspace.config, pulled, force=force)


def _allowed(allow: Iterable[Permission]) -> frozenset[model.Permission]:
    """The permissions with these names.

    Raises:
        ConfigError: There is no permission of that name.
    """
    names, known = set(allow), get_args(Permission)
    if unknown := sorted(names.difference(known)):
        raise ConfigError(f"allow takes {', '.join(known)}; not {', '.join(unknown)}")
    return frozenset(map(model.Permission, names))


def _ask(repository: Repository, question: Callable[[Client], Awaitable[Result]]) -> Result:
    """Run a query against Langfuse and wait for its result."""
    connection = _connection(repository)
    options = work.options(_CONCURRENCY, _TIMEOUT)

    async def inside() -> Result:
        async with Client(connection, options, disk=work.cache(enabled=True)) as client:
            return await question(client)

    return _wait(inside())


def _connection(repository: Repository) -> Connection:
    """Host and keys; nobody is asked whether a host may receive them.

    Raises:
        RefusedError: It may not.
    """
    variables = read_variables(None, os.environ)
    environment = repository.workspace.environment
    trust = Trust.remembered(environment.repository)
    if repository.connection is None:
        return connect(environment, variables, trust=trust)
    check_connection(repository.connection, variables, trust)
    return repository.connection


def _wait(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end; in a thread if an event loop runs already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(asyncio.run, work).result()
