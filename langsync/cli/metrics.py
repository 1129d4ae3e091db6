"""``langsync metrics``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from langsync.cli.connection_options import BasicConnectionOptions
from langsync.cli.option_groups import Only, option
from langsync.cli.options import PlaceOptions
from langsync.cli.periods import PeriodOptions
from langsync.cli.rows import RowOptions
from langsync.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langsync.client import Client
    from langsync.observability import Period


class Granularity(StrEnum):
    """The length of a time step."""

    AUTO = "auto"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class MetricsView(StrEnum):
    """What is counted."""

    OBSERVATIONS = "observations"
    NUMERIC = "scores-numeric"
    BOOLEAN = "scores-boolean"
    CATEGORICAL = "scores-categorical"


_HUNDRED = RowOptions(limit=100)


@dataclass(frozen=True, kw_only=True)
class GroupingOptions:
    """What is counted, and how it is grouped.

    Args:
        view: What is counted.
        by: Fields to group by.
        per: A time step to group by.
        where: ``COLUMN=TEXT`` filters.
    """

    view: Annotated[
        MetricsView,
        option(
            "--view VIEW",
            "What is counted: observations, scores-numeric, scores-boolean or scores-categorical.",
        ),
    ] = MetricsView.OBSERVATIONS
    by: Annotated[
        list[str] | None,
        option(
            "--by FIELD", "For each of: name, type, environment, providedModelName, … Repeatable."
        ),
    ] = None
    per: Annotated[
        Granularity | None, option("--per STEP", "For each auto, minute, hour, day, week or month.")
    ] = None
    where: Annotated[list[str] | None, option("--where COLUMN=TEXT", "Only these. Repeatable.")] = (
        None
    )

    def asked(self, metrics: Sequence[str], period: Period, limit: int) -> dict[str, Any]:
        """Returns the query.

        Args:
            metrics: Measures and how they are aggregated.
            period: The period.
            limit: How many rows at most.

        Raises:
            ConfigError: A metric or a filter is invalid.
        """
        from langsync.observability.times import format_time

        asked: dict[str, Any] = {
            "view": self.view.value,
            "metrics": [_metric(text) for text in metrics],
            "dimensions": [{"field": name} for name in self.by or ()],
            "filters": [_filter(text) for text in self.where or ()],
            "fromTimestamp": format_time(period.start or datetime.now(UTC)),
            "toTimestamp": format_time(period.end or datetime.now(UTC)),
            "config": {"row_limit": limit},
        }
        if self.per:
            asked["timeDimension"] = {"granularity": self.per.value}
        return asked


def command(
    *,
    metric: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MEASURE[:HOW]",
            help="A metric: count, latency, totalTokens, totalCost, value, … and how: sum, avg, "
            "min, max, p50, p95, p99; by default count:count.",
            show_default=False,
        ),
    ] = None,
    grouping: GroupingOptions,
    times: PeriodOptions,
    rows: Annotated[RowOptions, Only("limit", "fields", "query", "format")] = _HUNDRED,
    workspace: PlaceOptions,
    connection: BasicConnectionOptions,
) -> int:
    """Count and add up observations and scores, of the last 7 days unless a time is named.

    Examples:
        langsync metrics count --by name --since 24h
        langsync metrics totalCost:sum latency:p95 --by providedModelName --per day
        langsync metrics value:avg --view scores-numeric --by name
    """
    from langsync.cli.observed_rows import ask
    from langsync.observability.answers import ROWS

    asked = grouping.asked(metric or ["count"], times.period(since="7d"), rows.limit)

    async def question(client: Client, *, new: bool) -> list[dict[str, Any]]:
        path = "/v2/metrics" if new else "/metrics"
        answer = await client.get(path, ROWS, query=orjson.dumps(asked).decode())
        return list(answer["data"])

    rows.show(ask(question, workspace, connection))
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
