"""Datasets: named sets of items, with schemas that every item has to satisfy."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Literal

import orjson
from pydantic import Field

from langsync.client.paging import PAGE
from langsync.client.tasks import gather
from langsync.errors import NotFoundError
from langsync.formats.documents import Document, Shape, Steps, dotted, parse_leniently
from langsync.formats.json_schema import schema_violation
from langsync.formats.values import canonical, equal, violations
from langsync.kinds import dataset_item
from langsync.kinds.answers import DATASET, DATASETS
from langsync.kinds.base import (
    Context,
    Declared,
    Fetched,
    Kind,
    Proposal,
    Scope,
    View,
    Violation,
)
from langsync.kinds.dataset_item.dataset_spec import DatasetSpec, DatasetState
from langsync.kinds.dataset_item.pulling import DatasetWriter
from langsync.kinds.dataset_item.reading import SCHEMA_KEYS, fetch_all
from langsync.kinds.dataset_item.shapes import AnyRows, ItemFile, Key
from langsync.kinds.dataset_item.spec import ItemSpec
from langsync.kinds.dataset_item.state import ItemState
from langsync.kinds.fields import trace_fields
from langsync.kinds.json_schema import bounded, item_violations, with_schemas
from langsync.kinds.names import name_violation, path
from langsync.kinds.services import Api, Getter, Past
from langsync.model import (
    Action,
    Address,
    Change,
    Json,
    Origin,
    Provenance,
    Request,
    Resource,
    State,
    fields_of,
    values_of,
)

MAX_BODY = 1024 * 1024
"""Bytes that the server takes in one request (observed: 1 MB)."""

SCHEMAS = {"input_schema": "input", "expected_output_schema": "expected_output"}
"""Each schema and the item field that it holds for."""

_STAYS = {
    "keep": "Langfuse and not in this plan, would break it",
    "archive": "no file, would break it archived as well: fix it, or delete it by 'prune: delete'",
}
_KEYS = {field: key for key, field in SCHEMAS.items()}
_API = {
    "description": "description",
    "metadata": "metadata",
    **SCHEMA_KEYS,
}


class DatasetFile(Shape):
    """One dataset and its items."""

    name: str = Field(default="", description="Its name; by default the path below the folder.")
    description: str | None = Field(
        default=None, description="Absent: not managed; '': cleared; null is an error."
    )
    metadata: Any = Field(default=None, description="Any JSON; absent: not managed; {}: cleared.")
    input_schema: dict[str, Any] | None = Field(
        default=None, description="JSON Schema (draft-07) of every item's input; null: none."
    )
    expected_output_schema: dict[str, Any] | None = Field(
        default=None, description="JSON Schema of every item's expected output; null: none."
    )
    items: list[ItemFile] = Field(default_factory=list, description="Items written here.")
    items_from: list[AnyRows] = Field(
        default_factory=list, description="JSON Lines or CSV files of items; globs are allowed."
    )
    prune: Literal["keep", "archive", "delete"] = Field(
        default="keep", description="What becomes of its items that no file declares."
    )
    key: Key = Field(
        default="", description="What tells items apart that give no id, such as input.question."
    )


class DatasetKind(Kind[DatasetSpec, DatasetState]):
    """Datasets."""

    name = "dataset"
    folder = "datasets"
    model = DatasetFile
    writer = DatasetWriter(dataset_item.KIND)

    def declare(self, document: Document, name: str, context: Context) -> Declared:
        """Read one dataset file, its items included; see `Kind.declare`."""
        document, schemas, problems = with_schemas(document, SCHEMAS, context)
        declared = Declared(problems=problems)
        file, mismatches = parse_leniently(DatasetFile, document)
        declared.problems.extend(mismatches)
        if file is None:
            return declared
        name = file.name or name
        if violation := _name_violation(name):
            declared.problems.append(document.problem(("name",) if file.name else (), violation))
            name = "nameless"  # its items are still checked
        for steps, message in _violations(file):
            declared.problems.append(document.problem(steps, message))
        address = Address(self.name, name)
        managed = [key for key in _API if key in file.model_fields_set]
        content = DatasetSpec(**{key: canonical(getattr(file, key)) for key in managed})
        files = (context.relative(document.path), *schemas)
        declared.files.extend(schemas)
        source = context.source(document)
        dataset = Resource(address, content, source, files=files, prune=file.prune)
        declared.resources.append(dataset)
        dataset_item.declare(
            document, file.items, file.items_from, file.key, address, context, declared
        )
        if violation:
            declared.resources.clear()
        return declared

    def check(self, state: State) -> Iterable[Violation]:
        """Items that break a schema of their dataset."""
        for dataset in state.of_kind(self.name):
            content = fields_of(dataset.content)
            schemas = {field: content.get(key) for key, field in SCHEMAS.items()}
            if any(schema is not None for schema in schemas.values()):
                broken = item_violations(schemas, _declared_items(dataset, state))
                yield from bounded(
                    (Violation(item, message) for item, _, message in broken), dataset
                )

    async def fetch(
        self, api: Api, desired: Collection[Resource[DatasetSpec]], scope: Scope
    ) -> Fetched:
        """Read the declared datasets: by lists, or one by one where that is fewer requests."""
        first = await api.get("/v2/datasets", DATASETS, limit=PAGE, page=1)
        rows = {row["name"]: row for row in first["data"]}
        total = first["meta"]["totalItems"]
        remaining = math.ceil(total / PAGE) - 1
        names = [resource.address.name for resource in desired]
        unseen = [name for name in names if name not in rows]
        complete = remaining <= len(unseen) or bool(scope.whole)
        if complete and remaining > 0:
            listed = await api.pages("/v2/datasets", DATASETS, first=first)
            rows |= {row["name"]: row for row in listed}
        elif not complete:
            looked_up = await gather(_get(api, name) for name in unseen)
            rows |= {row["name"]: row for row in looked_up if row is not None}
        existing = [_resource(rows[name]) for name in names if name in rows]
        whole = [_resource(rows[name]) for name in sorted(rows.keys() - set(names))]
        whole = [resource for resource in whole if scope.is_whole(resource.address)]
        items = await gather(fetch_all(api, resource.address.name) for resource in whole)
        others = tuple(sorted(rows.keys() - set(names)))
        return Fetched(
            State.union([State([*existing, *whole]), *(item.state for item in items)]),
            unmanaged=others if complete else (),
            unmanaged_count=len(others) if complete else total - len(existing),
            warnings=tuple(warning for item in items for warning in item.warnings),
        )

    def verify(self, view: View) -> Iterable[Violation]:
        """Items that break a schema that only Langfuse has, or a new one that only they break."""
        for dataset in view.desired.of_kind(self.name):
            stored = view.remote.get(dataset.address)
            if stored is not None:
                yield from bounded(_verified(dataset, stored.content, view), dataset)

    def compare(
        self, desired: Resource[DatasetSpec], remote: Resource[DatasetState] | None, view: View
    ) -> Proposal | None:
        """One upsert with the fields that differ; see `Kind.compare`.

        A field that is left out keeps its value; only a schema's null clears (recorded:
        dataset-upsert, dataset-schemas).
        """
        name, after = desired.address.name, dict(fields_of(desired.content))
        if remote is None:
            return Proposal(Action.CREATE, None, after, (_upsert(name, after),))
        before = values_of(remote.content, after)
        different = {
            key: value for key, value in after.items() if not _same(key, value, before[key])
        }
        if not different:
            return None
        requests, closing, reasons = _schema_order(desired, remote.content, different, view)
        return Proposal(Action.UPDATE, before, after, requests, closing, details=reasons)

    def trace(
        self,
        desired: Resource[DatasetSpec],
        remote: Resource[DatasetState] | None,
        view: View,  # noqa: ARG002
        past: Past,
    ) -> Iterable[Provenance]:
        """Fields that differ: Git's where some commit declared the value that Langfuse has.

        A field that is null in Langfuse is Git's too: nobody has set it, or it is a schema that was
        cleared, either by an apply that was interrupted or by a person, and nothing can be lost.
        """
        if remote is not None:
            before, after = fields_of(remote.content), fields_of(desired.content)
            fields = [key for key, value in after.items() if not _same(key, value, before[key])]
            yield from (Provenance(key, Origin.GIT) for key in fields if before[key] is None)
            made = [key for key in fields if before[key] is not None]
            yield from trace_fields(desired, remote.content, made, past)

    async def was_applied(self, api: Getter, change: Change, request: Request) -> bool | None:
        """Whether the dataset holds what an upsert writes."""
        row = await _get(api, change.address.name)
        return row is not None and all(
            equal(canonical(row.get(key)), canonical(value)) for key, value in request.body.items()
        )


def _verified(
    dataset: Resource[DatasetSpec], stored: DatasetState, view: View
) -> Iterator[Violation]:
    managed = fields_of(dataset.content)
    unmanaged = {
        field: getattr(stored, key) for key, field in SCHEMAS.items() if key not in managed
    }
    for item, _, message in item_violations(unmanaged, _declared_items(dataset, view.desired)):
        yield Violation(item, f"{message} (the schema is in Langfuse, not in the file)")
    if not _changed_schemas(dataset.content, stored) or dataset.prune == "delete":
        return
    others = (other for other in _stored_items(dataset, view) if other.address not in view.desired)
    for broken, field, message in item_violations(_schemas(dataset.content, stored), others):
        subject = f"item {broken.content.id!r}, which is in {_STAYS[dataset.prune]}"
        yield Violation(dataset, f"{subject}: {message}", (_KEYS[field],))


_Steps = tuple[tuple[Request, ...], tuple[Request, ...], tuple[str, ...]]


def _schema_order(
    desired: Resource[DatasetSpec], remote: DatasetState, different: dict[str, Json], view: View
) -> _Steps:
    """The calls before and after the items, in an order that the server accepts.

    A schema is refused if a stored item breaks it, and an item if it breaks the schema that is
    set (recorded: dataset-schemas). So a schema that the stored items satisfy is set first; one
    that they do not is set when they are right; where the new items break the old schema as
    well, that is cleared in between.
    """
    name = desired.address.name
    whole = (_upsert(name, different),)
    changed = _changed_schemas(desired.content, remote)
    new = _schemas(desired.content, remote)
    if not changed or not any(True for _ in item_violations(new, _stored_items(desired, view))):
        return whole, (), ()
    old = {field: getattr(remote, key) for key, field in SCHEMAS.items()}
    if not any(True for _ in item_violations(old, _declared_items(desired, view.desired))):
        return (), whole, ("the schema is set once the items satisfy it",)
    cleared = _upsert(name, {key: None for key in changed if getattr(remote, key) is not None})
    reason = "the old schema is cleared, the items are written, then the new one is set"
    return (cleared,), whole, (reason,)


def _changed_schemas(desired: DatasetSpec, remote: DatasetState) -> list[str]:
    managed = fields_of(desired)
    return [
        key for key in SCHEMAS if key in managed and not equal(managed[key], getattr(remote, key))
    ]


def _schemas(desired: DatasetSpec, remote: DatasetState) -> dict[str, Json]:
    """The schemas that hold after the change, by item field."""
    after = {**fields_of(remote), **fields_of(desired)}
    return {field: after[key] for key, field in SCHEMAS.items()}


def _declared_items(dataset: Resource, desired: State) -> Iterator[Resource[ItemSpec]]:
    return desired.group("dataset_item", dataset.address.name)


def _stored_items(dataset: Resource, view: View) -> Iterator[Resource[ItemState]]:
    name = dataset.address.name
    items = view.remote.group("dataset_item", name)
    return (item for item in items if item.content.dataset == name)


def _name_violation(name: str) -> str:
    if not name:
        return "name is missing: a file of several datasets names each of them"
    return name_violation(name, what="dataset")


def _violations(file: DatasetFile) -> Iterator[tuple[Steps, str]]:
    for key, empty in (("description", "''"), ("metadata", "{}")):
        if key in file.model_fields_set and getattr(file, key) is None:
            yield (key,), f"{key} cannot be null in Langfuse: write {empty} to clear it"
    for key in ("description", "metadata", *SCHEMAS):
        for steps, violation in violations(getattr(file, key), (key,)):
            yield steps, f"{dotted(steps)}: {violation}"
    yield from _size_violation(file)
    for key in SCHEMAS:
        schema = getattr(file, key)
        if schema is not None and (violation := schema_violation(schema)):
            yield (key,), f"{key}: Langfuse would refuse this schema: {violation}"


def _size_violation(file: DatasetFile) -> Iterator[tuple[Steps, str]]:
    try:
        size = len(orjson.dumps([file.name, *(getattr(file, key) for key in _API)]))
    except TypeError:
        return  # another violation reports it
    if size + 1024 > MAX_BODY:
        yield (), f"{size:,} bytes: Langfuse takes at most 1 MB for one dataset"


async def _get(api: Getter, name: str) -> dict[str, Any] | None:
    try:
        row: dict[str, Any] = await api.get(path("v2", "datasets", name), DATASET)
    except NotFoundError:
        return None
    return row


def _resource(row: dict[str, Any]) -> Resource[DatasetState]:
    content = DatasetState(**{key: canonical(row.get(field)) for key, field in _API.items()})
    return Resource(Address("dataset", row["name"]), content)


def _same(key: str, desired: Json, remote: Json) -> bool:
    """Equality; a description or metadata that was never set is as good as a cleared one."""
    if remote is None and key in ("description", "metadata"):
        return desired in (None, "", {})
    return equal(desired, remote)


def _upsert(name: str, fields: dict[str, Json]) -> Request:
    body = {"name": name, **{_API[key]: value for key, value in fields.items()}}
    return Request("POST", "/v2/datasets", body)


KIND = DatasetKind()
