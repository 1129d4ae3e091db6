"""``langsync metrics``."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from langsync.cli.options import ConfigOption, EnvFileOption, EnvOption, HostOption, TimeoutOption
from langsync.cli.periods import FromOption, SinceOption, ToOption
from langsync.cli.rows import (
    FieldsOption,
    QueryOption,
    RowFormat,
    RowFormatOption,
    show_rows_or_query,
)
from langsync.errors import ConfigError

if TYPE_CHECKING:
    from langsync.client import Client


class Granularity(StrEnum):
    """How long a step in time is."""

    AUTO = "auto"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class View(StrEnum):
    """What is counted."""

    OBSERVATIONS = "observations"
    NUMERIC = "scores-numeric"
    BOOLEAN = "scores-boolean"
    CATEGORICAL = "scores-categorical"


def command(
    metric: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MEASURE[:HOW]",
            help="A metric: count, latency, totalTokens, totalCost, value, … and how: sum, avg, "
            "min, max, p50, p95, p99; by default count:count.",
            show_default=False,
        ),
    ] = None,
    view: Annotated[View, typer.Option("--view", help="What is counted.")] = View.OBSERVATIONS,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by", help="For each of: name, type, environment, providedModelName, … Repeatable."
        ),
    ] = None,
    per: Annotated[Granularity | None, typer.Option("--per", help="For each step in time.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="COLUMN=TEXT", help="Only these. Repeatable."),
    ] = None,
    since: SinceOption = None,
    start: FromOption = None,
    end: ToOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Rows at most.")] = 100,
    fields: FieldsOption = None,
    query: QueryOption = None,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: RowFormatOption = RowFormat.TABLE,  # noqa: A002 - the option's name
) -> int:
    """Count and add up observations and scores, of the last 7 days unless a time is named.

    'langsync metrics totalCost:sum latency:p95 --by providedModelName --since 30d'
    """
    from langsync.cli.observed_rows import ask
    from langsync.observability import Period
    from langsync.observability.answers import ROWS
    from langsync.observability.times import format_time

    period = Period.parse(since or (None if start else "7d"), start, end)
    asked: dict[str, Any] = {
        "view": view.value,
        "metrics": [_metric(text) for text in metric or ["count"]],
        "dimensions": [{"field": name} for name in by or ()],
        "filters": [_filter(text) for text in where or ()],
        "fromTimestamp": format_time(period.start or datetime.now(UTC)),
        "toTimestamp": format_time(period.end or datetime.now(UTC)),
        "config": {"row_limit": limit},
    }
    if per:
        asked["timeDimension"] = {"granularity": per.value}

    async def question(client: Client, new: bool) -> list[dict[str, Any]]:
        path = "/v2/metrics" if new else "/metrics"
        answer = await client.get(path, ROWS, query=orjson.dumps(asked).decode())
        return list(answer["data"])

    rows = ask(question, config, env, host, env_file, timeout)
    show_rows_or_query(rows, format, fields, query, ())
    return 0


def _metric(text: str) -> dict[str, str]:
    measure, colon, how = text.partition(":")
    usual = "count" if measure == "count" else "sum"
    if not measure or (colon and not how):
        raise ConfigError(f"{text!r}: write a measure and how, such as latency:p95")
    return {"measure": measure, "aggregation": how or usual}


def _filter(text: str) -> dict[str, str]:
    column, sign, value = text.partition("=")
    if not column or not sign:
        raise ConfigError(f"--where {text!r}: write a column and a text, such as name=llm")
    return {"column": column, "operator": "=", "value": value, "type": "string"}
