"""What Langfuse holds of a score config."""

from __future__ import annotations

from dataclasses import dataclass

from langsync.kinds.score_config.spec import Categories


@dataclass(frozen=True, slots=True)
class ScoreConfigState:
    """A score config in Langfuse.

    Args:
        id: Its id.
        created_at: When it was created, as Langfuse writes times.
        duplicates: The ids of other active ones of its name.
        data_type: ``numeric``, ``categorical``, ``boolean`` or ``text``.
        status: ``active`` or ``archived``.
        description: Its description; None for none.
        min_value: The least number; None for none.
        max_value: The greatest number; None for none.
        categories: Its categories; None for none.
    """

    id: str
    created_at: str
    duplicates: tuple[str, ...]
    data_type: str
    status: str
    description: str | None = None
    min_value: float | None = None
    max_value: float | None = None
    categories: Categories | None = None
