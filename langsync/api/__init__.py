"""Calls all of Langfuse's API, as described by the server's own API reference."""

from langsync.api.calls import (
    ApiCall,
    ParameterValues,
    follow_pages,
    lookup_command,
    option_of,
    prepare,
    raw_call,
)
from langsync.api.fetching import fetch_reference
from langsync.api.reference import ApiReference, Operation, Parameter
from langsync.api.schemas import Field, Schemas
from langsync.api.violations import SchemaChecker, suggest

__all__ = [
    "ApiCall",
    "ApiReference",
    "Field",
    "Operation",
    "Parameter",
    "ParameterValues",
    "SchemaChecker",
    "Schemas",
    "fetch_reference",
    "follow_pages",
    "lookup_command",
    "option_of",
    "prepare",
    "raw_call",
    "suggest",
]
