"""The environments that one pull is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from langsync.config import Environment
from langsync.kinds.prompt.labels import first_label


@dataclass(frozen=True, slots=True)
class Environments:
    """The environments of a repository, seen from the one that is pulled.

    Args:
        chosen: The one that is pulled.
        declared: All that ``langsync.yaml`` declares.
    """

    chosen: Environment
    declared: tuple[Environment, ...] = ()

    @property
    def siblings(self) -> list[Environment]:
        """Those that are in the same project: the same host and keys."""
        return [one for one in self.declared if _project(one) == _project(self.chosen)]

    @property
    def others(self) -> list[Environment]:
        """All but the chosen one."""
        return [one for one in self.declared if one.name != self.chosen.name]

    def default_labels(self) -> list[str]:
        """What prompts that name no labels get, in environments of other projects."""
        ours = {one.name for one in self.siblings}
        return [first_label(one) for one in self.declared if one.name not in ours]


def _project(environment: Environment) -> tuple[str | None, ...]:
    return environment.host, environment.public_key_env, environment.secret_key_env


def moved(environment: Environment, labels: Iterable[str]) -> list[str]:
    """Those labels that an environment moves."""
    globs = environment.labels
    if globs is None:
        return list(labels)
    return [one for one in labels if any(fnmatchcase(one, glob) for glob in globs)]
