"""``langsync traces``, ``observations``, ``scores`` and ``sessions``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from langsync.cli.observed_rows import Read, ask, show_tree, with_subjects
from langsync.cli.observed_scores import (
    ScoreType,
    TakesNegativeNumbers,
    naming_id,
    score_request,
)
from langsync.cli.options import ConfigOption, EnvFileOption, EnvOption, HostOption, TimeoutOption
from langsync.cli.periods import FromOption, SinceOption, ToOption
from langsync.cli.rows import (
    AllOption,
    FieldsOption,
    LimitOption,
    QueryOption,
    RowFormat,
    RowFormatOption,
    queried,
    show_rows_or_query,
    show_value,
)
from langsync.cli.verbosity import with_loudness

if TYPE_CHECKING:
    from langsync.client import Client

traces = typer.Typer(no_args_is_help=True, help="Look at traces.")
observations = typer.Typer(no_args_is_help=True, help="Look at observations.")
scores = typer.Typer(no_args_is_help=True, help="Look at scores, and create them.")
sessions = typer.Typer(no_args_is_help=True, help="Look at sessions.")

_USUAL: Mapping[str, tuple[str, ...]] = {
    "traces": ("id", "timestamp", "name", "userId", "sessionId", "environment", "latency"),
    "observations": ("id", "startTime", "type", "name", "level", "latency", "traceId"),
    "scores": ("id", "timestamp", "name", "dataType", "value", "on", "source", "comment"),
    "sessions": ("id", "createdAt", "environment", "traces"),
}
_FILTERS = "Which ones"


def _filter(flag: str, text: str) -> Any:  # noqa: ANN401 - typer's
    return typer.Option(flag, help=text, rich_help_panel=_FILTERS)


_Name = Annotated[str | None, _filter("--name", "Only those of this name.")]
_Trace = Annotated[str | None, _filter("--trace", "Only those of this trace.")]
_User = Annotated[str | None, _filter("--user", "Only those of this user.")]
_Session = Annotated[str | None, _filter("--session", "Only those of this session.")]
_Where = Annotated[
    list[str] | None,
    _filter("--environment", "Only of this environment of the application. Repeatable."),
]


@traces.command("list")
@with_loudness
def list_traces(
    name: _Name = None,
    user: _User = None,
    session: _Session = None,
    environment: _Where = None,
    since: SinceOption = None,
    start: FromOption = None,
    end: ToOption = None,
    limit: LimitOption = 20,
    every: AllOption = False,
    fields: FieldsOption = None,
    query: QueryOption = None,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: RowFormatOption = RowFormat.TABLE,  # noqa: A002 - the option's name
) -> int:
    """List traces, newest first.

    On servers of v4 a trace is what its root observation says.
    """
    filters = {"name": name, "userId": user, "sessionId": session, "environment": environment}
    times, everything = (since, start, end), fields is not None or query is not None
    read = Read("traces", filters, times, None if every else limit, everything=everything)
    rows = read.rows(config, env, host, env_file, timeout)
    show_rows_or_query(rows, format, fields, query, _USUAL["traces"])
    return 0


@traces.command("show")
@with_loudness
def show_trace(
    trace: Annotated[str, typer.Argument(help="The id of the trace.")],
    query: QueryOption = None,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: RowFormatOption = RowFormat.TABLE,  # noqa: A002 - the option's name
) -> int:
    """Show a trace: its observations inside each other, and its scores."""
    from langsync.observability import fetch_trace

    async def whole(client: Client, new: bool) -> dict[str, Any]:
        return await fetch_trace(client, trace, is_v4=new)

    found = ask(whole, config, env, host, env_file, timeout)
    if format is RowFormat.TABLE and query is None:
        show_tree(found)
    else:
        show_value(queried(found, query), format)
    return 0


@observations.command("list")
@with_loudness
def list_observations(
    name: _Name = None,
    type: Annotated[  # noqa: A002 - the option's name
        str | None, _filter("--type", "Only of this type, such as GENERATION.")
    ] = None,
    trace: _Trace = None,
    user: _User = None,
    session: _Session = None,
    level: Annotated[str | None, _filter("--level", "Only of this level, such as ERROR.")] = None,
    environment: _Where = None,
    since: SinceOption = None,
    start: FromOption = None,
    end: ToOption = None,
    full: Annotated[
        bool, typer.Option("--full", help="With all fields: inputs, outputs, metadata, usage.")
    ] = False,
    limit: LimitOption = 20,
    every: AllOption = False,
    fields: FieldsOption = None,
    query: QueryOption = None,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: RowFormatOption = RowFormat.TABLE,  # noqa: A002 - the option's name
) -> int:
    """List observations, newest first."""
    filters = {"name": name, "type": type, "traceId": trace, "userId": user, "level": level}
    filters |= {"sessionId": session}
    everything = full or fields is not None or query is not None
    times = (since, start, end)
    kept = {**filters, "environment": environment}
    read = Read("observations", kept, times, None if every else limit, everything=everything)
    rows = read.rows(config, env, host, env_file, timeout)
    show_rows_or_query(rows, format, fields, query, _USUAL["observations"])
    return 0


@scores.command("list")
@with_loudness
def list_scores(
    name: _Name = None,
    trace: _Trace = None,
    session: _Session = None,
    source: Annotated[
        str | None, _filter("--source", "Only those of API, EVAL or ANNOTATION.")
    ] = None,
    environment: _Where = None,
    since: SinceOption = None,
    start: FromOption = None,
    end: ToOption = None,
    limit: LimitOption = 20,
    every: AllOption = False,
    fields: FieldsOption = None,
    query: QueryOption = None,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: RowFormatOption = RowFormat.TABLE,  # noqa: A002 - the option's name
) -> int:
    """List scores, newest first."""
    filters = {"name": name, "traceId": trace, "sessionId": session, "source": source}
    times = (since, start, end)
    read = Read("scores", {**filters, "environment": environment}, times, None if every else limit)
    rows = read.rows(config, env, host, env_file, timeout)
    if format is RowFormat.TABLE and fields is None and query is None:
        rows = with_subjects(rows)
    show_rows_or_query(rows, format, fields, query, _USUAL["scores"])
    return 0


@scores.command("create", cls=TakesNegativeNumbers)
@with_loudness
def create_score(
    name: Annotated[str, typer.Argument(help="What the score is called.")],
    value: Annotated[str, typer.Argument(help="Its value: a number, true, false or a text.")],
    trace: Annotated[str | None, typer.Option("--trace", help="The trace it is on.")] = None,
    observation: Annotated[
        str | None, typer.Option("--observation", help="The observation of --trace it is on.")
    ] = None,
    session: Annotated[str | None, typer.Option("--session", help="The session it is on.")] = None,
    dataset_run: Annotated[
        str | None, typer.Option("--dataset-run", help="The id of the dataset run it is on.")
    ] = None,
    type: Annotated[  # noqa: A002 - the option's name
        ScoreType | None, typer.Option("--type", help="Its type; else what the value looks like.")
    ] = None,
    config_id: Annotated[
        str | None,
        typer.Option("--config-id", help="The id of the score config that says its type."),
    ] = None,
    comment: Annotated[str | None, typer.Option("--comment", help="Why.")] = None,
    metadata: Annotated[
        str | None, typer.Option("--metadata", metavar="JSON", help="More about it, an object.")
    ] = None,
    id: Annotated[  # noqa: A002 - the option's name
        str | None,
        typer.Option("--id", help="Its id: one that exists is written over. Else a new one."),
    ] = None,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: RowFormatOption = RowFormat.TABLE,  # noqa: A002 - the option's name
) -> int:
    """Put a score on a trace, an observation, a session or a dataset run."""
    from langsync.cli.reading import Place, Way

    on = {"traceId": trace, "observationId": observation, "sessionId": session}
    on["datasetRunId"] = dataset_run
    request = score_request(name, value, type, on, config_id, comment, metadata, id)
    way = Way(host, env_file, timeout, cache=True)
    with naming_id(request):
        _, answer = asyncio.run(way.ask(Place.find(config, env), lambda one: one.send(request)))
    show_value(answer, format)
    return 0


@sessions.command("list")
@with_loudness
def list_sessions(
    environment: _Where = None,
    since: SinceOption = None,
    start: FromOption = None,
    end: ToOption = None,
    limit: LimitOption = 20,
    every: AllOption = False,
    fields: FieldsOption = None,
    query: QueryOption = None,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: RowFormatOption = RowFormat.TABLE,  # noqa: A002 - the option's name
) -> int:
    """List sessions, newest first.

    Servers of v4 have no list of them: sessions are those that a trace in the time that is asked
    for names, the one with the newest trace first, and each is read whole.
    """
    filters = {"environment": environment}
    read = Read("sessions", filters, (since, start, end), None if every else limit)
    rows = read.rows(config, env, host, env_file, timeout)
    show_rows_or_query(rows, format, fields, query, _USUAL["sessions"])
    return 0
