"""JSON values as JavaScript, and so Langfuse's server, stores them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from langsync.model import Json

MAX_EXACT = 2**53
"""The largest integer up to which a JavaScript number is exact."""

MAX_DEPTH = 100
"""Levels of nesting that are taken; the fast JSON writer stops at 254."""

_SURROGATE = re.compile("[\ud800-\udfff]")

Path = tuple[str | int, ...]


def canonical(value: Json) -> Json:
    """The same value in one form: numbers as Langfuse keeps them.

    Args:
        value: Any JSON value.

    Returns:
        A value in which ``1.0`` and ``1``, ``-0.0`` and ``0`` are one, and every other number has
        the 16 digits that Langfuse keeps (recorded: prompt-bodies 13, item-json-fidelity 2, where
        12345678901234567890 came back as 12345678901234570000).
    """
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if isinstance(value, int) and abs(value) <= MAX_EXACT:
        return value
    try:
        rounded = _sixteen_digits(float(value))
    except OverflowError:
        return value  # `violations` reports it
    return int(rounded) if abs(rounded) <= MAX_EXACT and rounded.is_integer() else rounded


def _sixteen_digits(value: float) -> float:
    rounded = float(f"{value:.15e}")
    return rounded if abs(rounded) != float("inf") else float(value)


def equal(left: Json, right: Json) -> bool:
    """Equality as JSON has it: ``1`` is not ``true``, the order of keys does not count."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def equal_contents(left: object, right: object) -> bool:
    """Whether contents of resources are the same: `equal`, in each field that counts for ``==``."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(equal_contents, left, right))
    if not is_dataclass(left):
        return equal(left, right)
    names = (field.name for field in fields(left) if field.compare)
    return type(left) is type(right) and all(
        equal_contents(getattr(left, name), getattr(right, name)) for name in names
    )


def violations(value: Json, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """What keeps a value from being stored unchanged.

    Args:
        value: A value made of JSON's types.
        path: The path to it.

    Yields:
        The path of each violation and a message.
    """
    if len(path) > MAX_DEPTH:
        yield path, f"nested more than {MAX_DEPTH} levels"
    elif isinstance(value, dict):
        for key, item in value.items():
            violation = text_violation(key)
            if violation:
                yield (*path, key), f"the key has {violation}"
            yield from violations(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from violations(item, (*path, index))
    elif isinstance(value, str):
        violation = text_violation(value)
        if violation:
            yield path, f"the text has {violation}"
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_EXACT:
        number = value if abs(value) < 10**20 else "a number"
        yield path, f"{number} is past 2^53 and would lose digits: write it as a string"
    elif isinstance(value, float) and not (-float("inf") < value < float("inf")):
        yield path, f"{value} is no JSON number"
    elif isinstance(value, float) and abs(value) > MAX_EXACT and _sixteen_digits(value) != value:
        yield path, f"{value} is past 2^53 and would lose digits: write it with 16 at most"


def text_violation(text: str) -> str:
    """What PostgreSQL cannot store in a text; empty if it can store all of it.

    A NUL or a lone surrogate in a prompt is answered with 500 (observed on Langfuse 4.16.0).
    """
    if "\0" in text:
        return "a NUL character, which Langfuse cannot store"
    if _SURROGATE.search(text):
        return "half of a surrogate pair, which Langfuse cannot store"
    return ""
