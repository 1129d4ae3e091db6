"""Labels: where they are, how they move, which are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
Name = Callable[[str], str]


@pytest.fixture
def label(api: httpx.Client) -> Callable[..., httpx.Response]:
    """Adds labels to a version."""

    def patch(name: str, version: int, labels: Iterable[str]) -> httpx.Response:
        path = f"/v2/prompts/{quote(name, safe='')}/versions/{version}"
        return api.patch(path, json={"newLabels": list(labels)})

    return patch


def test_latest_is_on_the_newest_version(create: Make, fetch: Make, prompt_name: Name) -> None:
    """It moves by itself; naming it in a create changes nothing."""
    name = prompt_name("p")
    assert create(name)["labels"] == ["latest"]
    assert create(name, labels=["latest"])["labels"] == ["latest"]
    assert create(name, labels=["a", "a", "b"])["labels"] == ["a", "b", "latest"]
    assert [fetch(name, version=number)["labels"] for number in (1, 2)] == [[], []]


def test_a_create_takes_its_labels_from_other_versions(
    create: Make, fetch: Make, prompt_name: Name
) -> None:
    """A label is on one version."""
    name = prompt_name("p")
    create(name, labels=["production", "a"])
    create(name, labels=["production"])
    assert fetch(name, version=1)["labels"] == ["a"]
    assert fetch(name)["version"] == 2


def test_a_patch_adds_labels_and_takes_them_from_other_versions(
    create: Make, fetch: Make, prompt_name: Name, label: Callable[..., httpx.Response]
) -> None:
    """The new ones stand first; the version keeps its own."""
    name = prompt_name("p")
    create(name, labels=["production"])
    create(name, labels=["staging"])
    answer = label(name, 1, ["staging"])
    assert answer.status_code == 200
    assert answer.json()["labels"] == ["staging", "production"]
    assert answer.json()["isActive"] is None
    assert fetch(name, version=2)["labels"] == ["latest"]


def test_a_patch_without_labels_changes_nothing(
    create: Make, prompt_name: Name, label: Callable[..., httpx.Response]
) -> None:
    """It never removes one."""
    name = prompt_name("p")
    create(name, labels=["production"])
    assert label(name, 1, []).json()["labels"] == ["production", "latest"]


def test_a_patch_does_not_check_the_form_of_a_label(
    create: Make, prompt_name: Name, label: Callable[..., httpx.Response]
) -> None:
    """A create does."""
    name = prompt_name("p")
    create(name)
    assert label(name, 1, ["Bad Label"]).json()["labels"] == ["Bad Label", "latest"]


def test_a_patch_cannot_move_latest(
    create: Make, prompt_name: Name, label: Callable[..., httpx.Response]
) -> None:
    """The server does that itself."""
    name = prompt_name("p")
    create(name)
    answer = label(name, 1, ["latest"])
    assert answer.status_code == 400
    assert "always assigned to the latest prompt version" in answer.text


def test_a_patch_of_a_missing_version_is_a_404(
    create: Make, prompt_name: Name, label: Callable[..., httpx.Response]
) -> None:
    """The message names prompt and version."""
    name = prompt_name("p")
    create(name)
    answer = label(name, 77, ["x"])
    assert answer.status_code == 404
    assert answer.json()["message"] == f"Prompt '{name}' version 77 not found in project"


def test_a_patch_without_a_body_is_a_400(
    api: httpx.Client, create: Make, prompt_name: Name
) -> None:
    """``newLabels`` is needed."""
    name = prompt_name("p")
    create(name)
    answer = api.patch(f"/v2/prompts/{quote(name, safe='')}/versions/1")
    assert answer.status_code == 400
    assert answer.json()["error"][0]["path"] == ["newLabels"]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("Prod", "Label must be lowercase alphanumeric"),
        ("a b", "Label must be lowercase alphanumeric"),
        ("a" * 37, "Too big: expected string to have <=36 characters"),
    ],
)
def test_a_create_checks_the_form_of_labels(
    api: httpx.Client, prompt_name: Name, label: str, message: str
) -> None:
    """Lowercase, at most 36 characters."""
    body = {"name": prompt_name("p"), "prompt": "x", "labels": ["ok", label]}
    (issue,) = api.post("/v2/prompts", json=body).json()["error"]
    assert issue["path"] == ["labels", 1]
    assert issue["message"].startswith(message)


def test_a_label_may_have_digits_dots_dashes_and_underscores(
    create: Make, prompt_name: Name
) -> None:
    """And 36 characters."""
    labels = ["a-b_c.1", "a" * 36]
    assert create(prompt_name("p"), labels=labels)["labels"] == [*labels, "latest"]
