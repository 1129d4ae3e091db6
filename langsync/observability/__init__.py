"""Reads what applications sent to Langfuse: traces, observations, scores and sessions.

Servers of v4 and of v3 have it at different endpoints: which one answers is found out once.
"""

from langsync.observability.generation import by_generation
from langsync.observability.items import Wanted, items_of
from langsync.observability.reading import Reading
from langsync.observability.shapes import shaped_rows, whole_trace
from langsync.observability.sources import SOURCES, Source
from langsync.observability.times import Period, moment

__all__ = [
    "SOURCES",
    "Period",
    "Reading",
    "Source",
    "Wanted",
    "by_generation",
    "items_of",
    "moment",
    "shaped_rows",
    "whole_trace",
]
