"""The limits of what files may hold, in one table.

They bound the cost of a small file: pull requests from strangers are read on machines that hold
keys. ``langsync/docs/files.md`` has the same table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit.

    Args:
        name: What it bounds, as the documentation and messages name it.
        most: The largest value that is taken.
        unit: What it counts.
    """

    name: str
    most: int
    unit: str

    def exceeded(self, where: str = "") -> str:
        """The message for a value past the limit.

        Args:
            where: What is too large, as the beginning of a sentence; empty for the limit's name.
        """
        return f"{where or self.name}: the limit is {self.most:,} {self.unit}"


FILE_SIZE: Final = Limit("size of a YAML, JSON or text file", 3_000_000, "bytes")
"""Lists of short values take sixty times that in memory. Rows have no such limit: any number of
them is read one at a time."""

VALUES: Final = Limit("values of a YAML file", 100_000, "values")

EXACT_VALUES: Final = Limit(
    "values of a YAML file with anchors, tags, other rare syntax or mistakes", 40_000, "values"
)
"""The reader that takes them is sixty times slower than the one for plain files."""

NESTING: Final = Limit("nesting of a value", 100, "levels")
"""Langfuse's own JSON tooling fails not far above."""

ALIASED_VALUES: Final = Limit("values that the aliases of a document add", 250_000, "values")

ALIASED_TEXT: Final = Limit("text that the aliases of a document add", 10_000_000, "characters")

DIGITS: Final = Limit("digits of a number", 4_000, "digits")
"""Python itself converts no more than 4,300."""

ROW_SIZE: Final = Limit("size of a row of JSON Lines or CSV", 8_000_000, "bytes")

ROW_VALUES: Final = Limit("values of a row of JSON Lines or CSV", 500_000, "values")
"""Empty objects take a hundred times their size in memory."""

COLUMNS: Final = Limit("columns of a CSV file", 5_000, "columns")

EXPRESSION_LENGTH: Final = Limit("length of a JMESPath expression", 2_000, "characters")

EXPRESSION_GROWTH: Final = Limit(
    "copies that a JMESPath expression makes of a row", 1_000, "copies"
)

SCHEMA_WORK: Final = Limit("steps that a JSON Schema takes for a value", 20_000, "steps")
"""The validator keeps a record of each step for a value that does not match."""

RECURSIVE_WILDCARDS: Final = Limit("'**' in a pattern of files", 2, "wildcards")

FIELD_WIDTH: Final = Limit("width of a field in commit_message", 999, "characters")

RESOLVED_TEXT: Final = Limit(
    "text that the references of a prompt bring in", 5_000_000, "characters"
)
"""Three small prompts that name the next one a thousand times make a million copies of it."""

LIMITS: Final = (
    FILE_SIZE,
    VALUES,
    EXACT_VALUES,
    NESTING,
    ALIASED_VALUES,
    ALIASED_TEXT,
    DIGITS,
    ROW_SIZE,
    ROW_VALUES,
    COLUMNS,
    EXPRESSION_LENGTH,
    EXPRESSION_GROWTH,
    SCHEMA_WORK,
    RECURSIVE_WILDCARDS,
    FIELD_WIDTH,
    RESOLVED_TEXT,
)
"""All limits, in the order of the documentation."""
