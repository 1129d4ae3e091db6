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
    desired = {name: scope.desired.of_kind(name) for name in all_kinds()}
    names = [  # what is in the files of another kind is asked for wherever anything is declared
        name
        for name, resources in desired.items()
        if resources
        or name in scope.emptied
        or (scope.whole if _has_files(name) else scope.desired)
    ]
    answers = await gather(all_kinds()[name].fetch(api, desired[name], scope) for name in names)
    return Remote(
        State.union(answer.state for answer in answers),
        {
            name: answer.unmanaged
            for name, answer in zip(names, answers, strict=True)
            if answer.unmanaged
        },
        {
            name: answer.unmanaged_count
            for name, answer in zip(names, answers, strict=True)
            if answer.unmanaged_count
        },
        {label: names for answer in answers for label, names in answer.other_labels.items()},
        tuple(warning for answer in answers for warning in answer.warnings),
        tuple(note for answer in answers for note in answer.notes),
        {name: head for answer in answers for name, head in answer.heads.items()},
        frozenset().union(*(answer.deleted for answer in answers)),
        began,
    )


def _has_files(kind: str) -> bool:
    """Whether resources of a kind are declared in files of their own."""
    return bool(all_kinds()[kind].folder)
