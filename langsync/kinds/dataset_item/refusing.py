"""Why a plan is refused, the many items of a dataset in one sentence."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable

from langsync.kinds.dataset_item.values import split_name
from langsync.model import Plan, Refusal

_MOST = 5
"""Changed items of a dataset that are told one by one."""

_NAMES = 3


def folded(plan: Plan) -> list[Refusal]:
    """The refusals of a plan, one for all changed items of a dataset where they are many."""
    groups: dict[str | int, list[Refusal]] = defaultdict(list)
    for number, refusal in enumerate(plan.refusals):
        groups[_dataset(refusal) or number].append(refusal)
    return [one for group in groups.values() for one in _told(group, plan.environment)]


def _dataset(refusal: Refusal) -> str:
    """The dataset of an item that was changed in Langfuse; empty for all else."""
    address = refusal.address
    if address is None or address.kind != "dataset_item" or refusal.allow != "--overwrite-drift":
        return ""
    return split_name(address.name)[0]


def _told(group: list[Refusal], environment: str) -> Iterable[Refusal]:
    if len(group) <= _MOST:
        return group
    dataset = f"dataset/{_dataset(group[0])}"
    ids = [split_name(one.address.name)[1] for one in group[:_NAMES] if one.address]
    where = f" --env {environment}" if environment else ""
    reason = (
        f"{len(group):,} items of {dataset} were changed in Langfuse ({', '.join(ids)}, …): bring "
        f"them into the files with 'langsync pull {shlex.quote(dataset)}{where}', or overwrite them"
    )
    return [Refusal(reason, group[0].allow)]
