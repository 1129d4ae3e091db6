"""The environments that one pull is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from langsync.config import Environment
from langsync.config.connection import is_this_machine
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
        """All but the chosen one, and other projects on this machine: those are for trying."""
        siblings = self.siblings
        return [
            one
            for one in self.declared
            if one.name != self.chosen.name
            and (one in siblings or not (one.host and is_this_machine(one.host)))
        ]

    def default_labels(self, ours: Iterable[str]) -> list[str]:
        """What environments of other projects get that move none of the labels of this one.

        Labels that environments of this project move are not among them: they would deploy it.
        """
        ours, siblings = list(ours), self.siblings
        names = {one.name for one in siblings}
        others = [one for one in self.declared if one.name not in names and not moved(one, ours)]
        labels = dict.fromkeys(first_label(one) for one in others)
        return [label for label in labels if not any(moved(one, [label]) for one in siblings)]


def _project(environment: Environment) -> tuple[str | None, ...]:
    return environment.host, environment.public_key_env, environment.secret_key_env


def moved(environment: Environment, labels: Iterable[str]) -> list[str]:
    """Those labels that an environment moves."""
    globs = environment.labels
    if globs is None:
        return list(labels)
    return [one for one in labels if any(fnmatchcase(one, glob) for glob in globs)]
