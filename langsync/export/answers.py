"""The fields of Langfuse's responses that an export reads; rows are written as received."""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import TypedDict

from langsync.client.schemas import AnswerSchema, Page, Rows


class RowWithId(TypedDict):
    """A row with an id."""

    id: str


class ListedPrompt(TypedDict):
    """A prompt in the list of prompts."""

    name: str
    versions: list[int]


class CountRow(TypedDict):
    """A row of metrics with a count; a number past 2^53 is a string."""

    count_count: Any


VERSION: Final = AnswerSchema(RowWithId)
"""A version of a prompt."""

PROMPTS: Final = AnswerSchema(Page[ListedPrompt])
"""A page of the list of prompts."""

ITEMS: Final = AnswerSchema(Page[RowWithId])
"""A page of the list of a dataset's items."""

COUNTS: Final = AnswerSchema(Rows[CountRow])
"""The response of metrics that count."""
