"""What is read of Langfuse's answers about kinds that have no folder here."""

from __future__ import annotations

from typing import Any, Final, NotRequired

from typing_extensions import TypedDict

from langsync.client.schemas import AnswerSchema, Page


class DatasetAnswer(TypedDict):
    """A dataset (recorded: dataset-upsert, dataset-schemas)."""

    name: str
    description: NotRequired[str | None]
    metadata: NotRequired[Any]
    inputSchema: NotRequired[dict[str, Any] | None]
    expectedOutputSchema: NotRequired[dict[str, Any] | None]


class Category(TypedDict):
    """A label of a categorical score, and its number."""

    label: str
    value: float


class ScoreConfigRow(TypedDict):
    """A score config (recorded: score-configs)."""

    id: str
    name: str
    dataType: str
    isArchived: bool
    createdAt: str
    description: NotRequired[str | None]
    minValue: NotRequired[float | None]
    maxValue: NotRequired[float | None]
    categories: NotRequired[list[Category] | None]


DATASET: Final = AnswerSchema(DatasetAnswer)
"""A dataset."""

DATASETS: Final = AnswerSchema(Page[DatasetAnswer])
"""A page of the list of datasets."""

SCORE_CONFIG: Final = AnswerSchema(ScoreConfigRow)
"""A score config."""

SCORE_CONFIGS: Final = AnswerSchema(Page[ScoreConfigRow])
"""A page of the list of score configs."""
