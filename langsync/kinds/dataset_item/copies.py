"""Items that Langfuse holds more than once.

Of two upserts of one id at the same moment each answers 200 and leaves a row of its own, both of
them current and one of them stale. Lists show the item twice, a GET may give either row, a later
upsert replaces one of them, and a DELETE removes one (measured on Langfuse 4.16.0).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from langsync.formats.values import equal
from langsync.kinds.base import Proposal
from langsync.kinds.dataset_item.spec import ItemSpec
from langsync.kinds.dataset_item.state import ItemState
from langsync.kinds.dataset_item.values import split_name
from langsync.kinds.names import path
from langsync.model import (
    Action,
    Permission,
    Refusal,
    Request,
    Resource,
    State,
    fields_of,
    values_of,
)

_NAMED = 3
"""Items of a dataset that a warning names."""


def with_copies(items: State, others: Sequence[Resource[ItemState]]) -> State:
    """Items, those that have other rows marked as such.

    Args:
        items: The newest row of each.
        others: The other rows, newest first; each address is one of `items`.
    """
    contents: dict[str, list[ItemState]] = {}
    for row in others:
        contents.setdefault(row.address.name, []).append(row.content)
    if not contents:
        return items
    marked = items.only([address for address in items if address.name not in contents])
    for address in dict.fromkeys(row.address for row in others):
        newest: Resource[ItemState] = items[address]
        content = replace(newest.content, copies=tuple(contents[address.name]))
        # Without a digest it is always compared: its newest row may be right, and another not.
        marked.extend([replace(newest, content=content, digest=None)])
    return marked


def only_newest(remote: Resource[ItemState]) -> Resource[ItemState]:
    """An item as if its newest row were its only one."""
    return replace(remote, content=remote.content.newest_row)


def deletions(remote: ItemState) -> tuple[Request, ...]:
    """The requests that delete an item: one for each of its rows."""
    target = path("dataset-items", remote.id)
    return tuple(Request("DELETE", target, repeatable=False) for _ in remote.rows)


def stale_row(desired: ItemSpec, remote: ItemState) -> ItemState | None:
    """The newest row that differs from what is declared; None where none does."""
    declared = fields_of(desired)
    rows = (row for row in remote.rows if not equal(declared, values_of(row, declared)))
    return next(rows, None)


def replacement(
    desired: Resource[ItemSpec], remote: ItemState, create: Request, allowed: frozenset[Permission]
) -> Proposal | None:
    """How to replace several rows by one: all are deleted, and the item is created again.

    Where every row is as declared it is done only if it was allowed, as nothing stale is there.

    Args:
        desired: The declared item.
        remote: The fetched one, with several rows.
        create: The request that creates the item.
        allowed: The permissions that were given.
    """
    stale = stale_row(desired.content, remote)
    if stale is None and Permission.ALLOW_REPLACE not in allowed:
        return None
    after, count = fields_of(desired.content), len(remote.rows)
    reason = (
        f"Langfuse has {count} rows of it, written at the same moment: all are deleted, and it is "
        "created anew; runs keep the old rows"
    )
    refusal = f"{reason}. Allow it, or delete and create it in Langfuse"
    return Proposal(
        Action.REPLACE,
        values_of(stale or remote, after),
        dict(after),
        (*deletions(remote), create),
        action_reason=reason,
        refusal=Refusal(refusal, Permission.ALLOW_REPLACE, desired.address),
    )


def warnings(dataset: str, others: Iterable[Resource], hidden: int) -> Iterable[str]:
    """What is said of the items of a dataset that have several rows.

    Args:
        dataset: Its name.
        others: The rows beside the newest one of each item.
        hidden: How many rows Langfuse counts beside those that it lists.
    """
    ids = list(dict.fromkeys(split_name(row.address.name)[1] for row in others))
    if ids:
        named = ", ".join(ids[:_NAMED]) + (", …" if len(ids) > _NAMED else "")
        subject = "1 item" if len(ids) == 1 else f"{len(ids):,} items"
        verb = "has" if len(ids) == 1 else "have"
        yield (
            f"{subject} of dataset/{dataset} {verb} more than one row in Langfuse ({named}), "
            f"written at the same moment: runs read each of them. --allow-replace leaves one"
        )
    if hidden:
        yield (
            f"Langfuse counts {hidden:,} more items of dataset/{dataset} than it lists: some may "
            "have more than one row, and which ones cannot be told"
        )
