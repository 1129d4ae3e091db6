"""``langsync list``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

import typer

from langsync.cli import complete, console
from langsync.cli.connection_options import BasicConnectionOptions
from langsync.cli.option_groups import option
from langsync.cli.options import ConfigOption, Format, FormatOption, env_option
from langsync.errors import ConfigError
from langsync.model import Address, Resource, fields_of
from langsync.render.shape import counted, one_line

if TYPE_CHECKING:
    from langsync.config import Config
    from langsync.kinds.prompt.spec import PromptSpec
    from langsync.load import Loaded


class Type(StrEnum):
    """What a prompt is."""

    TEXT = "text"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class ListedResource:
    """A resource as it is listed.

    Args:
        address: Its address.
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


@dataclass(frozen=True, kw_only=True)
class PromptFilterOptions:
    """Which prompts are listed.

    Args:
        label: Those that are deployed to such a label; globs.
        tag: Those that have such a tag; globs.
        type: Those of this type.
    """

    label: Annotated[
        list[str] | None,
        option(
            "--label LABEL",
            "Only prompts that are deployed to such a label; a glob. Repeatable.",
            autocompletion=complete.labels,
        ),
    ] = None
    tag: Annotated[
        list[str] | None,
        option("--tag TAG", "Only prompts that have such a tag; a glob. Repeatable."),
    ] = None
    type: Annotated[
        Type | None, option("--type TYPE", "Only prompts of this type: text or chat.")
    ] = None


@dataclass(frozen=True, slots=True)
class ListSelection:
    """Which resources are listed.

    Args:
        kinds: Of these kinds.
        globs: With a name or an address that matches one of these; none for all.
        prompts: Which prompts.
        files: Made of one of these files; None for any.
    """

    kinds: Collection[str]
    globs: Sequence[str]
    prompts: PromptFilterOptions
    files: frozenset[str] | None

    def has(self, of: Address, row: ListedResource, files: Collection[str] = ()) -> bool:
        """Whether a resource made of these files is listed."""
        name, address = of.name, row.address
        labels, tags, type_ = self.prompts.label, self.prompts.tag, self.prompts.type
        return (
            of.kind in self.kinds
            and (not self.globs or any(_means(glob, (name, address)) for glob in self.globs))
            and (not labels or any(_means(label, row.labels or ()) for label in labels))
            and (not tags or any(_means(tag, row.tags or ()) for tag in tags))
            and (type_ is None or (of.kind, row.type) == ("prompt", type_))
            and (self.files is None or not self.files.isdisjoint(files))
        )


def _means(glob: str, names: Collection[str]) -> bool:
    return any(name == glob or fnmatchcase(name, glob) for name in names)


def command(
    *,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WHAT",
            help="prompts, datasets or another folder; then names, addresses or globs.",
            autocompletion=complete.listed,
            show_default=False,
        ),
    ] = None,
    filters: PromptFilterOptions,
    changed: Annotated[
        bool, option("--changed", "Only what is made of a file that differs from HEAD.")
    ] = False,
    remote: Annotated[
        bool, option("--remote", "List what Langfuse holds instead, declared or not.")
    ] = False,
    config: ConfigOption = None,
    env: Annotated[
        str | None,
        env_option("Labels in this environment; else LANGSYNC_ENV, else in all of them."),
    ] = None,
    connection: BasicConnectionOptions,
    format: FormatOption = Format.TEXT,
) -> int:
    """List what the files declare, or what Langfuse holds.

    Prompts with their type, labels and tags, datasets with the number of their items, each with
    its file. Without --remote nothing is asked.

    Examples:
        langsync list
        langsync list prompts 'support/*' --label production
        langsync list datasets --remote --format json
    """
    from langsync.cli.listing_remote import held
    from langsync.cli.reading import Place
    from langsync.engine.workspace import open_everything

    kinds, globs = _kinds_and_globs(names or [])
    if remote:
        if changed:
            raise ConfigError("--changed is about files: leave it or --remote out")
        selection = ListSelection(kinds, globs, filters, None)
        rows = held(kinds, Place.find(config, env), connection)
        _show([row for address, row in rows if selection.has(address, row)], format)
        return 0
    parsed, loaded = open_everything(config, env)
    files = _changed(parsed) if changed else None
    selection = ListSelection(kinds, globs, filters, files)
    _show([row for of, row in _rows(loaded) if selection.has(of.address, row, of.files)], format)
    return 0


def _kinds_and_globs(names: Sequence[str]) -> tuple[Collection[str], Sequence[str]]:
    from langsync.kinds import all_kinds

    kinds = {kind.folder: kind.name for kind in all_kinds().values() if kind.folder}
    if names and names[0] in kinds:
        return [kinds[names[0]]], names[1:]
    return kinds.values(), names


def _changed(config: Config) -> frozenset[str]:
    from langsync.history.status import changed_files

    files = changed_files(config)
    if files is None:
        raise ConfigError("--changed: there is no Git repository with a commit around these files")
    return files


def _rows(loaded: Sequence[Loaded]) -> Iterator[tuple[Resource, ListedResource]]:
    """Yields every declared resource except items, in the order of addresses."""
    from langsync.kinds import all_kinds

    state = loaded[0].state
    items = state.groups("dataset_item")
    listed = {kind.name for kind in all_kinds().values() if kind.folder}
    addresses = [address for kind in listed for address in state.addresses(kind)]
    for address in sorted(addresses, key=lambda address: (address.kind != "prompt", address)):
        resource = state[address]
        content, source = fields_of(resource.content), resource.source
        prompt, tags = address.kind == "prompt", content.get("tags")
        yield (
            resource,
            ListedResource(
                str(address),
                content.get(all_kinds()[address.kind].type_field),
                _labels(address, loaded) if prompt else None,
                None if tags is None else tuple(tags),
                items[address.name] if address.kind == "dataset" else None,
                source.file if source is not None else "",
            ),
        )


def _labels(address: Address, loaded: Sequence[Loaded]) -> tuple[str, ...]:
    """Returns the labels that any of the environments moves; ``latest`` for a draft."""
    from langsync.kinds.prompt.state import LATEST

    contents: list[PromptSpec] = [environment.state[address].content for environment in loaded]
    placed = [placement for content in contents for placement in content.placements]
    return tuple(dict.fromkeys(label or LATEST for label in placed))


def _show(rows: list[ListedResource], format: Format) -> None:
    from langsync.render import json, markdown

    if format is Format.JSON:
        console.write(json.rows("resources", [asdict(row) for row in rows]))
    elif format is Format.MARKDOWN:
        names = ("address", "type", "labels", "tags", "items", "file")
        console.write(markdown.table([dict(zip(names, _texts(row), strict=True)) for row in rows]))
    else:
        width = max((len(one_line(row.address)) for row in rows), default=0)
        for row in rows:
            _, *details, file = _texts(row)
            line = "  ".join(detail for detail in (*details, file) if detail)
            console.write(f"{one_line(row.address):<{min(width, 48)}}  {one_line(line)}\n")


def _texts(row: ListedResource) -> list[str]:
    return [
        row.address,
        row.type or "",
        ", ".join("draft" if label == "latest" else label for label in row.labels or ()),
        " ".join(f"#{tag}" for tag in row.tags or ()),
        "" if row.items is None else counted(row.items, "item"),
        row.file,
    ]
