"""What a kind is asked to read of Langfuse, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from langsync.config import Environment, Settings
from langsync.kinds.tracking import ListHead
from langsync.model import Address, State


@dataclass(frozen=True, slots=True)
class Fetched:
    """What Langfuse holds of one kind.

    Args:
        state: The declared resources that exist, and what they refer to.
        unmanaged: Names that exist and are not declared, where they were read.
        unmanaged_count: How many exist that are not declared.
        other_labels: Labels of declared prompts that nobody declares, each with the prompts.
        warnings: What deserves a look.
        notes: What reading took that a user may wonder about.
        heads: The heads of the lists that were read, by the name of what they belong to.
        deleted: Missing declared resources that existed before, by a record of Langfuse's.
    """

    state: State = field(default_factory=State)
    unmanaged: tuple[str, ...] = ()
    unmanaged_count: int = 0
    other_labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    heads: Mapping[str, ListHead] = field(default_factory=dict)
    deleted: frozenset[Address] = frozenset()


@dataclass(frozen=True, slots=True)
class Scope:
    """What is read of Langfuse, and how far.

    Args:
        desired: Everything that is declared.
        environment: The chosen environment.
        settings: How langsync works here.
        everything: Whether what no file declares is read as well, its contents included.
        whole: Globs of addresses that are read whole, labels and items, declared or not.
        alone: Whether of a dataset only what is declared is read, whatever its schemas or its
            ``prune`` ask for.
        emptied: Kinds of which nothing is declared any more: what is left of them is looked for.
    """

    desired: State
    environment: Environment = field(default_factory=Environment)
    settings: Settings = field(default_factory=Settings)
    everything: bool = False
    whole: tuple[str, ...] = ()
    alone: bool = False
    emptied: frozenset[str] = frozenset()

    def is_whole(self, address: Address) -> bool:
        """Whether all of a resource is read."""
        return any(address.matches(glob) for glob in self.whole)
