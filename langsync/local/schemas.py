"""Checks items against a dataset's JSON Schemas, with the messages of Ajv."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import orjson

from langsync.formats.json_schema import PATTERNS
from langsync.local.validation import Undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langsync.local.javascript import Json

# The order in which Ajv checks keywords; it stops at the first that fails.
_ORDER = (
    *("type", "maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"),
    *("maxLength", "minLength", "pattern", "const", "enum", "not", "anyOf", "oneOf", "allOf"),
    *("if", "then", "else", "maxItems", "minItems", "uniqueItems", "items", "additionalItems"),
    *("contains", "maxProperties", "minProperties", "required", "propertyNames"),
    *("additionalProperties", "dependencies", "properties", "patternProperties"),
)
_RANK = {keyword: rank for rank, keyword in enumerate(_ORDER)}
_SIZES = {
    "minLength": "fewer than {} characters",
    "maxLength": "more than {} characters",
    "minItems": "fewer than {} items",
    "maxItems": "more than {} items",
    "minProperties": "fewer than {} properties",
    "maxProperties": "more than {} properties",
}
_BOUNDS = {
    "minimum": ">=",
    "maximum": "<=",
    "exclusiveMinimum": ">",
    "exclusiveMaximum": "<",
}
_FIXED = {
    "enum": "must be equal to one of the allowed values",
    "const": "must be equal to constant",
    "additionalProperties": "must NOT have additional properties",
    "contains": "must contain at least 1 valid item(s)",
    "not": "must NOT be valid",
    "anyOf": "must match a schema in anyOf",
    "oneOf": "must match exactly one schema in oneOf",
    "propertyNames": "property name must be valid",
    "false schema": "boolean schema is false",
}

_BY_KEYWORD: dict[str, Callable[[Json], str]] = {
    "required": lambda kind: f"must have required property '{kind.property}'",
    "pattern": lambda kind: f'must match pattern "{getattr(kind, "pattern", "")}"',  # none: gave up
    "multipleOf": lambda kind: f"must be multiple of {_format_number(kind.multiple_of)}",
    "additionalItems": lambda kind: f"must NOT have more than {kind.limit} items",
}


@dataclass(frozen=True, slots=True)
class SchemaError:
    """An error of Ajv: why a value does not match a schema."""

    path: str
    message: str
    keyword: str

    def as_json(self) -> dict[str, str]:
        """Returns the error as in a response, recorded: dataset-schemas 6."""
        return {"path": self.path, "message": self.message, "keyword": self.keyword}


def schema_errors(schema: str, value: Json) -> list[SchemaError]:
    """Returns the errors of a value; empty if it matches.

    Ajv stops at the first error; the errors of the branches of a composition precede its own.

    Args:
        schema: The schema, as JSON.
        value: The value to check; `UNDEFINED` for none, which has no type.
    """
    tree, validator = _compiled(schema)
    if isinstance(value, Undefined):
        return _of_no_type(tree)
    return _first(list(validator.iter_errors(value)), tree)


def _of_no_type(schema: Json) -> list[SchemaError]:
    types = schema.get("type", []) if isinstance(schema, dict) else []
    type_names = [types] if isinstance(types, str) else types
    return [SchemaError("/", f"must be {','.join(type_names)}", "type")] if type_names else []


@lru_cache(maxsize=128)
def _compiled(schema: str) -> tuple[Json, jsonschema_rs.Draft7Validator]:
    tree = orjson.loads(schema)
    return tree, jsonschema_rs.Draft7Validator(
        tree, validate_formats=False, pattern_options=PATTERNS
    )


def _first(errors: Sequence[jsonschema_rs.ValidationError], schema: Json) -> list[SchemaError]:
    if not errors:
        return []
    error = min(errors, key=_rank)
    kind: Any = error.kind
    keyword = _keyword(error)
    path = "".join(f"/{_escaped(part)}" for part in error.instance_path) or "/"
    schema_error = SchemaError(path, _message(keyword, error, schema), keyword)
    return [*_nested_errors(kind, schema), schema_error, *_conditions(error)]


def _nested_errors(kind: Json, schema: Json) -> list[SchemaError]:
    """Returns the errors of the branches of a composition, or of a property's name."""
    if kind.name == "propertyNames":
        return _first([kind.error], schema)
    return [error for branch in getattr(kind, "context", ()) for error in _first(branch, schema)]


def _rank(error: jsonschema_rs.ValidationError) -> list[int]:
    return [
        _RANK.get(step, len(_RANK)) if isinstance(step, str) else step for step in error.schema_path
    ]


def _keyword(error: jsonschema_rs.ValidationError) -> str:
    name, step = str(error.kind.name), error.schema_path[-1] if error.schema_path else ""
    if name == "falseSchema":
        return "additionalProperties" if step == "additionalProperties" else "false schema"
    return name


def _escaped(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _message(keyword: str, error: jsonschema_rs.ValidationError, schema: Json) -> str:
    kind: Json = error.kind
    if keyword == "type":
        return f"must be {_types(error, schema)}"
    if keyword in _SIZES:
        return f"must NOT have {_SIZES[keyword].format(kind.limit)}"
    if keyword in _BOUNDS:
        return f"must be {_BOUNDS[keyword]} {_format_number(kind.limit)}"
    if keyword == "uniqueItems":
        first, second = _identical(error.instance)
        return f"must NOT have duplicate items (items ## {first} and {second} are identical)"
    if keyword in _BY_KEYWORD:
        return _BY_KEYWORD[keyword](kind)
    return _FIXED.get(keyword, f'must pass "{keyword}" keyword validation')


def _types(error: jsonschema_rs.ValidationError, schema: Json) -> str:
    """Returns the types in the order of the schema, which the validator does not keep."""
    subschema = schema
    for step in error.schema_path:
        is_present = (
            step in subschema if isinstance(subschema, dict) else isinstance(subschema, list)
        )
        subschema = subschema[step] if is_present else None
    return (
        ",".join(subschema)
        if isinstance(subschema, list)
        else ",".join(error.kind.as_dict()["types"])
    )


def _format_number(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)


def _identical(items: Json) -> tuple[int, int]:
    """Returns the identical pair that Ajv reports: it searches from the end."""
    last_index = len(items) - 1
    pairs = (
        (first, second)
        for second in range(last_index, 0, -1)
        for first in range(second - 1, -1, -1)
    )
    return next(
        ((first, second) for first, second in pairs if items[second] == items[first]),
        (0, last_index),
    )


def _conditions(error: jsonschema_rs.ValidationError) -> list[SchemaError]:
    """Returns the error that Ajv adds after one inside of ``then`` or ``else``."""
    steps = list(zip(["", *error.schema_path], error.schema_path, strict=False))
    for branch in ("then", "else"):
        if any(step == branch and before != "properties" for before, step in steps):
            return [SchemaError("/", f'must match "{branch}" schema', "if")]
    return []
