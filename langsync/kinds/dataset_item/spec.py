"""What files declare of an item."""

from __future__ import annotations

from dataclasses import dataclass, field

from langsync.model import UNMANAGED, Json, Unmanaged


@dataclass(frozen=True, slots=True)
class ItemSpec:
    """An item as its file declares it, each value as Langfuse stores it.

    Args:
        id: Its id, unique in the project.
        input: Its input.
        expected_output: What is expected.
        metadata: Its metadata.
        status: ``active`` or ``archived``.
        source_trace_id: The trace that it was made of.
        source_observation_id: The observation that it was made of.
    """

    input: Json = None
    expected_output: Json = None
    metadata: Json = None
    status: str = "active"
    source_trace_id: str | Unmanaged | None = UNMANAGED
    source_observation_id: str | Unmanaged | None = UNMANAGED
    id: str = field(kw_only=True)
