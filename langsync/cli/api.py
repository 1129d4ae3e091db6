"""``langsync api``."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from langsync.cli import console
from langsync.cli.api_reference import show_operation, show_operations
from langsync.cli.options import ConfigOption, EnvFileOption, EnvOption, HostOption, TimeoutOption
from langsync.cli.rows import (
    FieldsOption,
    QueryOption,
    RowFormat,
    queried,
    show_rows,
    show_value,
)
from langsync.errors import ConfigError

if TYPE_CHECKING:
    from langsync.api import Call, Operation, Reference
    from langsync.client import Client
    from langsync.model import Json

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

_FormatOption = Annotated[
    RowFormat | None,
    typer.Option(
        "--format",
        help="How the answer is written to stdout; by default as JSON, and lists for people.",
        rich_help_panel="Output",
    ),
]


def command(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WORDS]...",
            help="The words: OPERATION --name value …; METHOD /path; 'describe OPERATION'; "
            "'list TAG'; nothing lists all operations.",
            show_default=False,
        ),
    ] = None,
    body: Annotated[
        str | None,
        typer.Option("--body", metavar="JSON|@FILE|-", help="The body: JSON, a file, or stdin."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-p",
            metavar="NAME=VALUE",
            help="A parameter whose name is an option here, such as fields. Repeatable.",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Follow pages and cursors to the end.")
    ] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Fetch the API reference, however new it is.")
    ] = False,
    fields: FieldsOption = None,
    query: QueryOption = None,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: _FormatOption = None,  # noqa: A002 - the option's name
) -> int:
    """Call any endpoint of Langfuse's API, by the server's own reference of it.

    'langsync api' lists what there is, 'langsync api describe trace_list' shows what an operation
    takes and answers, 'langsync api trace_list --limit 5' calls it. Parameters and bodies are
    checked before anything is sent. 'langsync api GET /v2/prompts' calls a path as it is.
    """
    told, given = _parsed(words or [], param or [])
    reads = not told or told[0] in ("list", "describe")
    way = _Way(config, env, host, env_file, timeout, keys=not reads)
    if reads:
        reference = asyncio.run(way.reference(refresh=refresh))
        if told[:1] == ["describe"]:
            show_operation(reference, told[1:], format)
        else:
            show_operations(reference, told[1:], format)
        return 0
    answers = asyncio.run(_call(way, told, given, _body(body), every=every, refresh=refresh))
    _show(answers, every, format or RowFormat.JSON, fields, query)
    return 0


def _parsed(words: list[str], named: list[str]) -> tuple[list[str], dict[str, list[str]]]:
    """The words that are no options, and the parameters with their values."""
    told: list[str] = []
    given: dict[str, list[str]] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("--"):
            told.append(word)
            continue
        name, sign, value = word[2:].partition("=")
        if not sign:
            flag = not waiting or waiting[0].startswith("--")
            value = "true" if flag else waiting.pop(0)
        given.setdefault(name, []).append(value)
    for text in named:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise ConfigError(f"--param {text!r}: write NAME=VALUE")
        given.setdefault(name, []).append(value)
    return told, given


def _body(text: str | None) -> Json:
    if text is None:
        return None
    where = "--body"
    if text == "-":
        text, where = sys.stdin.read(), "stdin"
    elif text.startswith("@"):
        from langsync.formats.files import read_raw

        where = text[1:]
        text = read_raw(Path(where))
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"{where} is no JSON: {error}") from None


async def _call(
    way: _Way,
    told: list[str],
    given: dict[str, list[str]],
    body: Json,
    *,
    every: bool,
    refresh: bool,
) -> list[Json]:
    from langsync.api import follow, prepare, raw
    from langsync.cli.progress import asking

    async with way.client() as client:
        operation = None
        if told[0].upper() in METHODS:
            if len(told) != 2:
                raise ConfigError("write a method and a path: langsync api GET /v2/prompts")
            call: Call = raw(told[0].upper(), told[1], given, body)
        else:
            if len(told) > 1:
                raise ConfigError(f"{told[1]!r} is too much: parameters are --name value")
            reference = await way.reference(refresh=refresh)
            operation = reference.find(told[0])
            call = prepare(reference, operation, given, body)
            _warn_of(operation)
        answers: list[Json] = []
        with asking(client, "Asking Langfuse"):
            async for answer in follow(client, call):
                answers.append(answer)
                if not every:
                    break
        if operation is not None:
            _check(reference, operation, answers)
        return answers


def _warn_of(operation: Operation) -> None:
    if operation.deprecated:
        instead = f": use {operation.successor}" if operation.successor else ""
        console.notice(f"{operation.id} is deprecated{instead}.", "yellow")


def _check(reference: Reference, operation: Operation, answers: list[Json]) -> None:
    """Say where answers are not what the reference says; they are shown in any case."""
    if operation.answer is None:
        return
    for answer in answers:
        flaws = list(reference.schemas.flaws(operation.answer, answer))
        if flaws:
            more = f" (and {len(flaws) - 1} more)" if len(flaws) > 1 else ""
            text = f"the answer is not what the API reference says: {flaws[0][:300]}{more}"
            console.notice(text, "yellow")
            return


def _show(
    answers: list[Json],
    every: bool,
    format: RowFormat,  # noqa: A002 - the option's name
    fields: str | None,
    query: str | None,
) -> None:
    found: Any = answers[0]
    rows = [row for answer in answers for row in _rows(answer) or ()]
    if every and _rows(found) is not None:
        found = {**found, "data": rows, "meta": {"totalItems": len(rows)}}
    if query is not None:
        show_value(queried(found, query), format, fields)
    elif _rows(found) is not None and (format is not RowFormat.JSON or fields):
        show_rows(rows, format, fields)
    elif found is not None:
        show_value(found, format, fields)


def _rows(answer: Json) -> list[Any] | None:
    rows = answer.get("data") if isinstance(answer, dict) else None
    return rows if isinstance(rows, list) else None


class _Way:
    """The way to Langfuse; its API reference needs no keys."""

    def __init__(
        self,
        config: Path | None,
        env: str | None,
        host: str | None,
        env_file: Path | None,
        timeout: float,
        *,
        keys: bool,
    ) -> None:
        from langsync.cli.reading import Place
        from langsync.config import connect, read_variables

        environment = Place.find(config, env).environment
        variables = dict(read_variables(env_file, os.environ))
        if not keys:
            variables |= {"LANGFUSE_PUBLIC_KEY": "none", "LANGFUSE_SECRET_KEY": "none"}
            environment = replace(environment, public_key_env=None, secret_key_env=None)
        self._connection = connect(environment, variables, host)
        self._timeout = timeout

    def client(self) -> Client:
        """A client of that server."""
        from langsync.cli import workspace as work
        from langsync.client import Client

        return Client(self._connection, work.options(16, self._timeout))

    async def reference(self, *, refresh: bool) -> Reference:
        """The server's API reference."""
        from langsync.api import fetch_reference
        from langsync.cli import workspace as work

        def warn(text: str) -> None:
            console.notice(text, "yellow")

        async with self.client() as client:
            return await fetch_reference(client, work.cache_folder(), refresh=refresh, warn=warn)
