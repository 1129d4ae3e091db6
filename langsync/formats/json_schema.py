"""JSON Schemas of draft-07 that Ajv compiles in its strict mode, and their validators.

The rules follow the documentation of Ajv's option ``strict: true``
(https://ajv.js.org/strict-mode.html).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import jsonschema_rs

from langsync.formats.schema_work import work_violation
from langsync.model import Json

PATTERNS: Final = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000)
"""Patterns take linear time, but those with look-arounds or references to groups: a text that
makes one go back more often is an error."""

DRAFT_07: Final = "http://json-schema.org/draft-07/schema#"

_KEYWORD_TYPES: Final = {
    **dict.fromkeys(
        ("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"), ("number",)
    ),
    **dict.fromkeys(("maxLength", "minLength", "pattern"), ("string",)),
    "format": ("number", "string"),
    **dict.fromkeys(
        ("maxItems", "minItems", "uniqueItems", "items", "additionalItems", "contains"), ("array",)
    ),
    **dict.fromkeys(
        (
            *("maxProperties", "minProperties", "required", "propertyNames", "dependencies"),
            *("properties", "additionalProperties", "patternProperties"),
        ),
        ("object",),
    ),
}
_SAME_VALUE: Final = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")
_WITHOUT_TYPE: Final = frozenset(
    (
        "$schema",
        "$id",
        "$defs",
        "$vocabulary",
        "$comment",
        "definitions",
        "$ref",
        "nullable",
        "type",
        "enum",
        "const",
        "title",
        "description",
        "default",
        "deprecated",
        "readOnly",
        "writeOnly",
        "examples",
        "contentMediaType",
        "contentEncoding",
        "contentSchema",
    )
)
_KNOWN: Final = _WITHOUT_TYPE | frozenset(_KEYWORD_TYPES) | frozenset(_SAME_VALUE)


class NotStrictError(Exception):
    """A schema breaks a rule of Ajv's strict mode."""


@dataclass(frozen=True, slots=True)
class _Context:
    """What is known about the value that a schema applies to.

    Args:
        root: The whole schema, for references.
        types: The types that the value can have; empty where nothing is known.
        properties: The properties that schemas around this one declare for the value.
        references: The references that were followed to reach it.
    """

    root: Mapping[str, Any]
    types: frozenset[str] = frozenset()
    properties: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()


def schema_violation(schema: Mapping[str, Json]) -> str:
    """Why a schema does not compile; empty if it does.

    Args:
        schema: The schema.
    """
    if schema.get("$schema", DRAFT_07) not in (DRAFT_07, DRAFT_07[:-1]):
        return f"$schema must be draft-07 ({DRAFT_07})"
    try:
        jsonschema_rs.meta.validate({**schema, "$schema": DRAFT_07})
        if violation := work_violation(schema):  # before references are followed
            return violation
        _check(schema, _Context(schema))
        validator(schema)
    except (NotStrictError, ValueError) as error:
        return str(error).splitlines()[0]
    return ""


def validator(schema: Mapping[str, Json]) -> jsonschema_rs.Draft7Validator:
    """A validator that does not enforce ``format`` and fetches nothing.

    Raises:
        ValueError: It is not a schema, or refers to one that is elsewhere.
    """
    return jsonschema_rs.Draft7Validator(
        dict(schema), validate_formats=False, retriever=_refuse, pattern_options=PATTERNS
    )


def _refuse(uri: str) -> Json:
    raise ValueError(f"{uri} is not part of the schema")


def _check(schema: Json, context: _Context) -> None:
    if isinstance(schema, bool):
        return
    unknown = schema.keys() - _KNOWN
    if unknown:
        raise NotStrictError(f"unknown keyword: {min(unknown)}")
    inner = _narrowed(schema, context)
    _check_keyword_types(schema, inner.types)
    _check_ignored(schema)
    missing = set(schema.get("required", ())) - inner.properties
    if missing:
        raise NotStrictError(f"required property {min(missing)} is not defined")
    for subschema, subcontext in _subschemas(schema, inner):
        _check(subschema, subcontext)
    _follow_reference(schema, inner)


def _narrowed(schema: Mapping[str, Any], context: _Context) -> _Context:
    stated = schema.get("type", [])
    types = {stated} if isinstance(stated, str) else set(stated)
    if "nullable" in schema and not types:
        raise NotStrictError('"nullable" cannot be used without "type"')
    if schema.get("nullable"):
        types.add("null")
    if len(types - {"null"}) > 1:
        raise NotStrictError("union types are not allowed")
    for name in types:
        if context.types and not _includes(context.types, name):
            raise NotStrictError(f"type {name} is not allowed by context")
    properties = context.properties | schema.get("properties", {}).keys()
    return replace(context, types=frozenset(types) or context.types, properties=properties)


def _includes(types: frozenset[str], name: str) -> bool:
    return name in types or (name == "integer" and "number" in types)


def _check_keyword_types(schema: Mapping[str, Any], types: frozenset[str]) -> None:
    for keyword in schema.keys() & _KEYWORD_TYPES.keys():
        applicable = _KEYWORD_TYPES[keyword]
        if types.isdisjoint(applicable) and not ("number" in applicable and "integer" in types):
            raise NotStrictError(f"missing type {','.join(applicable)} for keyword {keyword}")


def _check_ignored(schema: Mapping[str, Any]) -> None:
    items = schema.get("items")
    if "additionalItems" in schema and not isinstance(items, list):
        raise NotStrictError("additionalItems is ignored without a list of items")
    if isinstance(items, list):
        closed = schema.get("maxItems") == len(items) or schema.get("additionalItems") is False
        if schema.get("minItems") != len(items) or not closed:
            raise NotStrictError("items is a tuple, but its length is not fixed")
    branches = schema.keys() & {"then", "else"}
    if ("if" in schema) != bool(branches):
        raise NotStrictError("if, then and else are ignored without each other")


def _subschemas(schema: Mapping[str, Any], context: _Context) -> Iterator[tuple[Any, _Context]]:
    for keyword in schema.keys() & set(_SAME_VALUE):
        value = schema[keyword]
        for subschema in value if isinstance(value, list) else [value]:
            yield subschema, context
    fresh = replace(context, types=frozenset(), properties=frozenset())
    for keyword in ("properties", "patternProperties"):
        yield from ((subschema, fresh) for subschema in schema.get(keyword, {}).values())
    for keyword in ("additionalProperties", "additionalItems", "contains"):
        if keyword in schema:
            yield schema[keyword], fresh
    items = schema.get("items", [])
    yield from ((subschema, fresh) for subschema in (items if isinstance(items, list) else [items]))
    if "propertyNames" in schema:
        yield schema["propertyNames"], replace(fresh, types=frozenset({"string"}))
    for dependency in schema.get("dependencies", {}).values():
        if not isinstance(dependency, list):
            yield dependency, context


def _follow_reference(schema: Mapping[str, Any], context: _Context) -> None:
    reference = schema.get("$ref", "")
    if not reference.startswith("#/") or reference in context.references:
        return  # others are resolved, or refused, when the schema is compiled
    target: Any = context.root
    for step in reference[2:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(target, dict) or key not in target:
            raise NotStrictError(f"cannot resolve {reference}")
        target = target[key]
    _check(target, _Context(context.root, references=context.references | {reference}))
