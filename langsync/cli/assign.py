"""Writes the ids of items into their files, for ``langsync fmt --assign-ids``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langsync.cli import console
from langsync.cli.workspace import open_everything
from langsync.formats import yaml, yaml_splice
from langsync.formats.files import ended_alike, read_raw
from langsync.formats.items import suffix
from langsync.kinds.dataset_item.pulling.rows import RowError, edited_json_lines, with_column
from langsync.model import Resource, State

if TYPE_CHECKING:
    from langsync.cli.fmt import Laid
    from langsync.config import Config


def with_ids(configs: Sequence[Config], laid: list[Laid]) -> list[Laid]:
    """Files in which each item has its id, those of rows among them.

    An id is the one that a plan takes from the item's input. Items of datasets with a key keep
    going without: their ids last as long as the key does.

    Raises:
        InvalidFilesError: Something is wrong in the files.
    """
    from langsync.cli.fmt import Laid

    found = {one.path.resolve(): one for one in laid}
    for config in configs:
        state = open_everything(config.file, None)[1][0].state
        for file, items in _nameless(config, state).items():
            path = (config.root / file).resolve()
            old = found[path].old if path in found else read_raw(path)
            text = found[path].new if path in found else old
            try:
                new = _assigned(path, text, items)
            except RowError as error:
                console.notice(f"Warning: {file} is left as it is: {error}", "yellow")
                new = text
            found[path] = Laid(path, old, new)
    return [*found.values()]


def _nameless(config: Config, state: State) -> dict[str, list[Resource]]:
    """The items that say neither their id nor a key, by file."""
    found: dict[str, list[Resource]] = {}
    for dataset in state.of_kind("dataset"):
        assert dataset.source is not None  # noqa: S101 - it is declared
        path = config.root / dataset.source.file
        value = yaml.read(_normal(read_raw(path)), "")[dataset.source.document]
        mapped = [one for one in value.get("items_from") or () if isinstance(one, dict)]
        if value.get("key") or any(one.keys() - {"file"} for one in mapped):
            continue
        for item in state.of_kind("dataset_item"):
            if dataset.address in item.needs and item.source is not None:
                found.setdefault(item.source.file, []).append(item)
    return found


def _normal(raw: str) -> str:
    return raw.removeprefix("\ufeff").replace("\r\n", "\n")


def _assigned(path: Path, text: str, items: Sequence[Resource]) -> str:
    if path.suffix == ".gz":
        raise RowError("it is compressed")
    if not suffix(path):
        return _in_yaml(text, items)
    ids = {item.source.line: str(item.content["id"]) for item in items if item.source}
    if suffix(path) == ".csv":
        return with_column(text, "id", ids)
    edits = {line: _naming(id_) for line, id_ in ids.items()}
    return edited_json_lines(text, edits)


def _naming(id_: str) -> Any:  # noqa: ANN401 - a function of rows
    return lambda row: row if row.get("id") else {"id": id_, **row}


def _in_yaml(text: str, items: Sequence[Resource]) -> str:
    normal = _normal(text)
    values = yaml.read(normal, "")
    for document in {item.source.document for item in items if item.source}:
        value = values[document]
        own = list(value["items"])
        for item in items:
            if item.source and item.source.document == document:
                index = int(item.source.path[1])
                if not own[index].get("id"):
                    own[index] = {"id": item.content["id"], **own[index]}
        if own != value["items"]:
            normal, _ = yaml_splice.edited(normal, document, {**value, "items": own})
    return ended_alike(text, normal)
