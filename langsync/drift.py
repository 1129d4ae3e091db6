"""A plan to drift: what somebody changed in Langfuse since langsync last deployed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from langsync.kinds import all_kinds
from langsync.kinds.base import View
from langsync.kinds.services import Past
from langsync.model import (
    Action,
    Address,
    Change,
    Drift,
    Origin,
    Plan,
    Provenance,
    Resource,
    gravest,
)


def drift(plan: Plan, view: View, past: Past, *, everything: bool = False) -> Drift:
    """Distinguish changes behind Git's back from those of Git that are not deployed yet.

    Args:
        plan: What apply would do, with the origin of each change.
        view: Both sides, as the plan was made.
        past: What Git knows.
        everything: Whether what no file declares counts as well.
    """
    evidence = _Evidence(view, past)
    drifted, pending, unknown = [], [], []
    for change in map(evidence.completed, plan.changes):
        if change.origin in (Origin.REMOTE, Origin.CONFLICT):
            drifted.append(change)
        elif change.origin is Origin.UNKNOWN:
            unknown.append(change.address)
        elif change.action is not Action.DELETE:
            pending.append(change.address)
    return Drift(
        plan.project,
        plan.environment,
        tuple(drifted),
        tuple(pending),
        tuple(unknown),
        plan.unmanaged if everything else {},
        plan.unmanaged_count if everything else {},
        plan.warnings,
        plan.unchanged,
        dict(_effects(drifted, view)),
    )


def _effects(drifted: Iterable[Change], view: View) -> Iterator[tuple[Address, tuple[str, ...]]]:
    """What each change in Langfuse may break, from what is declared to what is there now."""
    for change in drifted:
        desired, remote = view.desired.get(change.address), view.remote.get(change.address)
        if desired is not None and remote is not None:
            kind = all_kinds()[change.address.kind]
            if effects := tuple(dict.fromkeys(kind.effects(desired, remote))):
                yield change.address, effects


@dataclass(slots=True)
class _Evidence:
    """Which commits have been deployed to this environment.

    What langsync created says from which commit; what it wrote elsewhere is recognized by its
    value: it was written by the commit that brought it, or a later one.
    """

    view: View
    past: Past
    known: dict[Address | None, list[str]] = field(default_factory=dict)

    def completed(self, change: Change) -> Change:
        """The change, with what is missing traced to a deletion if it had been deployed."""
        if change.before is None:
            if not self._was_deployed(change.address):
                return change
            lost = change.provenance or (Provenance(str(change.address), Origin.REMOTE),)
            provenance = tuple(replace(entry, origin=Origin.REMOTE) for entry in lost)
        else:
            provenance = tuple(
                replace(entry, origin=Origin.REMOTE)
                if entry.missing and self._was_deployed(change.address, entry.what)
                else entry
                for entry in change.provenance
            )
            if provenance == change.provenance:
                return change
        return replace(change, origin=gravest(provenance), provenance=provenance)

    def _was_deployed(self, address: Address, part: str = "") -> bool:
        """Whether a commit that declares a resource, and this of it, was deployed.

        Args:
            address: The resource.
            part: What of it is missing, as its kind calls it; empty for all of it.
        """
        kind = all_kinds()[address.kind]
        remote = self.view.remote.get(address)
        for group in (None, *self.view.desired[address].needs):
            for commit in self._deployed(group):
                declared = self.past.declared(address, commit)
                if declared is not None and (
                    not part
                    or any(
                        entry.missing and entry.what == part
                        for entry in kind.trace(declared, remote, self.view, self.past)
                    )
                ):
                    return True
        return False

    def _deployed(self, group: Address | None) -> list[str]:
        """The commits that anything of a group was deployed from; None for any group."""
        if group not in self.known:
            commits = self._stamps() if group is None else self._values(group)
            self.known[group] = list(dict.fromkeys(commits))
        return self.known[group]

    def _stamps(self) -> Iterable[str]:
        for address, desired in self.view.desired.items():
            remote = self.view.remote.get(address)
            if remote is not None:
                yield from all_kinds()[address.kind].stamps(desired, remote)

    def _values(self, group: Address) -> Iterable[str]:
        """The commits that brought the values of a resource, and of those that need it."""
        for address, desired in self.view.desired.items():
            remote = self.view.remote.get(address)
            if remote is not None and group in (address, *desired.needs):
                commit = self._origin(desired, remote)
                if commit is not None:
                    yield commit

    def _origin(self, desired: Resource, remote: Resource) -> str | None:
        kind = all_kinds()[desired.address.kind]
        for declaration in self.past.declarations(desired.address):
            declared = declaration.resource
            if declared is not None and kind.compare(declared, remote, self.view) is None:
                return declaration.commit.hash
        return None
