"""What is read of Langfuse's answers about dataset items (recorded: item-upsert, item-paging)."""

from __future__ import annotations

from typing import Final, NotRequired

from typing_extensions import TypedDict

from langsync.client.schemas import AnswerSchema, Page, Time


class ItemAnswer(TypedDict):
    """An item; what else it has may be any JSON, or missing."""

    id: str
    datasetName: str
    status: str


class ItemRow(ItemAnswer):
    """An item in a list, which is in the order of times."""

    createdAt: Time
    updatedAt: NotRequired[str | None]


ITEM: Final = AnswerSchema(ItemAnswer)
"""An item."""

ITEMS: Final = AnswerSchema(Page[ItemRow])
"""A page of the list of a dataset's active items."""
