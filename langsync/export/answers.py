"""What an export reads of Langfuse's answers; the rows themselves are written as they come."""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import TypedDict

from langsync.client.schemas import AnswerSchema, Page, Rows


class Identified(TypedDict):
    """What has an id."""

    id: str


class Prompt(TypedDict):
    """A prompt in the list."""

    name: str
    versions: list[int]


class Count(TypedDict):
    """A row of metrics that counts; a number past 2^53 comes as a text."""

    count_count: Any


VERSION: Final = AnswerSchema(Identified)
"""A version of a prompt."""

PROMPTS: Final = AnswerSchema(Page[Prompt])
"""A page of the list of prompts."""

ITEMS: Final = AnswerSchema(Page[Identified])
"""A page of the list of a dataset's items."""

COUNTS: Final = AnswerSchema(Rows[Count])
"""Metrics that count."""
