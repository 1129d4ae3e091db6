"""JSON and dates as Langfuse's JavaScript and its database treat them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn

import orjson

Json = Any
"""Any JSON value, in Python's types."""

EXACT_INTEGERS = 2**53
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_DECIMAL = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_WHITESPACE = " \t\n\r\v\f\u00a0\ufeff\u2028\u2029"


def parse(text: bytes | str) -> Json:
    """Parses a text like ``JSON.parse``, with numbers as the database returns them.

    Raises:
        ValueError: The text is not JSON; ``NaN`` and ``Infinity`` are not.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        # orjson refuses lone surrogates and very deep nesting, which JavaScript accepts.
        decoded = text.decode("utf-8", "surrogatepass") if isinstance(text, bytes) else text
        try:
            value = json.loads(decoded, parse_constant=_refuse_constant)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
    return _with_numbers(value)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _with_numbers(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _with_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return number(value)


def number(value: float) -> float | int | None:
    """Returns a number after a round trip: ``1.0`` is 1, past 2^53 sixteen digits are kept.

    Recorded: prompt-bodies 13 and item-json-fidelity 2, where 12345678901234567890 was returned as
    12345678901234570000.
    """
    if isinstance(value, int) and abs(value) <= EXACT_INTEGERS:
        return value
    try:
        double = float(value)
    except OverflowError:
        return None
    if not math.isfinite(double):
        return None  # JSON.stringify writes null for infinity
    if not double.is_integer():
        return double
    if abs(double) <= EXACT_INTEGERS:
        return int(double)
    rounded = int(Decimal(f"{double:.15e}"))
    return rounded if -(2**63) <= rounded < 2**64 else double


def dumps(value: object) -> bytes:
    """Returns compact JSON in UTF-8, formatted like ``JSON.stringify``."""
    try:
        return orjson.dumps(value)
    except TypeError:  # nested past orjson's limit
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def to_number(text: str) -> float:
    """Returns ``Number(text)``: NaN for a text that is no number, 0 for an empty one."""
    stripped = text.strip(_WHITESPACE)
    if not stripped:
        return 0.0
    if _DECIMAL.match(stripped):
        return float(stripped)
    if re.match(r"[+-]?Infinity\Z", stripped):
        return -math.inf if stripped.startswith("-") else math.inf
    bases = {"0x": 16, "0o": 8, "0b": 2}
    base = bases.get(stripped[:2].lower())
    try:
        return float(int(stripped[2:], base)) if base else math.nan
    except ValueError:
        return math.nan


def is_storable(value: object) -> bool:
    """Whether no text in a value has a NUL or a lone surrogate, which PostgreSQL refuses."""
    if isinstance(value, str):
        return _UNSTORABLE.search(value) is None
    if isinstance(value, dict):
        return all(is_storable(key) and is_storable(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(is_storable, value))
    return True


def without_control_characters(value: Json) -> Json:
    """Returns a value without control characters in its texts; keys are unchanged.

    Tab, newline, form feed and carriage return are kept. Observed on Langfuse 4.16.0, recorded:
    item-json-fidelity 3.
    """
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, dict):
        return {key: without_control_characters(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_control_characters(item) for item in value]
    return value


def in_jsonb_order(value: Json) -> Json:
    """Returns a value with object keys in the order of PostgreSQL's jsonb: by length, then bytes.

    Recorded: item-json-fidelity 2.
    """
    if isinstance(value, Mapping):
        sort_keys = sorted((len(encoded := key.encode()), encoded, key) for key in value)
        return {key: in_jsonb_order(value[key]) for _, _, key in sort_keys}
    if isinstance(value, list):
        return [in_jsonb_order(item) for item in value]
    return value


def type_name(value: object) -> str:
    """Returns the name of a value's type in the server's validator."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "NaN" if isinstance(value, float) and math.isnan(value) else "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names.get(type(value), "undefined")


def iso(time: datetime) -> str:
    """Returns a time like ``Date.toISOString``: UTC, milliseconds, ``Z``."""
    utc = time.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_date(text: str) -> str | None:
    """Returns ``new Date(text).toISOString()`` for an ISO date; None for anything else."""
    try:
        time = datetime.fromisoformat(text.strip())
        return iso(time if time.tzinfo else time.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
