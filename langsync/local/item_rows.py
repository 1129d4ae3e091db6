"""Items in the database: each write adds a row, valid until the next write.

Two overlapping upserts of the same id leave two rows that are currently valid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from langsync.local.datasets import fragment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langsync.local.store import LocalStore, Row

_ITEM = """items.seq, items.id, items.dataset, datasets.id AS dataset_id,
    datasets.name AS dataset_name, items.status, items.input, items.expected_output,
    items.metadata, items.source_trace_id, items.source_observation_id,
    items.valid_from, items.created_at, items.updated_at, items.deleted"""
_JOIN = "JOIN datasets ON datasets.seq = items.dataset"


@dataclass(frozen=True, slots=True)
class StoredItem:
    """An item as of a time; JSON values are texts, None for null.

    Args:
        dataset: The number of the dataset in the database.
        valid_from: When the write of this row began, which determines its position in the list.
        created_at: When the row was written.
        updated_at: When it was written or, by a server that writes in place, changed.
        deleted: Whether the row marks the item as deleted.
    """

    id: str
    dataset: int
    dataset_id: str
    dataset_name: str
    status: str
    input: str | None
    expected_output: str | None
    metadata: str | None
    source_trace_id: str | None
    source_observation_id: str | None
    valid_from: str = ""
    created_at: str = ""
    updated_at: str = ""
    deleted: bool = False
    seq: int = 0

    def as_json(self) -> dict[str, object]:
        """Returns the item as in a response, recorded: item-upsert-merge 2."""
        return {
            "id": self.id,
            "datasetId": self.dataset_id,
            "sourceTraceId": self.source_trace_id,
            "sourceObservationId": self.source_observation_id,
            "status": self.status,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "input": fragment(self.input),
            "expectedOutput": fragment(self.expected_output),
            "metadata": fragment(self.metadata),
            "datasetName": self.dataset_name,
            "mediaReferences": [],
        }


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """The filter of a list of items.

    Args:
        dataset: The number of a dataset in the database; None for all.
        version: A time, as stored in the database; None for the current state.
        source_trace_id: Only items of this trace.
        source_observation_id: Only items of this observation.
    """

    dataset: int | None = None
    version: str | None = None
    source_trace_id: str | None = None
    source_observation_id: str | None = None


class StoredItems:
    """The items of one project.

    Args:
        store: The database.
        project: The id of the project.
    """

    def __init__(self, store: LocalStore, project: str) -> None:
        self._store = store
        self._project = project

    def current(self, item_id: str) -> StoredItem | None:
        """Returns the current row of an item, which may mark it as deleted.

        Of several it is the oldest that is not deleted: Langfuse may return either.
        """
        sql = f"""SELECT {_ITEM} FROM items {_JOIN}
                  WHERE items.project = ? AND items.id = ? AND valid_to IS NULL
                  ORDER BY deleted, valid_from, items.seq LIMIT 1"""
        row = self._store.row(sql, (self._project, item_id))
        return _item(row) if row else None

    def write(self, item: StoredItem, *, replaced: StoredItem | None) -> StoredItem:
        """Adds a row and closes the one that it replaces; returns the stored row."""
        now = self._store.now()
        if replaced:
            sql = "UPDATE items SET valid_to = ? WHERE seq = ?"
            self._store.run(sql, (item.valid_from, replaced.seq))
        self._store.insert(
            "items",
            project=self._project,
            id=item.id,
            dataset=item.dataset,
            status=item.status,
            input=item.input,
            expected_output=item.expected_output,
            metadata=item.metadata,
            source_trace_id=item.source_trace_id,
            source_observation_id=item.source_observation_id,
            valid_from=item.valid_from,
            created_at=now,
            updated_at=now,
            listed=item.status == "ACTIVE" and not item.deleted,
            deleted=item.deleted,
        )
        return replace(item, created_at=now, updated_at=now)

    def change(self, item: StoredItem, row: StoredItem) -> StoredItem:
        """Changes a row in place, like a server that keeps no versions; returns the changed row."""
        now = self._store.now()
        self._store.run(
            """UPDATE items SET status = ?, input = ?, expected_output = ?, metadata = ?,
               source_trace_id = ?, source_observation_id = ?, listed = ?, updated_at = ?
               WHERE seq = ?""",
            (
                item.status,
                item.input,
                item.expected_output,
                item.metadata,
                item.source_trace_id,
                item.source_observation_id,
                item.status == "ACTIVE",
                now,
                row.seq,
            ),
        )
        return replace(item, created_at=row.created_at, updated_at=now)

    def remove(self, item: StoredItem) -> None:
        """Deletes a row, like a server that keeps no versions; its id can be used again."""
        self._store.run("DELETE FROM items WHERE seq = ?", (item.seq,))

    def delete(self, item: StoredItem) -> None:
        """Adds a row that marks an item as deleted; its id remains reserved for its dataset."""
        now = self._store.now()
        tombstone = replace(item, deleted=True, valid_from=now)
        self.write(
            replace(tombstone, input=None, expected_output=None, metadata=None), replaced=item
        )

    def count(self, item_filter: ItemFilter) -> int:
        """Returns the total number of items of a list."""
        source, values = self._source(item_filter)
        return self._store.count(f"SELECT count(*) {source}", values)

    def page(self, item_filter: ItemFilter, limit: int, offset: int) -> list[StoredItem]:
        """Returns a page of a list, newest first."""
        source, values = self._source(item_filter)
        # The inner query reads only an index, so that late pages are cheap.
        sql = f"""SELECT {_ITEM} FROM
                    (SELECT seq AS page_seq {source}
                     ORDER BY valid_from DESC, seq DESC LIMIT ? OFFSET ?)
                  CROSS JOIN items ON items.seq = page_seq {_JOIN}
                  ORDER BY items.valid_from DESC, items.seq DESC"""
        return [_item(row) for row in self._store.rows(sql, (*values, limit, offset))]

    def _source(self, item_filter: ItemFilter) -> tuple[str, Sequence[object]]:
        conditions, values = ["listed"], list[Any]()
        if item_filter.dataset is None:
            conditions.append("project = ?")
            values.append(self._project)
        else:
            conditions.append("dataset = ?")
            values.append(item_filter.dataset)
        if item_filter.version is None:
            conditions.append("valid_to IS NULL")
        else:
            conditions.append("valid_from <= ? AND (valid_to IS NULL OR valid_to > ?)")
            values += [item_filter.version, item_filter.version]
        for column in ("source_trace_id", "source_observation_id"):
            value = getattr(item_filter, column)
            if value is not None:
                conditions.append(f"{column} = ?")
                values.append(value)
        return f"FROM items WHERE {' AND '.join(conditions)}", values


def _item(row: Row) -> StoredItem:
    return StoredItem(**dict(zip(row.keys(), row, strict=True)))
