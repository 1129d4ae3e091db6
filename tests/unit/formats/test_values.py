"""JSON values as Langfuse keeps them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.formats.values import (
    MAX_DEPTH,
    MAX_EXACT,
    canonical,
    equal,
    equal_contents,
    text_violation,
    violations,
)
from tests.unit.strategies import JSON, STORABLE, TEXTS, json_of

EXACT = json_of(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), STORABLE), STORABLE
)
"""Values that nothing has to be done to."""


@pytest.mark.parametrize(
    ("value", "same"),
    [
        (1.0, 1),
        (-0.0, 0),
        (1e5, 100000),
        (1.5, 1.5),
        (True, True),
        (None, None),
        ("1.0", "1.0"),
        ({"a": [1.0, {"b": -0.0}]}, {"a": [1, {"b": 0}]}),
        ((1.0, 2.5), [1, 2.5]),
        (12345678901234567890, 1.234567890123457e19),
        (1.7408628622768038e16, 1.740862862276804e16),
        (0.1, 0.1),
        (1e300, 1e300),
        (5e-324, 5e-324),
    ],
)
def test_numbers_have_one_form(value: object, same: object) -> None:
    """Whole ones are integers, the rest has the 16 digits that come back from Langfuse."""
    assert json.dumps(canonical(value)) == json.dumps(same)


@given(JSON)
def test_the_one_form_is_its_own(value: object) -> None:
    """Doing it twice does nothing more."""
    once = canonical(value)
    assert equal(canonical(once), once)


def test_a_number_that_rounds_to_a_whole_one_is_a_whole_one() -> None:
    """Langfuse gives it back as such."""
    assert json.dumps(canonical(1000000000000000.5)) == "1000000000000000"


@given(json_of(st.one_of(st.booleans(), st.floats(-1e308, 1e308), TEXTS), TEXTS))
def test_only_numbers_change(value: object) -> None:
    """And those by less than the 16th digit."""
    assert _almost(value, canonical(value))


def _almost(before: Any, after: Any) -> bool:  # noqa: ANN401 - any JSON
    if isinstance(before, dict):
        pairs = zip(before.items(), after.items(), strict=True)
        return all(a[0] == b[0] and _almost(a[1], b[1]) for a, b in pairs)
    if isinstance(before, list):
        return all(map(_almost, before, after)) and len(before) == len(after)
    if isinstance(before, float):
        return abs(before - after) <= abs(before) * 1e-15 or abs(before) < 1e-300
    return type(before) is type(after) and bool(before == after)


def test_the_largest_number_stays_a_number() -> None:
    """Infinity is no JSON."""
    assert canonical(1.7976931348623155e308) < float("inf")


@given(EXACT)
def test_what_langfuse_can_store_has_no_violation(value: object) -> None:
    """Every text without NUL and half surrogates, every integer up to 2^53."""
    assert list(violations(value)) == []


@pytest.mark.parametrize(
    ("value", "path", "words"),
    [
        ({"a": ["x\0"]}, ("a", 0), "the text has a NUL character"),
        ({"a\0b": 1}, ("a\0b",), "the key has a NUL character"),
        (["\ud800x"], (0,), "the text has half of a surrogate pair"),
        ({"a": {"\udfff": 1}}, ("a", "\udfff"), "the key has half of a surrogate pair"),
        ([MAX_EXACT + 1], (0,), "9007199254740993 is past 2^53 and would lose digits"),
        ([-MAX_EXACT - 1], (0,), "-9007199254740993 is past 2^53"),
        ([float("nan")], (0,), "nan is no JSON number"),
        ([-float("inf")], (0,), "-inf is no JSON number"),
        ([1.7408628622768038e16], (0,), "would lose digits"),
    ],
)
def test_what_langfuse_cannot_store_is_found_with_its_place(
    value: object, path: tuple[str | int, ...], words: str
) -> None:
    """One flaw, the path that leads to it, and what it is."""
    ((found, message),) = violations(value)
    assert found == path
    assert words in message


def test_every_flaw_is_found() -> None:
    """Not only the first."""
    assert [path for path, _ in violations({"a": "\0", "b": ["\0", "fine", 2**60]})] == [
        ("a",),
        ("b", 0),
        ("b", 2),
    ]


@pytest.mark.parametrize("number", [MAX_EXACT, -MAX_EXACT, True, 1e300, 2.0**60, 0.1])
def test_numbers_that_come_back_as_they_are_have_no_violation(number: float) -> None:
    """Up to 2^53 whole ones, past it those that 16 digits are enough for."""
    if number == 2.0**60:
        number = 1.152921504606847e18
    assert list(violations(number)) == []


def test_a_long_number_is_not_shown_whole() -> None:
    """And Python would refuse to print one of more than 4,300 digits."""
    ((_, message),) = violations(10**100)
    assert len(message) < 120


def test_a_number_of_any_length_is_a_violation() -> None:
    """The fast YAML reader reads them."""
    assert list(violations(10**5000))


def test_nesting_has_a_limit() -> None:
    """The fast JSON writer gives up not far above."""
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert list(violations(value)) == []
    ((path, message),) = violations([value])
    assert (len(path), message) == (MAX_DEPTH + 1, f"nested more than {MAX_DEPTH} levels")


@pytest.mark.parametrize("text", ["", "😀", "\x07\x1b\x7f", "\ufffe\uffff", "a\r\n\t"])
def test_other_texts_are_stored(text: str) -> None:
    """Control characters too, in prompts."""
    assert text_violation(text) == ""


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, True),
        (0, False),
        ({"a": 1}, {"a": True}),
        ([0], [False]),
        ("1", 1),
        (None, ""),
        (None, False),
        ([], {}),
        ({"a": 1}, {"a": 1, "b": None}),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
    ],
)
def test_values_of_json_that_differ(left: object, right: object) -> None:
    """To Python some of these are equal."""
    assert not equal(left, right)
    assert not equal(right, left)


@given(JSON)
def test_a_value_equals_itself_in_any_order_of_keys(value: object) -> None:
    """Lists keep theirs."""
    assert equal(value, json.loads(json.dumps(value)))
    assert equal(value, _reversed(value))


def _reversed(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {key: _reversed(item) for key, item in reversed(value.items())}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Part:
    config: object


@dataclass(frozen=True)
class Whole:
    parts: tuple[Part, ...]
    known: str = field(default="", compare=False)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (Part({"a": 1}), Part({"a": 1.0}), True),
        (Part(1), Part(1.0), True),
        (Part({"a": 1}), Part({"a": True}), False),
        (Part({"a": 1}), {"a": 1}, False),
        (Part([Part(1)]), Whole(()), False),
        (Whole((Part(1),), "x"), Whole((Part(1.0),), "y"), True),
        (Whole((Part([1]),)), Whole((Part([True]),)), False),
        (Whole((Part(1),)), Whole((Part(1), Part(2))), False),
        ({"a": 1}, {"a": True}, False),
    ],
)
def test_contents_are_compared_field_by_field_as_json(
    left: object,
    right: object,
    same: bool,  # noqa: FBT001 - a column
) -> None:
    """In those fields that count where they are compared."""
    assert equal_contents(left, right) is same
    assert equal_contents(right, left) is same
