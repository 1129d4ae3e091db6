"""Items that Langfuse holds more than once.

Of two upserts of one id at the same moment each answers 200 and leaves a row of its own, both of
them current and one of them stale. Lists show the item twice, a GET may give either row, a later
upsert replaces one of them, and a DELETE removes one (measured on Langfuse 4.16.0).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from langsync.formats.values import equal
from langsync.kinds.base import Proposal
from langsync.kinds.dataset_item.values import split_name
from langsync.kinds.names import path
from langsync.model import Action, Json, Refusal, Request, Resource, State

ALLOW = "--allow-replace"

_COPIES = "copies"
"""The field of a fetched item's content that holds the contents of its other rows."""

_NAMED = 3
"""Items of a dataset that a warning names."""


def with_copies(items: State, others: Sequence[Resource]) -> State:
    """Items, those that have other rows marked as such.

    Args:
        items: The newest row of each.
        others: The other rows, newest first; each address is one of `items`.
    """
    contents: dict[str, list[Mapping[str, Json]]] = {}
    for row in others:
        contents.setdefault(row.address.name, []).append(row.content)
    if not contents:
        return items
    marked = items.only([address for address in items if address.name not in contents])
    for address in dict.fromkeys(row.address for row in others):
        newest = items[address]
        content = {**newest.content, _COPIES: contents[address.name]}
        # Without a digest it is always compared: its newest row may be right, and another not.
        marked.extend([replace(newest, content=content, digest=b"")])
    return marked


def rows_of(remote: Resource) -> list[Mapping[str, Json]]:
    """The content of each row of an item, newest first; of most items it is one."""
    return [newest(remote), *remote.content.get(_COPIES, ())]


def newest(remote: Resource) -> dict[str, Json]:
    """The content of an item's newest row, and of no other."""
    return {field: value for field, value in remote.content.items() if field != _COPIES}


def only_newest(remote: Resource) -> Resource:
    """An item as if its newest row were its only one."""
    return replace(remote, content=newest(remote))


def deletions(remote: Resource) -> tuple[Request, ...]:
    """The requests that delete an item: one for each of its rows."""
    target = path("dataset-items", remote.content["id"])
    return tuple(Request("DELETE", target, repeatable=False) for _ in rows_of(remote))


def stale_row(desired: Resource, remote: Resource) -> Resource | None:
    """The newest row that differs from what is declared; None where none does."""
    for row in rows_of(remote):
        if not equal({field: row[field] for field in desired.content}, desired.content):
            return replace(remote, content=row)
    return None


def replacement(
    desired: Resource, remote: Resource, create: Request, allowed: frozenset[str]
) -> Proposal | None:
    """How to make one row of several: all are deleted, and the item is created anew.

    Where every row is as declared it is done only if it was allowed, as nothing stale is there.

    Args:
        desired: The declared item.
        remote: The fetched one, with several rows.
        create: The request that creates the item.
        allowed: The options that were given.
    """
    stale = stale_row(desired, remote)
    if stale is None and ALLOW not in allowed:
        return None
    shown = (stale or remote).content
    count = len(rows_of(remote))
    reason = (
        f"Langfuse has {count} rows of it, written at the same moment: all are deleted, and it is "
        "created anew; runs keep the old rows"
    )
    refusal = f"{reason}. Allow it, or delete and create it in Langfuse"
    return Proposal(
        Action.REPLACE,
        {field: shown[field] for field in desired.content},
        dict(desired.content),
        (*deletions(remote), create),
        action_reason=reason,
        refusal=Refusal(refusal, ALLOW, desired.address),
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
            f"written at the same moment: runs read each of them. {ALLOW} leaves one"
        )
    if hidden:
        yield (
            f"Langfuse counts {hidden:,} more items of dataset/{dataset} than it lists: some may "
            "have more than one row, and which ones cannot be told"
        )
