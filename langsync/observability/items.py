"""Dataset items made of observations."""

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
from langsync.observability.reading import Reading, Row
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
    """What a score has to be like.

    Args:
        name: Its name.
        test: Whether its value will do.
    """

    name: str
    test: Callable[[Any], bool]

    @classmethod
    def read(cls, text: str) -> ScoreCondition:
        """``helpful``, ``quality<0.5``, ``tone=rude`` or ``correct=true``.

        Raises:
            ConfigError: It compares with something that has no order.
        """
        found = _CONDITION.fullmatch(text)
        if found is None:
            raise ConfigError(f"--score {text!r}: write NAME, or NAME<0.5, NAME=text, NAME=true")
        name, sign, wanted = found.groups()
        if sign is None:
            return cls(name, lambda _value: True)
        compare, orders = _OPERATORS[sign], sign not in ("=", "!=")
        number = _number(wanted)
        if orders and (number is None or wanted.lower() in _TRUTHS):
            raise ConfigError(f"--score {text!r}: only numbers are less or more")

        def test(found: object) -> bool:
            if isinstance(found, str):
                return not orders and compare(found, wanted)
            comparable = number is not None and isinstance(found, (int, float))
            return compare(found, number) if comparable else sign == "!="

        return cls(name, test)


def _number(text: str) -> float | None:
    """The number that a text means; true is 1, as Langfuse has it."""
    if text.lower() in _TRUTHS:
        return _TRUTHS[text.lower()]
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which observations become items, and how.

    Args:
        reading: The observations.
        scores: Only those that have such scores, themselves or as parts of a trace that has them.
        fields: For each field of an item what to pick of an observation.
    """

    reading: Reading
    scores: tuple[ScoreCondition, ...]
    fields: Mapping[str, Selection]


async def items_of(client: Client, wanted: Wanted) -> AsyncIterator[Row]:
    """The items, newest observation first.

    Args:
        client: Who asks.
        wanted: Which, and how they are made.

    Raises:
        ConfigError: An expression cannot take what an observation has, or there is no such score.
        ApiError: Langfuse said no.
    """
    period = wanted.reading.period
    scored = [await _scored(client, one, period) for one in wanted.scores]
    async for page in wanted.reading.pages(client):
        for row in page:
            if all(row["id"] in found or row["traceId"] in found for found in scored):
                yield _item(row, wanted.fields)


def _item(row: Row, fields: Mapping[str, Selection]) -> Row:
    """One item; where it comes from goes with it."""
    observation = {**row, "input": parsed(row.get("input")), "output": parsed(row.get("output"))}
    item: Row = {}
    for name, selection in fields.items():
        try:
            value = selection.of(observation)
        except ValueError as error:
            raise ConfigError(f"observation {row['id']}: {name}: {error}") from None
        if value is not None:
            item[name] = value
    return item | {"source_trace_id": row["traceId"], "source_observation_id": row["id"]}


def parsed(value: object) -> object:
    """Inputs and outputs are raw strings on v4, and parsed on v3 where they are JSON."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


async def _scored(client: Client, condition: ScoreCondition, period: Period) -> set[str]:
    """The ids of observations and of traces that have such a score; scores may come later."""
    source, named = SOURCES["scores"], {"name": condition.name}
    found: set[str] = set()
    exists = False
    async for page in Reading(source, named, Period(period.start)).pages(client):
        exists = True
        for row in page:
            score = as_score(row)
            if score["name"] == condition.name and condition.test(score["value"]):
                subject = score["subject"] or {}
                if subject.get("kind") in ("observation", "trace"):
                    found.add(subject["id"])
    if not exists and not await Reading(source, named).rows(client, limit=1):
        raise ConfigError(
            f"no score is called {condition.name!r}: see `langsync scores list --all`"
        )
    return found
