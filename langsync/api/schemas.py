"""Describes the schemas of an API reference: types, fields, examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

Schema = Mapping[str, Any]

_REFERENCE: Final = "#/components/schemas/"
_EXAMPLES: Final = {
    "integer": 1,
    "number": 0.5,
    "boolean": True,
    "string": "text",
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
}
_MAX_DEPTH: Final = 6


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object.

    Args:
        path: The names from the outermost object to the field.
        type: A short description of the type of its values.
        required: Whether the object must have it.
        description: What it is; may be empty.
        variant: The variant of the object that has it; empty if there are no variants.
        depth: The number of objects and variants that enclose it.
    """

    path: tuple[str, ...]
    type: str
    required: bool
    description: str = ""
    variant: str = ""
    depth: int = 0


class Schemas:
    """The schemas of a reference, by name.

    Args:
        known: The contents of ``components.schemas``.
    """

    def __init__(self, known: Mapping[str, Schema]) -> None:
        self._known = known

    def resolve(self, schema: Schema) -> Schema:
        """Returns a schema with its reference resolved; keywords beside the reference are kept."""
        seen: set[str] = set()
        while "$ref" in schema:
            name = schema["$ref"].removeprefix(_REFERENCE)
            if name in seen:
                return {}
            seen.add(name)
            siblings = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**self._known.get(name, {}), **siblings}
        types = schema.get("type")
        if isinstance(types, list):  # OpenAPI 3.1
            options = [{**schema, "type": type_} for type_ in types if type_ != "null"]
            nullable = "null" in types or schema.get("nullable", False)
            resolved = options[0] if len(options) == 1 else {"anyOf": options}
            return {**resolved, "nullable": nullable}
        return schema

    def parts(self, schema: Schema, seen: set[str] | None = None) -> Iterator[Schema]:
        """Yields the schemas that a schema extends, then the schema itself: resolved, each once.

        Args:
            schema: The schema.
            seen: References that were followed already; it is added to.
        """
        seen = set() if seen is None else seen
        if "$ref" in schema:
            if schema["$ref"] in seen:
                return
            seen.add(schema["$ref"])
        full = self.resolve(schema)
        for part in full.get("allOf", ()):
            yield from self.parts(part, seen)
        yield full

    def properties(self, schema: Schema) -> dict[str, Schema]:
        """Returns the fields of an object, including those of the schemas that it extends."""
        properties: dict[str, Schema] = {}
        for part in self.parts(schema):
            properties |= part.get("properties") or {}
        return properties

    def required(self, schema: Schema) -> set[str]:
        """Returns the names of the required fields of an object."""
        return {name for part in self.parts(schema) for name in part.get("required", ())}

    def type(self, schema: Schema, seen: frozenset[str] = frozenset()) -> str:
        """Returns a short description of a type: ``integer``, ``a | b``, ``[Trace] | null``.

        Args:
            schema: The schema.
            seen: The references that it is nested in; for those the name is enough.
        """
        reference = schema.get("$ref", "")
        if reference in seen:
            return str(reference).removeprefix(_REFERENCE)
        full = self.resolve(schema)
        type_ = self._type(schema, full, seen | {reference} - {""})
        return f"{type_} | null" if full.get("nullable") else type_

    def _type(self, schema: Schema, full: Schema, seen: frozenset[str]) -> str:
        if full.get("enum"):
            return " | ".join(map(str, full["enum"]))
        if "const" in full:
            return str(full["const"])
        for keyword in ("oneOf", "anyOf"):
            if full.get(keyword):
                return " | ".join(
                    dict.fromkeys(self.type(option, seen) for option in full[keyword])
                )
        if full.get("type") == "array":
            return f"[{self.type(full.get('items') or {}, seen)}]"
        if full.get("type") == "object" or full.get("allOf"):
            extended = (
                option["$ref"] for option in (schema, *full.get("allOf", ())) if "$ref" in option
            )
            return next(extended, "object").removeprefix(_REFERENCE)
        type_ = str(full.get("type") or "any JSON")
        return str(full.get("format") or type_) if type_ == "string" else type_

    def fields(self, schema: Schema, max_depth: int = 3) -> Iterator[Field]:
        """Yields the fields of an object, and those of nested objects.

        Args:
            schema: The schema of an object, or of a list of objects.
            max_depth: The maximum depth of nested fields.
        """
        return self._fields(schema, Field((), "", required=False), max_depth)

    def _fields(
        self, schema: Schema, parent: Field, max_depth: int, seen: frozenset[str] = frozenset()
    ) -> Iterator[Field]:
        """Does the same; `seen` holds the references that were followed since the last field."""
        reference = schema.get("$ref", "")
        if len(parent.path) >= max_depth or reference in seen:
            return
        seen |= {reference} - {""}
        full = self.resolve(schema)
        if full.get("type") == "array":
            yield from self._fields(full.get("items") or {}, parent, max_depth, seen)
            return
        required = self.required(full)
        for name, subschema in self.properties(full).items():
            field_ = replace(
                parent,
                path=(*parent.path, name),
                type=self.type(subschema),
                required=name in required,
                description=(self.resolve(subschema).get("description") or "").strip(),
            )
            yield field_
            nested = replace(field_, variant="", depth=field_.depth + 1)
            yield from self._fields(subschema, nested, max_depth)
        for subschema in full.get("oneOf", ()) or full.get("anyOf", ()):
            variant = replace(parent, variant=self.type(subschema), depth=parent.depth + 1)
            yield from self._fields(subschema, variant, max_depth, seen)

    def example(self, schema: Schema, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
        """Returns a value that matches the schema, with the required fields only."""
        full = self.resolve(schema)
        for keyword in ("example", "default", "const"):
            if keyword in full:
                return full[keyword]
        if full.get("enum"):
            return full["enum"][0]
        for keyword in ("oneOf", "anyOf"):
            if full.get(keyword) and depth < _MAX_DEPTH:
                return self.example(full[keyword][0], depth + 1)
        type_ = full.get("type")
        if type_ == "array":
            return [self.example(full.get("items") or {}, depth + 1)] if depth < _MAX_DEPTH else []
        if type_ == "object" or self.properties(full):
            fields, required = self.properties(full), self.required(full)
            return {
                name: self.example(property_, depth + 1)
                for name, property_ in fields.items()
                if name in required and depth < _MAX_DEPTH
            }
        return _EXAMPLES.get(full.get("format") or "", _EXAMPLES.get(type_ or "", {}))
