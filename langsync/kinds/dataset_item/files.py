"""Dataset items as files declare them."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import Field, ValidationError

from langsync.errors import InvalidFilesError, Problem
from langsync.formats.documents import Document, Shape, Steps, dotted, unknown_key
from langsync.formats.included import inside, is_file
from langsync.formats.items import Row, read_rows
from langsync.formats.values import flaws
from langsync.kinds.base import Context, Declared
from langsync.kinds.dataset_item.values import VALUES, decoded, item_address, stored
from langsync.kinds.names import has_control
from langsync.model import Address, Json, Resource, Source

MAX_BODY = 4_500 * 1024
"""Bytes that the server takes for one item (observed: 4.5 MB)."""

MAX_ID = 255
"""Characters of an id (recorded: item-ids 6)."""

_TEXTS = frozenset({"id", "status", "source_trace_id", "source_observation_id"})


class ItemFile(Shape):
    """One item, in YAML, JSON Lines or CSV."""

    id: str = Field(default="", description="Its id, unique in the project; else derived.")
    input: Any = Field(default=None, description="Any JSON.")
    expected_output: Any = Field(default=None, description="Any JSON.")
    metadata: Any = Field(default=None, description="Any JSON.")
    status: Literal["active", "archived"] = Field(default="active")
    source_trace_id: str = Field(default="", description="Absent: not managed.")
    source_observation_id: str = Field(default="", description="Absent: not managed.")


def declare(
    document: Document,
    items: Sequence[ItemFile],
    files: Sequence[str],
    dataset: Address,
    context: Context,
    declared: Declared,
) -> None:
    """Read a dataset's items, inline and from files, into ``declared``."""
    for index, item in enumerate(items):
        steps: Steps = ("items", index)
        source = context.source(document, steps)
        _add(declared, item, dataset, (source, source.file), _in(document, steps))
    for index, pattern in enumerate(files):
        try:
            paths = _matching(document, pattern, ("items_from", index), context)
        except InvalidFilesError as error:
            declared.problems.extend(error.problems)
            continue
        for file in paths:
            _declare_rows(document, file, dataset, context, declared)


def _in(document: Document, steps: Steps) -> Any:  # noqa: ANN401 - a function
    return lambda inner, message: document.problem((*steps, *inner), message)


def _matching(document: Document, pattern: str, steps: Steps, context: Context) -> list[Path]:
    """The files that a path or glob of ``items_from`` means, in order of their names."""
    if not any(character in pattern for character in "*?["):
        found = [inside(document, pattern, steps, context.repository)]
        if not is_file(found[0]):
            raise InvalidFilesError([document.problem(steps, f"there is no file {pattern!r}")])
        return found
    if pattern.startswith("/"):
        raise InvalidFilesError([document.problem(steps, "a pattern is relative to this file")])
    try:
        found = sorted(path for path in document.path.parent.glob(pattern) if is_file(path))
    except (ValueError, OSError) as error:
        message = f"{pattern!r} is no pattern of files: {error}"
        raise InvalidFilesError([document.problem(steps, message)]) from None
    if not found:
        raise InvalidFilesError([document.problem(steps, f"no file matches {pattern!r}")])
    names = (os.path.relpath(path, document.path.parent) for path in found)
    return [inside(document, name, steps, context.repository) for name in names]


def _declare_rows(
    document: Document, file: Path, dataset: Address, context: Context, declared: Declared
) -> None:
    shown, relative = context.shown(file), context.relative(file)
    owner = context.relative(document.path)
    for row in read_rows(file, shown, texts=_TEXTS):
        if isinstance(row, Problem):
            declared.problems.append(row)
            continue
        try:
            item = ItemFile.model_validate(_without_empty(row, file))
        except ValidationError as error:
            declared.problems += [_row_problem(shown, row, detail) for detail in error.errors()]
            continue
        source = Source(relative, row.line)
        _add(declared, item, dataset, (source, owner), _at(shown, row.line))


def _at(file: str, line: int) -> Any:  # noqa: ANN401 - a function
    return lambda inner, message: Problem(file, message, line)  # noqa: ARG005


def _without_empty(row: Row, file: Path) -> dict[str, Json]:
    """A row without the empty cells that CSV has where JSON Lines would leave the key out."""
    if file.suffix.lower() != ".csv":
        return row.fields
    return {
        name: value for name, value in row.fields.items() if value is not None or name in VALUES
    }


def _row_problem(file: str, row: Row, detail: Any) -> Problem:  # noqa: ANN401 - pydantic's
    name = dotted(detail["loc"])
    if detail["type"] == "extra_forbidden":
        return Problem(file, unknown_key(name, ItemFile.model_fields), row.line)
    words = detail["msg"].replace("Input should be", "must be")
    return Problem(file, f"{name} {words}", row.line)


def _add(
    declared: Declared,
    item: ItemFile,
    dataset: Address,
    place: tuple[Source, str],
    problem: Any,  # noqa: ANN401 - a function that places a problem
) -> None:
    """Add one item; ``place`` is where it stands and the file of its dataset."""
    content: dict[str, Json] = {field: stored(getattr(item, field)) for field in VALUES}
    found = [problem(steps, message) for steps, message in _flaws(item, content)]
    if found:
        declared.problems.extend(found)
        return
    content["status"] = item.status
    for field in ("source_trace_id", "source_observation_id"):
        if value := getattr(item, field):
            content[field] = value
    id = item.id or derive_id(dataset.name, content["input"])  # noqa: A001 - the field's name
    content["id"] = id
    source, owner = place
    files = tuple(dict.fromkeys((source.file, owner)))
    address = item_address(dataset.name, id)
    declared.resources.append(Resource(address, content, source, (dataset,), files))


def _flaws(item: ItemFile, content: dict[str, Json]) -> Iterator[tuple[Steps, str]]:
    if item.id and (flaw := _id_flaw(item.id)):
        yield ("id",), flaw
    for field in ("id", "source_trace_id", "source_observation_id", *VALUES):
        value = getattr(item, field)
        for steps, flaw in flaws(value, (field,)):
            yield steps, f"{dotted(steps)}: {flaw}"
        if isinstance(value, str) and field in VALUES and not isinstance(content[field], str):
            for _, flaw in flaws(decoded(value), (field,)):
                hint = "Langfuse reads a string that is JSON as what it says; put it in an object"
                yield (field,), f"{field}: {flaw} ({hint})"
    try:
        size = len(orjson.dumps(content))
    except TypeError:
        return  # one of the flaws above
    if size + 1024 > MAX_BODY:
        yield (), f"{size:,} bytes: Langfuse takes at most 4.5 MB for one item"


def _id_flaw(id: str) -> str:  # noqa: A002 - the field's name
    if len(id.encode("utf-16-le", "surrogatepass")) // 2 > MAX_ID:
        return f"an id has at most {MAX_ID} characters"
    if id in (".", ".."):
        return f"id {id!r} could never be fetched again: choose another"
    return "an id must not have control characters" if has_control(id) else ""


def derive_id(dataset: str, input: Json) -> str:  # noqa: A002 - the field's name
    """An id for an item that gives none: from its dataset and input, readable in front.

    An item whose input changes is a new one then, and the old one stays.
    """
    packed = orjson.dumps([dataset, input], option=orjson.OPT_SORT_KEYS)
    text = next(_strings(input), "")
    words = [
        _slug(dataset)[:60],
        _slug(text)[:40].strip("-"),
        hashlib.sha256(packed).hexdigest()[:16],
    ]
    return "-".join(word for word in words if word)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        inner = [value[key] for key in sorted(value)] if isinstance(value, dict) else value
        for item in inner:
            yield from _strings(item)
