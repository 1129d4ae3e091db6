"""Dataset items: inputs with what is expected, each with an id of its own in the project."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from langsync.errors import NotFoundError
from langsync.formats.values import equal
from langsync.kinds.base import Api, Fetched, Flaw, Kind, Past, Proposal, Scope, View
from langsync.kinds.dataset_item.files import ItemFile, declare
from langsync.kinds.dataset_item.values import API, VALUES, item_address, stored
from langsync.kinds.fields import trace_fields
from langsync.kinds.names import path
from langsync.model import Action, Json, Provenance, Request, Resource, State

__all__ = ["KIND", "ItemFile", "declare", "fetch_items"]


class DatasetItemKind(Kind):
    """Dataset items; declared in the files of their dataset.

    The content of a resource: ``id``, ``input``, ``expected_output``, ``metadata``, ``status``,
    and the source ids where they are managed; a fetched one has ``dataset`` besides.
    """

    name = "dataset_item"

    def check(self, state: State) -> Iterable[Flaw]:
        """Ids used in two datasets: an id is unique in the project (recorded: item-ids 4)."""
        first: dict[str, Resource] = {}
        for item in state.of_kind(self.name):
            other = first.setdefault(item.content["id"], item)
            if other is not item:
                message = f"id {item.content['id']!r} is used in {other.needs[0]} already: "
                yield Flaw(item, f"{message}ids are unique in the whole project")

    def verify(self, view: View) -> Iterable[Flaw]:
        """Ids that belong to another dataset in Langfuse (recorded: item-ids 4)."""
        owners = {item.content["id"]: item for item in view.remote.of_kind(self.name)}
        for item in view.desired.of_kind(self.name):
            owner = owners.get(item.content["id"])
            dataset = item.needs[0].name
            if owner is not None and owner.content["dataset"] != dataset:
                message = (
                    f"id {item.content['id']!r} belongs to dataset {owner.content['dataset']!r} in "
                    "Langfuse, and ids are unique in a project: give the item another id"
                )
                yield Flaw(item, message)

    async def fetch(self, api: Api, wanted: Sequence[Resource], scope: Scope) -> Fetched:  # noqa: ARG002
        """Read all active items of the wanted ones' datasets, then what the lists lack.

        Lists hold active items only, so each declared id that a list lacks costs one GET: it may
        be archived, or in another dataset. For a dataset that does not exist all items are
        new; the first one is looked up, as the dataset may have been renamed (recorded:
        item-archive, item-paging).
        """
        by_dataset: dict[str, list[Resource]] = {}
        for item in wanted:
            by_dataset.setdefault(item.needs[0].name, []).append(item)
        found = await asyncio.gather(
            *(fetch_items(api, name, items) for name, items in by_dataset.items())
        )
        resources = [resource for each in found for resource in each]
        names = {item.address for item in wanted}
        others = tuple(sorted(one.address.name for one in resources if one.address not in names))
        return Fetched(resources, others, len(others))

    def compare(self, desired: Resource, remote: Resource | None, view: View) -> Proposal | None:  # noqa: ARG002
        """One upsert with every field; see `Kind.compare`.

        A field that is left out or null keeps its value, but ``""`` is stored as null (recorded:
        item-json-fidelity 11), so that clears one.
        """
        if remote is None:
            after = dict(desired.content)
            return Proposal(Action.CREATE, None, after, (_upsert(desired, None),))
        before = {field: remote.content[field] for field in desired.content}
        if equal(before, desired.content):
            return None
        archives = before["status"] != desired.content["status"] == "archived"
        action = Action.ARCHIVE if archives else Action.UPDATE
        return Proposal(action, before, dict(desired.content), (_upsert(desired, remote),))

    def trace(
        self,
        desired: Resource,
        remote: Resource | None,
        view: View,  # noqa: ARG002
        past: Past,
    ) -> Iterable[Provenance]:
        """Fields that differ: Git's where some commit declared what stands in Langfuse."""
        if remote is not None:
            before = remote.content
            after = desired.content.items()
            fields = [key for key, value in after if not equal(value, before[key])]
            yield from trace_fields(desired, remote, fields, past)


async def fetch_items(api: Api, dataset: str, wanted: Sequence[Resource]) -> list[Resource]:
    """Read the active items of a dataset, and of the wanted ones those that are not active."""
    try:
        rows = await api.pages("/dataset-items", datasetName=dataset)
    except NotFoundError:
        return await _elsewhere(api, wanted)
    found = {row["id"]: _resource(row) for row in rows}
    missing = [one.content["id"] for one in wanted if one.content["id"] not in found]
    fetched = await asyncio.gather(*(_get(api, missing_id) for missing_id in missing))
    for item, row in zip(
        [one for one in wanted if one.content["id"] not in found], fetched, strict=True
    ):
        if row is not None:
            found[row["id"]] = Resource(item.address, _content(row))
    return list(found.values())


async def _elsewhere(api: Api, wanted: Sequence[Resource]) -> list[Resource]:
    """Items of a dataset that does not exist: all are new, unless it is one under a new name.

    The first one is looked up; only if that is in another dataset, the others are as well.
    """
    first = [await _get(api, item.content["id"]) for item in wanted[:1]]
    if not any(first):
        return []
    rest = await asyncio.gather(*(_get(api, item.content["id"]) for item in wanted[1:]))
    return [
        Resource(item.address, _content(row))
        for item, row in zip(wanted, [*first, *rest], strict=True)
        if row is not None
    ]


async def _get(api: Api, id: str) -> dict[str, Any] | None:  # noqa: A002 - the field's name
    try:
        row: dict[str, Any] = await api.get(path("dataset-items", id))
    except NotFoundError:
        return None
    return row


def _resource(row: dict[str, Any]) -> Resource:
    return Resource(item_address(row["datasetName"], row["id"]), _content(row))


def _content(row: dict[str, Any]) -> dict[str, Json]:
    return {
        "id": row["id"],
        "dataset": row["datasetName"],
        **{field: stored(row.get(API[field])) for field in VALUES},
        "status": row["status"].lower(),
        "source_trace_id": row.get("sourceTraceId"),
        "source_observation_id": row.get("sourceObservationId"),
    }


def _upsert(desired: Resource, remote: Resource | None) -> Request:
    """The upsert that makes an item right, whatever was stored before."""
    content = desired.content
    body: dict[str, Json] = {"datasetName": desired.needs[0].name, "id": content["id"]}
    for field, key in API.items():
        if field not in content:
            continue
        value = content[field]
        if value is not None:
            body[key] = value
        elif remote is None and field == "input":
            body[key] = ""  # an input must not be null, but may be stored as null
        elif remote is not None and remote.content[field] is not None:
            body[key] = ""
    body["status"] = content["status"].upper()
    return Request("POST", "/dataset-items", body)


KIND = DatasetItemKind()
