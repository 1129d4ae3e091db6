"""Archiving and deleting items that no file declares, in datasets with ``prune``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from langsync.kinds.base import Proposal, View
from langsync.kinds.dataset_item import copies
from langsync.kinds.dataset_item.spec import ItemSpec
from langsync.kinds.dataset_item.state import ItemState
from langsync.kinds.dataset_item.values import VALUES, split_name
from langsync.model import Action, Address, Refusal, Request, Resource, values_of


def plan_deletions(
    view: View, unmanaged: Sequence[str], create: Callable[[Resource[ItemSpec]], Request]
) -> Iterator[tuple[Resource[ItemState], Proposal]]:
    """The active items to archive or to delete, each with how.

    Args:
        view: Both sides.
        unmanaged: The names of items in Langfuse that no file declares; of a dataset all or none.
        create: The request that creates an item.
    """
    leaving: dict[Address, list[str]] = defaultdict(list)
    for name in unmanaged:
        dataset = Address("dataset", split_name(name)[0])
        if dataset in view.desired and view.desired[dataset].prune != "keep":
            leaving[dataset].append(name)
    for dataset, names in leaving.items():
        items = view.remote.group("dataset_item", dataset.name)
        active = sum(item.content.status == "active" for item in items)
        refusal = _too_many(dataset, len(names), active, view)
        for name in names:
            item: Resource[ItemState] = view.remote[Address("dataset_item", name)]
            # a schema of its dataset that only this item breaks waits until it is gone
            waits = Resource(item.address, item.content, needs=(dataset,))
            if view.desired[dataset].prune == "archive" and item.content.copies:
                archived = Resource(item.address, item.content.archived(), needs=(dataset,))
                create_it = create(archived)
                proposal = copies.replacement(archived, item.content, create_it, view.allowed)
                if proposal is not None:
                    yield waits, replace(proposal, refusal=refusal or proposal.refusal)
            else:
                yield waits, _proposal(item.content, view.desired[dataset].prune, refusal)
            refusal = None


def _too_many(dataset: Address, count: int, active: int, view: View) -> Refusal | None:
    """Why so many of the active items in Langfuse may not be pruned at once."""
    share = view.settings.prune_share
    if count <= max(view.allow_prune, share * active):
        return None
    return Refusal(
        f"{count} of its {active} active items are in no file and would go, more than "
        f"max_share ({share:g}) allows: look at them, then say --allow-prune {count}",
        None,
        dataset,
    )


def _proposal(item: ItemState, prune: str, refusal: Refusal | None) -> Proposal:
    reason = "no file declares it, and its dataset prunes"
    before = values_of(item, (*VALUES, "status"))
    if prune == "delete":
        requests = copies.deletions(item)
        return Proposal(
            Action.DELETE, before, None, requests, action_reason=reason, refusal=refusal
        )
    # what is left out keeps its value (recorded: item-upsert-merge)
    body = {"datasetName": item.dataset, "id": item.id, "status": "ARCHIVED"}
    request = Request("POST", "/dataset-items", body, repeatable=False)
    after = {**before, "status": "archived"}
    return Proposal(
        Action.ARCHIVE, before, after, (request,), action_reason=reason, refusal=refusal
    )
