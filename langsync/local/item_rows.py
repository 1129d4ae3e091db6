"""Items in the database: each write is a new row, valid from its time to that of the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from langsync.local.datasets import fragment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langsync.local.store import Row, Store

_ITEM = """items.seq, items.id, items.dataset, datasets.id AS dataset_id,
    datasets.name AS dataset_name, items.status, items.input, items.expected_output,
    items.metadata, items.source_trace_id, items.source_observation_id,
    items.valid_from, items.deleted"""
_JOIN = "JOIN datasets ON datasets.seq = items.dataset"


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item as it was at one time; JSON values are texts, None for null.

    Args:
        dataset: The number of the dataset in the database.
        valid_from: When this row was written: the item's ``createdAt``.
        deleted: The row says that the item is gone.
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
    deleted: bool = False
    seq: int = 0

    def as_json(self) -> dict[str, object]:
        """The item as the API writes it, recorded: item-upsert-merge 2."""
        return {
            "id": self.id,
            "datasetId": self.dataset_id,
            "sourceTraceId": self.source_trace_id,
            "sourceObservationId": self.source_observation_id,
            "status": self.status,
            "createdAt": self.valid_from,
            "updatedAt": self.valid_from,
            "input": fragment(self.input),
            "expectedOutput": fragment(self.expected_output),
            "metadata": fragment(self.metadata),
            "datasetName": self.dataset_name,
            "mediaReferences": [],
        }


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items a list asks for.

    Args:
        dataset: The number of a dataset in the database; None for those of all.
        version: A time, as the database writes it; None for the current state.
        source_trace_id: Only items of this trace.
        source_observation_id: Only items of this observation.
    """

    dataset: int | None = None
    version: str | None = None
    source_trace_id: str | None = None
    source_observation_id: str | None = None


class ItemRows:
    """The items of one project.

    Args:
        store: The database.
        project: The id of the project.
    """

    def __init__(self, store: Store, project: str) -> None:
        self._store = store
        self._project = project

    def current(self, item: str) -> ItemRow | None:
        """The newest row of an item, which may say that it is deleted."""
        sql = f"""SELECT {_ITEM} FROM items {_JOIN}
                  WHERE items.project = ? AND items.id = ? AND valid_to IS NULL"""
        row = self._store.row(sql, (self._project, item))
        return _item(row) if row else None

    def write(self, item: ItemRow, *, replaces: ItemRow | None) -> ItemRow:
        """Adds a row and ends the one before it."""
        now = self._store.now()
        if replaces:
            self._store.run("UPDATE items SET valid_to = ? WHERE seq = ?", (now, replaces.seq))
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
            valid_from=now,
            listed=item.status == "ACTIVE" and not item.deleted,
            deleted=item.deleted,
        )
        return replace(item, valid_from=now)

    def delete(self, item: ItemRow) -> None:
        """Adds a row that says the item is gone; its id stays bound to its dataset."""
        gone = replace(item, deleted=True, input=None, expected_output=None, metadata=None)
        self.write(gone, replaces=item)

    def count(self, selection: Selection) -> int:
        """How many items a list has in all."""
        source, values = self._source(selection)
        return self._store.count(f"SELECT count(*) {source}", values)

    def page(self, selection: Selection, limit: int, offset: int) -> list[ItemRow]:
        """One page of a list, newest first."""
        source, values = self._source(selection)
        # The inner query walks an index alone, so that far pages stay cheap.
        sql = f"""SELECT {_ITEM} FROM
                    (SELECT seq AS found {source} ORDER BY seq DESC LIMIT ? OFFSET ?)
                  CROSS JOIN items ON items.seq = found {_JOIN} ORDER BY found DESC"""
        return [_item(row) for row in self._store.rows(sql, (*values, limit, offset))]

    def _source(self, selection: Selection) -> tuple[str, Sequence[object]]:
        conditions, values = ["listed"], list[Any]()
        if selection.dataset is None:
            conditions.append("project = ?")
            values.append(self._project)
        else:
            conditions.append("dataset = ?")
            values.append(selection.dataset)
        if selection.version is None:
            conditions.append("valid_to IS NULL")
        else:
            conditions.append("valid_from <= ? AND (valid_to IS NULL OR valid_to > ?)")
            values += [selection.version, selection.version]
        for column in ("source_trace_id", "source_observation_id"):
            value = getattr(selection, column)
            if value is not None:
                conditions.append(f"{column} = ?")
                values.append(value)
        return f"FROM items WHERE {' AND '.join(conditions)}", values


def _item(row: Row) -> ItemRow:
    return ItemRow(**dict(zip(row.keys(), row, strict=True)))
