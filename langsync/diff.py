"""Compares desired and remote state; without I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from deepdiff import DeepDiff
from deepdiff.helper import NotPresent

from langsync.formats.values import equal
from langsync.kinds import all_kinds
from langsync.kinds.base import Proposal, View
from langsync.model import Change, FieldDifference, Json, Refusal, Resource, digest

_DEEP: dict[str, Any] = {
    "view": "tree",
    "threshold_to_diff_deeper": 0,  # always field by field, however little is alike
    "ignore_private_variables": False,  # keys that begin with __ are keys
}
_PLAIN_KEY = re.compile(r"[^\W\d][\w-]*")


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs between two states.

    Args:
        changes: One for each address that has to be written.
        refusals: Changes that may not happen unasked, and why.
        unchanged: How many declared resources are right already.
    """

    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...] = ()
    unchanged: int = 0


def diff(view: View, unmanaged: Mapping[str, Sequence[str]] | None = None) -> Differences:
    """Compare what is declared with what Langfuse holds.

    Args:
        view: Both sides.
        unmanaged: For each kind, names in Langfuse that no file declares.
    """
    changes: list[Change] = []
    refusals: list[Refusal] = []
    unchanged = len(view.desired)
    for address in view.desired.diff_candidates(view.remote):
        resource, current = view.desired[address], view.remote.get(address)
        proposal = all_kinds()[address.kind].compare(resource, current, view)
        if proposal is None:
            continue
        unchanged -= 1
        if proposal.refusal is not None:
            refusals.append(proposal.refusal)
        if proposal.requests or proposal.closing:
            changes.append(_change(resource, current, proposal))
    for name, kind in all_kinds().items():
        for stored, proposal in kind.plan_deletions(view, (unmanaged or {}).get(name, ())):
            tombstone = replace(kind.tombstone(stored.address), needs=stored.needs)
            changes.append(_change(tombstone, stored, proposal))
            if proposal.refusal is not None:
                refusals.append(proposal.refusal)
    return Differences(tuple(changes), tuple(refusals), unchanged)


def _change(desired: Resource, remote: Resource | None, proposal: Proposal) -> Change:
    return Change(
        address=desired.address,
        action=proposal.action,
        before=proposal.before,
        after=proposal.after,
        differences=differences(proposal.before, proposal.after),
        action_reason=proposal.action_reason,
        moves=proposal.moves,
        details=proposal.details,
        warnings=proposal.warnings,
        requests=proposal.requests,
        closing=proposal.closing,
        needs=desired.needs,
        basis=basis(desired, remote),
        source=desired.source,
    )


def basis(desired: Resource, remote: Resource | None) -> str:
    """A digest of what a change is planned on; empty where there is nothing yet."""
    if remote is None:
        return ""
    return digest(all_kinds()[desired.address.kind].basis(desired, remote))


def differences(
    before: Mapping[str, Json] | None, after: Mapping[str, Json] | None
) -> tuple[FieldDifference, ...]:
    """The fields that differ, in order of their paths; none if one side is missing."""
    if before is None or after is None:
        return ()
    fields = _levels(before, after)
    if not fields and not equal(before, after):
        # lists are aligned by Python's equality, in which 1 is true: item by item, then
        fields = _levels(before, after, zip_ordered_iterables=True)
    return tuple(sorted(fields, key=lambda difference: difference.path))


def _levels(before: Json, after: Json, **options: Any) -> list[FieldDifference]:
    return [
        FieldDifference(
            dotted(level.path(output_format="list")), _value(level.t1), _value(level.t2)
        )
        for levels in DeepDiff(before, after, **_DEEP, **options).values()
        for level in levels
    ]


def _value(value: Json) -> Json:
    return None if isinstance(value, NotPresent) else value


def dotted(steps: list[str | int]) -> str:
    """``config.tools[0]["a b"]`` for ``["config", "tools", 0, "a b"]``."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif not _PLAIN_KEY.fullmatch(step):
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text
