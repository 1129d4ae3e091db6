"""Changes to a plan: their order, the guards, and a saved plan back into one."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter

from langsync.kinds import all_kinds
from langsync.kinds.base import View, Violation
from langsync.kinds.folding import folded_refusals
from langsync.kinds.services import Api, Past
from langsync.model import (
    Address,
    Change,
    Impact,
    Origin,
    Permission,
    Plan,
    Project,
    Refusal,
    State,
    gravest,
)

DRIFTED = (Origin.REMOTE, Origin.CONFLICT)
"""The origins of what somebody changed in Langfuse behind Git's back."""


def verify(view: View) -> list[Violation]:
    """What is wrong with declared resources, given what Langfuse holds."""
    return [violation for kind in all_kinds().values() for violation in kind.verify(view)]


def trace(changes: Iterable[Change], view: View, past: Past) -> list[Change]:
    """Note for each change where its differences come from.

    Args:
        changes: What has to be written.
        view: Both sides.
        past: What Git knows.
    """
    listed = list(changes)
    past.prefetch(change.address for change in listed)
    return [_traced(change, view, past) for change in listed]


def _traced(change: Change, view: View, past: Past) -> Change:
    desired = view.desired.get(change.address)
    if desired is None:
        return change
    kind = all_kinds()[change.address.kind]
    provenance = tuple(kind.trace(desired, view.remote.get(change.address), view, past))
    return replace(change, origin=gravest(provenance), provenance=provenance)


def drift_refusals(changes: Collection[Change], environment: str, past: Past) -> list[Refusal]:
    """Why changes may not overwrite what somebody did in Langfuse, unless that is allowed.

    Args:
        changes: The changes, with their origins.
        environment: The environment's name, for the way out.
        past: What Git knows.
    """
    return [*_unknown(changes, past), *_drifted(changes, environment)]


def _unknown(changes: Iterable[Change], past: Past) -> Iterable[Refusal]:
    """Why values whose author the unread commits may tell may not be overwritten."""
    if not past.has_commits:
        return
    for change in changes:
        if change.origin is Origin.UNKNOWN and change.before is not None:
            yield Refusal(
                "the Git history cannot tell whether somebody changed it in Langfuse: "
                f"{past.gap(change.address)}; or overwrite it",
                Permission.OVERWRITE_UNKNOWN,
                change.address,
            )


def _drifted(changes: Iterable[Change], environment: str) -> list[Refusal]:
    return [
        Refusal(
            f"{_drift_summary(change)}: {_way_out(change, environment)}",
            Permission.OVERWRITE_DRIFT,
            change.address,
        )
        for change in changes
        if change.origin in DRIFTED
    ]


def _way_out(change: Change, environment: str) -> str:
    """How Git takes over what happened in Langfuse; the option that undoes it follows."""
    where = f" --env {environment}" if environment else ""
    address = shlex.quote(str(_pulled_with(change.address)))
    if change.before is None:
        pull = f"langsync pull {address} --prune{where}"
        return f"take it out of the files with '{pull}', or create it again"
    return f"bring it into the files with 'langsync pull {address}{where}', or overwrite it"


def _pulled_with(address: Address) -> Address:
    """The address to pull for a resource: its own, or that of what it is declared in."""
    return all_kinds()[address.kind].owner(address) or address


def older_checkout_refusals(
    changes: Iterable[Change], view: View, descends: Callable[[str], bool]
) -> list[Refusal]:
    """Why a checkout is too old to be deployed: Langfuse has what a later commit declares.

    Args:
        changes: The changes.
        view: Both sides.
        descends: Whether a commit comes after the one that is checked out.
    """
    later: dict[str, Address] = {}
    for change in changes:
        desired, remote = view.desired.get(change.address), view.remote.get(change.address)
        if desired is not None and remote is not None:
            for stamp in all_kinds()[change.address.kind].stamps(desired, remote):
                if stamp not in later and descends(stamp):
                    later[stamp] = change.address
    return [
        Refusal(
            f"commit {deployed}, which is deployed already ({address}), comes after this checkout: "
            "take the newer one, or go back to this one",
            Permission.ALLOW_OLDER,
        )
        for deployed, address in later.items()
    ]


def _drift_summary(change: Change) -> str:
    touched = [entry for entry in change.provenance if entry.origin in DRIFTED]
    fields = ", ".join(
        f"{entry.what} (v{entry.version})" if entry.version else entry.what for entry in touched
    )
    if all(entry.uncommitted for entry in touched):
        return (
            f"{fields} in Langfuse is in no commit: somebody changed it there, or it was applied "
            "from files that were not committed"
        )
    if any(entry.origin is Origin.CONFLICT for entry in touched):
        return f"{fields} changed in Langfuse and in Git"
    return f"{fields} was {'deleted' if change.before is None else 'changed'} in Langfuse"


def impacts(changes: Iterable[Change], view: View) -> list[Impact]:
    """What changes without a request, since it is made of what is changed."""
    listed = list(changes)
    return [impact for kind in all_kinds().values() for impact in kind.impacts(view, listed)]


async def with_users(api: Api, view: View, changes: Iterable[Change], declared: State) -> View:
    """Both sides with what else is declared and made of what changes, read if it was not.

    Args:
        api: The client.
        view: Both sides, narrowed to the targets.
        changes: The changes of the plan.
        declared: Everything that the files declare.
    """
    listed = list(changes)
    for kind in all_kinds().values():
        view = await kind.with_users(api, view, listed, declared)
    return view


def plan(  # noqa: D417 - the arguments are the fields of a plan
    project: Project,
    environment: str,
    changes: Iterable[Change],
    *,
    unmanaged: Mapping[str, tuple[str, ...]] | None = None,
    unmanaged_count: Mapping[str, int] | None = None,
    other_labels: Mapping[str, tuple[str, ...]] | None = None,
    impacts: Iterable[Impact] = (),
    unchanged: int = 0,
    warnings: Iterable[str] = (),
    notes: Iterable[str] = (),
    refusals: Iterable[Refusal] = (),
) -> Plan:
    """Put changes into an order that works and make a plan of them.

    Args:
        changes: What has to be written, in any order. What a change needs comes before it.

    The other arguments are the fields of `Plan`.
    """
    return Plan(
        project=project,
        environment=environment,
        changes=tuple(_ordered({change.address: change for change in changes})),
        unmanaged=dict(unmanaged or {}),
        unmanaged_count=dict(unmanaged_count or {}),
        other_labels=dict(other_labels or {}),
        impacts=tuple(impacts),
        unchanged=unchanged,
        warnings=tuple(warnings),
        notes=tuple(notes),
        refusals=tuple(refusals),
    )


def _ordered(changes: Mapping[Address, Change]) -> Iterable[Change]:
    graph = {
        address: [need for need in change.needs if need in changes]
        for address, change in changes.items()
    }
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        for address in ready:
            yield replace(changes[address], needs=tuple(graph[address]))
        sorter.done(*ready)


def refusal_reasons(plan: Plan, allowed: Collection[Permission] = ()) -> list[str]:
    """The reasons for which a plan must not be applied, many items of a dataset in one.

    Args:
        plan: The plan.
        allowed: What may be done although it is not done unasked.
    """
    left = left_out(plan, allowed)
    refusals = tuple(refusal for refusal in plan.refusals if refusal.address not in left)
    return [
        (f"{refusal.address}: " if refusal.address else "")
        + refusal.reason
        + (f" with {refusal.option}" if refusal.option else "")
        for refusal in folded_refusals(replace(plan, refusals=refusals))
        if refusal.allow is None or refusal.allow not in allowed
    ]


def left_out(plan: Plan, allowed: Collection[Permission]) -> dict[Address, str]:
    """The changes that ``--skip-drift`` leaves out, with reasons: drift, and what depends on it.

    Args:
        plan: The plan.
        allowed: What may be done although it is not done unasked.
    """
    skipped: dict[Address, str] = {}
    for change in plan.changes if Permission.SKIP_DRIFT in allowed else ():
        cause = next((need for need in change.needs if need in skipped), None)
        if change.origin in DRIFTED and Permission.OVERWRITE_DRIFT not in allowed:
            skipped[change.address] = f"{_drift_summary(change)}: left out by --skip-drift"
        elif cause is not None:
            skipped[change.address] = f"because of {cause}"
    return skipped


def movements(changes: Iterable[Change], now: Mapping[Address, str]) -> dict[Address, str]:
    """What changed since changes were planned, by address, and how.

    Args:
        changes: The changes.
        now: What each of their addresses would be based on now, see `Change.basis`.
    """
    return {
        change.address: _movement(change.basis, now.get(change.address, ""))
        for change in changes
        if change.basis != now.get(change.address, "")
    }


def _movement(before: str, now: str) -> str:
    verb = ("changed" if before else "created") if now else "deleted"
    return f"was {verb} in Langfuse since the plan was made"
