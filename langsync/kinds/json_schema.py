"""JSON Schemas as Langfuse checks them: draft-07, in the strict way of its validator, Ajv."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import jsonschema_rs

from langsync.model import Json, Resource

_DRAFT_7 = ("http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-07/schema")


def schema_flaw(schema: Mapping[str, Json]) -> str:
    """Why Langfuse would refuse a schema; empty if it is fine.

    Draft-07 is the only draft, and ``required`` may name only what ``properties`` has (observed
    on Langfuse 4.16.0).
    """
    if schema.get("$schema", _DRAFT_7[0]) not in _DRAFT_7:
        return f"$schema must be draft-07 ({_DRAFT_7[0]})"
    try:
        validator(schema)
    except (ValueError, TypeError) as error:
        return f"not a JSON Schema: {str(error).splitlines()[0]}"
    for place, missing in _unknown_required(schema, ""):
        where = f" at {place}" if place else ""
        return f"required names {missing!r}{where}, which properties lacks: Langfuse refuses that"
    return ""


def validator(schema: Mapping[str, Json]) -> jsonschema_rs.Draft7Validator:
    """A validator of draft-07 that, like Langfuse, does not enforce ``format``.

    Raises:
        ValueError: It is no schema, or refers to one that is elsewhere.
    """
    return jsonschema_rs.Draft7Validator(dict(schema), validate_formats=False, retriever=_refuse)


def _refuse(uri: str) -> Json:
    raise ValueError(f"{uri} is not part of the schema")


def _unknown_required(
    schema: Json, place: str, known: frozenset[str] = frozenset()
) -> Iterator[tuple[str, str]]:
    """Names in ``required`` without a property, here and in every schema below.

    Schemas that hold for the same value (``allOf``, ``if`` and their like) see the properties
    that stand above them.
    """
    if not isinstance(schema, Mapping):
        return
    properties = schema.get("properties", {})
    known = known | frozenset(properties)
    for name in schema.get("required", ()):
        if name not in known:
            yield place, name
    for key in ("allOf", "anyOf", "oneOf"):
        for index, inner in enumerate(schema.get(key, ())):
            yield from _unknown_required(inner, f"{place}/{key}/{index}", known)
    for key in ("if", "then", "else", "not"):
        yield from _unknown_required(schema.get(key), f"{place}/{key}", known)
    for key in ("properties", "patternProperties", "definitions"):
        for name, inner in schema.get(key, {}).items():
            yield from _unknown_required(inner, f"{place}/{key}/{name}")
    for key in ("additionalProperties", "additionalItems", "contains", "propertyNames"):
        yield from _unknown_required(schema.get(key), f"{place}/{key}")
    items = schema.get("items")
    for index, inner in enumerate(items if isinstance(items, list) else [items]):
        yield from _unknown_required(inner, f"{place}/items/{index}")


def item_flaws(
    schemas: Mapping[str, Json], items: Iterable[Resource]
) -> Iterator[tuple[Resource, str]]:
    """Items that break a schema.

    Args:
        schemas: The schema of each item field; None for none.
        items: Items, their fields as the server would store them. A field without a value is
            checked as null, as the server does (recorded: dataset-schemas 5).

    Yields:
        Each item that breaks one, and how.
    """
    checks = {}
    for field, schema in schemas.items():
        if schema is not None and not schema_flaw(schema):
            checks[field] = validator(schema)
    for item in items if checks else ():
        for field, check in checks.items():
            for error in check.iter_errors(item.content.get(field)):
                where = "".join(f"[{step!r}]" for step in error.instance_path)
                yield item, f"{field}{where} breaks the dataset's schema: {error.message}"


__all__ = ["item_flaws", "schema_flaw", "validator"]
