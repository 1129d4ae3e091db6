"""What files declare of a score config."""

from __future__ import annotations

from dataclasses import dataclass

from langsync.model import UNMANAGED, Unmanaged

Categories = list[dict[str, float]]
"""Labels with their numbers, each a mapping of one, in the order of the UI."""


@dataclass(frozen=True, slots=True)
class ScoreConfigSpec:
    """A score config as its file declares it; bounds and categories are those of its type.

    Args:
        data_type: ``numeric``, ``categorical``, ``boolean`` or ``text``.
        status: ``active`` or ``archived``.
        description: Its description.
        min_value: The least number; None for none.
        max_value: The greatest number; None for none.
        categories: Its categories.
    """

    data_type: str
    status: str = "active"
    description: str | Unmanaged = UNMANAGED
    min_value: float | Unmanaged | None = UNMANAGED
    max_value: float | Unmanaged | None = UNMANAGED
    categories: Categories | Unmanaged = UNMANAGED
