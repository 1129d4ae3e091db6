"""What files declare of a dataset, and what Langfuse holds of it; its items are apart."""

from __future__ import annotations

from dataclasses import dataclass

from langsync.model import UNMANAGED, Json, Unmanaged

JsonSchema = dict[str, Json]


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """A dataset as its file declares it.

    Args:
        description: Its description.
        metadata: Its metadata.
        input_schema: The JSON Schema of every item's input; None for none.
        expected_output_schema: That of every item's expected output; None for none.
    """

    description: str | Unmanaged = UNMANAGED
    metadata: Json | Unmanaged = UNMANAGED
    input_schema: JsonSchema | Unmanaged | None = UNMANAGED
    expected_output_schema: JsonSchema | Unmanaged | None = UNMANAGED


@dataclass(frozen=True, slots=True)
class DatasetState:
    """A dataset in Langfuse, None for what was never set.

    Args:
        description: Its description.
        metadata: Its metadata.
        input_schema: The JSON Schema of every item's input.
        expected_output_schema: That of every item's expected output.
    """

    description: str | None = None
    metadata: Json = None
    input_schema: JsonSchema | None = None
    expected_output_schema: JsonSchema | None = None
