"""Items against the schemas of their dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from langsync.formats.json_schema import schema_flaw, validator
from langsync.model import Json, Resource


def item_flaws(
    schemas: Mapping[str, Json], items: Iterable[Resource]
) -> Iterator[tuple[Resource, str, str]]:
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
        if schema is not None and not schema_flaw(schema):
            checks[field] = validator(schema)
    for item in items if checks else ():
        for field, check in checks.items():
            for error in check.iter_errors(item.content.get(field)):
                where = "".join(f"[{step!r}]" for step in error.instance_path)
                yield item, field, f"{field}{where} breaks the dataset's schema: {error.message}"
