"""Puts the stages together for the commands."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from langsync import __version__, kinds
from langsync import diff as differ
from langsync import fetch as fetcher
from langsync import load as loader
from langsync import plan as planner
from langsync.client import Client, Options
from langsync.config import (
    Config,
    Connection,
    Environment,
    choose_environment,
    connect,
    find_config,
    read_config,
    read_variables,
)
from langsync.errors import ConfigError, InvalidFilesError, RefusedError
from langsync.model import Plan, Project, State


@dataclass(frozen=True, slots=True)
class Workspace:
    """A ``langsync.yaml``, the chosen environment and what the files declare.

    Args:
        config: What ``langsync.yaml`` says.
        environment: The chosen environment.
        loaded: What the files declare, all of it.
        targets: Globs that narrow it.
    """

    config: Config
    environment: Environment
    loaded: loader.Loaded
    targets: tuple[str, ...] = ()

    @property
    def desired(self) -> State:
        """What the files declare, narrowed to the targets and what they need."""
        return self.loaded.state.select(self.targets)


def open_config(config: Path | None, env: str | None) -> tuple[Config, Environment]:
    """Read ``langsync.yaml`` and choose the environment.

    Raises:
        LangsyncError: There is none, it is not as it should be, or it has no such environment.
    """
    file = config if config is not None else find_config(Path.cwd())
    if not file.is_file():
        raise ConfigError(f"--config {file}: there is no such file")
    parsed = read_config(file, kinds.folders())
    return parsed, choose_environment(parsed, env, os.environ)


def open_workspace(
    config: Path | None, env: str | None, targets: Sequence[str] | None
) -> Workspace:
    """Read and check everything that is declared.

    Raises:
        LangsyncError: Something is wrong; nothing was sent.
    """
    parsed, environment = open_config(config, env)
    workspace = Workspace(
        parsed, environment, loader.load(parsed, environment), tuple(targets or ())
    )
    for target in workspace.targets:
        if not any(address.matches(target) for address in workspace.loaded.state):
            raise ConfigError(
                f"--target {target!r} matches nothing that is declared: "
                "write kind/name, such as 'prompt/support/*'"
            )
    return workspace


def connection(environment: Environment, env_file: Path | None, host: str | None) -> Connection:
    """Find host and keys.

    Raises:
        ConfigError: Something is missing.
    """
    return connect(environment, read_variables(env_file, os.environ), host)


def options(concurrency: int, timeout: float) -> Options:
    """The client's options."""
    return Options(concurrency=concurrency, timeout=timeout, version=__version__)


async def make_plan(client: Client, workspace: Workspace) -> Plan:
    """Fetch, compare and plan.

    Raises:
        RefusedError: The keys belong to another project than ``langsync.yaml`` names.
        InvalidFilesError: What is declared cannot work with what Langfuse holds.
        ApiError: Langfuse, or the way to it, said no.
    """
    project = await client.project()
    check_project(project, workspace.config)
    desired = workspace.desired
    remote = await fetcher.fetch(client, desired)
    flaws = planner.verify(desired, remote.state)
    if flaws:
        raise InvalidFilesError(loader.place(workspace.config, flaws))
    found = differ.diff(desired, remote.state)
    narrowed = bool(workspace.targets)
    return planner.plan(
        project,
        workspace.environment.name,
        found.changes,
        unmanaged={} if narrowed else remote.unmanaged,
        unmanaged_count={} if narrowed else remote.unmanaged_count,
        unchanged=found.unchanged,
        warnings=(*map(str, workspace.loaded.warnings), *remote.warnings),
        refusals=found.refusals,
    )


def check_project(project: Project, config: Config) -> None:
    """Make sure that the keys belong to the project that ``langsync.yaml`` names.

    Raises:
        RefusedError: They do not.
    """
    if config.project is not None and config.project not in (project.id, project.name):
        reason = (
            f"these keys belong to project {project.name!r} (id {project.id}), but "
            f"{config.file.name} names {config.project!r}: use its keys, or correct 'project'"
        )
        raise RefusedError([reason])


async def what_moved(client: Client, workspace: Workspace, plan: Plan) -> list[str]:
    """Read the state of a plan's addresses again and tell what is no longer as it was."""
    addresses = {change.address for change in plan.changes}
    desired = State(one for one in workspace.desired.values() if one.address in addresses)
    remote = (await fetcher.fetch(client, desired)).state
    now = {address: differ.basis(one, remote.get(address)) for address, one in desired.items()}
    return planner.moved(plan, now)
