"""Filters and cursors of the lists of observations, traces and scores."""

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
"""A time, as stored in the database; None if omitted."""

TEXT: Final = optional(string())
"""A text; None if omitted."""

TEXTS: Final = optional(_texts)
"""The texts of a parameter that can be repeated; None if omitted."""

FLAG: Final = optional(_true_or_false)
"""Whether a parameter is ``true``; None if omitted."""


def limit(default: int, maximum: int) -> Check:
    """Returns the check of ``limit``. Recorded: observations-and-scores 3 and 10."""
    number = coerced_number(at_least(1), at_most(maximum))
    return lambda value, path: (default, []) if value in (UNDEFINED, "") else number(value, path)


def comma_separated(value: Json, path: Path) -> Outcome:
    """Splits a text at its commas; None if it is omitted or empty."""
    text, issues = TEXT(value, path)
    if issues or not text:
        return None, issues
    return [part.strip() for part in text.split(",")], []


@dataclass(slots=True)
class Conditions:
    """The conditions of a ``WHERE`` clause, and their bound values."""

    parts: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

    def add(self, condition: str, *values: object) -> None:
        """Adds a condition, with a ``?`` for each value."""
        self.parts.append(condition)
        self.values.extend(values)

    def equal(self, query: Mapping[str, Any], columns: Mapping[str, str]) -> None:
        """Adds conditions for columns to equal parameters, or one of their values, if present."""
        for parameter, column in columns.items():
            value = query[parameter]
            if isinstance(value, list):
                self.add(f"{column} IN ({', '.join('?' * len(value))})", *value)
            elif value is not None:
                self.add(f"{column} = ?", value)

    def between(self, query: Mapping[str, Any], column: str, start: str, end: str) -> None:
        """Adds conditions for a time from one parameter, inclusive, to another, if present."""
        if query[start] is not None:
            self.add(f"{column} >= ?", query[start])
        if query[end] is not None:
            self.add(f"{column} < ?", query[end])

    def __str__(self) -> str:
        return " AND ".join(self.parts)


def write_cursor(fields: Mapping[str, object], *, url_safe: bool = False) -> str:
    """Returns a cursor, opaque to clients: the position of the end of a page, in base64."""
    document = orjson.dumps(fields)
    return (
        base64.urlsafe_b64encode(document).decode().rstrip("=")
        if url_safe
        else base64.b64encode(document).decode()
    )


def read_cursor(text: str, fields: Sequence[str]) -> list[str]:
    """Returns the position in a cursor.

    Raises:
        RefusalError: 400, recorded: observations-and-scores 6.
    """
    try:
        document = orjson.loads(base64.urlsafe_b64decode(text.translate(_TO_URL) + "=="))
        values = [document[name] for name in fields]
    except (binascii.Error, ValueError, LookupError, TypeError):
        values = []
    if not values or not all(isinstance(value, str) for value in values):
        raise bad_request("Invalid cursor format")
    return values


_TO_URL: Final = str.maketrans("+/", "-_", "=")
