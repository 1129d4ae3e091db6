"""Reads what applications sent to Langfuse: traces, observations, scores and sessions.

Servers of v4 and of v3 have different endpoints for it; each server is asked once which it has.
"""

from langsync.observability.generation import by_generation
from langsync.observability.items import ItemSelection, read_items
from langsync.observability.reading import ListQuery
from langsync.observability.shapes import fetch_shaped_rows, fetch_trace
from langsync.observability.sources import SOURCES, RecordSource
from langsync.observability.times import Period, parse_time

__all__ = [
    "SOURCES",
    "ItemSelection",
    "ListQuery",
    "Period",
    "RecordSource",
    "by_generation",
    "fetch_shaped_rows",
    "fetch_trace",
    "parse_time",
    "read_items",
]
