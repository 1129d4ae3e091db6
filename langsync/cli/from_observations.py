"""``langsync dataset from-observations``."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
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
from langsync.errors import ConfigError, LangsyncError

if TYPE_CHECKING:
    from io import FileIO

    from langsync.client import Client
    from langsync.formats.select import Selection
    from langsync.observability import ItemSelection

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
    limit: Annotated[int, typer.Option("--limit", min=1, help="Items to add, at most.")] = 100,
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
    and nothing comes twice: neither an observation, nor another one with an equal input. One
    without an input makes no item.
    """
    from langsync.cli import naming
    from langsync.cli.reading import Place, Way
    from langsync.observability import SOURCES, ItemSelection, ListQuery, Period
    from langsync.observability.items import ScoreCondition

    if file.suffix != ".jsonl":
        raise ConfigError(f"{file}: items are written as JSON Lines: name a file that ends .jsonl")
    wishes = {"name": name, "type": type, "traceId": trace, "userId": user}
    picked = {"input": input_, "expected_output": expected_output, "metadata": metadata}
    filters = {key: value for key, value in wishes.items() if value is not None}
    period = Period.parse(since, start, end)
    wanted = ItemSelection(
        ListQuery(SOURCES["observations"], filters, period, has_all_fields=True),
        tuple(ScoreCondition.parse(one) for one in score or ()),
        {key: _selection(key, text) for key, text in picked.items() if text},
    )
    place, way = Place.find(config, env), Way(host, env_file, timeout, cache=True)
    root = place.config.root if place.config else Path.cwd()
    is_named = place.config is not None and naming.is_named(file, place.config)
    rows = _Rows(file, root, repeat_inputs=repeat_inputs)
    asyncio.run(way.ask(place, lambda client: _add(client, wanted, rows, limit)))
    rows.save()
    _tell(rows, file, format)
    if rows.added and not (rows.before or is_named) and format is not Format.JSON:
        console.notice(naming.hint(file, place.config))
    return 0


async def _add(client: Client, wanted: ItemSelection, rows: _Rows, limit: int) -> None:
    from langsync.observability import read_items

    async for item in read_items(client, wanted):
        rows.add(item)
        if len(rows.added) == limit:
            break
    for name, selection in wanted.fields.items():
        for message in selection.never_found():
            raise ConfigError(
                f"--{name.replace('_', '-')}: {message}: a row is an observation as "
                "`langsync observations list --full --format json` shows it"
            )


def _tell(rows: _Rows, file: Path, format: Format) -> None:  # noqa: A002 - the option's name
    counts = {"added": len(rows.added), "known": rows.known, "equal": rows.equal}
    counts["empty"] = rows.empty
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
    if rows.empty:
        console.notice(f"{rows.empty} have no input.", "dim")
    if not any(counts.values()):
        console.notice("No observation matches.")


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
    """A file of rows that grows; what others add to it meanwhile stays."""

    def __init__(self, file: Path, root: Path, *, repeat_inputs: bool) -> None:
        self._file, self._repeats = file, repeat_inputs
        place = os.path.relpath(os.path.realpath(file), os.path.realpath(root))
        self._place = Path(place).as_posix().removesuffix(".jsonl")
        self.added: list[dict[str, Any]] = []
        self.known = self.equal = self.empty = 0
        self._read()
        self.before = len(self._names)

    def _read(self) -> None:
        """Learn what is in the file."""
        from langsync.errors import InvalidFilesError, Problem
        from langsync.formats.items import read_rows

        self._names: set[tuple[str, str]] = set()
        self._inputs: set[bytes] = set()
        for row in read_rows(self._file, str(self._file)) if self._file.exists() else ():
            if isinstance(row, Problem):
                raise InvalidFilesError([row])
            self._remember(row.fields)

    def add(self, item: dict[str, Any]) -> None:
        """Take an item, unless it is there or has no input."""
        from langsync.kinds.dataset_item.identity import id_of_key

        named = {"id": id_of_key(self._place, item["source_observation_id"]), **item}
        if not self._names.isdisjoint(_names_of(named)):
            self.known += 1
        elif item.get("input") == "" or _is_empty(item.get("input")):
            self.empty += 1
        elif not self._repeats and _digest(item) in self._inputs:
            self.equal += 1
        else:
            self._remember(named)
            self.added.append(named)

    def _remember(self, item: dict[str, Any]) -> None:
        self._names |= _names_of(item)
        if digest := _digest(item):
            self._inputs.add(digest)

    def save(self) -> None:
        """Append what is new: once more if the file was replaced by another one meanwhile."""
        try:
            done = not self.added
            while not done:
                with _growing(self._file) as out:
                    taken, self.added = self.added, []
                    self._read()
                    for item in taken:
                        self.add(item)
                    if self.added:
                        _append(out, self._file, self.added)
                    done = not self.added or _is_at(self._file, out)
        except OSError as error:
            raise LangsyncError(f"{self._file} cannot be written: {error.strerror}") from None


@contextmanager
def _growing(file: Path) -> Iterator[FileIO]:
    """A file to append to, while nobody else does so in this way."""
    Path(os.path.realpath(file)).parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab", buffering=0) as out:
        if sys.platform != "win32":
            import fcntl

            with suppress(OSError):  # some network disks have no locks
                fcntl.flock(out, fcntl.LOCK_EX)
        yield out


def _append(out: FileIO, file: Path, items: Sequence[dict[str, Any]]) -> None:
    """Add rows in one write, with the line ends of the file; if they do not fit, none."""
    with file.open("rb") as there:
        end = b"\r\n" if there.readline().endswith(b"\r\n") else b"\n"
        size = there.seek(0, os.SEEK_END)
        there.seek(max(size - 1, 0))
        border = end if there.read() not in (b"", b"\n") else b""
    lines = border + b"".join(orjson.dumps(one) + end for one in items)
    written = out.write(lines)
    if written < len(lines):
        if os.fstat(out.fileno()).st_size == size + written:  # nobody else added something
            out.truncate(size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(out.fileno())


def _is_at(file: Path, out: FileIO) -> bool:
    """Whether an open file is still the one of this name."""
    try:
        return os.path.samestat(file.stat(), os.fstat(out.fileno()))
    except FileNotFoundError:
        return False


def _names_of(item: dict[str, Any]) -> set[tuple[str, str]]:
    """What tells an item from others."""
    found = ((key, item.get(key)) for key in ("id", "source_observation_id"))
    return {(key, name) for key, name in found if isinstance(name, str)}


def _is_empty(value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether nothing was picked; of a mapping or list, by none of its expressions."""
    parts = [*value.values()] if isinstance(value, dict) else value
    if isinstance(parts, list) and parts:
        return all(map(_is_empty, parts))
    return value is None


def _digest(item: dict[str, Any]) -> bytes:
    """Equal for inputs that Langfuse stores as equal; none where it cannot be told."""
    from langsync.kinds.dataset_item.values import digest, stored

    with suppress(RecursionError):
        return digest([stored(item.get("input"))], "active")
    return b""
