"""The schemas of datasets: in files of their own, and what items break them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from langsync.errors import InvalidFilesError, Problem
from langsync.formats.documents import Document
from langsync.formats.json_schema import schema_violation, validator
from langsync.formats.schema_work import value_violation
from langsync.formats.yaml import read
from langsync.kinds.base import Context, Violation
from langsync.kinds.dataset_item.files import MOST
from langsync.kinds.dataset_item.spec import ItemSpec
from langsync.kinds.dataset_item.state import ItemState
from langsync.model import Json, Resource
from langsync.source.documents import read_included

Item = TypeVar("Item", ItemSpec, ItemState)


def with_schemas(
    document: Document, keys: Iterable[str], context: Context
) -> tuple[Document, list[str], list[Problem]]:
    """A dataset's document with the schemas that it keeps in files of their own.

    Args:
        document: The document; a schema may be ``{file: NAME}``.
        keys: The keys of its schemas.
        context: What else is known.

    Returns:
        The document with the schemas in their places, the files they are in, and what is wrong.
    """
    schemas: dict[str, Json] = {}
    files: list[str] = []
    problems: list[Problem] = []
    raw = document.value if isinstance(document.value, dict) else {}
    for key in keys:
        value = raw.get(key)
        if not (isinstance(value, dict) and value.keys() == {"file"}):
            continue
        steps, name = (key, "file"), value["file"]
        schemas[key] = {}
        if not isinstance(name, str):
            problems.append(document.problem(steps, f"{key}.file must be a string"))
            continue
        try:
            text = read_included(context.tree, document, name, steps)
            path = document.path.parent / name
            files.append(context.relative(path))
            [schema] = read(text, context.shown(path))
        except InvalidFilesError as error:
            problems.extend(error.problems)
        except ValueError:
            problems.append(document.problem(steps, f"{name} must hold one JSON Schema"))
        else:
            schemas[key] = schema
    return replace(document, value={**raw, **schemas}) if schemas else document, files, problems


def item_violations(
    schemas: Mapping[str, Json], items: Iterable[Resource[Item]]
) -> Iterator[tuple[Resource[Item], str, str]]:
    """Items that break a schema.

    Args:
        schemas: The schema of each item field; None for none.
        items: Items, their fields as the server would store them. A field without a value is
            checked as null, as the server does (recorded: dataset-schemas 5).

    Yields:
        Each item that breaks one, its field, and how.
    """
    checks = {}
    for field, schema in schemas.items():
        if schema is not None and not schema_violation(schema):
            checks[field] = validator(schema)
    for item in items if checks else ():
        for field, check in checks.items():
            value = getattr(item.content, field)
            if violation := value_violation(schemas[field], value):
                yield item, field, f"{field} cannot be checked by the dataset's schema: {violation}"
                continue
            for error in check.iter_errors(value):
                where = "".join(f"[{step!r}]" for step in error.instance_path)
                yield item, field, f"{field}{where} breaks the dataset's schema: {error.message}"


def bounded(violations: Iterable[Violation], dataset: Resource) -> Iterator[Violation]:
    """As many flaws of a dataset's items as a file of rows shows, and how many more there are."""
    remaining = iter(violations)
    yield from islice(remaining, MOST)
    if more := sum(1 for _ in remaining):
        yield Violation(dataset, f"{more:,} more problems with the schemas of {dataset.address}")
