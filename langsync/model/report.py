"""What became of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from langsync.model.plan import Action, Change, Project
from langsync.model.resources import Address


class Outcome(StrEnum):
    """How one change ended."""

    APPLIED = "applied"
    FAILED = "failed"
    UNKNOWN = "unknown"
    STALE = "stale"
    SKIPPED = "skipped"

    @property
    def label(self) -> str:
        """The outcome as a person reads it."""
        return "may have been applied" if self is Outcome.UNKNOWN else self.value


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one change, and why.

    Args:
        address: The change's address.
        action: The change's action.
        outcome: What became of it.
        detail: The server's words for a failure, what moved for a stale change, the cause of a
            skip; empty when applied.
        requests: How many requests were sent for it, repeats included.
    """

    address: Address
    action: Action
    outcome: Outcome
    detail: str = ""
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What became of each change of a plan.

    Args:
        project: Where.
        environment: The environment that was chosen.
        results: One for each change, in the plan's order.
        warnings: What somebody else wrote meanwhile to what was applied, as far as it shows.
        interrupted: Whether the user stopped it before the end.
    """

    project: Project
    environment: str
    results: tuple[Result, ...]
    warnings: tuple[str, ...] = ()
    interrupted: bool = False

    def count(self, outcome: Outcome) -> int:
        """How many changes had this outcome."""
        return sum(result.outcome is outcome for result in self.results)

    @property
    def outcome(self) -> Literal["complete", "partial", "none"]:
        """How much of the plan was applied; what may have been applied counts as applied."""
        if self.ok:
            return "complete"
        applied = self.count(Outcome.APPLIED) + self.count(Outcome.UNKNOWN)
        return "partial" if applied else "none"

    @property
    def ok(self) -> bool:
        """Whether everything was applied."""
        return self.count(Outcome.APPLIED) == len(self.results)


@dataclass(frozen=True, slots=True)
class Drift:
    """What was changed in Langfuse since langsync deployed it.

    Args:
        project: Where.
        environment: The environment that was chosen.
        changes: What was changed, as what would set it right.
        pending: What Git has and is not deployed yet.
        unknown: What differs, and no history tells who made it so.
        unmanaged: For each kind, names that no file declares, if they were asked for.
        unmanaged_count: For each kind, how many those are.
        warnings: What deserves a look.
        unchanged: How many declared resources are right.
        effects: For each changed address, what the change in Langfuse may break for applications,
            one sentence each; `Change.warnings` are about setting it right, the other way round.
    """

    project: Project
    environment: str
    changes: tuple[Change, ...] = ()
    pending: tuple[Address, ...] = ()
    unknown: tuple[Address, ...] = ()
    unmanaged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unmanaged_count: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    unchanged: int = 0
    effects: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)

    @property
    def found(self) -> bool:
        """Whether there is any drift."""
        return bool(self.changes or self.unmanaged_count)
