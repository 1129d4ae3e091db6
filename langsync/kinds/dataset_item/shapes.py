"""The shapes of items, and of files of items, in a dataset's file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from langsync.formats.documents import Shape
from langsync.formats.select import Selector
from langsync.model import Json

Key = str | list[str]
"""What ids are derived from: one expression or several."""

_EXPRESSION = "A column or key of the rows, or JMESPath; a mapping of those makes an object."


class ItemFile(Shape):
    """One item, in YAML, JSON Lines or CSV."""

    id: str = Field(default="", description="Its id, unique in the project; else derived.")
    input: Any = Field(default=None, description="Any JSON.")
    expected_output: Any = Field(default=None, description="Any JSON.")
    metadata: Any = Field(default=None, description="Any JSON.")
    status: Literal["active", "archived"] = Field(default="active")
    source_trace_id: str = Field(default="", description="Absent: not managed.")
    source_observation_id: str = Field(default="", description="Absent: not managed.")


class RowsFile(Shape):
    """Files of rows that have another shape than items, and how to make items of them."""

    file: str = Field(description="JSON Lines or CSV, also with .gz; globs are allowed.")
    key: Key = Field(default="", description="What ids are derived from.")
    id: str = Field(default="", description=_EXPRESSION)
    input: Selector | None = Field(default=None, description=f"{_EXPRESSION} '@' is all.")
    expected_output: Selector | None = Field(default=None, description=_EXPRESSION)
    metadata: Selector | None = Field(default=None, description=_EXPRESSION)
    status: str = Field(default="", description=_EXPRESSION)
    source_trace_id: str = Field(default="", description=_EXPRESSION)
    source_observation_id: str = Field(default="", description=_EXPRESSION)


def _rows_tag(value: Json) -> str:
    return "<path>" if isinstance(value, str) else "<rows>"


AnyRows = Annotated[
    Annotated[str, Tag("<path>")] | Annotated[RowsFile, Tag("<rows>")],
    Discriminator(_rows_tag),
]
