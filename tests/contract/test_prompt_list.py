"""The list of prompts."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
Name = Callable[[str], str]
Listing = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def listed(api: httpx.Client, unique: str) -> Listing:
    """The entries of this test's prompts, all pages of them."""

    def collect(**params: str | int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in itertools.count(1):
            query: dict[str, str | int] = {"limit": 100, "page": page, **params}
            answer = api.get("/v2/prompts", params=query).raise_for_status().json()
            found += [entry for entry in answer["data"] if unique in entry["name"]]
            if answer["meta"]["totalPages"] <= page:
                break
        return found

    return collect


def test_an_entry_gathers_the_versions_of_a_name(
    create: Make, prompt_name: Name, listed: Listing
) -> None:
    """Their numbers, labels, tags, and the newest one's config; no text."""
    name = prompt_name("p")
    create(name, labels=["production"], tags=["t"], config={"v": 1})
    second = create(name, labels=["staging"], config={"v": 2})
    (entry,) = listed()
    assert entry == {
        "name": name,
        "type": "text",
        "versions": [1, 2],
        "labels": ["latest", "production", "staging"],
        "tags": ["t"],
        "lastConfig": {"v": 2},
        "lastUpdatedAt": entry["lastUpdatedAt"],
    }
    assert entry["lastUpdatedAt"] >= second["createdAt"]


def test_names_are_in_the_order_of_their_bytes(
    create: Make, prompt_name: Name, listed: Listing
) -> None:
    """Capitals before the underscore before small letters."""
    names = [prompt_name(name) for name in ("b", "_x", "B", "a/one", "ü")]
    for name in names:
        create(name)
    assert [entry["name"] for entry in listed()] == sorted(names, key=str.encode)


def test_a_label_narrows_an_entry_to_the_version_that_has_it(
    create: Make, prompt_name: Name, listed: Listing
) -> None:
    """So one list tells where a label sits for all prompts."""
    one, two = prompt_name("one"), prompt_name("two")
    create(one, labels=["production"], config={"v": 1})
    create(one, config={"v": 2})
    create(two)
    (entry,) = listed(label="production")
    assert (entry["name"], entry["versions"], entry["labels"]) == (one, [1], ["production"])
    assert entry["lastConfig"] == {"v": 1}


def test_a_name_a_version_and_a_tag_filter_likewise(
    create: Make, prompt_name: Name, listed: Listing, unique: str
) -> None:
    """Alone and together."""
    one, two = prompt_name("one"), prompt_name("two")
    create(one, tags=[unique])
    create(one)
    create(two)
    assert [entry["versions"] for entry in listed(name=one)] == [[1, 2]]
    assert [entry["versions"] for entry in listed(name=one, version=1)] == [[1]]
    assert [entry["name"] for entry in listed(version=2)] == [one]
    assert [entry["name"] for entry in listed(tag=unique)] == [one]
    assert listed(name=two, tag=unique) == []


def test_times_filter_by_the_last_change(create: Make, prompt_name: Name, listed: Listing) -> None:
    """From a time on, or before it."""
    name = prompt_name("p")
    updated = create(name)["updatedAt"]
    assert [entry["name"] for entry in listed(fromUpdatedAt=updated)] == [name]
    assert listed(toUpdatedAt=updated) == []
    assert listed(fromUpdatedAt="2999-01-01T00:00:00Z") == []
    assert len(listed(toUpdatedAt="2999-01-01T00:00:00+01:00")) == 1


@pytest.mark.parametrize("field", ["fromUpdatedAt", "toUpdatedAt"])
def test_a_time_must_be_a_full_date_and_time(api: httpx.Client, field: str) -> None:
    """With a zone."""
    for value in ("nonsense", "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z"):
        answer = api.get("/v2/prompts", params={field: value})
        assert answer.status_code == 400
        assert answer.json()["error"][0]["message"] == "Invalid ISO datetime"


def test_every_change_of_a_prompt_is_a_change_of_its_time(
    api: httpx.Client, create: Make, prompt_name: Name, listed: Listing
) -> None:
    """A new version, a label, tags."""
    name = prompt_name("p")
    path = f"/v2/prompts/{quote(name, safe='')}/versions/1"
    changes: list[Callable[[], object]] = [
        lambda: create(name),
        lambda: api.patch(path, json={"newLabels": ["x"]}),
        lambda: create(name, tags=["t"]),
    ]
    create(name)
    for change in changes:
        before = listed()[0]["lastUpdatedAt"]
        while listed()[0]["lastUpdatedAt"] == before:  # times have whole milliseconds
            change()
        assert listed()[0]["lastUpdatedAt"] > before


def test_the_totals_stand_twice(api: httpx.Client) -> None:
    """Older clients read ``pagination``."""
    answer = api.get("/v2/prompts", params={"limit": 1}).json()
    assert answer["meta"] == answer["pagination"]
