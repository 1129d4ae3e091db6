"""Deleting prompts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
Name = Callable[[str], str]
Delete = Callable[..., httpx.Response]


@pytest.fixture
def delete(api: httpx.Client) -> Delete:
    def send(name: str, **params: str | int) -> httpx.Response:
        return api.delete(f"/v2/prompts/{quote(name, safe='')}", params=params)

    return send


def test_latest_moves_to_the_highest_version_left(
    create: Make, fetch: Make, prompt_name: Name, delete: Delete
) -> None:
    """When the version that has it is deleted."""
    name = prompt_name("p")
    for labels in (["production"], ["staging"], []):
        create(name, labels=labels)
    answer = delete(name, version=3)
    assert (answer.status_code, answer.content) == (204, b"")
    assert fetch(name, label="latest")["labels"] == ["staging", "latest"]


def test_a_label_deletes_the_version_that_has_it(
    api: httpx.Client, create: Make, prompt_name: Name, delete: Delete
) -> None:
    """The label goes with it."""
    name = prompt_name("p")
    create(name, labels=["production"])
    create(name)
    assert delete(name, label="production").status_code == 204
    (entry,) = api.get("/v2/prompts", params={"name": name}).json()["data"]
    assert (entry["versions"], entry["labels"]) == ([2], ["latest"])


def test_a_deleted_prompt_is_gone_and_begins_again_at_one(
    create: Make, prompt_name: Name, delete: Delete
) -> None:
    """Under another id, without its tags."""
    name = prompt_name("p")
    before = create(name, tags=["t"])
    create(name)
    assert delete(name).status_code == 204
    again = delete(name)
    assert (again.status_code, again.json()["message"]) == (404, "Prompt not found")
    after = create(name)
    assert (after["version"], after["tags"]) == (1, [])
    assert after["id"] != before["id"]


def test_what_is_not_there_cannot_be_deleted(
    create: Make, prompt_name: Name, delete: Delete
) -> None:
    """Neither a version nor a label; a number left free is not used again below the newest."""
    name = prompt_name("p")
    create(name)
    create(name)
    assert delete(name, version=1).status_code == 204
    assert delete(name, version=1).status_code == 404
    assert delete(name, label="nope").status_code == 404
    assert create(name)["version"] == 3
