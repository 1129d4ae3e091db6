"""A plan to drift: what somebody changed in Langfuse since langsync last deployed it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from langsync.kinds import all_kinds
from langsync.kinds.base import Past, View
from langsync.model import Action, Address, Change, Drift, Origin, Plan, Provenance, Resource


def drift(plan: Plan, view: View, past: Past, *, everything: bool = False) -> Drift:
    """Tell what was changed behind Git's back from what Git has that is not deployed yet.

    Args:
        plan: What apply would do, with the origin of each change.
        view: Both sides, as the plan was made.
        past: What Git knows.
        everything: Whether what no file declares counts as well.
    """
    evidence = _Evidence(view, past)
    drifted, pending, unknown = [], [], []
    for change in plan.changes:
        if change.origin in (Origin.REMOTE, Origin.CONFLICT):
            drifted.append(change)
        elif change.origin is Origin.UNKNOWN:
            unknown.append(change.address)
        elif _is_missing(change) and evidence.was_deployed(change.address):
            drifted.append(_deleted(change))
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
    )


def _is_missing(change: Change) -> bool:
    """Whether what is declared, or a label of it, is not in Langfuse."""
    gone = change.provenance and all(
        one.version is None and not one.commit for one in change.provenance
    )
    return change.before is None or bool(gone)


def _deleted(change: Change) -> Change:
    lost = change.provenance or (Provenance(str(change.address), Origin.REMOTE),)
    found = tuple(replace(one, origin=Origin.REMOTE) for one in lost)
    return replace(change, origin=Origin.REMOTE, provenance=found)


@dataclass(slots=True)
class _Evidence:
    """How far this environment has been deployed, as positions in the history: 0 is HEAD.

    What langsync created says from which commit; what it wrote elsewhere is recognized by its
    value: it was written by the commit that brought it, or a later one.
    """

    view: View
    past: Past
    reached: dict[Address | None, int | None] = field(default_factory=dict)

    def was_deployed(self, address: Address) -> bool:
        """Whether something was deployed from a commit that declares this resource."""
        brought = next((one for one in self._declared(address)), None)
        if brought is None:
            return False
        groups = [None, *(need for need in self.view.desired[address].needs)]
        reached = [at for at in map(self._reach, groups) if at is not None]
        return bool(reached) and brought >= min(reached)

    def _declared(self, address: Address) -> Iterable[int]:
        """Where each run of commits that declares a resource began."""
        for declaration in self.past.declarations(address):
            if declaration.resource is not None:
                position = self.past.position(declaration.commit.hash)
                if position is not None:
                    yield position

    def _reach(self, group: Address | None) -> int | None:
        """The newest commit that anything of a group was deployed from; None for no evidence."""
        if group not in self.reached:
            found = self._stamps() if group is None else self._values(group)
            self.reached[group] = min(found, default=None)
        return self.reached[group]

    def _stamps(self) -> Iterable[int]:
        for address, desired in self.view.desired.items():
            remote = self.view.remote.get(address)
            if remote is not None:
                for stamp in all_kinds()[address.kind].stamps(desired, remote):
                    position = self.past.position(stamp)
                    if position is not None:
                        yield position

    def _values(self, group: Address) -> Iterable[int]:
        """Where the values began that a resource, and those that need it, have in Langfuse."""
        for address, desired in self.view.desired.items():
            remote = self.view.remote.get(address)
            if remote is not None and group in (address, *desired.needs):
                found = self._origin(desired, remote)
                if found is not None:
                    yield found

    def _origin(self, desired: Resource, remote: Resource) -> int | None:
        kind = all_kinds()[desired.address.kind]
        for declaration in self.past.declarations(desired.address):
            declared = declaration.resource
            if declared is not None and kind.compare(declared, remote, self.view) is None:
                return self.past.position(declaration.commit.hash)
        return None
