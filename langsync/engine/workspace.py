"""Opens a repository: its ``langsync.yaml``, an environment, and what the files declare."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import platformdirs

from langsync import kinds
from langsync.client import Options
from langsync.client.cache import DiskCache
from langsync.config import (
    Config,
    Environment,
    choose_environment,
    find_config,
    read_config,
)
from langsync.errors import ConfigError, Problem, RefusedError
from langsync.history import History
from langsync.lint import unsuppressed
from langsync.load import Loaded, load, load_each
from langsync.model import Permission, PlanOptions, Project, State
from langsync.rules import Rule
from langsync.version import __version__


@dataclass(frozen=True)
class Workspace:
    """A ``langsync.yaml``, the chosen environment and what the files declare.

    Args:
        config: What ``langsync.yaml`` says.
        environment: The chosen environment.
        loaded: What the files declare, all of it.
        targets: Globs that narrow it.
        plan_options: What was asked for beside that.
    """

    config: Config
    environment: Environment
    loaded: Loaded
    targets: tuple[str, ...] = ()
    plan_options: PlanOptions = field(default_factory=PlanOptions)

    @cached_property
    def desired(self) -> State:
        """What the files declare, narrowed to the targets and what they need."""
        return self.loaded.state.select(self.targets)

    def narrowed(self, desired: State) -> Workspace:
        """The same with only some resources, which have other content."""
        targets = tuple(str(address) for address in desired)
        return replace(self, loaded=replace(self.loaded, state=desired), targets=targets)

    @cached_property
    def history(self) -> History:
        """What Git knows; nothing where there is no repository."""
        return History.open(self.config, self.environment, self.plan_options.history_commits)


def read(config: Path | None) -> Config:
    """Read the ``langsync.yaml`` that was named, or the nearest one.

    Raises:
        LangsyncError: There is none, or it is not as it should be.
    """
    file = config if config is not None else find_config(Path.cwd())
    if not file.is_file():
        raise ConfigError(f"--config {file}: there is no such file")
    return read_config(file, kinds.folders())


def configs_of(paths: Iterable[Path]) -> list[Path]:
    """The ``langsync.yaml`` nearest to each of some files or folders, each once.

    Files that have none are left out: others, such as pre-commit, chose them.
    """
    configs = set()
    for path in paths:
        start = path.absolute() if path.is_dir() else path.absolute().parent
        with suppress(ConfigError):
            configs.add(find_config(start))
    return sorted(configs)


def open_config(config: Path | None, env: str | None) -> tuple[Config, Environment]:
    """Read ``langsync.yaml`` and choose the environment.

    Raises:
        LangsyncError: There is none, it is not as it should be, or it has no such environment.
    """
    parsed = read(config)
    return parsed, choose_environment(parsed, env, os.environ)


def open_workspace(
    config: Path | None,
    env: str | None,
    targets: Sequence[str] | None,
    plan_options: PlanOptions | None = None,
) -> Workspace:
    """Read and check everything that is declared.

    Raises:
        LangsyncError: Something is wrong; nothing was sent.
    """
    parsed, environment = open_config(config, env)
    loaded = load(parsed, environment)
    warnings = unsuppressed(parsed, loaded.warnings, loaded.texts)
    loaded = replace(loaded, warnings=without_left_out(parsed, environment, warnings))
    workspace = Workspace(
        parsed, environment, loaded, tuple(targets or ()), plan_options or PlanOptions()
    )
    deleting = Permission.ALLOW_DELETE in workspace.plan_options.allowed
    check_targets([] if deleting else workspace.targets, loaded.state)
    return workspace


def without_left_out(
    config: Config, environment: Environment, warnings: Sequence[Problem]
) -> tuple[Problem, ...]:
    """The warnings except those of references to prompts that a sparse checkout may leave out."""
    undeclared = Rule.UNDECLARED_TARGET.code
    if any(warning.code == undeclared for warning in warnings):
        with History.open(config, environment) as history:
            if history.left_out.warning:
                return tuple(warning for warning in warnings if warning.code != undeclared)
    return tuple(warnings)


def open_everything(config: Path | None, env: str | None) -> tuple[Config, list[Loaded]]:
    """Read and check everything that is declared, for each environment unless one is named.

    Returns:
        What ``langsync.yaml`` says, and what is declared: in the first environment everything, in
        each further one what differs between them.

    Raises:
        LangsyncError: Something is wrong in one of them.
    """
    parsed = read(config)
    return parsed, load_each(parsed, every_environment(parsed, env))


def every_environment(config: Config, env: str | None) -> list[Environment]:
    """All environments, the default one first, unless one is named.

    Raises:
        ConfigError: There is no environment of that name.
    """
    if env or os.environ.get("LANGSYNC_ENV") or len(config.environments) <= 1:
        return [choose_environment(config, env, os.environ)]
    first = config.default_environment
    return sorted(config.environments.values(), key=lambda environment: environment.name != first)


def check_targets(targets: Sequence[str], declared: State) -> None:
    """Make sure that each ``--target`` matches a declared resource.

    Raises:
        ConfigError: One matches nothing.
    """
    for target in targets:
        if not any(address.matches(target) for address in declared):
            raise ConfigError(
                f"--target {target!r} matches nothing that is declared: write kind/name, such as "
                "'prompt/support/*'; what was removed from Git needs --allow-delete as well"
            )


def options(concurrency: int, timeout: float) -> Options:
    """The client's options."""
    return Options(concurrency=concurrency, timeout=timeout, version=__version__)


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


def cache(*, enabled: bool) -> DiskCache | None:
    """Where what was read is kept: in ``LANGSYNC_CACHE``, else in the user's cache folder.

    Args:
        enabled: Whether there is to be one; False for ``--no-cache``.
    """
    if not enabled:
        return None
    return DiskCache(cache_folder())


def cache_folder() -> Path:
    """Where what was read is kept."""
    folder = os.environ.get("LANGSYNC_CACHE") or platformdirs.user_cache_dir("langsync")
    return Path(folder).expanduser()
