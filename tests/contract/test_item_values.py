"""What is stored of the values of items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
Name = Callable[[str], str]
FIELDS = ("input", "expectedOutput", "metadata")


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (False, False),
        (0, 0),
        ([], []),
        ({}, {}),
        ("", None),
        ("5", 5),
        ("true", True),
        ("null", None),
        ('{"a": 1}', {"a": 1}),
        ("1e5", 100000),
        ("0123", "0123"),
        ("NaN", "NaN"),
        ("plain", "plain"),
        ({"a": "", "b": ["5"]}, {"a": "", "b": ["5"]}),
        ({"a": None, "b": [None]}, {"a": None, "b": [None]}),
        ({"f": 1.0, "e": 1e300}, {"f": 1, "e": 1e300}),
        ({"big": 12345678901234567890}, {"big": 12345678901234570000}),
        ({"ctl": "a\u0007b", "emoji": "😀"}, {"ctl": "ab", "emoji": "😀"}),
        ("a\u0000b\u0007c\td\n", "abc\td\n"),
    ],
)
def test_a_value_is_stored_in_the_servers_form(
    api: httpx.Client, put: Make, item_id: Name, sent: object, stored: object
) -> None:
    """In all three fields; what is answered is what is fetched."""
    item = item_id("i")
    answered = put(item, input=sent, expectedOutput=sent, metadata=sent)
    assert [answered[field] for field in FIELDS] == [stored] * 3
    fetched = api.get(f"/dataset-items/{item}").json()
    assert [fetched[field] for field in FIELDS] == [stored] * 3


@pytest.mark.parametrize("field", FIELDS)
def test_an_empty_text_clears_a_field(put: Make, item_id: Name, field: str) -> None:
    """Null does not."""
    item = item_id("i")
    put(item, input="x", expectedOutput="x", metadata="x")
    assert put(item, **{field: None})[field] == "x"
    assert put(item, **{field: ""})[field] is None


def test_a_stored_text_is_parsed_again_by_an_upsert_that_leaves_it_out(
    put: Make, item_id: Name
) -> None:
    """The whole item is written each time."""
    item = item_id("i")
    assert put(item, input='"5"')["input"] == "5"
    assert put(item, metadata=1)["input"] == 5
