"""What a reader sees of a change: where it is deployed, which fields differ, what is at stake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from langsync.model import Address, Change, FieldDifference, Json, Origin, Plan

_HIDDEN = frozenset({"id", "labels", "type"})
_EMPTY: tuple[Json, ...] = (None, {}, [], "active")


def explanations(change: Change) -> tuple[str, ...]:
    """The reasons of a change without the moves of labels."""
    action = (change.action_reason,) if change.action_reason else ()
    return (*action, *change.details)


def fields(change: Change) -> list[FieldDifference]:
    """The fields of a change that are worth a look, a prompt as one of them.

    Of what is created or deleted, all that are not empty. Labels are shown by `Change.moves`.
    """
    before, after = change.before, change.after
    if before is None or after is None:
        return [
            FieldDifference(name, (before or {}).get(name), (after or {}).get(name))
            for name in (after if before is None else before) or {}
            if name not in _HIDDEN and not _says_nothing((after or before or {})[name])
        ]
    whole = [
        difference for difference in change.differences if difference.path.startswith("prompt[")
    ]
    differences = [
        difference
        for difference in change.differences
        if difference not in whole and difference.path.split(".")[0] != "labels"
    ]
    if whole:
        differences.append(FieldDifference("prompt", before["prompt"], after["prompt"]))
    return sorted(
        differences, key=lambda difference: (difference.path != "prompt", difference.path)
    )


def _says_nothing(value: Json) -> bool:
    return any(value == empty and type(value) is type(empty) for empty in _EMPTY)


def drifted(change: Change) -> list[FieldDifference]:
    """How a resource was changed in Langfuse: from what the files declare to what Langfuse has."""
    if change.before is None:
        return []
    return [replace(field, before=field.after, after=field.before) for field in fields(change)]


def drift_status(change: Change) -> str:
    """The state of a drifted resource in Langfuse: ``missing`` or ``changed``."""
    return "missing" if change.before is None else "changed"


def runs(changes: Sequence[Change], limit: int = 5) -> Iterator[Sequence[Change]]:
    """Changes that are shown as one: more than a few items of a dataset; else each by itself."""
    for _, run in groupby(
        changes, key=lambda change: (change.address.kind, change.action, change.needs)
    ):
        group = tuple(run)
        if group[0].address.kind == "dataset_item" and len(group) > limit:
            yield group
        else:
            yield from ((change,) for change in group)


def risks(plan: Plan) -> Iterator[str]:
    """The risks that no warning or refusal names: production, deletions, others' changes."""
    refused = {refusal.address for refusal in plan.refusals}
    touched = [change.address for change in plan.changes if _moves_production(change)]
    if touched:
        yield f"Production changes: {_listed(touched)}"
    lost = [change.address for change in plan.changes if change.action.deletes]
    if left := [address for address in lost if address not in refused]:
        yield f"Cannot be undone: {_listed(left, _LOST)}"
    overwriting = [
        change for change in plan.changes if change.origin in (Origin.REMOTE, Origin.CONFLICT)
    ]
    unrefused = [change for change in overwriting if change.address not in refused]
    if sure := [change.address for change in unrefused if not is_doubtful(change)]:
        yield f"Overwrites what was changed in Langfuse: {_listed(sure)}"
    if diff_candidates := [change.address for change in unrefused if is_doubtful(change)]:
        yield f"Overwrites what is in no commit: {_listed(diff_candidates)}"


def is_doubtful(change: Change) -> bool:
    """Whether what Langfuse has may be langsync's own, applied from files that were not committed.

    Then nothing may claim that somebody changed it.
    """
    remote = [
        entry for entry in change.provenance if entry.origin in (Origin.REMOTE, Origin.CONFLICT)
    ]
    return bool(remote) and all(entry.uncommitted for entry in remote)


_LOST = 50
"""Deletions that one sentence names; each of them has a line of its own as well."""


def _moves_production(change: Change) -> bool:
    if change.after is None:
        return "production" in ((change.before or {}).get("labels") or {})
    return any(move.label == "production" for move in change.moves)


def _listed(addresses: Sequence[Address], limit: int = 5) -> str:
    more = f" and {len(addresses) - limit} more" if len(addresses) > limit else ""
    return f"{', '.join(map(str, addresses[:limit]))}{more}"
