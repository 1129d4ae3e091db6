"""Pages of all lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
LISTS = ["/v2/prompts", "/v2/datasets", "/dataset-items", "/score-configs"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"limit": "101"}, "Too big: expected number to be <=100"),
        ({"page": "0"}, "Too small: expected number to be >"),
        ({"limit": "x"}, "Invalid input: expected number, received NaN"),
    ],
)
def test_numbers_out_of_range_are_refused(
    api: httpx.Client, path: str, params: dict[str, str], message: str
) -> None:
    """The issue names the parameter."""
    answer = api.get(path, params=params)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Invalid request data"
    (issue,) = answer.json()["error"]
    assert issue["path"] == [*params]
    assert issue["message"].startswith(message)


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/v2/prompts", 10), ("/v2/datasets", 50), ("/dataset-items", 50), ("/score-configs", 50)],
)
def test_a_page_has_a_default_length(api: httpx.Client, path: str, limit: int) -> None:
    """And is the first."""
    meta = api.get(path).json()["meta"]
    assert (meta["page"], meta["limit"]) == (1, limit)
    assert meta["totalPages"] == -(-meta["totalItems"] // limit)


@pytest.mark.parametrize("path", LISTS)
def test_a_page_past_the_end_is_empty(api: httpx.Client, path: str) -> None:
    """And tells the totals all the same."""
    answer = api.get(path, params={"page": 100_000, "limit": 100})
    assert answer.status_code == 200
    assert answer.json()["data"] == []
    assert answer.json()["meta"]["totalItems"] == api.get(path).json()["meta"]["totalItems"]


def test_pages_hold_each_item_once(
    api: httpx.Client, dataset: str, put: Make, item_id: Callable[[str], str]
) -> None:
    """Newest first over all pages, the last one shorter."""
    made = [item_id(str(number)) for number in range(5)]
    for item in made:
        put(item, input=1)
    pages = []
    for page in (1, 2, 3):
        params: dict[str, str | int] = {"datasetName": dataset, "limit": 2, "page": page}
        answer = api.get("/dataset-items", params=params).json()
        assert answer["meta"] == {"page": page, "limit": 2, "totalItems": 5, "totalPages": 3}
        pages.append([item["id"] for item in answer["data"]])
    assert [item for page in pages for item in page] == made[::-1]
    assert len(pages[2]) == 1
