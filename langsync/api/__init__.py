"""Langfuse's whole API, by the server's own reference of it."""

from langsync.api.calls import Call, follow, lookup, prepare, raw, spelt
from langsync.api.fetching import fetch_reference
from langsync.api.flaws import Check
from langsync.api.reference import Operation, Parameter, Reference
from langsync.api.schemas import Field, Schemas

__all__ = [
    "Call",
    "Check",
    "Field",
    "Operation",
    "Parameter",
    "Reference",
    "Schemas",
    "fetch_reference",
    "follow",
    "lookup",
    "prepare",
    "raw",
    "spelt",
]
