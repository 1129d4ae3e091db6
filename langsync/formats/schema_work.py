"""The most steps that a JSON Schema can take: a few lines can ask for billions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from langsync.formats.limits import SCHEMA_WORK
from langsync.model import Json

_SAME_VALUE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")
_COMPARED = 100
"""Values of an ``enum`` that a value is compared with in one step."""
_SHORT = 10
"""Steps of an ``enum`` that stay few even for a long list of items."""
_NAMED = ("properties", "patternProperties", "dependencies")
_INNER = ("items", "additionalItems", "additionalProperties", "contains", "propertyNames")


def work_violation(schema: Mapping[str, Json]) -> str:
    """Why checking values would take too long; empty if it does not.

    Each place that refers to a definition counts the definition again, since a validator visits it
    again. A recursive definition is counted once for each path to it; `value_violation` counts
    those by the value.
    """
    return SCHEMA_WORK.exceeded() if _Static(schema).count() > SCHEMA_WORK.most else ""


def value_violation(schema: Mapping[str, Json], value: Json) -> str:
    """Why checking one value would take too long; empty if it does not.

    Args:
        schema: A schema that passes `work_violation`.
        value: The value.
    """
    static = _Static(schema)
    static.count()
    if not (static.recursive or static.has_long_enum):
        return ""
    return SCHEMA_WORK.exceeded() if _Dynamic(schema).count(value) > SCHEMA_WORK.most else ""


def _enum_steps(schema: Mapping[str, Any]) -> int:
    """Steps for the values of an ``enum``, which a value is compared with one by one."""
    values = schema.get("enum")
    return len(values) // _COMPARED if isinstance(values, list) else 0


def _same_value(schema: Mapping[str, Any]) -> Iterator[Json]:
    for keyword in _SAME_VALUE:
        inner = schema.get(keyword, [])
        yield from inner if isinstance(inner, list) else [inner]


def _target(root: Mapping[str, Any], reference: str) -> Json:
    """The target of a reference inside the schema; True, which takes no work, if there is none."""
    if reference == "#":
        return dict(root)
    target: Any = root
    for step in reference[2:].split("/") if reference.startswith("#/") else [None]:
        key = step.replace("~1", "/").replace("~0", "~") if step is not None else None
        if not isinstance(target, dict) or key not in target:
            return True
        target = target[key]
    return target


class _Static:
    """Counts the steps for a value that has everything that a schema looks for, once each."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._known: dict[str, int] = {}
        self._open: set[str] = set()
        self.recursive = False
        self.has_long_enum = False

    def count(self) -> int:
        return self._of(self._root)

    def _of(self, schema: Json) -> int:
        if not isinstance(schema, Mapping):
            return 1
        inner: list[Json] = [*_same_value(schema)]
        self.has_long_enum |= _enum_steps(schema) > _SHORT
        for keyword in _NAMED:
            named = schema.get(keyword)
            inner += named.values() if isinstance(named, dict) else []
        for keyword in _INNER:
            schemas = schema.get(keyword, [])
            inner += schemas if isinstance(schemas, list) else [schemas]
        reference = schema.get("$ref")
        return 1 + sum(map(self._of, inner)) + (self._referred(reference) if reference else 0)

    def _referred(self, reference: Json) -> int:
        if not isinstance(reference, str):
            return 0
        if reference == "#" or reference in self._open:
            self.recursive = True
            return 1
        if reference not in self._known:
            self._open.add(reference)
            self._known[reference] = self._of(_target(self._root, reference))
            self._open.discard(reference)
        return self._known[reference]


class _Dynamic:
    """Counts the steps for one value; each pair of schema and value counts once."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._known: dict[tuple[int, int], int] = {}
        self._targets: dict[str, Json] = {"#": root}

    def count(self, value: Json) -> int:
        return self._of(self._root, value)

    def _of(self, schema: Json, value: Json) -> int:
        if not isinstance(schema, Mapping):
            return 1
        key = (id(schema), id(value))
        if key not in self._known:
            self._known[key] = 1  # a schema that refers to itself for the same value
            pairs = [*((inner, value) for inner in _same_value(schema)), *_inner(schema, value)]
            reference = schema.get("$ref")
            if isinstance(reference, str):
                target = self._targets.setdefault(reference, _target(self._root, reference))
                pairs.append((target, value))
            self._known[key] = 1 + _enum_steps(schema) + sum(self._of(*pair) for pair in pairs)
        return self._known[key]


def _inner(schema: Mapping[str, Any], value: Json) -> Iterator[tuple[Json, Json]]:
    """The schemas of the values inside a value, each with that value."""
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        others = [*schema.get("patternProperties", {}).values()]
        others.append(schema.get("additionalProperties", True))
        for name, item in value.items():
            yield from ((other, item) for other in others)
            if name in properties:
                yield properties[name], item
        yield from ((dependency, value) for dependency in schema.get("dependencies", {}).values())
    elif isinstance(value, list):
        items = schema.get("items", [])
        schemas = [items] if not isinstance(items, list) else items
        schemas = [*schemas, schema.get("additionalItems", True), schema.get("contains", True)]
        yield from ((inner, item) for item in value for inner in schemas)
