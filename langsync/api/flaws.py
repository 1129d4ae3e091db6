"""What is wrong with a value, by a schema of an API reference; the value itself is never told."""

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
"""So many are told even where one of them is near."""

Path = tuple[str, ...]


def hint(value: object, known: Collection[str], also: Collection[str] = ()) -> str:
    """What there is instead of a value, and which of it, or of others, is near."""
    every = [*known, *also]
    close = difflib.get_close_matches(value, every, 1) if isinstance(value, str) else []
    there = f"there are {', '.join(known)}" if known else "there are none"
    if not close:
        return there
    return f"did you mean {close[0]}?" + (f" ({there})" if 0 < len(known) <= _FEW else "")


@dataclass(frozen=True, slots=True)
class Check:
    """Checks values against the schemas of a reference.

    Args:
        schemas: The schemas.
        root: What the whole value is called, such as ``the body``.
        strict: Whether fields that a schema lacks, and times in another form, are wrong: they
            are in what is sent, for the server ignores the ones and refuses the others.
    """

    schemas: Schemas
    root: str
    strict: bool = True

    def flaws(
        self,
        schema: Schema,
        value: Any,  # noqa: ANN401 - any JSON
        place: Path = (),
        beside: frozenset[str] = frozenset(),
        tried: frozenset[int] = frozenset(),
    ) -> Iterator[str]:
        """What is wrong, each with its place, what is allowed there, and what is near.

        Args:
            schema: What the value should be.
            value: The value.
            place: Where it stands in the whole.
            beside: Fields that schemas around this one have for the same value.
            tried: The unions, by ``id``, that this schema is one of for the same value.
        """
        parts = list(self.schemas.parts(schema))
        if value is None and any(part.get("nullable") for part in parts):
            return
        fields, unions = self.schemas.properties(schema), list(_unions(parts))
        kinds = ["object"] if fields else [part.get("type", "") for part in parts]
        if flaw := next(filter(None, (_mistyped(kind, value) for kind in kinds)), ""):
            yield f"{self._at(place)} {flaw}"
            return
        for part in parts:
            yield from self._limits(part, value, place)
        for union in unions:
            if id(union) not in tried:  # a form may take over the schema that it is a form of
                known, within = beside | fields.keys(), tried | {id(union)}
                yield from self._any_of(union, value, place, known, within)
        if isinstance(value, list):
            for part in parts:
                for number, one in enumerate(value):
                    yield from self.flaws(part.get("items") or {}, one, (*place, str(number)))
        elif isinstance(value, dict):
            open_ = bool(unions) or not fields or not self.strict
            yield from self._fields(parts[-1], value, place, None if open_ else beside)

    def _fields(
        self, full: Schema, value: dict[str, Any], place: Path, beside: frozenset[str] | None
    ) -> Iterator[str]:
        """What is wrong with an object; `beside` is None where it may have any other field."""
        fields, others = self.schemas.properties(full), full.get("additionalProperties")
        for name in self.schemas.required(full):
            if name not in value:
                kind = self.schemas.type(fields.get(name, {}))
                yield f"{self._at((*place, name))} is missing: {kind}"
        for name, one in value.items():
            if name in fields:
                yield from self.flaws(fields[name], one, (*place, name))
            elif others:
                yield from self.flaws(
                    others if isinstance(others, dict) else {}, one, (*place, name)
                )
            elif beside is not None and name not in beside:
                known = [*fields, *sorted(beside - fields.keys())]
                yield f"{self._at(place)} has no field {name!r}: {hint(name, known)}"

    def _any_of(
        self,
        union: Sequence[Schema],
        value: object,
        place: Path,
        beside: frozenset[str],
        tried: frozenset[int],
    ) -> Iterator[str]:
        """What is wrong with a value that fits none of several: by the one that it is meant for.

        One that fits two of them is common here, so any of them will do.
        """
        tries = [(one, list(self.flaws(one, value, place, beside, tried))) for one in union]
        if not all(flaws for _, flaws in tries):
            return
        if not isinstance(value, dict):
            kinds = " | ".join(dict.fromkeys(self.schemas.type(one) for one in union))
            yield f"{self._at(place)} is none of {kinds}"
            return
        for name, marks in self._marks(union).items():
            known = list(dict.fromkeys(marks))
            if name in value and value[name] not in known:
                yield f"{self._at((*place, name))} is not allowed: {hint(value[name], known)}"
                return
            if name in value:
                pairs = zip(tries, marks, strict=True)
                tries = [one for one, mark in pairs if mark == value[name]] or tries
            elif all(name in self.schemas.required(one) for one in union):
                yield f"{self._at((*place, name))} is missing: {hint(None, known)}"
                return
        yield from min((flaws for _, flaws in tries), key=len)

    def _marks(self, union: Sequence[Schema]) -> dict[str, list[str]]:
        """The fields that tell schemas apart, with the one text that each takes there."""
        each = [self.schemas.properties(one) for one in union]
        shared = [name for name in each[0] if all(name in fields for fields in each)]
        found = {name: [self._mark(fields[name]) for fields in each] for name in shared}
        return {name: marks for name, marks in found.items() if all(marks)}

    def _mark(self, schema: Schema) -> str:
        full = self.schemas.resolved(schema)
        values = full.get("enum") or [full.get("const")]
        return values[0] if len(values) == 1 and isinstance(values[0], str) else ""

    def _limits(self, full: Schema, value: Any, place: Path) -> Iterator[str]:  # noqa: ANN401
        """What is wrong with a value of the right type."""
        known = full.get("enum") or ([full["const"]] if "const" in full else [])
        if known and value not in known:
            yield f"{self._at(place)} is not allowed: {hint(value, list(map(str, known)))}"
        timed = self.strict and full.get("format") == "date-time" and isinstance(value, str)
        if timed and not _is_time(value):
            yield f"{self._at(place)} is no time such as 2026-01-31T12:00:00Z"
        for name, (limited, words) in _LIMITS.items():
            counts = isinstance(value, limited) and not isinstance(value, bool)
            if name in full and counts:
                size = value if name.endswith("imum") else len(value)
                if (size < full[name]) if name.startswith("min") else (size > full[name]):
                    yield f"{self._at(place)} {words} {full[name]}"

    def _at(self, place: Path) -> str:
        return ".".join(place) if place else self.root


def _unions(parts: Iterable[Schema]) -> Iterator[Sequence[Schema]]:
    """The lists of schemas of which a value has to fit one."""
    for part in parts:
        for name in ("oneOf", "anyOf"):
            if part.get(name):
                yield part[name]


def _mistyped(kind: str, value: object) -> str:
    """How a value is of another type; empty where it is not."""
    wanted, flaw = _TYPES.get(kind, (object, ""))
    right = isinstance(value, wanted) and isinstance(value, bool) <= (kind in ("boolean", ""))
    if kind == "integer" and isinstance(value, float):
        right = math.isfinite(value) and value.is_integer()
    return "" if right else flaw


def _is_time(value: str) -> bool:
    try:
        return bool(_TIME.fullmatch(value)) and bool(datetime.fromisoformat(value.upper()))
    except ValueError:
        return False
