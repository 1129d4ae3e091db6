"""Names of prompts: which are taken, and how they stand in a path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
Name = Callable[[str], str]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/lead", "Name cannot start with a slash"),
        ("trail/", "Name cannot end with a slash"),
        ("a//b", "Name cannot contain consecutive slashes"),
        ("a\nb", "Name cannot end with a slash"),
        ("new", "Prompt name cannot be 'new'"),
        ("metrics", "Prompt name cannot be 'metrics'"),
        ("prompt-detail", "Prompt name cannot be 'prompt-detail'"),
        ("a|b", "Prompt name cannot contain '|' character"),
        ("<b>x</b>", "Text cannot contain HTML tags"),
    ],
)
def test_a_name_that_breaks_a_rule_is_refused(api: httpx.Client, name: str, message: str) -> None:
    """With the rule."""
    answer = api.post("/v2/prompts", json={"name": name, "prompt": "x"})
    assert answer.status_code == 400
    assert [issue["message"] for issue in answer.json()["error"]] == [message]


def test_an_empty_name_breaks_three_rules(api: httpx.Client) -> None:
    """All are told."""
    answer = api.post("/v2/prompts", json={"name": "", "prompt": "x"})
    assert [issue["message"] for issue in answer.json()["error"]] == [
        "Text cannot be empty",
        "Name cannot start with a slash",
        "Name cannot end with a slash",
    ]


@pytest.mark.parametrize(
    "name", ["ünï 文", "a%2Fb", "a?b#c", "../../x", "CON", "a:b", "x" * 400, "a&b=c+d", "new/x"]
)
def test_a_name_comes_back_through_its_encoded_path(
    create: Make, fetch: Make, prompt_name: Name, name: str
) -> None:
    """Whatever characters it has."""
    full = prompt_name(name)
    create(full, labels=["production"])
    assert fetch(full)["name"] == full


def test_spaces_around_a_name_are_trimmed(create: Make, prompt_name: Name) -> None:
    """Inside they stay."""
    name = prompt_name("a b ")
    assert create(f"  {name} ")["name"] == name.strip()
