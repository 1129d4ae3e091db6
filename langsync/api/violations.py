"""Checks values against the schemas of an API reference; messages never repeat the value."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from langsync.api.schemas import Schema, Schemas

_TYPES: Final[dict[str, tuple[type | tuple[type, ...], str]]] = {
    "array": (list, "is no list"),
    "boolean": (bool, "is neither true nor false"),
    "integer": ((int, float), "is no integer"),
    "number": ((int, float), "is no number"),
    "object": (dict, "is no object"),
    "string": (str, "is no text"),
}
_LIMITS: Final[dict[str, tuple[type | tuple[type, ...], str]]] = {
    "minimum": ((int, float), "is less than"),
    "maximum": ((int, float), "is more than"),
    "minLength": (str, "is shorter than"),
    "maxLength": (str, "is longer than"),
    "minItems": (list, "has fewer items than"),
    "maxItems": (list, "has more items than"),
}
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[-+]\d\d:\d\d)")
_FEW: Final = 6
"""Up to so many allowed values are listed even if one of them is close."""

ValuePath = tuple[str, ...]


def suggest(value: object, allowed: Collection[str], others: Collection[str] = ()) -> str:
    """Returns the allowed values as a phrase, and the closest match to a wrong one.

    Args:
        value: The wrong value.
        allowed: The allowed values, which are listed.
        others: Further values that may be the closest match and are not listed.
    """
    choices = [*allowed, *others]
    matches = difflib.get_close_matches(value, choices, 1) if isinstance(value, str) else []
    listing = f"there are {', '.join(allowed)}" if allowed else "there are none"
    if not matches:
        return listing
    is_short = 0 < len(allowed) <= _FEW
    return f"did you mean {matches[0]}?" + (f" ({listing})" if is_short else "")


@dataclass(frozen=True, slots=True)
class SchemaChecker:
    """Checks values against the schemas of a reference.

    Args:
        schemas: The schemas.
        root: The name of the whole value in messages, such as ``the body``.
        strict: Whether unknown fields, and times in another format, are violations: in a request
            they are, because the server ignores the former and rejects the latter.
    """

    schemas: Schemas
    root: str
    strict: bool = True

    def violations(
        self,
        schema: Schema,
        value: Any,  # noqa: ANN401 - any JSON
        path: ValuePath = (),
        siblings: frozenset[str] = frozenset(),
        tried: frozenset[int] = frozenset(),
    ) -> Iterator[str]:
        """Yields a message for each violation: where it is, what is allowed, the closest match.

        Args:
            schema: The schema that the value should match.
            value: The value.
            path: The path to the value within the whole.
            siblings: Fields that enclosing schemas allow for the same value.
            tried: The ``id`` of each union whose options are being tried for the same value.
        """
        parts = list(self.schemas.parts(schema))
        if value is None and any(part.get("nullable") for part in parts):
            return
        fields, unions = self.schemas.properties(schema), list(_unions(parts))
        types = ["object"] if fields else [part.get("type", "") for part in parts]
        if mistake := next(filter(None, (_mistyped(kind, value) for kind in types)), ""):
            yield f"{self._at(path)} {mistake}"
            return
        for part in parts:
            yield from self._limits(part, value, path)
        for union in unions:
            if id(union) not in tried:  # an option may extend its own union
                known_fields, trying = siblings | fields.keys(), tried | {id(union)}
                yield from self._any_of(union, value, path, known_fields, trying)
        if isinstance(value, list):
            for part in parts:
                for index, item in enumerate(value):
                    yield from self.violations(part.get("items") or {}, item, (*path, str(index)))
        elif isinstance(value, dict):
            open_ = bool(unions) or not fields or not self.strict
            yield from self._fields(parts[-1], value, path, None if open_ else siblings)

    def _fields(
        self, full: Schema, value: dict[str, Any], path: ValuePath, siblings: frozenset[str] | None
    ) -> Iterator[str]:
        """Yields the violations of an object; `siblings` is None if any other field is allowed."""
        fields, additional = self.schemas.properties(full), full.get("additionalProperties")
        for name in self.schemas.required(full):
            if name not in value:
                type_ = self.schemas.type(fields.get(name, {}))
                yield f"{self._at((*path, name))} is missing: {type_}"
        for name, item in value.items():
            if name in fields:
                yield from self.violations(fields[name], item, (*path, name))
            elif additional:
                yield from self.violations(
                    additional if isinstance(additional, dict) else {}, item, (*path, name)
                )
            elif siblings is not None and name not in siblings:
                allowed = [*fields, *sorted(siblings - fields.keys())]
                yield f"{self._at(path)} has no field {name!r}: {suggest(name, allowed)}"

    def _any_of(
        self,
        union: Sequence[Schema],
        value: object,
        path: ValuePath,
        siblings: frozenset[str],
        tried: frozenset[int],
    ) -> Iterator[str]:
        """Yields the violations of the option that a value that matches none is meant for.

        Matching several options is common here, so any match will do, with ``oneOf`` too.
        """
        attempts = [
            (option, list(self.violations(option, value, path, siblings, tried)))
            for option in union
        ]
        if not all(violations for _, violations in attempts):
            return
        if not isinstance(value, dict):
            types = " | ".join(dict.fromkeys(self.schemas.type(option) for option in union))
            yield f"{self._at(path)} is none of {types}"
            return
        for name, values in self._discriminators(union).items():
            allowed = list(dict.fromkeys(values))
            if name in value and value[name] not in allowed:
                yield f"{self._at((*path, name))} is not allowed: {suggest(value[name], allowed)}"
                return
            if name in value:
                pairs = zip(attempts, values, strict=True)
                attempts = [attempt for attempt, text in pairs if text == value[name]] or attempts
            elif all(name in self.schemas.required(option) for option in union):
                yield f"{self._at((*path, name))} is missing: {suggest(None, allowed)}"
                return
        yield from min((violations for _, violations in attempts), key=len)

    def _discriminators(self, union: Sequence[Schema]) -> dict[str, list[str]]:
        """Returns the fields that tell the options apart, with the only text each option allows."""
        properties = [self.schemas.properties(option) for option in union]
        shared = [name for name in properties[0] if all(name in fields for fields in properties)]
        values = {name: [self._only_text(fields[name]) for fields in properties] for name in shared}
        return {name: texts for name, texts in values.items() if all(texts)}

    def _only_text(self, schema: Schema) -> str:
        full = self.schemas.resolve(schema)
        values = full.get("enum") or [full.get("const")]
        return values[0] if len(values) == 1 and isinstance(values[0], str) else ""

    def _limits(self, full: Schema, value: Any, path: ValuePath) -> Iterator[str]:  # noqa: ANN401
        """Yields the violations of a value of the right type."""
        allowed = full.get("enum") or ([full["const"]] if "const" in full else [])
        if allowed and value not in allowed:
            yield f"{self._at(path)} is not allowed: {suggest(value, list(map(str, allowed)))}"
        is_date_time = self.strict and full.get("format") == "date-time" and isinstance(value, str)
        if is_date_time and not _is_time(value):
            yield f"{self._at(path)} is no time such as 2026-01-31T12:00:00Z"
        for name, (types, phrase) in _LIMITS.items():
            applies = isinstance(value, types) and not isinstance(value, bool)
            if name in full and applies:
                size = value if name.endswith("imum") else len(value)
                if (size < full[name]) if name.startswith("min") else (size > full[name]):
                    yield f"{self._at(path)} {phrase} {full[name]}"

    def _at(self, path: ValuePath) -> str:
        return ".".join(path) if path else self.root


def _unions(parts: Iterable[Schema]) -> Iterator[Sequence[Schema]]:
    """Yields the lists of schemas of which a value has to match one."""
    for part in parts:
        for name in ("oneOf", "anyOf"):
            if part.get(name):
                yield part[name]


def _mistyped(type_: str, value: object) -> str:
    """Returns how a value is of another type; empty if it has the right one."""
    expected, phrase = _TYPES.get(type_, (object, ""))
    matches = isinstance(value, expected) and isinstance(value, bool) <= (type_ in ("boolean", ""))
    if type_ == "integer" and isinstance(value, float):
        matches = math.isfinite(value) and value.is_integer()
    return "" if matches else phrase


def _is_time(value: str) -> bool:
    try:
        return bool(_TIME.fullmatch(value)) and bool(datetime.fromisoformat(value.upper()))
    except ValueError:
        return False
