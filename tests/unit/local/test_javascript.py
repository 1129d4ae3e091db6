"""JSON and dates the way JavaScript and PostgreSQL treat them."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.local.javascript import (
    dumps,
    in_jsonb_order,
    is_storable,
    number,
    parse,
    parse_date,
    to_number,
    type_name,
    without_control_characters,
)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON_VALUES)
def test_what_is_written_is_read_the_same(value: Any) -> None:  # noqa: ANN401
    """For every value that a double and UTF-8 can hold."""
    assert parse(dumps(value)) == value


@given(JSON_VALUES)
def test_ordering_keys_and_cleaning_texts_happen_once(value: Any) -> None:  # noqa: ANN401
    """Doing either again changes nothing, and the order alone is changed by the first."""
    ordered = in_jsonb_order(value)
    assert ordered == value
    assert dumps(in_jsonb_order(ordered)) == dumps(ordered)
    cleaned = without_control_characters(value)
    assert without_control_characters(cleaned) == cleaned


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**30), 10**30))
def test_a_number_survives_a_second_round_trip(value: float) -> None:
    """The first may lose digits."""
    once = parse(json.dumps(value))
    assert parse(dumps(once)) == once
    assert once == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (1.0, 1),
        (-0.0, 0),
        (0.1, 0.1),
        (2**53, 2**53),
        (2**53 + 1, 2**53),
        (12345678901234567890, 12345678901234570000),
        (1e300, 1e300),
        (10**400, None),
        (math.inf, None),
    ],
)
def test_numbers_are_doubles(value: float, stored: float | None) -> None:
    """Whole ones are integers again, as far as they fit."""
    assert number(value) == stored
    assert type(number(value)) is type(stored)


def test_nesting_past_all_limits_is_malformed() -> None:
    """It is not a crash."""
    with pytest.raises(ValueError, match="nested"):
        parse("[" * 100_000 + "]" * 100_000)


def test_nesting_past_orjsons_limit_is_written() -> None:
    """The slower writer takes over."""
    value: list[Any] = []
    for _ in range(300):
        value = [value]
    assert json.loads(dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), (" 5 ", 5), ("1e3", 1000), (".5", 0.5), ("0x1F", 31), ("-Infinity", -math.inf)],
)
def test_texts_become_numbers_as_in_javascript(text: str, expected: float) -> None:
    """``Number(text)``."""
    assert to_number(text) == expected


@pytest.mark.parametrize("text", ["x", "1_000", "1,5", "0x", "infinity", "--1", "5 6"])
def test_texts_that_are_no_number_are_nan(text: str) -> None:
    """What Python would take included."""
    assert math.isnan(to_number(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-02", "2026-01-02T00:00:00.000Z"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02T03:04:05.6789+01:00", "2026-01-02T02:04:05.678Z"),
        ("nonsense", None),
        ("2026-13-01", None),
    ],
)
def test_dates_are_told_in_utc_and_milliseconds(text: str, expected: str | None) -> None:
    """``new Date(text).toISOString()``."""
    assert parse_date(text) == expected


def test_a_nul_and_a_lone_surrogate_cannot_be_stored() -> None:
    """In keys and values on any level; the letters of an escape can."""
    assert not is_storable({"a": ["\x00"]})
    assert not is_storable([{"\ud800": 1}])
    assert is_storable(["\\u0000", "😀", {"a": None}])


def test_types_have_the_names_of_the_validator() -> None:
    """As its messages tell them."""
    values: list[object] = [None, True, 1, math.nan, "", [], {}, object()]
    names = ["null", "boolean", "number", "NaN", "string", "array", "object", "undefined"]
    assert [type_name(value) for value in values] == names
