"""Why a plan is refused, the many items of a dataset in one sentence."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from langsync.kinds.dataset_item.values import split_name
from langsync.model import Address, Permission, Plan, Refusal

_MOST = 5
"""Changed items of a dataset that are listed one by one."""

_NAMES = 3

_ALLOWS = (Permission.OVERWRITE_DRIFT, Permission.OVERWRITE_UNKNOWN)


def dataset_of(refusal: Refusal) -> str:
    """The dataset of an item that was changed in Langfuse; empty for other reasons."""
    if refusal.address is None or refusal.allow not in _ALLOWS:
        return ""
    return split_name(refusal.address.name)[0]


def fold_refusals(group: Sequence[Refusal], plan: Plan) -> Sequence[Refusal]:
    """The refusals of changed items of a dataset, in one sentence where they are many."""
    if len(group) <= _MOST:
        return group
    dataset = f"dataset/{dataset_of(group[0])}"
    ids = [split_name(refusal.address.name)[1] for refusal in group[:_NAMES] if refusal.address]
    where = f" --env {plan.environment}" if plan.environment else ""
    count, named = f"{len(group):,} items of {dataset}", f"({', '.join(ids)}, …)"
    if group[0].allow is Permission.OVERWRITE_UNKNOWN:  # one reason for all items of a dataset
        return [Refusal(f"{count} {named}: {group[0].reason}", group[0].allow)]
    problem = f"{count} were changed in Langfuse {named}"
    if _may_be_own({refusal.address for refusal in group}, plan):
        problem = (
            f"{count} {named} are in no commit as Langfuse has them: somebody changed them there, "
            "or they were applied from files that were not committed"
        )
    reason = (
        f"{problem}: bring them into the files with "
        f"'langsync pull {shlex.quote(dataset)}{where}', or overwrite them"
    )
    return [Refusal(reason, group[0].allow)]


def _may_be_own(addresses: set[Address | None], plan: Plan) -> bool:
    """Whether some items may have been applied from files that were not committed."""
    provenance = (
        record
        for change in plan.changes
        if change.address in addresses
        for record in change.provenance
    )
    return any(record.uncommitted for record in provenance)
