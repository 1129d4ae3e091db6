"""Ids of items that belong to another dataset, which only a refused upsert reveals."""

from __future__ import annotations

import math
import re

from langsync.client.paging import PAGE
from langsync.client.schemas import AnswerSchema, Identified, Page
from langsync.errors import ApiError
from langsync.kinds.dataset_item.values import split_name
from langsync.kinds.services import Getter
from langsync.model import Address

_DATASET_ID = re.compile(r"already exists in another dataset \(id ([^()\s]+)\)")
"""How the server names that dataset (recorded: item-ids 4 and 12)."""

_DATASETS = AnswerSchema(Page[Identified])

_PAGES = 5
"""Pages of datasets that are read, at most, to find its name."""


async def explained(api: Getter, address: Address, error: ApiError) -> str:
    """Why an item was refused, with the dataset that its id belongs to and what to do.

    An id stays bound to its dataset after the item was deleted, and a GET of it is a 404 then, so
    that no plan can see it (measured on Langfuse 4.16.0).

    Args:
        api: The client.
        address: The item.
        error: What the server said.
    """
    bound = _DATASET_ID.search(str(error)) if error.status == 409 else None
    if bound is None:
        return str(error)
    name = await _name(api, bound[1])
    owner = f"dataset {name!r}" if name else f"a dataset with the id {bound[1]}"
    _, id = split_name(address.name)  # noqa: A001 - the field's name
    return (
        f"id {id!r} belongs to {owner} in Langfuse for good, even if the item was deleted there: "
        "give the item another id, or keep it in that dataset"
    )


async def _name(api: Getter, dataset: str) -> str:
    """The name of a dataset by its id; empty where it is not found."""
    page, pages = 1, 1
    while page <= min(pages, _PAGES):
        try:
            answer = await api.get("/v2/datasets", _DATASETS, limit=PAGE, page=page)
        except ApiError:
            return ""
        pages = math.ceil(answer["meta"]["totalItems"] / PAGE)
        for row in answer["data"]:
            if row["id"] == dataset:
                return str(row["name"])
        page += 1
    return ""
