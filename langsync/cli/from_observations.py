"""``langsync dataset from-observations``."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import orjson
import typer

from langsync.cli import console
from langsync.cli.connection_options import BasicConnectionOptions
from langsync.cli.filters import FilterOptions
from langsync.cli.option_groups import Only, option
from langsync.cli.options import Format, FormatOption, PlaceOptions
from langsync.cli.periods import PeriodOptions
from langsync.errors import ConfigError, LangsyncError

if TYPE_CHECKING:
    from io import FileIO

    from langsync.client import Client
    from langsync.formats.select import Selection
    from langsync.observability import ItemSelection
    from langsync.observability.items import ScoreCondition


@dataclass(frozen=True, kw_only=True)
class ScoredFilterOptions(FilterOptions):
    """Which observations become items.

    Args:
        score: Those with one of these scores, on the observation or on its trace.
    """

    score: Annotated[
        list[str] | None,
        option(
            "--score SCORE",
            "Only with such a score, their own or their trace's: "
            "'helpful=false', 'quality<0.5', 'tone=rude', or a name for any "
            "value. Repeatable.",
        ),
    ] = None

    def conditions(self) -> tuple[ScoreCondition, ...]:
        """Returns the conditions on scores.

        Raises:
            ConfigError: A condition is invalid.
        """
        from langsync.observability.items import ScoreCondition

        return tuple(ScoreCondition.parse(condition) for condition in self.score or ())


@dataclass(frozen=True, kw_only=True)
class ItemOptions:
    """Which parts of an observation an item is made of.

    Args:
        input_: The source of its input.
        expected_output: The source of its expected output; None for none.
        metadata: The source of its metadata; None for none.
    """

    panel: ClassVar[str] = "Fields of an item"

    input_: Annotated[
        str,
        option(
            "--input JMESPATH",
            "What of an observation is the input, such as 'input.question'; an "
            "object of such expressions makes an object.",
        ),
    ] = "input"
    expected_output: Annotated[
        str | None,
        option(
            "--expected-output JMESPATH",
            "What of it is the expected output, such as 'output.answer'; by "
            "default there is none, as what an application said is not always "
            "right.",
        ),
    ] = None
    metadata: Annotated[
        str | None,
        option(
            "--metadata JMESPATH", 'What of it is the metadata, such as \'{"model": "model"}\'.'
        ),
    ] = None

    def selections(self) -> dict[str, Selection]:
        """Returns the expressions by field of an item.

        Raises:
            ConfigError: An expression is invalid.
        """
        picked = {"input": self.input_, "expected_output": self.expected_output}
        picked["metadata"] = self.metadata
        return {name: _selection(name, text) for name, text in picked.items() if text}


def command(
    *,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="The file of rows (.jsonl) that gets the items; it may not exist."
        ),
    ],
    filters: Annotated[ScoredFilterOptions, Only("name", "type", "trace", "user", "score")],
    times: PeriodOptions,
    limit: Annotated[int, option("--limit N", "Items to add, at most.", min=1)] = 100,
    item: ItemOptions,
    repeat_inputs: Annotated[
        bool, option("--repeat-inputs", "Take observations with an input that is there, too.")
    ] = False,
    workspace: PlaceOptions,
    connection: BasicConnectionOptions,
    format: FormatOption = Format.TEXT,
) -> int:
    """Make items of observations, and add them to a file of rows.

    Each item says which trace and observation it comes from. What is in the file stays as it is,
    and nothing comes twice: neither an observation, nor another one with an equal input. One
    without an input makes no item.

    Examples:
        langsync dataset from-observations qa.jsonl --score 'helpful=false'
        langsync dataset from-observations qa.jsonl --name answer --since 7d
    """
    from langsync.cli import naming
    from langsync.observability import ItemSelection

    if file.suffix != ".jsonl":
        raise ConfigError(f"{file}: items are written as JSON Lines: name a file that ends .jsonl")
    reading = filters.reading("observations", times, everything=True)
    selection = ItemSelection(reading, filters.conditions(), item.selections())
    place = workspace.find()
    root = place.config.root if place.config else Path.cwd()
    is_named = place.config is not None and naming.is_named(file, place.config)
    rows = _ItemFile(file, root, repeat_inputs=repeat_inputs)
    asyncio.run(connection.ask(place, lambda client: _add(client, selection, rows, limit)))
    rows.save()
    _tell(rows, file, format)
    if rows.added and not (rows.before or is_named) and format is not Format.JSON:
        console.notice(naming.hint(file, place.config))
    return 0


async def _add(client: Client, items: ItemSelection, rows: _ItemFile, limit: int) -> None:
    from langsync.observability import read_items

    async for item in read_items(client, items):
        rows.add(item)
        if len(rows.added) == limit:
            break
    for name, selection in items.fields.items():
        for message in selection.never_found():
            raise ConfigError(
                f"--{name.replace('_', '-')}: {message}: a row is an observation as "
                "`langsync observations list --full --format json` shows it"
            )


def _tell(rows: _ItemFile, file: Path, format: Format) -> None:
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
        selection = Selection(selector)
    except ValueError as error:
        raise ConfigError(f"--{name.replace('_', '-')}: {error}") from None
    if selection.why:
        raise ConfigError(f"--{name.replace('_', '-')} {text!r} is no JMESPath: {selection.why}")
    return selection


class _ItemFile:
    """A JSON Lines file that items are appended to; rows that others append meanwhile are kept."""

    def __init__(self, file: Path, root: Path, *, repeat_inputs: bool) -> None:
        self._file, self._repeats = file, repeat_inputs
        place = os.path.relpath(os.path.realpath(file), os.path.realpath(root))
        self._place = Path(place).as_posix().removesuffix(".jsonl")
        self.added: list[dict[str, Any]] = []
        self.known = self.equal = self.empty = 0
        self._read()
        self.before = len(self._names)

    def _read(self) -> None:
        """Read ids and inputs from the file."""
        from langsync.errors import InvalidFilesError, Problem
        from langsync.formats.items import read_rows
        from langsync.source.files import open_regular

        self._names: set[tuple[str, str]] = set()
        self._inputs: set[bytes] = set()
        opened = partial(open_regular, self._file)
        for row in read_rows(opened, str(self._file)) if self._file.exists() else ():
            if isinstance(row, Problem):
                raise InvalidFilesError([row])
            self._remember(row.fields)

    def add(self, item: dict[str, Any]) -> None:
        """Add an item, unless the file has it already or it has no input."""
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
        """Append new items; again if the file was replaced by another one meanwhile."""
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
    """Open a file for appending, locked against other processes of langsync."""
    Path(os.path.realpath(file)).parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab", buffering=0) as out:
        if sys.platform != "win32":
            import fcntl

            with suppress(OSError):  # some network disks have no locks
                fcntl.flock(out, fcntl.LOCK_EX)
        yield out


def _append(out: FileIO, file: Path, items: Sequence[dict[str, Any]]) -> None:
    """Append rows in one write, with the file's line endings; none if the disk is full."""
    with file.open("rb") as reader:
        end = b"\r\n" if reader.readline().endswith(b"\r\n") else b"\n"
        size = reader.seek(0, os.SEEK_END)
        reader.seek(max(size - 1, 0))
        border = end if reader.read() not in (b"", b"\n") else b""
    lines = border + b"".join(orjson.dumps(item) + end for item in items)
    written = out.write(lines)
    if written < len(lines):
        if os.fstat(out.fileno()).st_size == size + written:  # nobody else added something
            out.truncate(size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(out.fileno())


def _is_at(file: Path, out: FileIO) -> bool:
    """Whether an open file is still the one at this path."""
    try:
        return os.path.samestat(file.stat(), os.fstat(out.fileno()))
    except FileNotFoundError:
        return False


def _names_of(item: dict[str, Any]) -> set[tuple[str, str]]:
    """Returns the fields that identify an item."""
    names = ((key, item.get(key)) for key in ("id", "source_observation_id"))
    return {(key, name) for key, name in names if isinstance(name, str)}


def _is_empty(value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether nothing was selected; for a mapping or list, by any of its expressions."""
    parts = [*value.values()] if isinstance(value, dict) else value
    if isinstance(parts, list) and parts:
        return all(map(_is_empty, parts))
    return value is None


def _digest(item: dict[str, Any]) -> bytes:
    """Returns a digest that is equal for inputs that Langfuse stores as equal; empty if unknown."""
    from langsync.kinds.dataset_item.values import digest, stored

    with suppress(RecursionError):
        return digest([stored(item.get("input"))], "active")
    return b""
