"""Makes dataset items of observations."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from langsync.client import Client
from langsync.errors import ConfigError
from langsync.formats.select import Selection
from langsync.observability.reading import ListQuery, Row
from langsync.observability.shapes import as_score
from langsync.observability.sources import SOURCES
from langsync.observability.times import Period

_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_TRUTHS: Final = {"true": 1.0, "false": 0.0}
_CONDITION: Final = re.compile(r"\s*(.+?)\s*(?:(<=|>=|!=|<|>|=)\s*(.+?)\s*)?")


@dataclass(frozen=True, slots=True)
class ScoreCondition:
    """A condition that a score has to meet.

    Args:
        name: The name of the score.
        test: Returns whether a value meets the condition.
    """

    name: str
    test: Callable[[Any], bool]

    @classmethod
    def parse(cls, text: str) -> ScoreCondition:
        """Parses ``helpful``, ``quality<0.5``, ``tone=rude`` or ``correct=true``.

        Raises:
            ConfigError: The text is no condition, or compares the order of what has none.
        """
        match = _CONDITION.fullmatch(text)
        if match is None:
            raise ConfigError(f"--score {text!r}: write NAME, or NAME<0.5, NAME=text, NAME=true")
        name, sign, expected = match.groups()
        if sign is None:
            return cls(name, lambda _value: True)
        compare, is_ordering = _OPERATORS[sign], sign not in ("=", "!=")
        number = _number(expected)
        if is_ordering and (number is None or expected.lower() in _TRUTHS):
            raise ConfigError(f"--score {text!r}: only numbers are less or more")

        def test(value: object) -> bool:
            if isinstance(value, str):
                return not is_ordering and compare(value, expected)
            is_comparable = number is not None and isinstance(value, (int, float))
            return compare(value, number) if is_comparable else sign == "!="

        return cls(name, test)


def _number(text: str) -> float | None:
    """Returns the number that a text stands for; true is 1, as in Langfuse."""
    if text.lower() in _TRUTHS:
        return _TRUTHS[text.lower()]
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True, slots=True)
class ItemSelection:
    """Which observations become items, and how.

    Args:
        observations: The observations.
        scores: Only those with such scores, on themselves or on their traces.
        fields: For each field of an item the expression that is applied to an observation.
    """

    observations: ListQuery
    scores: tuple[ScoreCondition, ...]
    fields: Mapping[str, Selection]


async def read_items(client: Client, selection: ItemSelection) -> AsyncIterator[Row]:
    """Yields the items, newest observation first.

    Args:
        client: The client.
        selection: Which observations become items, and how.

    Raises:
        ConfigError: An expression does not apply to an observation, or there is no such score.
        ApiError: Langfuse refused a request.
    """
    period = selection.observations.period
    matching_ids = [
        await _matching_ids(client, condition, period) for condition in selection.scores
    ]
    async for page in selection.observations.iter_pages(client):
        for row in page:
            if all(row["id"] in ids or row["traceId"] in ids for ids in matching_ids):
                yield _item(row, selection.fields)


def _item(row: Row, fields: Mapping[str, Selection]) -> Row:
    """Returns an item with the ids of the trace and the observation that it comes from."""
    record = {**row, "input": parse_json(row.get("input")), "output": parse_json(row.get("output"))}
    item: Row = {}
    for name, expression in fields.items():
        try:
            value = expression.of(record)
        except ValueError as error:
            raise ConfigError(f"observation {row['id']}: {name}: {error}") from None
        if value is not None:
            item[name] = value
    return item | {"source_trace_id": row["traceId"], "source_observation_id": row["id"]}


def parse_json(value: object) -> object:
    """Returns an input or output parsed if it is JSON: v4 has raw strings, v3 parses them."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


async def _matching_ids(client: Client, condition: ScoreCondition, period: Period) -> set[str]:
    """Returns the ids of observations and traces with such a score; scores may be newer."""
    source, filters = SOURCES["scores"], {"name": condition.name}
    ids: set[str] = set()
    has_scores = False
    async for page in ListQuery(source, filters, Period(period.start)).iter_pages(client):
        has_scores = True
        for row in page:
            score = as_score(row)
            if score["name"] == condition.name and condition.test(score["value"]):
                subject = score["subject"] or {}
                if subject.get("kind") in ("observation", "trace"):
                    ids.add(subject["id"])
    if not has_scores and not await ListQuery(source, filters).fetch_rows(client, limit=1):
        raise ConfigError(
            f"no score is called {condition.name!r}: see `langsync scores list --all`"
        )
    return ids
