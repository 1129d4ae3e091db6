"""``langsync dataset from-observations``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from langsync.cli import console
from langsync.cli.options import (
    ConfigOption,
    EnvFileOption,
    EnvOption,
    Format,
    FormatOption,
    HostOption,
    TimeoutOption,
)
from langsync.cli.periods import FromOption, SinceOption, ToOption
from langsync.errors import ConfigError

if TYPE_CHECKING:
    from langsync.client import Client
    from langsync.formats.select import Selection

_FILTERS = "Which observations"
_FIELDS = "Fields of an item"

_INPUT = Annotated[
    str,
    typer.Option(
        "--input",
        metavar="JMESPATH",
        help="What of an observation is the input, such as 'input.question'; an object of such "
        "expressions makes an object.",
        rich_help_panel=_FIELDS,
    ),
]
_EXPECTED = Annotated[
    str | None,
    typer.Option(
        "--expected-output",
        metavar="JMESPATH",
        help="What of it is the expected output, such as 'output.answer'; by default there is "
        "none, as what an application said is not always right.",
        rich_help_panel=_FIELDS,
    ),
]


def _filter(flag: str, text: str) -> Any:  # noqa: ANN401 - typer's
    return typer.Option(flag, help=text, rich_help_panel=_FILTERS)


def command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="The file of rows (.jsonl) that gets the items; it may not exist."
        ),
    ],
    name: Annotated[str | None, _filter("--name", "Only those of this name.")] = None,
    type: Annotated[  # noqa: A002 - the option's name
        str | None, _filter("--type", "Only of this type, such as GENERATION.")
    ] = None,
    trace: Annotated[str | None, _filter("--trace", "Only those of this trace.")] = None,
    user: Annotated[str | None, _filter("--user", "Only those of this user.")] = None,
    score: Annotated[
        list[str] | None,
        _filter(
            "--score",
            "Only with such a score, their own or their trace's: 'helpful=false', "
            "'quality<0.5', 'tone=rude', or a name for any value. Repeatable.",
        ),
    ] = None,
    since: SinceOption = None,
    start: FromOption = None,
    end: ToOption = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="Observations to take, at most.")
    ] = 100,
    input_: _INPUT = "input",
    expected_output: _EXPECTED = None,
    metadata: Annotated[
        str | None,
        typer.Option(
            "--metadata",
            metavar="JMESPATH",
            help='What of it is the metadata, such as \'{"model": "model"}\'.',
            rich_help_panel=_FIELDS,
        ),
    ] = None,
    repeat_inputs: Annotated[
        bool,
        typer.Option("--repeat-inputs", help="Take observations with an input that is there, too."),
    ] = False,
    config: ConfigOption = None,
    env: EnvOption = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> int:
    """Make items of observations, and add them to a file of rows.

    Each item says which trace and observation it comes from. What is in the file stays as it is,
    and nothing comes twice: neither an observation, nor another one with an equal input.
    """
    from langsync.cli.reading import Place, Way
    from langsync.observability import Period, Wanted
    from langsync.observability.items import ScoreCondition

    if file.suffix != ".jsonl":
        raise ConfigError(f"{file}: items are written as JSON Lines: name a file that ends .jsonl")
    wishes = {"name": name, "type": type, "traceId": trace, "userId": user}
    picked = {"input": input_, "expected_output": expected_output, "metadata": metadata}
    wanted = Wanted(
        {key: value for key, value in wishes.items() if value},
        Period.read(since, start, end),
        tuple(ScoreCondition.read(one) for one in score or ()),
        {key: _selection(key, text) for key, text in picked.items() if text},
        limit,
    )
    rows = _Rows(file, repeat_inputs=repeat_inputs)
    place, way = Place.find(config, env), Way(host, env_file, timeout, cache=True)
    asyncio.run(way.ask(place, lambda client: _add(client, wanted, rows)))
    rows.save()
    _tell(rows, file, format)
    return 0


async def _add(client: Client, wanted: Any, rows: _Rows) -> None:  # noqa: ANN401 - imported late
    from langsync.observability import items_of

    async for item in items_of(client, wanted):
        rows.add(item)


def _tell(rows: _Rows, file: Path, format: Format) -> None:  # noqa: A002 - the option's name
    counts = {"added": len(rows.added), "known": rows.known, "equal": rows.equal}
    if format is Format.JSON:
        from langsync.render import json

        console.write(json.result({"file": str(file), **counts}))
        return
    console.write(f"{file}: {counts['added']} added\n")
    if rows.known:
        console.notice(f"{rows.known} observations are there already.", "dim")
    if rows.equal:
        console.notice(
            f"{rows.equal} have an input that is there already: --repeat-inputs takes them.", "dim"
        )
    if rows.added and not rows.before:
        console.notice(f"Name the file in a dataset: items_from: [{file.name}]")


def _selection(name: str, text: str) -> Selection:
    from langsync.formats.select import Selection

    selector: Any = text
    if text[:1] in "{[":
        try:  # a mapping of expressions; JMESPath has the same brackets without quotes
            selector = orjson.loads(text)
        except orjson.JSONDecodeError:
            selector = text
    try:
        found = Selection(selector)
    except ValueError as error:
        raise ConfigError(f"--{name.replace('_', '-')}: {error}") from None
    if found.why:
        raise ConfigError(f"--{name.replace('_', '-')} {text!r} is no JMESPath: {found.why}")
    return found


class _Rows:
    """A file of rows that grows, written whole or not at all."""

    def __init__(self, file: Path, *, repeat_inputs: bool) -> None:
        from langsync.errors import InvalidFilesError, Problem
        from langsync.formats.files import read_raw
        from langsync.formats.items import read_rows

        self._file, self._repeats = file, repeat_inputs
        self.added: list[dict[str, Any]] = []
        self.known = self.equal = 0
        self.before = read_raw(file) if file.exists() else ""
        self._observations: set[str] = set()
        self._inputs: set[bytes] = set()
        for row in read_rows(file, str(file)) if self.before else ():
            if isinstance(row, Problem):
                raise InvalidFilesError([row])
            self._remember(row.fields)

    def add(self, item: dict[str, Any]) -> None:
        """Take an item, unless it is there."""
        if item["source_observation_id"] in self._observations:
            self.known += 1
        elif not self._repeats and _digest(item) in self._inputs:
            self.equal += 1
        else:
            named = {"id": f"{self._file.stem}-{item['source_observation_id']}"[:255], **item}
            self._remember(named)
            self.added.append(named)

    def _remember(self, item: dict[str, Any]) -> None:
        if isinstance(observation := item.get("source_observation_id"), str):
            self._observations.add(observation)
        self._inputs.add(_digest(item))

    def save(self) -> None:
        """Write the file, if there is something new."""
        from langsync.formats.files import write_file

        if self.added:
            border = "" if not self.before or self.before.endswith("\n") else "\n"
            lines = "".join(orjson.dumps(one).decode() + "\n" for one in self.added)
            write_file(self._file, f"{self.before}{border}{lines}")


def _digest(item: dict[str, Any]) -> bytes:
    """Equal for inputs that Langfuse stores as equal."""
    import hashlib

    from langsync.formats.values import canonical

    packed = orjson.dumps(canonical(item.get("input")), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(packed).digest()
