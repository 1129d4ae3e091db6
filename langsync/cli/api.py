"""``langsync api``."""

from __future__ import annotations

import asyncio
import difflib
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from langsync.cli.connection_options import BasicConnectionOptions
from langsync.cli.option_groups import Only, option
from langsync.cli.options import PlaceOptions
from langsync.cli.rows import RowFormat, RowOptions, queried, show_rows, show_value
from langsync.errors import ConfigError

if TYPE_CHECKING:
    from langsync.model import Json

OWN: Final = frozenset(
    (
        *("all", "body", "config", "env", "env-file", "fields", "format", "help", "host"),
        *("insecure", "param", "query", "quiet", "refresh", "timeout", "verbose"),
    )
)
"""The options of the command: a parameter of such a name is given by ``-p``."""

_NEAR: Final = 0.8
"""How alike a name and an option are that are taken for each other."""

_FormatOption = Annotated[
    RowFormat | None,
    option(
        "--format FORMAT",
        "How the answer is written to stdout: table, json, jsonl or csv; by"
        " default as JSON, and lists for people.",
        panel="Output",
    ),
]


@dataclass(frozen=True, kw_only=True)
class CallOptions:
    """What an operation takes besides its parameters.

    Args:
        body: Its body: JSON, ``@`` and a file, or ``-`` for stdin; None for none.
        param: ``NAME=VALUE`` of parameters whose names are options of the command.
        every: Whether pages are followed to the end.
        refresh: Whether the API reference is fetched anew.
    """

    body: Annotated[
        str | None, option("--body JSON|@FILE|-", "The body: JSON, a file, or stdin.")
    ] = None
    param: Annotated[
        list[str] | None,
        option(
            "--param, -p NAME=VALUE",
            "A parameter whose name is an option here, such as fields. Repeatable.",
        ),
    ] = None
    every: Annotated[bool, option("--all", "Follow pages and cursors to the end.")] = False
    refresh: Annotated[bool, option("--refresh", "Fetch the API reference, however new it is.")] = (
        False
    )

    def used(self) -> Iterator[str]:
        """Yields the options given that only apply to a call of an operation."""
        options = {"body": self.body is not None, "param": bool(self.param), "all": self.every}
        return (name for name, is_given in options.items() if is_given)


def command(
    *,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WORDS",
            help="The words: OPERATION --name value …; METHOD /path; 'describe OPERATION'; "
            "'list TAG'; nothing lists all operations.",
            show_default=False,
        ),
    ] = None,
    options: CallOptions,
    rows: Annotated[RowOptions, Only("fields", "query")],
    workspace: PlaceOptions,
    connection: BasicConnectionOptions,
    format: _FormatOption = None,
) -> int:
    """Call any endpoint of Langfuse's API, by the server's own reference of it.

    Without words it lists the operations. Parameters and bodies are checked before anything is
    sent; a method with a path is sent as it is.

    Examples:
        langsync api describe trace_list      # what an operation takes and answers
        langsync api trace_list --limit 5 --query 'data[].name'
        langsync api GET /v2/prompts
    """
    from langsync.api.reference import METHODS
    from langsync.cli.api_calling import ApiAccess, CallArguments, call
    from langsync.cli.api_describing import show_operation
    from langsync.cli.api_listing import show_operations

    operands, parameters = _parsed(arguments or [])
    access = ApiAccess(workspace, connection)
    if not operands or operands[0] in ("list", "describe"):
        _refuse([*parameters, *options.used()], operands)
        reference = asyncio.run(access.reference(refresh=options.refresh))
        if operands[:1] == ["describe"]:
            show_operation(reference, operands[1:], format, rows.fields, rows.query, OWN)
        else:
            show_operations(reference, operands[1:], format, rows.fields, rows.query)
        return 0
    if operands[0].upper() in METHODS:
        _refuse((name for name in parameters if _near(name)), operands)
    parameters = _with_named(parameters, options.param or [])
    shown = _Shown(format or RowFormat.JSON, rows.fields, rows.query, every=options.every)
    bar = not (shown.streams and sys.stdout.isatty())
    every, refresh, body = options.every, options.refresh, _body(options.body)
    request = CallArguments(operands, parameters, body, OWN, every, refresh, rows.fields, bar)
    asyncio.run(call(access, request, shown.take))
    shown.end()
    return 0


def _parsed(arguments: list[str]) -> tuple[list[str], dict[str, list[str | None]]]:
    """Split arguments into operands and parameters; a parameter without a value is None."""
    operands: list[str] = []
    parameters: dict[str, list[str | None]] = {}
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("--"):
            operands.append(word)
            continue
        name, sign, value = word[2:].partition("=")
        alone = not sign and (not waiting or waiting[0].startswith("--"))
        parameters.setdefault(name, []).append(None if alone else value if sign else waiting.pop(0))
    return operands, parameters


def _near(name: str) -> list[str]:
    close = difflib.get_close_matches(name, OWN, 1, _NEAR)
    return [option for option in close if abs(len(option) - len(name)) < 2]


def _refuse(names: Iterable[str], operands: list[str]) -> None:
    """Refuse options that do not apply, or that look like a misspelling of another one.

    Raises:
        ConfigError: There is one.
    """
    from langsync.api.reference import METHODS

    command = f"langsync api {operands[0]}" if operands else "langsync api"
    for name in names:
        near = [f"did you mean --{option}?" for option in _near(name) if option != name]
        if operands and operands[0].upper() in METHODS:
            near.append(f"A parameter of this name is -p {name}=VALUE")
        elif name == "tag" or not near:
            near = ["langsync api list TAG lists the operations of a tag"]
        raise ConfigError(f"{command} takes no --{name}: {' '.join(near)}")


def _with_named(
    options: dict[str, list[str | None]], named: list[str]
) -> dict[str, list[str | None]]:
    parameters = {name: list(values) for name, values in options.items()}
    for text in named:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise ConfigError(f"--param {text!r}: write NAME=VALUE")
        parameters.setdefault(name, []).append(value)
    return parameters


def _body(text: str | None) -> Json:
    if text is None:
        return None
    where = "--body"
    if text == "-":
        text, where = sys.stdin.read(), "stdin"
    elif text.startswith("@"):
        from langsync.source.files import read_raw

        where = text[1:]
        text = read_raw(Path(where))

    def exact(digits: str) -> int:
        if len(digits) < 21 and -(2**63) <= int(digits) < 2**64:
            return int(digits)
        raise ConfigError(
            f"{where}: {digits[:9]}… is an integer past 64 bits, which loses digits: write a text"
        )

    try:
        value = orjson.loads(text)
        orjson.dumps(value)
        json.loads(text, parse_int=exact)
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"{where} is no JSON: {error}") from None
    except (orjson.JSONEncodeError, RecursionError):
        raise ConfigError(f"{where} is nested too deeply") from None
    return value


class _Shown:
    """Writes answers: rows of JSON Lines as they come, everything else at the end."""

    def __init__(
        self,
        format: RowFormat,
        fields: str | None,
        query: str | None,
        *,
        every: bool,
    ) -> None:
        self._format, self._fields, self._query, self._every = format, fields, query, every
        self.streams = format is RowFormat.JSONL and query is None
        self._answers: list[Json] = []

    def take(self, answer: Json) -> None:
        """Take the next page."""
        rows = _rows(answer)
        if self.streams and rows is not None:
            show_rows(rows, self._format, self._fields)
        else:
            self._answers.append(answer)

    def end(self) -> None:
        """Write what is left."""
        if not self._answers:
            return
        answer: Any = self._answers[0]
        rows = [row for answer in self._answers for row in _rows(answer) or ()]
        is_list = _rows(answer) is not None
        if self._every and is_list:
            answer = {**answer, "data": rows, "meta": {"totalItems": len(rows)}}
        if self._query is not None:
            show_value(queried(answer, self._query), self._format, self._fields)
        elif is_list and (self._format is not RowFormat.JSON or self._fields):
            show_rows(rows, self._format, self._fields)
        elif answer is not None:
            show_value(answer, self._format, self._fields)


def _rows(answer: Json) -> list[Any] | None:
    rows = answer.get("data") if isinstance(answer, dict) else None
    return rows if isinstance(rows, list) else None
