"""Writes to files what Langfuse has and Git does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from langsync.config import Config, Environment
from langsync.errors import LangsyncError
from langsync.kinds import all_kinds
from langsync.kinds.base import View
from langsync.kinds.folder import context_of
from langsync.kinds.writing import Environments, Pulling
from langsync.model import Address, FileChange, Pulled, Resource, State
from langsync.pull.creating import create
from langsync.pull.editing import Editing
from langsync.pull.files import Draft, write

__all__ = ["FileChange", "Pulled", "Sides", "chosen", "pull", "write"]


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of a pull.

    Args:
        desired: Everything that the files declare.
        remote: What Langfuse holds of what is pulled.
        chosen: What is declared and pulled.
        whole: Globs of addresses that are pulled though no file declares them.
    """

    desired: State
    remote: State
    chosen: State
    whole: tuple[str, ...] = ()

    def new(self, kind: str) -> list[Resource]:
        """What Langfuse has and no file declares."""
        resources = (
            resource
            for resource in self.remote.of_kind(kind)
            if resource.address not in self.desired and self._is_whole(resource.address)
        )
        return sorted(resources, key=lambda resource: resource.address)

    def _is_whole(self, address: Address) -> bool:
        return any(address.matches(glob) for glob in self.whole)

    def means(self, pattern: str) -> bool:
        """Whether a glob matches anything that is declared or in Langfuse."""
        return any(
            address.matches(pattern) for side in (self.chosen, self.remote) for address in side
        )


def chosen(declared: State, patterns: Sequence[str]) -> State:
    """The declared resources that globs of addresses match, items of datasets included.

    Args:
        declared: Everything that the files declare.
        patterns: The globs; none for everything.
    """
    if not patterns:
        return declared
    addresses = {address for address in declared if any(address.matches(glob) for glob in patterns)}
    for kind in all_kinds().values():
        if not kind.folder:
            addresses |= {
                address
                for address in declared.addresses(kind.name)
                if kind.owner(address) in addresses
            }
    return declared.only(addresses)


def pull(config: Config, environment: Environment, sides: Sides, *, prune: bool = False) -> Pulled:
    """Work out which files have to change for Langfuse and the files to agree; nothing is written.

    Args:
        config: What ``langsync.yaml`` says.
        environment: The environment that is pulled.
        sides: What is declared, and what is there.
        prune: Whether what Langfuse does not hold leaves the files.
    """
    draft = Draft(config)
    environments = Environments(environment, tuple(config.environments.values()))
    view = View(sides.desired, sides.remote, environment)
    warnings: list[str] = []
    notes: list[str] = []
    left_alone = 0
    for kind in (kind for kind in all_kinds().values() if kind.folder):
        context = context_of(config, kind.folder, environment)
        pulling = Pulling(context, environments, view, draft, sides.whole, prune)
        editing = Editing(kind, draft, pulling)
        for declared in sorted(
            sides.chosen.of_kind(kind.name), key=lambda resource: resource.address
        ):
            _try(declared, editing.resource, pulling)
        for remote in sides.new(kind.name):
            _try(remote, partial(create, kind, draft, pulling), pulling)
        warnings += pulling.warnings
        notes += pulling.notes
        left_alone += pulling.left_alone
    return Pulled(draft.done(), tuple(warnings), tuple(notes), left_alone)


def _try(resource: Resource, work: Callable[[Resource], None], pulling: Pulling) -> None:
    """Do something with one resource; what cannot be done is a warning, and the others follow."""
    try:
        work(resource)
    except LangsyncError as error:
        pulling.leave(f"{resource.address} is left alone: {error.message}")
    except RecursionError:
        pulling.leave(f"{resource.address} is left alone: a value is nested too deeply")
