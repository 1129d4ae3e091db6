"""Changes to a plan: their order, the guards, and a saved plan back into one."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter

from langsync.kinds import all_kinds
from langsync.kinds.base import Flaw, View
from langsync.kinds.dataset_item.refusing import folded
from langsync.kinds.services import Api, Past
from langsync.model import (
    Address,
    Change,
    Impact,
    Origin,
    Plan,
    Project,
    Refusal,
    State,
    gravest,
)

FORMAT_VERSION = 1


def verify(view: View) -> list[Flaw]:
    """What is wrong with declared resources in the light of what Langfuse holds."""
    return [flaw for kind in all_kinds().values() for flaw in kind.verify(view)]


def trace(changes: Iterable[Change], view: View, past: Past) -> list[Change]:
    """Say of each change where its differences come from.

    Args:
        changes: What has to be written.
        view: Both sides.
        past: What Git knows.
    """
    found = list(changes)
    past.attend(one.address for one in found)
    return [_traced(change, view, past) for change in found]


def _traced(change: Change, view: View, past: Past) -> Change:
    desired = view.desired.get(change.address)
    if desired is None:
        return change
    kind = all_kinds()[change.address.kind]
    found = tuple(kind.trace(desired, view.remote.get(change.address), view, past))
    return replace(change, origin=gravest(found), provenance=found)


def guards(changes: Iterable[Change], environment: str) -> list[Refusal]:
    """Why changes may not overwrite what somebody did in Langfuse, unless told.

    Args:
        changes: The changes, with their origins.
        environment: The environment's name, for the way out.
    """
    where = f" --env {environment}" if environment else ""
    return [
        Refusal(
            f"{_what_happened(change)}: bring it into the files with 'langsync pull "
            f"{shlex.quote(str(_pulled_with(change.address)))}{where}', or overwrite it",
            "--overwrite-drift",
            change.address,
        )
        for change in changes
        if change.origin in (Origin.REMOTE, Origin.CONFLICT)
    ]


def _pulled_with(address: Address) -> Address:
    """What a pull takes to bring a resource home: itself, or what it is declared in."""
    return all_kinds()[address.kind].owner(address) or address


def outdated(
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
            "--allow-older",
        )
        for deployed, address in later.items()
    ]


def _what_happened(change: Change) -> str:
    touched = [one for one in change.provenance if one.origin in (Origin.REMOTE, Origin.CONFLICT)]
    what = ", ".join(f"{one.what} (v{one.version})" if one.version else one.what for one in touched)
    both = any(one.origin is Origin.CONFLICT for one in touched)
    return f"{what} {'changed in Langfuse and in Git' if both else 'was changed in Langfuse'}"


def impacts(changes: Iterable[Change], view: View) -> list[Impact]:
    """What changes without a request, since it is made of what is changed."""
    found = list(changes)
    return [one for kind in all_kinds().values() for one in kind.impacts(view, found)]


async def with_users(api: Api, view: View, changes: Iterable[Change], declared: State) -> View:
    """Both sides with what else is declared and made of what changes, read if it was not.

    Args:
        api: The client.
        view: Both sides, narrowed to the targets.
        changes: The changes of the plan.
        declared: Everything that the files declare.
    """
    found = list(changes)
    for kind in all_kinds().values():
        view = await kind.with_users(api, view, found, declared)
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


def refused(plan: Plan, allowed: Collection[str] = ()) -> list[str]:
    """The reasons for which a plan must not be applied, many items of a dataset in one.

    Args:
        plan: The plan.
        allowed: The options that were given, such as ``--allow-replace``.
    """
    return [
        (f"{refusal.address}: " if refusal.address else "")
        + refusal.reason
        + (f" with {refusal.allow}" if refusal.allow else "")
        for refusal in folded(plan)
        if not refusal.allow or refusal.allow not in allowed
    ]


def moved(plan: Plan, now: Mapping[Address, str]) -> list[str]:
    """What is no longer as it was when a plan was made.

    Args:
        plan: The plan.
        now: What each of its addresses would be based on now, see `Change.basis`.
    """
    return [
        f"{change.address} was changed in Langfuse since the plan was made"
        for change in plan.changes
        if change.basis != now.get(change.address, "")
    ]
