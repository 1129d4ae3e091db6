"""Dataset items: inputs with what is expected, each with an id of its own in the project."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import partial

from langsync.errors import ApiError
from langsync.formats.values import equal
from langsync.kinds.base import Fetched, Kind, Proposal, Scope, View, Violation
from langsync.kinds.dataset_item import conflicts, copies, lookup, pruning, reading, refusing
from langsync.kinds.dataset_item.deletions import removed_by_git
from langsync.kinds.dataset_item.files import declare
from langsync.kinds.dataset_item.spec import ItemSpec
from langsync.kinds.dataset_item.state import ItemState
from langsync.kinds.dataset_item.tracking import ItemTracker
from langsync.kinds.dataset_item.values import API, split_name
from langsync.kinds.fields import trace_fields
from langsync.kinds.services import Api, Getter, Past
from langsync.kinds.tracking import Read
from langsync.model import (
    Action,
    Address,
    Change,
    Json,
    Origin,
    Plan,
    Provenance,
    Refusal,
    Request,
    Resource,
    State,
    fields_of,
    values_of,
)

__all__ = ["KIND", "declare"]


class DatasetItemKind(Kind[ItemSpec, ItemState]):
    """Dataset items; declared in the files of their dataset."""

    name = "dataset_item"
    numerous = True

    def owner(self, address: Address) -> Address:
        """Its dataset."""
        return Address("dataset", split_name(address.name)[0])

    def check(self, state: State) -> Iterable[Violation]:
        """Ids used in two datasets: an id is unique in the project (recorded: item-ids 4)."""
        if len(state.groups(self.name)) < 2:
            return
        seen: set[int] = set()
        twice: set[str] = set()
        for address in state.addresses(self.name):
            _, id = split_name(address.name)  # noqa: A001 - the field's name
            number = len(seen)
            seen.add(hash(id))
            if len(seen) == number:
                twice.add(id)
        first: dict[str, Resource[ItemSpec]] = {}
        item: Resource[ItemSpec]
        for item in state.of_kind(self.name) if twice else ():
            if item.content.id in twice:
                other = first.setdefault(item.content.id, item)
                if other is not item:
                    message = f"id {item.content.id!r} is used in {other.needs[0]} already: "
                    yield Violation(item, f"{message}ids are unique in the whole project")

    def verify(self, view: View) -> Iterable[Violation]:
        """Ids that belong to another dataset in Langfuse (recorded: item-ids 4)."""
        for stored in view.remote.undigested(self.name):  # nothing at another's address is digested
            if (item := view.desired.get(stored.address)) is None:
                continue
            owner = stored.content.dataset
            if owner != item.needs[0].name:
                message = (
                    f"id {item.content.id!r} belongs to dataset {owner!r} in Langfuse, and ids "
                    "are unique in a project: give the item another id, or keep the dataset's name"
                )
                yield Violation(item, message)

    async def fetch(
        self,
        api: Api,
        desired: Collection[Resource[ItemSpec]],  # noqa: ARG002
        scope: Scope,
    ) -> Fetched:
        """Read the declared items; see `reading.fetch`."""
        return await reading.fetch(api, scope)

    def compare(
        self, desired: Resource[ItemSpec], remote: Resource[ItemState] | None, view: View
    ) -> Proposal | None:
        """One upsert with every field; see `Kind.compare`.

        A field that is left out or null keeps its value, but ``""`` is stored as null (recorded:
        item-json-fidelity 11), so that clears one.
        """
        after = dict(fields_of(desired.content))
        if remote is None:
            create = _upsert(desired, None, checked=_is_checked(desired, view))
            return Proposal(Action.CREATE, None, after, (create,))
        if remote.content.copies:
            create = _upsert(desired, None, checked=_is_checked(desired, view))
            return copies.replacement(desired, remote.content, create, view.allowed)
        before = values_of(remote.content, after)
        if equal(before, after):
            return None
        archives = remote.content.status != desired.content.status == "archived"
        action = Action.ARCHIVE if archives else Action.UPDATE
        return Proposal(action, before, after, (_upsert(desired, remote.content),))

    def how_to_remove(self, addresses: Sequence[Address], where: str) -> str:  # noqa: ARG002
        """By ``prune`` of its dataset."""
        dataset = self.owner(addresses[0])
        subject = "it goes" if len(addresses) == 1 else "they go"
        return f"{subject} with 'prune: archive' or 'prune: delete' in the file of {dataset}"

    def plan_deletions(
        self, view: View, unmanaged: Sequence[str]
    ) -> Iterable[tuple[Resource[ItemState], Proposal]]:
        """What its dataset prunes; see `pruning.plan_deletions`."""
        return pruning.plan_deletions(view, unmanaged, partial(_upsert, remote=None))

    def refusal_group(self, refusal: Refusal) -> str:
        """Its dataset, where the item was changed in Langfuse."""
        return refusing.dataset_of(refusal)

    def fold_refusals(self, refusals: Sequence[Refusal], plan: Plan) -> Iterable[Refusal]:
        """One sentence for a dataset; see `refusing.fold_refusals`."""
        return refusing.fold_refusals(refusals, plan)

    def tombstone(self, address: Address) -> Resource[ItemSpec]:
        """One without values."""
        return Resource(address, ItemSpec(id=split_name(address.name)[1]), digest=b"")

    def trace(
        self,
        desired: Resource[ItemSpec],
        remote: Resource[ItemState] | None,
        view: View,
        past: Past,
    ) -> Iterable[Provenance]:
        """Fields that differ: Git's where some commit declared the value that Langfuse has.

        A missing item is Git's to create, unless it existed before and no commit removed it.
        """
        if remote is None:
            if desired.address in view.deleted and not removed_by_git(desired.address, past):
                yield Provenance("item", Origin.REMOTE, missing=True)
        else:
            row = copies.stale_row(desired.content, remote.content) or remote.content
            before, after = fields_of(row), fields_of(desired.content)
            fields = [key for key, value in after.items() if not equal(value, before[key])]
            yield from trace_fields(desired, row, fields, past)

    async def was_applied(self, api: Getter, change: Change, request: Request) -> bool | None:
        """Whether the item is as the request writes it, or gone; see `lookup.was_applied`."""
        return await lookup.was_applied(api, change, request)

    def tracker(self, api: Api, view: View, read: Read) -> ItemTracker:
        """By the first page of each list, and its length; see `tracking.ItemTracker`."""
        return ItemTracker(self, api, view, read)

    def basis(self, desired: Resource[ItemSpec], remote: Resource[ItemState]) -> Json:  # noqa: ARG002
        """The newest row: how many others there are shows only where the whole list is read."""
        fields = fields_of(remote.content)
        return {name: value for name, value in fields.items() if name != "copies"}

    async def explain(self, api: Getter, change: Change, error: ApiError) -> str:
        """Names the dataset that an id belongs to; see `conflicts.explained`."""
        return await conflicts.explained(api, change.address, error)


def _is_checked(desired: Resource[ItemSpec], view: View) -> bool:
    """Whether a schema checks the item's expected output, now or once the plan is applied."""
    datasets = (state.get(desired.needs[0]) for state in (view.desired, view.remote))
    return any(dataset and dataset.content.expected_output_schema for dataset in datasets)


def _upsert(
    desired: Resource[ItemSpec], remote: ItemState | None, *, checked: bool = False
) -> Request:
    """The upsert that makes an item right, whatever was stored before.

    Two at the same moment leave two current rows (observed on Langfuse 4.16.0).

    To a schema a value of a new item that is left out is no value, not even null, while ``""`` is
    null (recorded: item-without-input 23 to 26).

    Args:
        desired: The declared item.
        remote: The fetched one; None to create it.
        checked: Whether a schema checks its expected output.
    """
    content = fields_of(desired.content)
    body: dict[str, Json] = {"datasetName": desired.needs[0].name, "id": desired.content.id}
    for field, key in API.items():
        if field not in content:
            continue
        value = content[field]
        if value is not None:
            body[key] = value
        elif remote is None and (field == "input" or (checked and field == "expected_output")):
            body[key] = ""  # stored as null
        elif remote is not None and getattr(remote, field) is not None:
            body[key] = ""
    body["status"] = desired.content.status.upper()
    return Request("POST", "/dataset-items", body, repeatable=False)


KIND = DatasetItemKind()
