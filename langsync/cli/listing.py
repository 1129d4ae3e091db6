"""``langsync list``."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import typer
from typing_extensions import TypedDict

from langsync.cli import complete, console
from langsync.cli.options import (
    ConfigOption,
    EnvFileOption,
    Format,
    FormatOption,
    HostOption,
    TimeoutOption,
)
from langsync.cli.reading import Place, Way
from langsync.client import Client
from langsync.client.schemas import PAGE_OF_NAMES, AnswerSchema, Page
from langsync.client.tasks import gather
from langsync.config import Config
from langsync.engine.workspace import open_everything
from langsync.errors import ConfigError
from langsync.kinds import all_kinds
from langsync.kinds.base import Scope
from langsync.kinds.prompt.spec import PromptSpec
from langsync.kinds.prompt.state import LATEST
from langsync.load import Loaded
from langsync.model import Address, Resource, State, fields_of
from langsync.render.shape import counted, one_line


class Type(StrEnum):
    """What a prompt is."""

    TEXT = "text"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Row:
    """What there is to know of one declared resource.

    Args:
        address: What it is called.
        type: Of a prompt: text or chat; of other kinds what they call their type.
        labels: Of a prompt: where the listed environments deploy it.
        tags: Of a prompt: its tags; None where they are not managed.
        items: Of a dataset: how many items it has.
        file: The file that declares it, relative to ``langsync.yaml``.
    """

    address: str
    type: str | None
    labels: tuple[str, ...] | None
    tags: tuple[str, ...] | None
    items: int | None
    file: str


class _Prompt(TypedDict):
    """A prompt in Langfuse's list, as far as it is shown."""

    name: str
    type: str
    labels: list[str]
    tags: list[str]


_PROMPTS = AnswerSchema(Page[_Prompt])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which resources are listed.

    Args:
        kinds: Of these kinds.
        globs: With a name or an address that one of these means; none for all.
        labels: With a label that one of these globs means; none for all.
        tags: With such a tag; none for all.
        type: Prompts of this type; None for any.
        files: Made of one of these files; None for any.
    """

    kinds: Collection[str]
    globs: Sequence[str]
    labels: Sequence[str]
    tags: Sequence[str]
    type: Type | None
    files: frozenset[str] | None

    def has(self, of: Address, row: Row, files: Collection[str] = ()) -> bool:
        """Whether a resource that is made of some files is listed."""
        name, address = of.name, row.address
        return (
            of.kind in self.kinds
            and (not self.globs or any(_means(one, (name, address)) for one in self.globs))
            and (not self.labels or any(_means(one, row.labels or ()) for one in self.labels))
            and (not self.tags or any(_means(one, row.tags or ()) for one in self.tags))
            and (self.type is None or (of.kind, row.type) == ("prompt", self.type))
            and (self.files is None or not self.files.isdisjoint(files))
        )


def _means(glob: str, names: Collection[str]) -> bool:
    return any(name == glob or fnmatchcase(name, glob) for name in names)


def command(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WHAT",
            help="prompts, datasets or another folder; then names, addresses or globs.",
            autocompletion=complete.listed,
            show_default=False,
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            help="Only prompts that are deployed to such a label; a glob. Repeatable.",
            autocompletion=complete.labels,
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", help="Only prompts that have such a tag; a glob. Repeatable."),
    ] = None,
    type: Annotated[  # noqa: A002 - the option's name
        Type | None, typer.Option("--type", help="Only prompts of this type.")
    ] = None,
    changed: Annotated[
        bool,
        typer.Option("--changed", help="Only what is made of a file that differs from HEAD."),
    ] = False,
    remote: Annotated[
        bool,
        typer.Option("--remote", help="List what Langfuse holds instead, declared or not."),
    ] = False,
    config: ConfigOption = None,
    env: Annotated[
        str | None,
        typer.Option(
            "--env",
            help="Labels in this environment; else LANGSYNC_ENV, else in all of them.",
            rich_help_panel="Where",
            autocompletion=complete.environments,
        ),
    ] = None,
    host: HostOption = None,
    env_file: EnvFileOption = None,
    timeout: TimeoutOption = 30.0,
    format: FormatOption = Format.TEXT,  # noqa: A002 - the option's name
) -> int:
    """List what the files declare, or what Langfuse holds.

    Prompts with their type, labels and tags, datasets with the number of their items, each with
    its file: 'langsync list prompts support/*'. Without --remote nothing is asked.
    """
    kinds, globs = _words(what or [])
    if remote:
        if changed:
            raise ConfigError("--changed is about files: leave it or --remote out")
        wanted = Wanted(kinds, globs, label or (), tag or (), type, None)
        held = _held(kinds, config, env, Way(host, env_file, timeout, cache=True))
        _show([row for address, row in held if wanted.has(address, row)], format)
        return 0
    parsed, loaded = open_everything(config, env)
    files = _changed(parsed) if changed else None
    wanted = Wanted(kinds, globs, label or (), tag or (), type, files)
    _show([row for one, row in _rows(loaded) if wanted.has(one.address, row, one.files)], format)
    return 0


def _held(
    kinds: Collection[str], config: Path | None, env: str | None, way: Way
) -> list[tuple[Address, Row]]:
    """What the project holds of some kinds, by name."""

    async def ask(client: Client) -> list[tuple[Address, Row]]:
        asked = [_LISTS.get(kind, _whole)(client, kind) for kind in kinds]
        found = [pair for each in await gather(asked) for pair in each]
        return sorted(found, key=lambda pair: (pair[0].kind != "prompt", pair[0]))

    return asyncio.run(way.ask(Place.find(config, env), ask))[1]


async def _prompts(client: Client, kind: str) -> list[tuple[Address, Row]]:
    """Prompts with labels as Langfuse has them; a list tells all of it."""
    found = []
    for meta in await client.pages("/v2/prompts", _PROMPTS):
        address = Address(kind, meta["name"])
        shown = [one for one in meta["labels"] if not one.startswith("langsync.")]
        labels = tuple(one for one in shown if one != "latest") or ("latest",)
        row = Row(str(address), meta["type"], labels, tuple(meta["tags"]), None, "")
        found.append((address, row))
    return found


async def _datasets(client: Client, kind: str) -> list[tuple[Address, Row]]:
    """Datasets without their items."""
    rows = await client.pages("/v2/datasets", PAGE_OF_NAMES)
    addresses = [Address(kind, one["name"]) for one in rows]
    return [(one, Row(str(one), None, None, None, None, "")) for one in addresses]


async def _whole(client: Client, kind: str) -> list[tuple[Address, Row]]:
    """Resources of any kind, read as a pull of all of them reads them."""
    of = all_kinds()[kind]
    fetched = await of.fetch(client, (), Scope(State(), whole=(f"{kind}/*",)))

    def type_of(resource: Resource) -> str | None:
        return fields_of(resource.content).get(of.type_field)

    for warning in fetched.warnings:
        console.notice(f"Warning: {warning}", "yellow")
    return [
        (address, Row(str(address), type_of(one), None, None, None, ""))
        for address, one in fetched.state.items()
    ]


_LISTS = {"prompt": _prompts, "dataset": _datasets}
"""Where a list is much less than what there is; `_whole` reads the other kinds."""


def _words(words: Sequence[str]) -> tuple[Collection[str], Sequence[str]]:
    kinds = {kind.folder: kind.name for kind in all_kinds().values() if kind.folder}
    if words and words[0] in kinds:
        return [kinds[words[0]]], words[1:]
    return kinds.values(), words


def _changed(config: Config) -> frozenset[str]:
    from langsync.history.status import changed_files

    found = changed_files(config)
    if found is None:
        raise ConfigError("--changed: there is no Git repository with a commit around these files")
    return found


def _rows(loaded: Sequence[Loaded]) -> Iterator[tuple[Resource, Row]]:
    """Every declared resource but items, in the order of addresses."""
    state = loaded[0].state
    items = state.groups("dataset_item")
    listed = {kind.name for kind in all_kinds().values() if kind.folder}
    addresses = [address for kind in listed for address in state.addresses(kind)]
    for address in sorted(addresses, key=lambda one: (one.kind != "prompt", one)):
        resource = state[address]
        content, source = fields_of(resource.content), resource.source
        prompt, tags = address.kind == "prompt", content.get("tags")
        yield (
            resource,
            Row(
                str(address),
                content.get(all_kinds()[address.kind].type_field),
                _labels(address, loaded) if prompt else None,
                None if tags is None else tuple(tags),
                items[address.name] if address.kind == "dataset" else None,
                source.file if source is not None else "",
            ),
        )


def _labels(address: Address, loaded: Sequence[Loaded]) -> tuple[str, ...]:
    """The labels that any of the environments moves; ``latest`` stands for a draft."""
    contents: list[PromptSpec] = [one.state[address].content for one in loaded]
    placed = [placement for content in contents for placement in content.placements]
    return tuple(dict.fromkeys(label or LATEST for label in placed))


def _show(rows: list[Row], format: Format) -> None:  # noqa: A002 - the option's name
    from langsync.render import json, markdown

    if format is Format.JSON:
        console.write(json.rows("resources", [asdict(row) for row in rows]))
    elif format is Format.MARKDOWN:
        names = ("address", "type", "labels", "tags", "items", "file")
        console.write(markdown.table([dict(zip(names, _texts(row), strict=True)) for row in rows]))
    else:
        width = max((len(one_line(row.address)) for row in rows), default=0)
        for row in rows:
            _, *about, file = _texts(row)
            words = "  ".join(one for one in (*about, file) if one)
            console.write(f"{one_line(row.address):<{min(width, 48)}}  {one_line(words)}\n")


def _texts(row: Row) -> list[str]:
    return [
        row.address,
        row.type or "",
        ", ".join("draft" if label == "latest" else label for label in row.labels or ()),
        " ".join(f"#{tag}" for tag in row.tags or ()),
        "" if row.items is None else counted(row.items, "item"),
        row.file,
    ]
