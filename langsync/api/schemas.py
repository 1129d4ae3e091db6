"""What the schemas of an API reference mean: their types, their fields, examples of them."""

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
_DEEPEST: Final = 6


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object.

    Args:
        path: The names that lead to it.
        type: The type of its values in a few words.
        required: Whether the object has to have it.
        description: What it is; may be empty.
        variant: Of which of several forms of the object it is; empty where there is one.
        depth: In how many objects, and forms of them, it stands.
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
        known: What ``components.schemas`` holds.
    """

    def __init__(self, known: Mapping[str, Schema]) -> None:
        self._known = known

    def resolved(self, schema: Schema) -> Schema:
        """A schema itself instead of a reference to it; what stands beside it stays."""
        seen: set[str] = set()
        while "$ref" in schema:
            name = schema["$ref"].removeprefix(_REFERENCE)
            if name in seen:
                return {}
            seen.add(name)
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**self._known.get(name, {}), **rest}
        kinds = schema.get("type")
        if isinstance(kinds, list):  # OpenAPI 3.1
            several = [{**schema, "type": kind} for kind in kinds if kind != "null"]
            nullable = "null" in kinds or schema.get("nullable", False)
            one = several[0] if len(several) == 1 else {"anyOf": several}
            return {**one, "nullable": nullable}
        return schema

    def parts(self, schema: Schema, seen: set[str] | None = None) -> Iterator[Schema]:
        """A schema with those that it takes over: resolved, each once, itself last.

        Args:
            schema: The schema.
            seen: References that were followed already; it grows.
        """
        seen = set() if seen is None else seen
        if "$ref" in schema:
            if schema["$ref"] in seen:
                return
            seen.add(schema["$ref"])
        full = self.resolved(schema)
        for part in full.get("allOf", ()):
            yield from self.parts(part, seen)
        yield full

    def properties(self, schema: Schema) -> dict[str, Schema]:
        """The fields of an object, those that it takes over included."""
        found: dict[str, Schema] = {}
        for part in self.parts(schema):
            found |= part.get("properties") or {}
        return found

    def required(self, schema: Schema) -> set[str]:
        """The fields that an object has to have."""
        return {name for part in self.parts(schema) for name in part.get("required", ())}

    def type(self, schema: Schema, seen: frozenset[str] = frozenset()) -> str:
        """The type of its values in a few words: ``integer``, ``a | b``, ``[Trace] | null``.

        Args:
            schema: The schema.
            seen: The references that it is a part of; of them the name will do.
        """
        reference = schema.get("$ref", "")
        if reference in seen:
            return str(reference).removeprefix(_REFERENCE)
        full = self.resolved(schema)
        kind = self._type(schema, full, seen | {reference} - {""})
        return f"{kind} | null" if full.get("nullable") else kind

    def _type(self, schema: Schema, full: Schema, seen: frozenset[str]) -> str:
        if full.get("enum"):
            return " | ".join(map(str, full["enum"]))
        if "const" in full:
            return str(full["const"])
        for several in ("oneOf", "anyOf"):
            if full.get(several):
                return " | ".join(dict.fromkeys(self.type(one, seen) for one in full[several]))
        if full.get("type") == "array":
            return f"[{self.type(full.get('items') or {}, seen)}]"
        if full.get("type") == "object" or full.get("allOf"):
            taken = (one["$ref"] for one in (schema, *full.get("allOf", ())) if "$ref" in one)
            return next(taken, "object").removeprefix(_REFERENCE)
        kind = str(full.get("type") or "any JSON")
        return str(full.get("format") or kind) if kind == "string" else kind

    def fields(self, schema: Schema, most: int = 3) -> Iterator[Field]:
        """Its fields, and those of the objects in them.

        Args:
            schema: The schema of an object, or of a list of objects.
            most: How deep fields of fields are shown.
        """
        return self._fields(schema, Field((), "", required=False), most)

    def _fields(
        self, schema: Schema, within: Field, most: int, seen: frozenset[str] = frozenset()
    ) -> Iterator[Field]:
        """The same; `seen` are the references that were followed since the last field."""
        reference = schema.get("$ref", "")
        if len(within.path) >= most or reference in seen:
            return
        seen |= {reference} - {""}
        full = self.resolved(schema)
        if full.get("type") == "array":
            yield from self._fields(full.get("items") or {}, within, most, seen)
            return
        required = self.required(full)
        for name, one in self.properties(full).items():
            found = replace(
                within,
                path=(*within.path, name),
                type=self.type(one),
                required=name in required,
                description=(self.resolved(one).get("description") or "").strip(),
            )
            yield found
            inner = replace(found, variant="", depth=found.depth + 1)
            yield from self._fields(one, inner, most)
        for one in full.get("oneOf", ()) or full.get("anyOf", ()):
            form = replace(within, variant=self.type(one), depth=within.depth + 1)
            yield from self._fields(one, form, most, seen)

    def example(self, schema: Schema, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
        """A value that the schema takes, with the fields that it has to have."""
        full = self.resolved(schema)
        for given in ("example", "default", "const"):
            if given in full:
                return full[given]
        if full.get("enum"):
            return full["enum"][0]
        for several in ("oneOf", "anyOf"):
            if full.get(several) and depth < _DEEPEST:
                return self.example(full[several][0], depth + 1)
        kind = full.get("type")
        if kind == "array":
            return [self.example(full.get("items") or {}, depth + 1)] if depth < _DEEPEST else []
        if kind == "object" or self.properties(full):
            fields, required = self.properties(full), self.required(full)
            return {
                name: self.example(one, depth + 1)
                for name, one in fields.items()
                if name in required and depth < _DEEPEST
            }
        return _EXAMPLES.get(full.get("format") or "", _EXAMPLES.get(kind or "", {}))
