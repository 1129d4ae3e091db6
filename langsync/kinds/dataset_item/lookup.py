"""Looks for writes of dataset items whose answers were lost."""

from __future__ import annotations

from langsync.errors import NotFoundError
from langsync.formats.values import equal
from langsync.kinds.dataset_item.answers import ITEM
from langsync.kinds.dataset_item.reading import content_of
from langsync.kinds.dataset_item.values import split_name
from langsync.kinds.names import path
from langsync.kinds.services import Getter
from langsync.model import Change, Request, fields_of


async def was_applied(api: Getter, change: Change, request: Request) -> bool | None:
    """Whether an item is as a request writes it; see `Kind.was_applied`.

    That the id exists is no proof: an upsert changes an existing item.
    """
    dataset, id = split_name(change.address.name)  # noqa: A001 - the field's name
    try:
        row = await api.get(path("dataset-items", id), ITEM)
    except NotFoundError:
        return request.method == "DELETE"
    if request.method == "DELETE":
        return False
    content = fields_of(content_of(row))
    written = change.after or {}
    return row["datasetName"] == dataset and all(
        equal(value, content.get(field)) for field, value in written.items()
    )
