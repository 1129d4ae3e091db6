"""What the schemas of an API reference mean: their checks, their shape, examples of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from langsync.formats.json_schema import validator

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
        return schema

    def properties(self, schema: Schema) -> dict[str, Schema]:
        """The fields of an object, those that it takes over included."""
        schema = self.resolved(schema)
        found: dict[str, Schema] = {}
        for part in schema.get("allOf", ()):
            found |= self.properties(part)
        return found | (schema.get("properties") or {})

    def required(self, schema: Schema) -> set[str]:
        """The fields that an object has to have."""
        schema = self.resolved(schema)
        inherited = (self.required(part) for part in schema.get("allOf", ()))
        return set(schema.get("required", ())).union(*inherited)

    def type(self, schema: Schema) -> str:
        """The type of its values in a few words: ``integer``, ``a | b``, ``[Trace]``."""
        name = schema["$ref"].removeprefix(_REFERENCE) if "$ref" in schema else ""
        full = self.resolved(schema)
        if full.get("enum"):
            return " | ".join(map(str, full["enum"]))
        if "const" in full:
            return str(full["const"])
        for several in ("oneOf", "anyOf"):
            if full.get(several):
                return " | ".join(dict.fromkeys(self.type(one) for one in full[several]))
        if full.get("type") == "array":
            return f"[{self.type(full.get('items') or {})}]"
        if full.get("type") == "object" or full.get("allOf"):
            return name or "object"
        return str(full.get("format") or full.get("type") or name or "any JSON")

    def shape(self, schema: Schema, depth: int = 0, most: int = 3) -> Iterator[str]:
        """Its fields, one on a line, with their types; a star marks those that are required.

        Args:
            schema: The schema.
            depth: How deep it stands; two spaces each.
            most: How deep fields of fields are shown.
        """
        full = self.resolved(schema)
        if full.get("type") == "array":
            yield from self.shape(full.get("items") or {}, depth, most)
            return
        required = self.required(full)
        for name, one in self.properties(full).items():
            star = "*" if name in required else ""
            text = " ".join((one.get("description") or "").split())
            about = f"  {text[:90]}" if text else ""
            yield f"{'  ' * depth}{name}{star}: {self.type(one)}{about}"
            if depth + 1 < most:
                yield from self.shape(one, depth + 1, most)
        for one in full.get("oneOf", ()) or full.get("anyOf", ()):
            inner = list(self.shape(one, depth + 1, most))
            if inner:
                yield f"{'  ' * depth}either {self.type(one)}"
                yield from inner

    def example(self, schema: Schema, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON
        """A value that the schema takes, with the fields that it has to have."""
        full = self.resolved(schema)
        for given in ("example", "default", "const"):
            if given in full:
                return full[given]
        if full.get("enum"):
            return full["enum"][0]
        for several in ("oneOf", "anyOf"):
            if full.get(several):
                return self.example(full[several][0], depth)
        kind = full.get("type")
        if kind == "array":
            return [self.example(full.get("items") or {}, depth + 1)] if depth < _DEEPEST else []
        if kind == "object" or self.properties(full):
            fields, required = self.properties(full), self.required(full)
            return {
                name: self.example(one, depth + 1)
                for name, one in fields.items()
                if name in required
            }
        return _EXAMPLES.get(full.get("format") or "", _EXAMPLES.get(kind or "", {}))

    def flaws(self, schema: Schema, value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
        """What is wrong with a value, each with its place."""
        if not schema:
            return
        used: dict[str, Any] = {}
        draft_07 = {**self._draft_07(schema, used), "definitions": used}
        for error in validator(draft_07).iter_errors(value):
            place = ".".join(map(str, error.instance_path))
            yield f"{place}: {error.message}" if place else error.message

    def _draft_07(self, schema: Any, used: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        """A schema of OpenAPI 3.0 as one of JSON Schema; what it refers to is put into `used`.

        One of several is taken as any of them: values that two of them take are common here.
        """
        if isinstance(schema, list):
            return [self._draft_07(one, used) for one in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(_REFERENCE)
            if name not in used:
                used[name] = True
                used[name] = self._draft_07(self._known.get(name, {}), used)
            made: dict[str, Any] = {"$ref": f"#/definitions/{name}"}
            return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") else made
        skipped = ("nullable", "oneOf", "example", "properties", "format", "enum", "deprecated")
        made = {
            key: self._draft_07(value, used) for key, value in schema.items() if key not in skipped
        }
        if "properties" in schema:
            made["properties"] = {
                key: self._draft_07(one, used) for key, one in schema["properties"].items()
            }
        if schema.get("oneOf"):
            made["anyOf"] = self._draft_07(schema["oneOf"], used)
        if "enum" in schema:
            made["enum"] = [*schema["enum"], *([None] if schema.get("nullable") else [])]
        if not schema.get("nullable"):
            return made
        if "type" in made:
            made["type"] = [made["type"], "null"]
            return made
        return {"anyOf": [made, {"type": "null"}]} if made else made
