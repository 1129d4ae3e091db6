"""Langfuse's API to remote state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from langsync.client.tasks import gather
from langsync.kinds import all_kinds
from langsync.kinds.base import Scope
from langsync.kinds.services import Api
from langsync.kinds.tracking import ListHead
from langsync.model import Address, State


@dataclass(frozen=True, slots=True)
class Remote:
    """What Langfuse holds.

    Args:
        state: The declared resources that exist, and what they refer to.
        unmanaged: For each kind, names that no file declares.
        unmanaged_count: For each kind, how many those are.
        other_labels: Labels that nobody declares, with the prompts that have them.
        warnings: What deserves a look.
        notes: What reading took that a user may wonder about.
        heads: The heads of the lists that were read, by the name of what they belong to.
        deleted: What is declared and was deleted in Langfuse, as far as that shows.
        began: The server's time when reading began, or a little later; None where it is not known.
    """

    state: State = field(default_factory=State)
    unmanaged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unmanaged_count: Mapping[str, int] = field(default_factory=dict)
    other_labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    heads: Mapping[str, ListHead] = field(default_factory=dict)
    deleted: frozenset[Address] = frozenset()
    began: datetime | None = None


async def fetch(api: Api, scope: Scope) -> Remote:
    """Read what Langfuse holds of the declared resources, and no more than that needs.

    Args:
        api: The client.
        scope: What is declared, and how far to read.

    Raises:
        ApiError: The first thing that could not be read.
    """
    began = api.server_time()
    wanted = {name: scope.desired.of_kind(name) for name in all_kinds()}
    names = [  # what is in the files of another kind is asked for wherever anything is declared
        name
        for name, found in wanted.items()
        if found or name in scope.emptied or (scope.whole if _has_files(name) else scope.desired)
    ]
    found = await gather(all_kinds()[name].fetch(api, wanted[name], scope) for name in names)
    return Remote(
        State.union(each.state for each in found),
        {name: each.unmanaged for name, each in zip(names, found, strict=True) if each.unmanaged},
        {
            name: each.unmanaged_count
            for name, each in zip(names, found, strict=True)
            if each.unmanaged_count
        },
        {label: names for each in found for label, names in each.other_labels.items()},
        tuple(warning for each in found for warning in each.warnings),
        tuple(note for each in found for note in each.notes),
        {name: head for each in found for name, head in each.heads.items()},
        frozenset().union(*(each.deleted for each in found)),
        began,
    )


def _has_files(kind: str) -> bool:
    """Whether resources of a kind are declared in files of their own."""
    return bool(all_kinds()[kind].folder)
