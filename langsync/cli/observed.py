"""``langsync traces``, ``observations``, ``scores`` and ``sessions``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from langsync.cli.connection_options import BasicConnectionOptions
from langsync.cli.filters import FilterOptions
from langsync.cli.observed_rows import ask, read_rows, show_tree, with_subjects
from langsync.cli.observed_scores import (
    ScoreOptions,
    TakesNegativeNumbers,
    naming_id,
)
from langsync.cli.option_groups import Only, option
from langsync.cli.options import PlaceOptions
from langsync.cli.periods import PeriodOptions
from langsync.cli.registration import Group, add_command
from langsync.cli.rows import RowFormat, RowOptions, queried, show_value

if TYPE_CHECKING:
    from langsync.client import Client


def _group(text: str) -> typer.Typer:
    return typer.Typer(cls=Group, no_args_is_help=True, help=text)


traces = _group("Look at traces.")
observations = _group("Look at observations.")
scores = _group("Look at scores, and create them.")
sessions = _group("Look at sessions.")

_TRACES = ("id", "timestamp", "name", "userId", "sessionId", "environment", "latency")
_OBSERVATIONS = ("id", "startTime", "type", "name", "level", "latency", "traceId")
_SCORES = ("id", "timestamp", "name", "dataType", "value", "on", "source", "comment")
_SESSIONS = ("id", "createdAt", "environment", "traces")


def list_traces(
    *,
    filters: Annotated[FilterOptions, Only("name", "user", "session", "environment")],
    times: PeriodOptions,
    rows: RowOptions,
    workspace: PlaceOptions,
    connection: BasicConnectionOptions,
) -> int:
    """List traces, newest first.

    On servers of v4 a trace is what its root observation says.

    Examples:
        langsync traces list --since 24h
        langsync traces list --user u-42 --format json --all
    """
    reading = filters.reading("traces", times, everything=rows.takes_any_field)
    rows.show(read_rows(reading, rows.most, workspace, connection), _TRACES)
    return 0


def show_trace(
    *,
    trace: Annotated[str, typer.Argument(help="The id of the trace.")],
    rows: Annotated[RowOptions, Only("query", "format")],
    workspace: PlaceOptions,
    connection: BasicConnectionOptions,
) -> int:
    """Show a trace: its observations inside each other, and its scores.

    Examples:
        langsync traces show 0af7651916cd43dd8448eb211c80319c
        langsync traces show 0af7651916cd43dd8448eb211c80319c --query scores
    """
    from langsync.observability import fetch_trace

    async def whole(client: Client, *, new: bool) -> dict[str, Any]:
        return await fetch_trace(client, trace, is_v4=new)

    answer = ask(whole, workspace, connection)
    if rows.format is RowFormat.TABLE and rows.query is None:
        show_tree(answer)
    else:
        show_value(queried(answer, rows.query), rows.format)
    return 0


def list_observations(
    *,
    filters: Annotated[
        FilterOptions, Only("name", "type", "trace", "user", "session", "level", "environment")
    ],
    times: PeriodOptions,
    full: Annotated[
        bool, option("--full", "With all fields: inputs, outputs, metadata, usage.")
    ] = False,
    rows: RowOptions,
    workspace: PlaceOptions,
    connection: BasicConnectionOptions,
) -> int:
    """List observations, newest first.

    Examples:
        langsync observations list --type GENERATION --level ERROR --since 7d
        langsync observations list --trace 0af76519 --full --format json
        langsync observations list --fields id,name,usageDetails.total --all
    """
    everything = full or rows.takes_any_field
    reading = filters.reading("observations", times, everything=everything)
    rows.show(read_rows(reading, rows.most, workspace, connection), _OBSERVATIONS)
    return 0


def list_scores(
    *,
    filters: Annotated[FilterOptions, Only("name", "trace", "session", "source", "environment")],
    times: PeriodOptions,
    rows: RowOptions,
    workspace: PlaceOptions,
    connection: BasicConnectionOptions,
) -> int:
    """List scores, newest first.

    Examples:
        langsync scores list --name helpful --since 7d
        langsync scores list --source ANNOTATION --format csv --all
    """
    reading = filters.reading("scores", times)
    scores = read_rows(reading, rows.most, workspace, connection)
    if rows.format is RowFormat.TABLE and not rows.takes_any_field:
        scores = with_subjects(scores)
    rows.show(scores, _SCORES)
    return 0


def create_score(
    *,
    name: Annotated[str, typer.Argument(help="What the score is called.")],
    value: Annotated[str, typer.Argument(help="Its value: a number, true, false or a text.")],
    score: ScoreOptions,
    workspace: PlaceOptions,
    connection: BasicConnectionOptions,
    rows: Annotated[RowOptions, Only("format")],
) -> int:
    """Put a score on a trace, an observation, a session or a dataset run.

    Examples:
        langsync scores create helpful true --trace 0af76519
        langsync scores create quality 0.8 --trace 0af76519 --comment 'Too long'
        langsync scores create tone rude --session s-1 --type categorical
    """
    request = score.request(name, value)
    with naming_id(request):
        _, answer = asyncio.run(
            connection.ask(workspace.find(), lambda client: client.send(request))
        )
    show_value(answer, rows.format)
    return 0


def list_sessions(
    *,
    filters: Annotated[FilterOptions, Only("environment")],
    times: PeriodOptions,
    rows: RowOptions,
    workspace: PlaceOptions,
    connection: BasicConnectionOptions,
) -> int:
    """List sessions, newest first.

    Servers of v4 have no list of them: sessions are those that a trace in the time that is asked
    for names, the one with the newest trace first, and each is read whole.

    Examples:
        langsync sessions list --since 7d
        langsync sessions list --environment production --limit 5 --format json
    """
    reading = filters.reading("sessions", times)
    rows.show(read_rows(reading, rows.most, workspace, connection), _SESSIONS)
    return 0


add_command(traces, "list", list_traces)
add_command(traces, "show", show_trace)
add_command(observations, "list", list_observations)
add_command(scores, "list", list_scores)
add_command(scores, "create", create_score, cls=TakesNegativeNumbers)
add_command(sessions, "list", list_sessions)
