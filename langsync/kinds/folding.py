"""The refusals of a plan, many of one cause in one sentence, as their kinds word it."""

from __future__ import annotations

from collections import defaultdict

from langsync.kinds import all_kinds
from langsync.model import Permission, Plan, Refusal


def folded_refusals(plan: Plan) -> list[Refusal]:
    """The refusals of a plan, in the order of the first of each group; see `Kind.fold_refusals`."""
    groups: dict[tuple[str, Permission | None] | int, list[Refusal]] = defaultdict(list)
    for number, refusal in enumerate(plan.refusals):
        address = refusal.address
        group = all_kinds()[address.kind].refusal_group(refusal) if address else ""
        groups[(group, refusal.allow) if group else number].append(refusal)
    return [
        refusal
        for key, group in groups.items()
        for refusal in (group if isinstance(key, int) else _folded(group, plan))
    ]


def _folded(group: list[Refusal], plan: Plan) -> list[Refusal]:
    [kind] = {refusal.address.kind for refusal in group if refusal.address}
    return list(all_kinds()[kind].fold_refusals(group, plan))
