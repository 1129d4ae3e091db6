"""Dataset items: inputs with what is expected, each with an id of its own in the project."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import Field, ValidationError

from langsync.errors import InvalidFilesError, NotFoundError, Problem
from langsync.formats.documents import Document, Shape, Steps, dotted, unknown_key
from langsync.formats.included import inside
from langsync.formats.items import Row, read_rows
from langsync.formats.values import canonical, flaws
from langsync.kinds.base import Api, Context, Declared, Fetched, Flaw, Kind, Proposal, View
from langsync.kinds.names import path
from langsync.model import Action, Address, Json, Refusal, Request, Resource, Source, State

MAX_BODY = 4_500 * 1024
"""Bytes that the server takes for one item (observed: 4.5 MB)."""

MAX_ID = 255
"""Characters of an id (recorded: item-ids 6)."""

VALUES = ("input", "expected_output", "metadata")
_API = {
    "input": "input",
    "expected_output": "expectedOutput",
    "metadata": "metadata",
    "source_trace_id": "sourceTraceId",
    "source_observation_id": "sourceObservationId",
}
_TEXTS = frozenset({"id", "status", "source_trace_id", "source_observation_id"})
_CONTROL = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f-\x9f]")


class ItemFile(Shape):
    """One item, in YAML, JSON Lines or CSV."""

    id: str = Field(default="", description="Its id, unique in the project; else derived.")
    input: Any = Field(default=None, description="Any JSON.")
    expected_output: Any = Field(default=None, description="Any JSON.")
    metadata: Any = Field(default=None, description="Any JSON.")
    status: Literal["active", "archived"] = Field(default="active")
    source_trace_id: str = Field(default="", description="Absent: not managed.")
    source_observation_id: str = Field(default="", description="Absent: not managed.")


def stored(value: Json) -> Json:
    """An item's input, expected output or metadata as the server stores it.

    At the top, ``""`` is null and a string that is JSON is parsed, as ``JSON.parse`` does;
    control characters in values are dropped, but for tab, newline and carriage return
    (recorded: item-json-fidelity). A later upsert does the same to what is stored already, so
    this goes on until nothing changes.
    """
    while isinstance(value, str):
        if value == "":
            return None
        try:
            value = json.loads(value, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            cleaned = _CONTROL.sub("", value)
            if cleaned == value:
                return value
            value = cleaned
    return canonical(_clean(value))


def _no_constant(name: str) -> Json:
    raise ValueError(name)


def _clean(value: Json) -> Json:
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    return value


def item_address(dataset: str, id: str) -> Address:  # noqa: A002 - the field's name
    """The address of an item; a slash in its id is escaped: the last one ends the dataset."""
    return Address("dataset_item", f"{dataset}/{id.replace('%', '%25').replace('/', '%2F')}")


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
        _add(declared, item, dataset, context.source(document, steps), _in(document, steps))
    for index, pattern in enumerate(files):
        try:
            paths = _matching(document, pattern, ("items_from", index), context)
        except InvalidFilesError as error:
            declared.problems.extend(error.problems)
            continue
        for file in paths:
            _declare_rows(file, dataset, context, declared)


def _in(document: Document, steps: Steps) -> Any:  # noqa: ANN401 - a function
    return lambda inner, message: document.problem((*steps, *inner), message)


def _matching(document: Document, pattern: str, steps: Steps, context: Context) -> list[Path]:
    """The files that a path or glob of ``items_from`` means, in order of their names."""
    if not any(character in pattern for character in "*?["):
        found = [inside(document, pattern, steps, context.repository)]
        if not found[0].is_file():
            raise InvalidFilesError([document.problem(steps, f"there is no file {pattern!r}")])
        return found
    if pattern.startswith("/"):
        raise InvalidFilesError([document.problem(steps, "a pattern is relative to this file")])
    found = sorted(path for path in document.path.parent.glob(pattern) if path.is_file())
    if not found:
        raise InvalidFilesError([document.problem(steps, f"no file matches {pattern!r}")])
    return [inside(document, str(path), steps, context.repository) for path in found]


def _declare_rows(file: Path, dataset: Address, context: Context, declared: Declared) -> None:
    shown = context.shown(file)
    for row in read_rows(file, shown, texts=_TEXTS):
        if isinstance(row, Problem):
            declared.problems.append(row)
            continue
        try:
            item = ItemFile.model_validate(_without_empty(row, file))
        except ValidationError as error:
            declared.problems += [_row_problem(shown, row, detail) for detail in error.errors()]
            continue
        source = Source(context.relative(file), row.line)
        _add(declared, item, dataset, source, _at(shown, row.line))


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
    source: Source,
    problem: Any,  # noqa: ANN401 - a function that places a problem
) -> None:
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
    declared.resources.append(Resource(item_address(dataset.name, id), content, source, (dataset,)))


def _flaws(item: ItemFile, content: dict[str, Json]) -> Iterator[tuple[Steps, str]]:
    if item.id and (flaw := _id_flaw(item.id)):
        yield ("id",), flaw
    for field in ("id", "source_trace_id", "source_observation_id", *VALUES):
        value = getattr(item, field)
        for steps, flaw in flaws(value, (field,)):
            yield steps, f"{dotted(steps)}: {flaw}"
        if isinstance(value, str) and field in VALUES and not isinstance(content[field], str):
            for _, flaw in flaws(content[field], (field,)):
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
    return "an id must not have control characters" if _CONTROL.search(id) else ""


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
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


class DatasetItemKind(Kind):
    """Dataset items; declared in the files of their dataset.

    The content of a resource: ``id``, ``input``, ``expected_output``, ``metadata``, ``status``,
    and the source ids where they are managed; a fetched one has ``dataset`` besides.
    """

    name = "dataset_item"

    def check(self, state: State) -> Iterable[Flaw]:
        """Ids used in two datasets: an id is unique in the project (recorded: item-ids 4)."""
        first: dict[str, Resource] = {}
        for item in state.of_kind(self.name):
            other = first.setdefault(item.content["id"], item)
            if other is not item:
                message = f"id {item.content['id']!r} is used in {other.needs[0]} already: "
                yield Flaw(item, f"{message}ids are unique in the whole project")

    async def fetch(self, api: Api, wanted: Sequence[Resource]) -> Fetched:
        """Read all active items of the wanted ones' datasets, then what the lists lack.

        Lists hold active items only, so each declared id that a list lacks costs one GET: it may
        be archived, or in another dataset. For a dataset that does not exist all items are new
        (recorded: item-archive, item-paging).
        """
        by_dataset: dict[str, list[Resource]] = {}
        for item in wanted:
            by_dataset.setdefault(item.needs[0].name, []).append(item)
        found = await asyncio.gather(
            *(_fetch_dataset(api, name, items) for name, items in by_dataset.items())
        )
        resources = [resource for each in found for resource in each]
        names = {item.address for item in wanted}
        others = tuple(sorted(one.address.name for one in resources if one.address not in names))
        return Fetched(resources, others, len(others))

    def compare(self, desired: Resource, remote: Resource | None, view: View) -> Proposal | None:  # noqa: ARG002
        """One upsert with every field; see `Kind.compare`.

        A field that is left out or null keeps its value, but ``""`` is stored as null (recorded:
        item-json-fidelity 11), so that clears one.
        """
        if remote is None:
            after = dict(desired.content)
            return Proposal(Action.CREATE, None, after, (_upsert(desired, None),))
        dataset = desired.needs[0].name
        if remote.content["dataset"] != dataset:
            other = remote.content["dataset"]
            reason = (
                f"id {desired.content['id']!r} belongs to dataset {other!r} in Langfuse, "
                "and ids are unique in a project: give the item another id"
            )
            refusal = Refusal(reason, "", desired.address)
            return Proposal(Action.CREATE, None, dict(desired.content), (), refusal=refusal)
        before = {field: remote.content[field] for field in desired.content}
        if before == desired.content and orjson.dumps(before, option=orjson.OPT_SORT_KEYS) == (
            orjson.dumps(desired.content, option=orjson.OPT_SORT_KEYS)
        ):
            return None
        archives = before["status"] != desired.content["status"] == "archived"
        action = Action.ARCHIVE if archives else Action.UPDATE
        return Proposal(action, before, dict(desired.content), (_upsert(desired, remote),))


async def _fetch_dataset(api: Api, dataset: str, wanted: Sequence[Resource]) -> list[Resource]:
    try:
        rows = await api.pages("/dataset-items", datasetName=dataset)
    except NotFoundError:
        return []
    found = {row["id"]: _resource(row) for row in rows}
    missing = [one.content["id"] for one in wanted if one.content["id"] not in found]
    fetched = await asyncio.gather(*(_get(api, missing_id) for missing_id in missing))
    for item, row in zip(
        [one for one in wanted if one.content["id"] not in found], fetched, strict=True
    ):
        if row is not None:
            found[row["id"]] = Resource(item.address, _content(row))
    return list(found.values())


async def _get(api: Api, id: str) -> dict[str, Any] | None:  # noqa: A002 - the field's name
    try:
        row: dict[str, Any] = await api.get(path("dataset-items", id))
    except NotFoundError:
        return None
    return row


def _resource(row: dict[str, Any]) -> Resource:
    return Resource(item_address(row["datasetName"], row["id"]), _content(row))


def _content(row: dict[str, Any]) -> dict[str, Json]:
    return {
        "id": row["id"],
        "dataset": row["datasetName"],
        **{field: stored(row.get(_API[field])) for field in VALUES},
        "status": row["status"].lower(),
        "source_trace_id": row.get("sourceTraceId"),
        "source_observation_id": row.get("sourceObservationId"),
    }


def _upsert(desired: Resource, remote: Resource | None) -> Request:
    """The upsert that makes an item right, whatever was stored before."""
    content = desired.content
    body: dict[str, Json] = {"datasetName": desired.needs[0].name, "id": content["id"]}
    for field, key in _API.items():
        if field not in content:
            continue
        value = content[field]
        if value is not None:
            body[key] = value
        elif remote is None and field == "input":
            body[key] = ""  # an input must not be null, but may be stored as null
        elif remote is not None and remote.content[field] is not None:
            body[key] = ""
    body["status"] = content["status"].upper()
    return Request("POST", "/dataset-items", body)


KIND = DatasetItemKind()
