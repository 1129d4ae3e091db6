"""What Langfuse holds of an item."""

from __future__ import annotations

from dataclasses import dataclass, replace

from langsync.kinds.dataset_item.spec import ItemSpec
from langsync.model import Json


@dataclass(frozen=True, slots=True)
class ItemState:
    """A row of an item in Langfuse.

    Args:
        id: Its id.
        dataset: The name of its dataset.
        input: Its input.
        expected_output: What is expected.
        metadata: Its metadata.
        status: ``active`` or ``archived``.
        source_trace_id: The trace that it was made of; None for none.
        source_observation_id: The observation that it was made of; None for none.
        copies: The other rows of the item, newest first; None for none, as of most items.
    """

    id: str
    dataset: str
    input: Json = None
    expected_output: Json = None
    metadata: Json = None
    status: str = "active"
    source_trace_id: str | None = None
    source_observation_id: str | None = None
    copies: tuple[ItemState, ...] | None = None

    @property
    def rows(self) -> tuple[ItemState, ...]:
        """Every row of the item, newest first."""
        return self.newest_row, *(self.copies or ())

    @property
    def newest_row(self) -> ItemState:
        """The item as if its newest row were its only one."""
        return replace(self, copies=None) if self.copies else self

    def archived(self) -> ItemSpec:
        """What declares the item as it is, but archived."""
        return ItemSpec(
            self.input,
            self.expected_output,
            self.metadata,
            "archived",
            self.source_trace_id,
            self.source_observation_id,
            id=self.id,
        )
