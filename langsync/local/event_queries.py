"""What the lists of observations, traces and scores have in common: filters and cursors."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from langsync.local.javascript import Json, parse_date
from langsync.local.refusals import bad_request
from langsync.local.validation import (
    UNDEFINED,
    Check,
    Outcome,
    Path,
    array,
    at_least,
    at_most,
    coerced_number,
    optional,
    pattern,
    string,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_YEAR_DAYS: Final = r"""(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|\
[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-\
(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))""".replace("\\\n", "")
_CLOCK: Final = r"(?:(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?"
_ZONE: Final = r"(?:Z|([+-](?:[01]\d|2[0-3]):[0-5]\d)))"
# Recorded: observations-and-scores 7.
_IS_MOMENT: Final = string(
    pattern(f"/^{_YEAR_DAYS}T{_CLOCK}{_ZONE}$/", "Invalid ISO datetime", "datetime")
)


def _moment(value: Json, path: Path) -> Outcome:
    _, issues = _IS_MOMENT(value, path)
    return (value if issues else parse_date(value)), issues


def _texts(value: Json, path: Path) -> Outcome:
    values = value if isinstance(value, list) else [value]
    return array(string())(values, path)


def _true_or_false(value: Json, _path: Path) -> Outcome:
    return value == "true", []


MOMENT: Final = optional(_moment)
"""A time, as the database writes it; None where it is left out."""

TEXT: Final = optional(string())
"""A text; None where it is left out."""

TEXTS: Final = optional(_texts)
"""Texts of a parameter that may be given several times; None where it is left out."""

FLAG: Final = optional(_true_or_false)
"""Whether a parameter is ``true``; None where it is left out."""


def limit(default: int, most: int) -> Check:
    """The check of ``limit``. Recorded: observations-and-scores 3 and 10."""
    number = coerced_number(at_least(1), at_most(most))
    return lambda value, path: (default, []) if value in (UNDEFINED, "") else number(value, path)


def comma_separated(value: Json, path: Path) -> Outcome:
    """The parts of a text; None where it is left out or empty."""
    found, issues = TEXT(value, path)
    if issues or not found:
        return None, issues
    return [part.strip() for part in found.split(",")], []


@dataclass(slots=True)
class Conditions:
    """A ``WHERE`` that grows; values are bound."""

    parts: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def add(self, condition: str, *values: object) -> None:
        """One more condition, with a ``?`` for each value."""
        self.parts.append(condition)
        self.values.extend(values)

    def equal(self, query: Mapping[str, Any], columns: Mapping[str, str]) -> None:
        """Columns that have the values of parameters, or one of several, where those are given."""
        for parameter, column in columns.items():
            value = query[parameter]
            if isinstance(value, list):
                self.add(f"{column} IN ({', '.join('?' * len(value))})", *value)
            elif value is not None:
                self.add(f"{column} = ?", value)

    def between(self, query: Mapping[str, Any], column: str, start: str, end: str) -> None:
        """A time on or after one parameter and before another, where those are given."""
        if query[start] is not None:
            self.add(f"{column} >= ?", query[start])
        if query[end] is not None:
            self.add(f"{column} < ?", query[end])

    def __str__(self) -> str:
        return " AND ".join(self.parts)


def write_cursor(fields: Mapping[str, object], *, url_safe: bool = False) -> str:
    """A cursor, opaque to clients: where the page ended, in base64."""
    packed = orjson.dumps(fields)
    return (
        base64.urlsafe_b64encode(packed).decode().rstrip("=")
        if url_safe
        else base64.b64encode(packed).decode()
    )


def read_cursor(text: str, fields: Sequence[str]) -> list[str]:
    """Where the page before ended.

    Raises:
        RefusalError: 400, recorded: observations-and-scores 6.
    """
    try:
        found = orjson.loads(base64.urlsafe_b64decode(text.translate(_TO_URL) + "=="))
        values = [found[name] for name in fields]
    except (binascii.Error, ValueError, LookupError, TypeError):
        values = []
    if not values or not all(isinstance(value, str) for value in values):
        raise bad_request("Invalid cursor format")
    return values


_TO_URL: Final = str.maketrans("+/", "-_", "=")
